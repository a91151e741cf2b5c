using System.Numerics;

namespace Sigrun.Observability;

/// <summary>
/// Durations counted in logarithmic buckets with linear steps inside: percentiles with an error under 1.6 %.
/// </summary>
/// <remarks>
/// 64 steps per power of two from 64 ns to 1 s, plain 1-ns steps below; about 25 powers, 13 KB, made when
/// the first duration is recorded. Recording is a shift and an increment.
/// </remarks>
internal sealed class LatencyHistogram
{
    private const int StepBits = 6;
    private const int Steps = 1 << StepBits;
    private const long NanosecondsMax = 1_000_000_000;

    private static readonly int BucketCount = Index(NanosecondsMax) + 1;

    private readonly long[] _counts = new long[BucketCount];

    /// <summary>Durations recorded.</summary>
    public long Count { get; private set; }

    /// <summary>Records a duration several times.</summary>
    public void Record(long nanoseconds, int times)
    {
        _counts[Index(Math.Clamp(nanoseconds, 0, NanosecondsMax))] += times;
        Count += times;
    }

    /// <summary>The duration, in nanoseconds, that <paramref name="percentile"/> percent do not exceed.</summary>
    public long Percentile(double percentile)
    {
        long wanted = Math.Max(1, (long)(percentile / 100 * Count + 0.5));
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted) return HighestOf(i);
        }
        return 0;
    }

    /// <summary>Durations of at most that many nanoseconds.</summary>
    public long CountUpTo(long nanoseconds)
    {
        long sum = 0;
        int last = Math.Min(Index(Math.Min(nanoseconds, NanosecondsMax)), _counts.Length - 1);
        for (int i = 0; i <= last; i++) sum += _counts[i];
        return sum;
    }

    private static int Index(long value)
    {
        int power = BitOperations.Log2((ulong)value | 1);
        if (power < StepBits) return (int)value;
        int shift = power - StepBits;
        return ((shift + 1) << StepBits) + (int)((value >> shift) - Steps);
    }

    private static long HighestOf(int index)
    {
        int group = index >> StepBits;
        if (group == 0) return index;
        int shift = group - 1;
        long low = (long)((index & (Steps - 1)) + Steps) << shift;
        return low + (1L << shift) - 1;
    }
}
