namespace Sigrun.Persistence;

/// <summary>Expands what <see cref="LzfCompressor"/>, or any other LZF compressor, has made.</summary>
/// <remarks>
/// Trusts nothing: every run and every reference is checked against both ends of input and output, so damaged input
/// costs a refusal and at most the work of filling the output.
/// </remarks>
internal static class LzfDecompressor
{
    /// <summary>The three bits in front of a match whose length goes on in the next byte.</summary>
    private const int LongMatchBits = 7;

    /// <summary>Bytes of the reference that stands for the longest match.</summary>
    private const int LongReferenceBytes = 3;

    /// <summary>The longest text that so many compressed bytes can stand for.</summary>
    public static long ExpandedMax(long compressedLength) =>
        compressedLength * (LzfCompressor.MatchMax / LongReferenceBytes);

    /// <summary>Expands into the output; false when the input is damaged or does not fill the output exactly.</summary>
    public static bool TryExpand(ReadOnlySpan<byte> input, Span<byte> output)
    {
        int write = 0;
        int read = 0;
        while (read < input.Length)
        {
            int control = input[read++];
            if (control < LzfCompressor.RunMax)
            {
                int run = control + 1;
                if (run > input.Length - read || run > output.Length - write) return false;
                input.Slice(read, run).CopyTo(output[write..]);
                read += run;
                write += run;
                continue;
            }

            int length = control >> 5;
            int offsetBytes = length == LongMatchBits ? 2 : 1;
            if (offsetBytes > input.Length - read) return false;
            if (length == LongMatchBits) length += input[read++];
            length += 2;
            int offset = ((control & 31) << 8) + input[read++] + 1;
            if (offset > write || length > output.Length - write) return false;
            Repeat(output, write, offset, length);
            write += length;
        }
        return write == output.Length;
    }

    /// <summary>Copies from what was written before; where that overlaps with its copy, a pattern repeats.</summary>
    private static void Repeat(Span<byte> output, int write, int offset, int length)
    {
        if (offset == 1)
        {
            output.Slice(write, length).Fill(output[write - 1]);
            return;
        }
        while (length > 0)
        {
            int step = Math.Min(offset, length);
            output.Slice(write - offset, step).CopyTo(output[write..]);
            write += step;
            length -= step;
        }
    }
}
