namespace Sigrun.Types.HyperLogLogs;

/// <summary>Raises single registers among runs.</summary>
/// <remarks>
/// The runs that come out are those that every server makes of the same elements, so that equal histories give equal
/// strings: a run is cut into up to three, then the new value is joined with equal neighbours as far as a run goes.
/// </remarks>
internal ref struct SparseEditor(Span<byte> codes, int length)
{
    private const int CutBytesMax = 5;

    /// <summary>Runs that are looked at to join equal ones.</summary>
    private const int JoinedRuns = 5;

    private readonly Span<byte> _codes = codes;

    /// <summary>The bytes of all runs.</summary>
    public int Length { get; private set; } = length;

    /// <summary>Raises a register; false when that would take more bytes than allowed.</summary>
    /// <param name="place">Where the register is.</param>
    /// <param name="register">The register.</param>
    /// <param name="value">Its new value, greater than before and at most <see cref="SparseRun.ValueMax"/>.</param>
    /// <param name="lengthMax">How long the runs may become.</param>
    public bool TryRaise(in SparsePlace place, int register, int value, long lengthMax)
    {
        Span<byte> cut = stackalloc byte[CutBytesMax];
        int cutBytes = Cut(cut, place, register, value);
        int growth = cutBytes - place.Run.Bytes;
        if (growth > 0 && Length + growth > lengthMax) return false;
        int end = place.At + place.Run.Bytes;
        if (growth != 0) _codes[end..Length].CopyTo(_codes[(end + growth)..]);
        cut[..cutBytes].CopyTo(_codes[place.At..]);
        Length += growth;
        Join(Math.Max(place.Previous, 0));
        return true;
    }

    /// <summary>Writes what comes in place of a run: what of it lies before the register, the register, and the rest.</summary>
    private static int Cut(Span<byte> target, in SparsePlace place, int register, int value)
    {
        int before = register - place.First;
        int after = place.Run.Length - before - 1;
        int written = WriteRest(target, place.Run.Value, before);
        written += SparseRun.WriteValue(target[written..], value, 1);
        return written + WriteRest(target[written..], place.Run.Value, after);
    }

    private static int WriteRest(Span<byte> target, int value, int length)
    {
        if (length == 0) return 0;
        return value == 0 ? SparseRun.WriteZeros(target, length) : SparseRun.WriteValue(target, value, length);
    }

    /// <summary>Joins neighbours of the same value from a run on.</summary>
    private void Join(int at)
    {
        for (int runs = 0; runs < JoinedRuns && at < Length; runs++)
        {
            SparseRun run = SparseRun.At(_codes[..Length], at);
            if (run.Value == 0 || at + 1 == Length || !SparseRun.IsValue(_codes[at + 1]))
            {
                if (run.Bytes == 0) return;
                at += run.Bytes;
                continue;
            }
            SparseRun next = SparseRun.At(_codes[..Length], at + 1);
            int joined = run.Length + next.Length;
            if (next.Value != run.Value || joined > SparseRun.ValueLengthMax)
            {
                at++;
                continue;
            }
            // The joined run may be joined again: it is looked at once more.
            SparseRun.WriteValue(_codes[at..], run.Value, joined);
            _codes[(at + 2)..Length].CopyTo(_codes[(at + 1)..]);
            Length--;
        }
    }
}
