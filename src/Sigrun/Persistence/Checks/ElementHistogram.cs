using System.Numerics;

namespace Sigrun.Persistence.Checks;

/// <summary>How often which size occurs: small ones exactly, larger ones to three digits, very large ones not at all.</summary>
internal sealed class ElementHistogram(long max)
{
    private const int ExactBits = 11;

    private readonly SortedDictionary<long, long> _counts = [];
    private long _total;

    /// <summary>Counts sizes.</summary>
    public void Add(long size)
    {
        if (size > max) return;
        int shift = Math.Max(0, 64 - BitOperations.LeadingZeroCount((ulong)size) - ExactBits);
        long highest = (size | ((1L << shift) - 1));
        _counts[highest] = _counts.GetValueOrDefault(highest) + 1;
        _total++;
    }

    /// <summary>The size that so many percent do not exceed; 0 when there are none.</summary>
    public long Percentile(double percent)
    {
        long wanted = Math.Max(1, (long)(percent / 100 * _total + 0.5));
        long seen = 0;
        foreach ((long size, long count) in _counts)
        {
            seen += count;
            if (seen >= wanted) return size;
        }
        return 0;
    }
}
