using System.Numerics;

namespace Sigrun.Benchmark;

/// <summary>A step of a distribution: so many percent of the values are at most <paramref name="Value"/>, and how many values that are.</summary>
internal readonly record struct DistributionStep(double Percent, long Value, long Count);

/// <summary>
/// Counts values so that a percentile is exact to a number of decimal digits, whatever its size, as HdrHistogram does: a
/// value's bucket is found with a shift, and nothing is sorted or sampled.
/// </summary>
/// <remarks>
/// Values below 2·10^digits, rounded up to a power of two, have a bucket each; above, every doubling is divided into half as
/// many. With three digits and values up to three seconds in microseconds that is 100 KB. One thread writes; figures of
/// several threads are added up afterwards.
/// </remarks>
internal sealed class Histogram
{
    private readonly int _halfMagnitude;
    private readonly long _highest;
    private readonly long[] _counts;

    /// <summary>Makes an empty histogram.</summary>
    /// <param name="highest">The highest value; larger ones count as this one.</param>
    /// <param name="digits">Decimal digits that are kept, from 1 to 5.</param>
    public Histogram(long highest, int digits)
    {
        _highest = highest;
        long single = 2;
        for (int i = 0; i < digits; i++) single *= 10;
        _halfMagnitude = BitOperations.Log2((ulong)single - 1);
        _counts = new long[IndexOf(highest) + 1];
    }

    /// <summary>How many values there are.</summary>
    public long Total { get; private set; }

    /// <summary>The mean, which is exact; 0 where there are no values.</summary>
    public double Mean => Total == 0 ? 0 : (double)Sum / Total;

    /// <summary>The smallest value, to the precision; 0 where there are none.</summary>
    public long Min => Total == 0 ? 0 : LowestOf(Array.FindIndex(_counts, count => count > 0));

    /// <summary>The largest value, to the precision; 0 where there are none.</summary>
    public long Max => Total == 0 ? 0 : HighestOf(Array.FindLastIndex(_counts, count => count > 0));

    private long Sum { get; set; }

    /// <summary>Counts a value as many times as said.</summary>
    public void Record(long value, long times)
    {
        if (value > _highest) value = _highest;
        else if (value < 0) value = 0;
        _counts[IndexOf(value)] += times;
        Total += times;
        Sum += value * times;
    }

    /// <summary>Adds the values of another histogram that was made alike.</summary>
    public void Add(Histogram other)
    {
        for (int i = 0; i < _counts.Length; i++) _counts[i] += other._counts[i];
        Total += other.Total;
        Sum += other.Sum;
    }

    /// <summary>The value that so many percent of the values do not exceed; 0 where there are none.</summary>
    public long Percentile(double percent)
    {
        if (Total == 0) return 0;
        long wanted = Math.Max(1, (long)((percent / 100 * Total) + 0.5));
        long count = 0;
        int index = -1;
        while (count < wanted) count += _counts[++index];
        return HighestOf(index);
    }

    /// <summary>The distribution by percentiles, each of which halves what is left: 0, 50, 75, 87.5 and so on, then 100.</summary>
    /// <remarks>Percentiles with the same value are one step.</remarks>
    public IEnumerable<DistributionStep> ByPercentile()
    {
        double percent = 0;
        long count = 0;
        for (int i = 0; count < Total; i++)
        {
            if (_counts[i] == 0) continue;
            count += _counts[i];
            double reached = 100.0 * count / Total;
            if (percent > reached) continue;
            yield return new DistributionStep(percent, HighestOf(i), count);
            while (percent <= reached && percent < 100) percent = (percent + 100) / 2;
        }
        yield return new DistributionStep(100, Max, Total);
    }

    /// <summary>The distribution by values: in steps of <paramref name="step"/>, ten times as wide above <paramref name="fineMax"/>.</summary>
    /// <remarks>Steps without new values are left out.</remarks>
    public IEnumerable<DistributionStep> ByValue(long step, long fineMax)
    {
        long count = 0;
        long level = 0;
        for (int i = 0; count < Total;)
        {
            level += level < fineMax ? step : 10 * step;
            long before = count;
            int last = Math.Min(IndexOf(level), _counts.Length - 1);
            while (i <= last) count += _counts[i++];
            if (count > before) yield return new DistributionStep(100.0 * count / Total, HighestOf(last), count);
        }
    }

    private int IndexOf(long value)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)value) - _halfMagnitude);
        return (shift << _halfMagnitude) + (int)(value >> shift);
    }

    private long LowestOf(int index)
    {
        int shift = Math.Max(0, (index >> _halfMagnitude) - 1);
        return (index - ((long)shift << _halfMagnitude)) << shift;
    }

    private long HighestOf(int index) => LowestOf(index + 1) - 1;
}
