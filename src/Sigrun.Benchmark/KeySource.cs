using Sigrun.Storage;

namespace Sigrun.Benchmark;

/// <summary>Where the numbers of one thread come from: chance, or counters that all threads share.</summary>
/// <param name="keyspace">Numbers are below it; 0 makes all of them 0.</param>
/// <param name="random">Where chance comes from.</param>
/// <param name="counters">A counter for each kind of placeholder; null for random numbers.</param>
internal sealed class KeySource(int keyspace, RandomSource random, long[]? counters)
{
    private readonly ulong _keyspace = (ulong)keyspace;
    private RandomSource _random = random;
    private ulong _next;

    /// <summary>The next <paramref name="count"/> numbers are for this kind of placeholder.</summary>
    public void Take(int kind, int count)
    {
        if (counters is null) return;
        ulong first = (ulong)(Interlocked.Add(ref counters[kind], count) - count);
        _next = _keyspace == 0 ? 0 : first % _keyspace;
    }

    /// <summary>A number.</summary>
    public ulong Next()
    {
        if (_keyspace == 0) return 0;
        if (counters is null) return _random.NextBounded(_keyspace);
        ulong number = _next++;
        if (_next == _keyspace) _next = 0;
        return number;
    }
}
