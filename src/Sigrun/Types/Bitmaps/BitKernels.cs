using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Sigrun.Types.Bitmaps;

/// <summary>Counting and finding bits in long strings. Bit 0 is the highest bit of the first byte.</summary>
/// <remarks>
/// Counting looks four bits up at a time, 32 bytes per shuffle (Muła, Kurz, Lemire: "Faster population
/// counts using AVX2 instructions"); eight vectors are summed as bytes before the sum is widened. On arm64
/// the processor counts bits per byte; elsewhere 64-bit words are counted. In memory that no cache holds all
/// of them wait for memory. Finding is the framework's vectorized search for a byte that is not all zeros,
/// or not all ones, and one look at that byte.
/// </remarks>
internal static class BitKernels
{
    /// <summary>The number of set bits.</summary>
    public static long Count(ReadOnlySpan<byte> bytes)
    {
        long count = 0;
        if (Avx2.IsSupported) count = CountAvx2(ref bytes);
        else if (AdvSimd.Arm64.IsSupported) count = CountArm64(ref bytes);
        return count + CountWords(bytes);
    }

    /// <summary>The number of set bits from one bit to another, both included.</summary>
    public static long Count(ReadOnlySpan<byte> bytes, long firstBit, long lastBit)
    {
        int first = (int)(firstBit >> 3);
        int last = (int)(lastBit >> 3);
        int before = bytes[first] & ~(0xFF >> (int)(firstBit & 7));
        int after = bytes[last] & (0x7F >> (int)(lastBit & 7));
        return Count(bytes[first..(last + 1)]) - BitOperations.PopCount((uint)before) - BitOperations.PopCount((uint)after);
    }

    /// <summary>The first bit of that value from one bit to another, both included; −1 when there is none.</summary>
    public static long Find(ReadOnlySpan<byte> bytes, bool value, long firstBit, long lastBit)
    {
        byte skipped = value ? (byte)0 : byte.MaxValue;
        int first = (int)(firstBit >> 3);
        int last = (int)(lastBit >> 3);
        int hidden = ~(0xFF >> (int)(firstBit & 7)) & 0xFF;
        int head = value ? bytes[first] & ~hidden : bytes[first] | hidden;
        int at = first;
        if (head == skipped)
        {
            int distance = bytes[(first + 1)..(last + 1)].IndexOfAnyExcept(skipped);
            if (distance < 0) return -1;
            at = first + 1 + distance;
            head = bytes[at];
        }
        int ones = value ? head : ~head & 0xFF;
        long bit = ((long)at << 3) + BitOperations.LeadingZeroCount((uint)ones) - 24;
        return bit <= lastBit ? bit : -1;
    }

    private static long CountWords(ReadOnlySpan<byte> bytes)
    {
        long count = 0;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words) count += BitOperations.PopCount(word);
        foreach (byte b in bytes[(words.Length * sizeof(ulong))..]) count += BitOperations.PopCount(b);
        return count;
    }

    /// <summary>Counts whole vectors and cuts them off the front.</summary>
    private static long CountAvx2(ref ReadOnlySpan<byte> bytes)
    {
        const int VectorsPerSum = 8;
        ReadOnlySpan<Vector256<byte>> vectors = MemoryMarshal.Cast<byte, Vector256<byte>>(bytes);
        bytes = bytes[(vectors.Length * Vector256<byte>.Count)..];
        Vector256<ulong> total = Vector256<ulong>.Zero;
        while (vectors.Length >= VectorsPerSum)
        {
            Vector256<byte> sum = CountNibbles(vectors[0]) + CountNibbles(vectors[1]) + CountNibbles(vectors[2]) + CountNibbles(vectors[3])
                + CountNibbles(vectors[4]) + CountNibbles(vectors[5]) + CountNibbles(vectors[6]) + CountNibbles(vectors[7]);
            total += Avx2.SumAbsoluteDifferences(sum, Vector256<byte>.Zero).AsUInt64();
            vectors = vectors[VectorsPerSum..];
        }
        foreach (Vector256<byte> vector in vectors)
        {
            total += Avx2.SumAbsoluteDifferences(CountNibbles(vector), Vector256<byte>.Zero).AsUInt64();
        }
        return (long)Vector256.Sum(total);
    }

    /// <summary>The bits of each byte, counted.</summary>
    private static Vector256<byte> CountNibbles(Vector256<byte> vector)
    {
        Vector128<byte> half = Vector128.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
        Vector256<byte> counts = Vector256.Create(half, half);
        Vector256<byte> lowMask = Vector256.Create((byte)0x0F);
        Vector256<byte> low = vector & lowMask;
        Vector256<byte> high = (vector.AsUInt16() >>> 4).AsByte() & lowMask;
        return Avx2.Shuffle(counts, low) + Avx2.Shuffle(counts, high);
    }

    /// <summary>Counts whole vectors and cuts them off the front.</summary>
    private static long CountArm64(ref ReadOnlySpan<byte> bytes)
    {
        const int VectorsPerSum = 4;
        ReadOnlySpan<Vector128<byte>> vectors = MemoryMarshal.Cast<byte, Vector128<byte>>(bytes);
        vectors = vectors[..(vectors.Length & -VectorsPerSum)];
        bytes = bytes[(vectors.Length * Vector128<byte>.Count)..];
        long count = 0;
        for (; !vectors.IsEmpty; vectors = vectors[VectorsPerSum..])
        {
            Vector128<byte> sum = AdvSimd.PopCount(vectors[0]) + AdvSimd.PopCount(vectors[1])
                + AdvSimd.PopCount(vectors[2]) + AdvSimd.PopCount(vectors[3]);
            count += AdvSimd.Arm64.AddAcrossWidening(sum).ToScalar();
        }
        return count;
    }
}
