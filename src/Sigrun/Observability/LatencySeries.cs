namespace Sigrun.Observability;

/// <summary>The longest event of a second.</summary>
/// <param name="UnixSeconds">The second.</param>
/// <param name="Milliseconds">How long it took.</param>
internal readonly record struct LatencySample(long UnixSeconds, long Milliseconds);

/// <summary>What a series says on the whole.</summary>
/// <param name="Samples">How many seconds it remembers.</param>
/// <param name="Mean">Of their events, in milliseconds.</param>
/// <param name="MeanDeviation">How far these are from the mean on average, in milliseconds.</param>
/// <param name="SecondsBetween">Seconds since the oldest, for each of them.</param>
internal readonly record struct LatencySummary(int Samples, long Mean, long MeanDeviation, double SecondsBetween);

/// <summary>The last events of a kind that took long: the longest of each second.</summary>
internal sealed class LatencySeries(string name)
{
    private const int SamplesMax = 160;

    private readonly Queue<LatencySample> _earlier = new();

    /// <summary>The kind.</summary>
    public string Name { get; } = name;

    /// <summary>The longest ever, in milliseconds.</summary>
    public long Max { get; private set; }

    /// <summary>All together, in milliseconds.</summary>
    public long Sum { get; private set; }

    /// <summary>How many there were.</summary>
    public long Count { get; private set; }

    /// <summary>The last second with events.</summary>
    public LatencySample Last { get; private set; }

    /// <summary>How many seconds are remembered.</summary>
    public int SampleCount => _earlier.Count + 1;

    /// <summary>The seconds that are remembered, oldest first.</summary>
    public IEnumerable<LatencySample> Samples => _earlier.Append(Last);

    /// <summary>Adds an event.</summary>
    public void Add(long unixSeconds, long milliseconds)
    {
        Max = Math.Max(Max, milliseconds);
        Sum += milliseconds;
        Count++;
        if (Last.UnixSeconds == unixSeconds)
        {
            Last = Last with { Milliseconds = Math.Max(Last.Milliseconds, milliseconds) };
            return;
        }
        if (Count > 1) _earlier.Enqueue(Last);
        if (SampleCount > SamplesMax) _earlier.Dequeue();
        Last = new LatencySample(unixSeconds, milliseconds);
    }

    /// <summary>What it says on the whole.</summary>
    public LatencySummary Summarize(long nowSeconds)
    {
        long mean = Samples.Sum(sample => sample.Milliseconds) / SampleCount;
        long deviation = Samples.Sum(sample => Math.Abs(mean - sample.Milliseconds)) / SampleCount;
        long period = Math.Max(1, nowSeconds - Samples.Min(sample => sample.UnixSeconds));
        return new LatencySummary(SampleCount, mean, deviation, (double)period / SampleCount);
    }
}
