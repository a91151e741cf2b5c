namespace Sigrun.Types.HyperLogLogs;

/// <summary>Registers as runs, read from first to last. The runs may be anything a client has written.</summary>
/// <remarks>Every reader wants exactly all registers: too few, too many or a run that is cut off make the result false.</remarks>
internal static class SparseRegisters
{
    /// <summary>The runs of registers that are all zero.</summary>
    public static ReadOnlySpan<byte> Empty => [0x7F, 0xFF];

    /// <summary>The longest form that registers can have, however awkward.</summary>
    public const int BytesMax = DenseRegisters.Count * SparseRun.BytesMax;

    /// <summary>Raises registers of a byte each to those that are greater here.</summary>
    public static bool TryMergeInto(Span<byte> spread, ReadOnlySpan<byte> codes)
    {
        int register = 0;
        int at = 0;
        while (TryNext(codes, ref at, ref register, out SparseRun run))
        {
            if (run.Value == 0) continue;
            foreach (ref byte value in spread.Slice(register - run.Length, run.Length)) value = Math.Max(value, (byte)run.Value);
        }
        return IsWhole(codes, at, register);
    }

    /// <summary>Counts how many registers have each value.</summary>
    public static bool TryCount(ReadOnlySpan<byte> codes, Span<int> histogram)
    {
        int register = 0;
        int at = 0;
        while (TryNext(codes, ref at, ref register, out SparseRun run)) histogram[run.Value] += run.Length;
        return IsWhole(codes, at, register);
    }

    /// <summary>Writes the same registers in dense form over zeros.</summary>
    public static bool TryMakeDense(Span<byte> dense, ReadOnlySpan<byte> codes)
    {
        int register = 0;
        int at = 0;
        while (TryNext(codes, ref at, ref register, out SparseRun run))
        {
            if (run.Value == 0) continue;
            for (int i = register - run.Length; i < register; i++) DenseRegisters.Set(dense, i, run.Value);
        }
        return IsWhole(codes, at, register);
    }

    /// <summary>Goes to the next run, unless there is none, it is cut off, or there are not that many registers.</summary>
    private static bool TryNext(ReadOnlySpan<byte> codes, ref int at, ref int register, out SparseRun run)
    {
        run = at < codes.Length ? SparseRun.At(codes, at) : default;
        if (run.Bytes == 0 || register + run.Length > DenseRegisters.Count) return false;
        at += run.Bytes;
        register += run.Length;
        return true;
    }

    private static bool IsWhole(ReadOnlySpan<byte> codes, int at, int register) =>
        at == codes.Length && register == DenseRegisters.Count;
}
