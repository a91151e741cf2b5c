using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sigrun.Storage.Compression;

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
/// the widespread implementation in its fast setting, so that equal values give equal payloads and files everywhere.
/// That fixes the hash and its 16 bits, which places are remembered after a match (its last two), how far a match may
/// reach and when the result counts as too long. The original does not clear its table between strings and can,
/// rarely, find a match through an entry of the string before; here a string never depends on another.
/// </para>
/// <para>
/// Clearing 256 KB for each string would cost more than most strings themselves, so places are stored plus a base
/// that rises by each string's length: what is not above the base is of an earlier string.
/// </para>
/// <para>
/// Short strings are often identifiers in which nothing repeats. Comparing such a string with itself, moved by every
/// distance, 32 bytes at once, finds that out in a fraction of the time that looking up every place takes.
/// </para>
/// <para>One compressor serves one thread.</para>
/// </remarks>
public sealed unsafe class LzfCompressor
{
    /// <summary>Longest run of bytes as they are.</summary>
    internal const int RunMax = 32;

    /// <summary>Longest match.</summary>
    internal const int MatchMax = 264;

    private const int WindowBytes = 1 << 13;
    private const int HashBits = 16;
    private const int MatchMin = 3;

    /// <summary>Matches shorter than that are written with their length in the first byte.</summary>
    private const int LongMatch = 9;

    /// <summary>A reference, the start of the run after it, and one byte that is never used.</summary>
    private const int MatchRoom = 4;

    /// <summary>Strings up to that length are first asked whether anything repeats.</summary>
    private const int ShortMax = 64;

    private uint[]? _places;
    private uint _base;

    /// <summary>Compresses; returns the length, or 0 when the result does not fit.</summary>
    /// <param name="input">What to compress.</param>
    /// <param name="output">Where the result goes; what it holds after a failure is undefined.</param>
    public int Compress(ReadOnlySpan<byte> input, Span<byte> output)
    {
        if (input.Length < MatchMin || output.IsEmpty)
            return 0;
        // Without a match the result is longer than the string.
        if (input.Length <= ShortMax && output.Length <= input.Length && !Repeats(input))
            return 0;
        _places ??= new uint[1 << HashBits];
        if (_base > uint.MaxValue - (uint)input.Length)
        {
            _places.AsSpan().Clear();
            _base = 0;
        }
        fixed (byte* from = input, to = output)
        fixed (uint* places = _places)
        {
            byte* written = Compress(from, from + input.Length, to, to + output.Length, places, _base);
            _base += (uint)input.Length;
            return written == null ? 0 : (int)(written - to);
        }
    }

    /// <summary>Compresses; returns where the result ends, or null when it does not fit.</summary>
    private static byte* Compress(byte* input, byte* inputEnd, byte* write, byte* writeEnd, uint* places, uint start)
    {
        byte* read = input;
        byte* run = input;
        byte* last = inputEnd - MatchMin;
        uint three = FirstTwo(read);
        while (read <= last)
        {
            three = three << 8 | read[2];
            uint* place = places + Hash(three);
            uint seen = *place;
            *place = start + (uint)(read - input);
            byte* match = input + (seen - start);
            if (seen <= start || read - match > WindowBytes || !IsSameStart(match, read))
            {
                if (++read - run < RunMax)
                    continue;
                write = WriteRun(run, RunMax, inputEnd, write, writeEnd);
                if (write == null)
                    return null;
                run = read;
                continue;
            }

            write = WriteRun(run, (int)(read - run), inputEnd, write, writeEnd);
            if (write == null || writeEnd - write <= MatchRoom)
                return null;
            int length = MatchLength(match, read, (int)Math.Min(inputEnd - read - 2, MatchMax));
            write = WriteReference(write, (int)(read - match - 1), length);
            read += length;
            run = read;
            if (read > last)
                break;
            three = (uint)(read[-2] << 16 | read[-1] << 8 | read[0]);
            places[Hash(three)] = start + (uint)(read - 2 - input);
            places[Hash(three << 8 | read[1])] = start + (uint)(read - 1 - input);
            three = FirstTwo(read);
        }
        return WriteEnd(run, (int)(read - run), inputEnd, write, writeEnd);
    }

