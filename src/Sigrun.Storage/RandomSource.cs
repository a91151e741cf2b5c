using System.Numerics;

namespace Sigrun.Storage;

/// <summary>
/// A small random generator (xoshiro256**) that is seeded by its owner: whoever holds the seed can
/// replay every choice. A mutable value: keep it in a field and pass it by reference.
/// </summary>
/// <remarks>
/// The one state from which the generator never leaves is all zeros; one word is held inverted, so
/// that a value nobody has seeded is a sequence like any other.
/// </remarks>
public struct RandomSource
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3Inverted;

    /// <summary>Starts the sequence of a seed; neighbouring seeds give unrelated sequences.</summary>
    public RandomSource(ulong seed)
    {
        _s0 = Spread(ref seed);
        _s1 = Spread(ref seed);
        _s2 = Spread(ref seed);
        _s3Inverted = ~Spread(ref seed);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong shifted = _s1 << 17;
        _s2 ^= _s0;
        ulong s3 = ~_s3Inverted ^ _s1;
        _s1 ^= _s2;
        _s0 ^= s3;
        _s2 ^= shifted;
        _s3Inverted = ~BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>A number below the bound, each equally likely; the bound must not be 0.</summary>
    public ulong NextBounded(ulong bound)
    {
        ulong high = Math.BigMul(Next(), bound, out ulong low);
        if (low >= bound)
            return high;
        ulong reject = (0 - bound) % bound;
        while (low < reject)
            high = Math.BigMul(Next(), bound, out low);
        return high;
    }

    /// <summary>A number below the bound, each equally likely; the bound must be positive.</summary>
    public int NextInt(int bound) => (int)NextBounded((ulong)bound);

    /// <summary>A number from 0 up to but without 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Fills the span with random bytes.</summary>
    public void Fill(Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(Next() >> 56);
    }

    private static ulong Spread(ref ulong seed)
    {
        seed += 0x9e3779b97f4a7c15;
        ulong z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
