namespace Sigrun.Persistence;

/// <summary>
/// Compresses strings in the LZF format: runs of up to 32 bytes as they are, and references to what stands up to
/// 8 KB before.
/// </summary>
/// <remarks>
/// <para>
/// <c>000LLLLL</c>: L+1 bytes follow as they are. <c>LLLooooo oooooooo</c>: L+2 bytes stand o+1 bytes before.
/// <c>111ooooo LLLLLLLL oooooooo</c>: the same with L+9.
/// </para>
/// <para>
/// Any text in this format decompresses to what it should; this compressor is held to more: it makes the choices of
/// the widespread implementation in its fast setting, so that equal values give equal DUMP payloads everywhere. That
/// fixes the hash and its 16 bits, which places are remembered after a match (its last two), how far a match may reach
/// and when the result counts as too long. The original does not clear its table between strings and can, rarely, find
/// a match through an entry of the string before; here a string never depends on another.
/// </para>
/// <para>
/// Clearing 256 KB for each string would cost more than most strings themselves, so places are stored plus a base
/// that rises by each string's length: what is not above the base is of an earlier string.
/// </para>
/// <para>One compressor serves one thread.</para>
/// </remarks>
internal sealed class LzfCompressor
{
    /// <summary>Longest run of bytes as they are.</summary>
    internal const int RunMax = 32;

    /// <summary>How far a reference reaches.</summary>
    internal const int WindowBytes = 1 << 13;

    /// <summary>Longest match.</summary>
    internal const int MatchMax = 264;

    private const int HashBits = 16;
    private const int MatchMin = 3;

    /// <summary>Matches shorter than that are written with their length in the first byte.</summary>
    private const int LongMatch = 9;

    /// <summary>A reference, the start of the run after it, and one byte that is never used.</summary>
    private const int MatchRoom = 4;

    private readonly uint[] _places = new uint[1 << HashBits];
    private uint _base;

    /// <summary>Compresses; returns the length, or 0 when the result does not fit.</summary>
    /// <param name="input">At least two bytes.</param>
    /// <param name="output">Where the result goes; what it holds after a failure is undefined.</param>
    public int Compress(ReadOnlySpan<byte> input, Span<byte> output)
    {
        if (output.IsEmpty) return 0;
        if (_base > uint.MaxValue - (uint)input.Length)
        {
            _places.AsSpan().Clear();
            _base = 0;
        }
        int length = Compress(input, output, _places, _base);
        _base += (uint)input.Length;
        return length;
    }

    private static int Compress(ReadOnlySpan<byte> input, Span<byte> output, Span<uint> places, uint start)
    {
        // The byte in front of a run holds its length; it is left free when the run starts.
        int write = 1;
        int run = 0;
        int read = 0;
        int last = input.Length - MatchMin;
        while (read <= last)
        {
            ref uint place = ref places[Hash(input, read)];
            int match = FindMatch(input, read, place, start);
            place = start + (uint)read;
            if (match < 0)
            {
                if (write >= output.Length) return 0;
                output[write++] = input[read++];
                if (++run == RunMax) StartRun(output, ref write, ref run);
                continue;
            }

            EndRun(output, ref write, run);
            if (write + MatchRoom >= output.Length) return 0;
            int length = MatchLength(input, match, read);
            WriteReference(output, ref write, read - match - 1, length);
            run = 0;
            write++;
            read += length;
            if (read > last) break;
            places[Hash(input, read - 2)] = start + (uint)(read - 2);
            places[Hash(input, read - 1)] = start + (uint)(read - 1);
        }

        if (write + MatchMin > output.Length) return 0;
        while (read < input.Length)
        {
            output[write++] = input[read++];
            if (++run == RunMax) StartRun(output, ref write, ref run);
        }
        EndRun(output, ref write, run);
        return write;
    }

    private static int Hash(ReadOnlySpan<byte> input, int at)
    {
        int three = input[at] << 16 | input[at + 1] << 8 | input[at + 2];
        return ((three >> 8) - three * 5) & ((1 << HashBits) - 1);
    }

    /// <summary>The place that the table knows, if the three bytes here stand there, too; −1 if not. The first byte of a string is never one.</summary>
    private static int FindMatch(ReadOnlySpan<byte> input, int read, uint place, uint start)
    {
        if (place <= start) return -1;
        int match = (int)(place - start);
        bool usable = read - match <= WindowBytes
            && input[match] == input[read] && input[match + 1] == input[read + 1] && input[match + 2] == input[read + 2];
        return usable ? match : -1;
    }

    /// <summary>
    /// How many bytes agree. The last two bytes of the string are left out, but for strings that end 3, 19 or 20 bytes
    /// from here: the original compares the first 16 bytes without looking for the end.
    /// </summary>
    private static int MatchLength(ReadOnlySpan<byte> input, int match, int read)
    {
        const int Unchecked = 16;
        int reach = Math.Min(input.Length - read - 2, MatchMax);
        int max = reach > Unchecked ? Math.Max(reach, Unchecked + MatchMin) : Math.Max(reach, MatchMin);
        return input.Slice(match, max).CommonPrefixLength(input.Slice(read, max));
    }

    private static void WriteReference(Span<byte> output, ref int write, int offset, int length)
    {
        if (length < LongMatch)
        {
            output[write++] = (byte)((offset >> 8) + ((length - 2) << 5));
        }
        else
        {
            output[write++] = (byte)((offset >> 8) + (7 << 5));
            output[write++] = (byte)(length - LongMatch);
        }
        output[write++] = (byte)offset;
    }

    private static void StartRun(Span<byte> output, ref int write, ref int run)
    {
        EndRun(output, ref write, run);
        run = 0;
        write++;
    }

    /// <summary>Fills in the length in front of a run; an empty run goes away.</summary>
    private static void EndRun(Span<byte> output, ref int write, int run)
    {
        if (run == 0) write--;
        else output[write - run - 1] = (byte)(run - 1);
    }
}
