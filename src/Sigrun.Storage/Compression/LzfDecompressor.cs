using System.Runtime.Intrinsics;

namespace Sigrun.Storage.Compression;

/// <summary>Expands what <see cref="LzfCompressor"/>, or any other LZF compressor, has made.</summary>
/// <remarks>
/// Trusts nothing: every run and every reference is checked against both ends of input and output, so damaged input
/// costs a refusal and at most the work of filling the output. Away from the ends short pieces are copied as 32 bytes
/// at once; what is too much is overwritten by the next piece.
/// </remarks>
public static unsafe class LzfDecompressor
{
    /// <summary>The three bits in front of a match whose length goes on in the next byte.</summary>
    private const int LongMatchBits = 7;

    /// <summary>Bytes of the reference that stands for the longest match.</summary>
    private const int LongReferenceBytes = 3;

    private const int BlockBytes = 32;

    /// <summary>The longest text that so many compressed bytes can stand for.</summary>
    public static long ExpandedMax(long compressedLength) =>
        compressedLength * (LzfCompressor.MatchMax / LongReferenceBytes);

    /// <summary>Expands into the output; false when the input is damaged or does not fill the output exactly.</summary>
    public static bool TryExpand(ReadOnlySpan<byte> input, Span<byte> output)
    {
        fixed (byte* from = input, to = output)
            return TryExpand(from, from + input.Length, to, to + output.Length);
    }

    private static bool TryExpand(byte* read, byte* readEnd, byte* start, byte* end)
    {
        byte* write = start;
        while (read < readEnd)
        {
            int control = *read++;
            if (control < LzfCompressor.RunMax)
            {
                int run = control + 1;
                if (run > readEnd - read || run > end - write)
                    return false;
                CopyRun(read, readEnd, write, end, run);
                read += run;
                write += run;
                continue;
            }

            int length = control >> 5;
            int offsetBytes = length == LongMatchBits ? 2 : 1;
            if (offsetBytes > readEnd - read)
                return false;
            if (length == LongMatchBits)
                length += *read++;
            length += 2;
            int offset = ((control & 31) << 8) + *read++ + 1;
            if (offset > write - start || length > end - write)
                return false;
            CopyMatch(write, end, offset, length);
            write += length;
        }
        return write == end;
    }

    private static void CopyRun(byte* read, byte* readEnd, byte* write, byte* end, int run)
    {
        if (readEnd - read >= BlockBytes && end - write >= BlockBytes)
            CopyBlock(read, write);
        else
            new ReadOnlySpan<byte>(read, run).CopyTo(new Span<byte>(write, run));
    }

    /// <summary>Copies from what was written before; where that overlaps with its copy, a pattern repeats.</summary>
    private static void CopyMatch(byte* write, byte* end, int offset, int length)
    {
        if (offset >= BlockBytes && length <= BlockBytes && end - write >= BlockBytes)
            CopyBlock(write - offset, write);
        else if (offset >= length)
            new ReadOnlySpan<byte>(write - offset, length).CopyTo(new Span<byte>(write, length));
        else if (offset == 1)
            new Span<byte>(write, length).Fill(write[-1]);
        else
        {
            for (int i = 0; i < length; i++)
                write[i] = write[i - offset];
        }
    }

    /// <summary>Copies 32 bytes between places that do not overlap.</summary>
    private static void CopyBlock(byte* from, byte* to) => Vector256.Load(from).Store(to);
}
