using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sigrun.Types.HyperLogLogs;

/// <summary>Where in sparse registers one of them lies.</summary>
/// <remarks>
/// Whoever adds an element has to pass all runs in front of its register. Most take one byte, and the number of
/// registers in each follows from that byte alone: thirty-two of them are summed up at a time.
/// </remarks>
/// <param name="At">Where its run begins.</param>
/// <param name="Previous">Where the run before that begins; −1 for the first.</param>
/// <param name="First">The first register of its run.</param>
/// <param name="Run">Its run.</param>
internal readonly record struct SparsePlace(int At, int Previous, int First, SparseRun Run)
{
    /// <summary>Fewer bytes than this are not worth a step of many at once.</summary>
    private const int WorthwhileBytes = 8;

    /// <summary>How many bytes go one run at a time after a step that could pass none.</summary>
    private const int SingleBytes = 16;

    /// <summary>Finds a register; false when the runs end before it, or in the middle of one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryFind(ReadOnlySpan<byte> codes, int register, out SparsePlace place)
    {
        int at = 0;
        int previous = -1;
        int first = 0;
        int singleUntil = 0;
        while (at < codes.Length)
        {
            if (Avx2.IsSupported && at >= singleUntil && codes.Length - at >= Vector256<byte>.Count)
            {
                int passed = Pass(codes.Slice(at, Vector256<byte>.Count), register - first, out int registers);
                if (passed > 0)
                {
                    at += passed;
                    previous = at - 1;
                    first += registers;
                    continue;
                }
                singleUntil = at + SingleBytes;
            }
            SparseRun run = SparseRun.At(codes, at);
            if (run.Bytes == 0) break;
            if (register < first + run.Length)
            {
                place = new SparsePlace(at, previous, first, run);
                return true;
            }
            previous = at;
            at += run.Bytes;
            first += run.Length;
        }
        place = default;
        return false;
    }

    /// <summary>
    /// Passes runs of one byte each, all of these or those in front of a longer one, unless the register is among them.
    /// </summary>
    /// <param name="codes">A vector of codes that begins with a run.</param>
    /// <param name="distance">How many registers lie in front of the wanted one.</param>
    /// <param name="registers">The registers that were passed.</param>
    /// <returns>The bytes that were passed; 0 for none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Pass(ReadOnlySpan<byte> codes, int distance, out int registers)
    {
        registers = 0;
        Vector256<byte> vector = Vector256.Create(codes);
        uint longs = Vector256.Equals(vector & Vector256.Create((byte)0xC0), Vector256.Create((byte)0x40)).ExtractMostSignificantBits();
        int count = Math.Min(BitOperations.TrailingZeroCount(longs), Vector256<byte>.Count);
        if (count < WorthwhileBytes) return 0;
        Vector256<byte> isValue = Vector256.LessThan(vector.AsSByte(), Vector256<sbyte>.Zero).AsByte();
        Vector256<byte> bits = Vector256.ConditionalSelect(isValue, Vector256.Create((byte)3), Vector256.Create((byte)63));
        Vector256<byte> lengths = (vector & bits) + Vector256.Create((byte)1);
        lengths &= Vector256.Create(Prefixes.Slice(Vector256<byte>.Count - count, Vector256<byte>.Count));
        registers = (int)Vector256.Sum(Avx2.SumAbsoluteDifferences(lengths, Vector256<byte>.Zero).AsUInt64());
        if (registers <= distance) return count;
        registers = 0;
        return 0;
    }

    /// <summary>Ones, then zeros, a vector each: from 32 − n on lie n ones.</summary>
    private static ReadOnlySpan<byte> Prefixes =>
    [
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
}
