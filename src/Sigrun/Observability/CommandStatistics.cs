using System.Runtime.CompilerServices;
using Sigrun.Commands;

namespace Sigrun.Observability;

/// <summary>Per command: calls, time, failures, and the distribution of durations.</summary>
internal sealed class CommandStatistics
{
    private readonly Counters[] _counters = new Counters[CommandTable.Count];

    private struct Counters
    {
        public long Calls;
        public long Nanoseconds;
        public long Rejected;
        public long Failed;
        public LatencyHistogram? Histogram;
    }

    /// <summary>True while durations are entered into histograms (<c>latency-tracking</c>).</summary>
    public bool TracksLatency { get; set; } = true;

    /// <summary>Calls of all commands.</summary>
    public long TotalCalls { get; private set; }

    /// <summary>Nanoseconds spent in all commands.</summary>
    public long TotalNanoseconds { get; private set; }

    /// <summary>Counts calls that took <paramref name="nanoseconds"/> each.</summary>
    public void Count(int id, int calls, long nanoseconds)
    {
        ref Counters counters = ref _counters[id];
        counters.Calls += calls;
        counters.Nanoseconds += calls * nanoseconds;
        TotalCalls += calls;
        TotalNanoseconds += calls * nanoseconds;
        if (TracksLatency) (counters.Histogram ?? MakeHistogram(ref counters)).Record(nanoseconds, calls);
    }

    /// <summary>Counts a call that answered with an error.</summary>
    public void CountFailed(int id) => _counters[id].Failed++;

    /// <summary>Counts a call that was refused before it ran.</summary>
    public void CountRejected(int id) => _counters[id].Rejected++;

    /// <summary>Calls of a command.</summary>
    public long Calls(int id) => _counters[id].Calls;

    /// <summary>Microseconds spent in a command.</summary>
    public long Microseconds(int id) => _counters[id].Nanoseconds / 1000;

    /// <summary>Mean microseconds per call; 0 without calls.</summary>
    public double MicrosecondsPerCall(int id) => _counters[id] is { Calls: > 0 } c ? c.Nanoseconds / 1000.0 / c.Calls : 0;

    /// <summary>Calls refused before they ran.</summary>
    public long Rejected(int id) => _counters[id].Rejected;

    /// <summary>Calls that answered with an error.</summary>
    public long Failed(int id) => _counters[id].Failed;

    /// <summary>The distribution of a command's durations; null when none was recorded.</summary>
    public LatencyHistogram? Histogram(int id) => _counters[id].Histogram;

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        Array.Clear(_counters);
        TotalCalls = 0;
        TotalNanoseconds = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static LatencyHistogram MakeHistogram(ref Counters counters) => counters.Histogram = new LatencyHistogram();
}
