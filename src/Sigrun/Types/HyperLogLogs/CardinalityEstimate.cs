using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sigrun.Types.HyperLogLogs;

/// <summary>How many different elements registers have seen, from how many registers have each value.</summary>
/// <remarks>
/// The estimator is that of Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches"
/// (arXiv:1702.01284), computed in the order in which other servers do, so that the numbers are theirs. The histogram
/// is made by comparing: every vector of registers with eight values in turn, which takes no branch and no store.
/// </remarks>
internal static class CardinalityEstimate
{
    /// <summary>Room for every value that six bits can have.</summary>
    public const int HistogramLength = 64;

    private const int RankMax = 64 - DenseRegisters.IndexBits + 1;
    private const int ValuesPerStep = 8;

    /// <summary>Vectors after which a counter of eight bits could run over.</summary>
    private const int VectorsPerSum = 255;

    /// <summary>0.5 / ln 2.</summary>
    private const double Alpha = 0.721347520444481703680;

    /// <summary>Counts registers of a byte each by their value, which six bits can hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Count(ReadOnlySpan<byte> spread, Span<int> histogram, bool withVectors)
    {
        if (withVectors && Avx2.IsSupported)
        {
            for (int value = 0; value < HistogramLength; value += ValuesPerStep) CountValues(spread, (byte)value, histogram.Slice(value, ValuesPerStep));
            return;
        }
        foreach (byte value in spread) histogram[value]++;
    }

    /// <summary>The estimate.</summary>
    public static long Of(ReadOnlySpan<int> histogram)
    {
        const double Registers = DenseRegisters.Count;
        double z = Registers * Tau((Registers - histogram[RankMax]) / Registers);
        for (int rank = RankMax - 1; rank >= 1; rank--)
        {
            z += histogram[rank];
            z *= 0.5;
        }
        z += Registers * Sigma(histogram[0] / Registers);
        double estimate = Math.Round(Alpha * Registers * Registers / z, MidpointRounding.AwayFromZero);
        // Registers that no elements can leave behind may add up to nothing.
        return double.IsInfinity(estimate) ? long.MinValue : (long)estimate;
    }

    private static double Sigma(double x)
    {
        if (x == 1) return double.PositiveInfinity;
        double y = 1;
        double z = x;
        double before;
        do
        {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        }
        while (before != z);
        return z;
    }

    private static double Tau(double x)
    {
        if (x is 0 or 1) return 0;
        double y = 1;
        double z = 1 - x;
        double before;
        do
        {
            x = Math.Sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }
        while (before != z);
        return z / 3;
    }

    /// <summary>Counts the registers of eight values, the given one and those after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CountValues(ReadOnlySpan<byte> spread, byte value, Span<int> counts)
    {
        ReadOnlySpan<Vector256<byte>> vectors = MemoryMarshal.Cast<byte, Vector256<byte>>(spread);
        while (!vectors.IsEmpty)
        {
            ReadOnlySpan<Vector256<byte>> part = vectors[..Math.Min(vectors.Length, VectorsPerSum)];
            vectors = vectors[part.Length..];
            Vector256<byte> n0 = default, n1 = default, n2 = default, n3 = default, n4 = default, n5 = default, n6 = default, n7 = default;
            Vector256<byte> origin = Vector256.Create(value);
            foreach (Vector256<byte> vector in part)
            {
                // Equal bytes are all ones, which is −1.
                Vector256<byte> x = vector - origin;
                n0 -= Vector256.Equals(x, Vector256<byte>.Zero);
                n1 -= Vector256.Equals(x, Vector256.Create((byte)1));
                n2 -= Vector256.Equals(x, Vector256.Create((byte)2));
                n3 -= Vector256.Equals(x, Vector256.Create((byte)3));
                n4 -= Vector256.Equals(x, Vector256.Create((byte)4));
                n5 -= Vector256.Equals(x, Vector256.Create((byte)5));
                n6 -= Vector256.Equals(x, Vector256.Create((byte)6));
                n7 -= Vector256.Equals(x, Vector256.Create((byte)7));
            }
            counts[0] += Sum(n0);
            counts[1] += Sum(n1);
            counts[2] += Sum(n2);
            counts[3] += Sum(n3);
            counts[4] += Sum(n4);
            counts[5] += Sum(n5);
            counts[6] += Sum(n6);
            counts[7] += Sum(n7);
        }
    }

    private static int Sum(Vector256<byte> counts) =>
        (int)Vector256.Sum(Avx2.SumAbsoluteDifferences(counts, Vector256<byte>.Zero).AsUInt64());
}
