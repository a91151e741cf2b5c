using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures;

/// <summary>The codes of a listpack's elements, as RDB files hold them.</summary>
/// <remarks>
/// <code>
/// 0xxxxxxx                    a number of 7 bits
/// 10llllll  bytes             up to 63 bytes
/// 110xxxxx xxxxxxxx           a number of 13 bits, high bits first
/// 1110llll llllllll  bytes    up to 4095 bytes, high bits first
/// F0 l l l l  bytes           more bytes, low byte of the length first
/// F1, F2, F3, F4              a number of 2, 3, 4, 8 bytes, low byte first
/// FF                          the end
/// </code>
/// Each element is followed by the length of what stands before that length, in groups of seven bits that are read
/// from the last byte on; a set high bit says that more follows to the left.
/// </remarks>
internal static unsafe class ListpackCode
{
    public const byte String6 = 0x80;
    public const byte Int13 = 0xC0;
    public const byte String12 = 0xE0;
    public const byte String32 = 0xF0;
    public const byte Int16 = 0xF1;
    public const byte Int24 = 0xF2;
    public const byte Int32 = 0xF3;
    public const byte Int64 = 0xF4;
    public const byte End = 0xFF;
    public const int String12MinLength = 64;
    public const int String32MinLength = 4096;

    /// <summary>The longest back length.</summary>
    public const int BackLengthBytesMax = 5;

    /// <summary>The bytes of the element at a place, without its back length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint BodyBytes(byte* element)
    {
        uint lead = *element;
        if (lead < String6) return 1;
        if (lead < Int13) return 1 + (lead & 63);
        return LongBodyBytes(element, lead);
    }

    /// <summary>How many of the body's first bytes tell its length; 0 when there is no such code.</summary>
    public static int LeadBytes(byte lead) => lead switch
    {
        < String12 => 1,
        < String32 => 2,
        String32 => 5,
        <= Int64 => 1,
        _ => 0,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BackLengthBytes(int bodyBytes) => bodyBytes <= 127 ? 1 : LongBackLengthBytes(bodyBytes);

    /// <summary>Writes a back length.</summary>
    public static void WriteBackLength(byte* target, int bodyBytes)
    {
        int bytes = BackLengthBytes(bodyBytes);
        uint rest = (uint)bodyBytes;
        for (int i = bytes - 1; i > 0; i--, rest >>= 7) target[i] = (byte)(rest & 127 | 128);
        target[0] = (byte)rest;
    }

    /// <summary>Reads the back length whose last byte is in front of an element; <paramref name="bytes"/> is its own length.</summary>
    public static ulong ReadBackLength(byte* element, out int bytes)
    {
        ulong value = 0;
        bytes = 0;
        do
        {
            value |= (ulong)(element[-1 - bytes] & 127) << (7 * bytes);
        }
        while ((element[-1 - bytes++] & 128) != 0 && bytes < BackLengthBytesMax);
        return value;
    }

    private static uint LongBodyBytes(byte* element, uint lead) => lead switch
    {
        < String12 => 2,
        < String32 => 2 + ((lead & 15) << 8 | element[1]),
        String32 => 5 + Unsafe.ReadUnaligned<uint>(element + 1),
        Int16 => 3,
        Int24 => 4,
        Int32 => 5,
        Int64 => 9,
        _ => 1,
    };

    /// <summary>The boundaries are not quite those of the bits: files of other servers have them so.</summary>
    private static int LongBackLengthBytes(int bodyBytes) => bodyBytes switch
    {
        < (1 << 14) - 1 => 2,
        < (1 << 21) - 1 => 3,
        < (1 << 28) - 1 => 4,
        _ => 5,
    };
}