    /// <summary>Whether any three bytes come twice in a short string.</summary>
    internal static bool Repeats(ReadOnlySpan<byte> input)
    {
        byte* text = stackalloc byte[2 * ShortMax];
        new Span<byte>(text, 2 * ShortMax).Clear();
        input.CopyTo(new Span<byte>(text, ShortMax));
        Vector256<byte> low = Vector256.Load(text);
        Vector256<byte> high = Vector256.Load(text + Vector256<byte>.Count);
        for (int distance = 1; distance <= input.Length - MatchMin; distance++)
        {
            ulong same = Vector256.Equals(low, Vector256.Load(text + distance)).ExtractMostSignificantBits()
                | (ulong)Vector256.Equals(high, Vector256.Load(text + distance + Vector256<byte>.Count)).ExtractMostSignificantBits() << 32;
            ulong places = (1UL << (input.Length - distance - 2)) - 1;
            if ((same & (same >> 1) & (same >> 2) & places) != 0)
                return true;
        }
        return false;
    }

    private static uint FirstTwo(byte* at) => (uint)(at[0] << 8 | at[1]);

    /// <summary>The hash of three bytes, which may have others before them.</summary>
    private static uint Hash(uint three) => ((three >> 8) - three * 5) & ((1 << HashBits) - 1);

    private static bool IsSameStart(byte* match, byte* here) =>
        *(ushort*)match == *(ushort*)here && match[2] == here[2];

    /// <summary>
    /// How many bytes agree. The last two bytes of the string are left out, but where the string ends 3, 19 or 20 bytes
    /// from here: the original compares the first 16 bytes of a long rest without looking for the end.
    /// </summary>
    /// <param name="match">What stood before.</param>
    /// <param name="here">What stands here.</param>
    /// <param name="reach">The bytes to the end, less two, but no more than <see cref="MatchMax"/>.</param>
    private static int MatchLength(byte* match, byte* here, int reach)
    {
        const int Unchecked = 16;
        int max = reach > Unchecked ? Math.Max(reach, Unchecked + MatchMin) : Math.Max(reach, MatchMin);
        int length = MatchMin;
        for (; length + sizeof(ulong) <= max; length += sizeof(ulong))
        {
            ulong difference = *(ulong*)(match + length) ^ *(ulong*)(here + length);
            if (difference != 0)
                return length + FirstByte(difference);
        }
        while (length < max && match[length] == here[length])
            length++;
        return length;
    }

    /// <summary>Which byte of eight in memory is the first that is not zero.</summary>
    private static int FirstByte(ulong loaded) =>
        BitOperations.TrailingZeroCount(BitConverter.IsLittleEndian ? loaded : BinaryPrimitives.ReverseEndianness(loaded)) >> 3;

    private static byte* WriteReference(byte* write, int offset, int length)
    {
        if (length < LongMatch)
        {
            *write++ = (byte)((offset >> 8) + ((length - 2) << 5));
        }
        else
        {
            *write++ = (byte)((offset >> 8) + (7 << 5));
            *write++ = (byte)(length - LongMatch);
        }
        *write++ = (byte)offset;
        return write;
    }

    /// <summary>
    /// Writes up to <see cref="RunMax"/> bytes as they are, after their number; null when they do not fit. Away from the
    /// ends all 32 are copied: what is too much is overwritten.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* WriteRun(byte* run, int length, byte* inputEnd, byte* write, byte* writeEnd)
    {
        if (length == 0)
            return write;
        if (writeEnd - write <= length)
            return null;
        *write++ = (byte)(length - 1);
        if (inputEnd - run >= RunMax && writeEnd - write >= RunMax)
            Vector256.Load(run).Store(write);
        else
            Buffer.MemoryCopy(run, write, length, length);
        return write + length;
    }

    /// <summary>
    /// Writes what is left: bytes of a run under way and the last ones, which are too few to match. The original asks
    /// for room for as many as there can be, and so for more than there are.
    /// </summary>
    private static byte* WriteEnd(byte* run, int length, byte* inputEnd, byte* write, byte* writeEnd)
    {
        if (writeEnd - write < 1 + length + MatchMin)
            return null;
        int rest = (int)(inputEnd - run);
        int first = Math.Min(rest, RunMax);
        write = WriteRun(run, first, inputEnd, write, writeEnd);
        return write == null ? null : WriteRun(run + first, rest - first, inputEnd, write, writeEnd);
    }
}
