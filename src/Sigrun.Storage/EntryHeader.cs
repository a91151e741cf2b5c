using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sigrun.Storage;

/// <summary>The type of a key's value, with the numbers that the protocol's dumps use.</summary>
public enum EntryType : byte
{
    /// <summary>A string.</summary>
    String = 0,

    /// <summary>A list.</summary>
    List = 1,

    /// <summary>A set.</summary>
    Set = 2,

    /// <summary>A sorted set.</summary>
    SortedSet = 3,

    /// <summary>A hash.</summary>
    Hash = 4,

    /// <summary>A type that a module brings.</summary>
    Module = 5,

    /// <summary>A stream.</summary>
    Stream = 6,
}

/// <summary>How a value is represented, as clients see it in OBJECT ENCODING.</summary>
public enum EntryEncoding : byte
{
    /// <summary>A string that was or may be changed in place.</summary>
    Raw = 0,

    /// <summary>A string that is kept as an integer.</summary>
    Int = 1,

    /// <summary>A hash table.</summary>
    HashTable = 2,

    /// <summary>A sorted array of integers.</summary>
    IntSet = 6,

    /// <summary>An ordered tree, under the name that clients expect.</summary>
    SkipList = 7,

    /// <summary>A short string as it was set.</summary>
    Embedded = 8,

    /// <summary>A list of listpacks.</summary>
    QuickList = 9,

    /// <summary>A radix tree of listpacks.</summary>
    Stream = 10,

    /// <summary>One listpack.</summary>
    ListPack = 11,
}

/// <summary>Where the value of an entry lies.</summary>
internal enum ValueForm : byte
{
    /// <summary>In the entry, up to 255 bytes.</summary>
    Short,

    /// <summary>In the entry, with a length of four bytes.</summary>
    Long,

    /// <summary>A number of four bytes.</summary>
    Int32,

    /// <summary>A number of eight bytes.</summary>
    Int64,

    /// <summary>A pointer to a <see cref="BigValue"/>.</summary>
    Big,

    /// <summary>A pointer to a structure of the value's type.</summary>
    Structure,
}

/// <summary>
/// The layout of a key's entry: one block with everything about a key whose value is small.
/// </summary>
/// <remarks>
/// <code>
/// 0        type (low 4 bits), encoding (high 4 bits)
/// 1        flags: 1 has expiry, 2 long key, bits 2..4 the value's form
/// 2..4     LRU or LFU bits
/// 5        key length, 1 byte, or 4 with the long-key flag
///          value length, 1 byte (Short), 4 bytes (Long), none otherwise
///          expiry, 8 bytes of Unix milliseconds, with the has-expiry flag
///          key
///          value: its bytes, a number, or a pointer
/// </code>
/// Nothing is padded: a 16-byte key with a 3-byte value takes 26 bytes and a slot of 28. Where the
/// key starts depends on the five flag bits alone, so it is one load from a table of 32 bytes.
/// Lengths are written here and nowhere else, with the size of the block computed from them.
/// </remarks>
internal static unsafe class EntryHeader
{
    public const byte HasExpiryFlag = 1;
    public const byte LongKeyFlag = 2;
    public const int FormShift = 2;
    public const int FixedBytes = 5;
    public const int ExpiryBytes = 8;
    public const int PointerBytes = 8;
    public const long NoExpiry = -1;
    private const int FlagBits = 31;

    /// <summary>The offset of the key for every combination of flags.</summary>
    private static ReadOnlySpan<byte> KeyOffsets =>
    [
        7, 15, 10, 18, 10, 18, 13, 21, 6, 14, 9, 17, 6, 14, 9, 17,
        6, 14, 9, 17, 6, 14, 9, 17, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int KeyOffset(byte flags) => Unsafe.Add(ref MemoryMarshal.GetReference(KeyOffsets), flags & FlagBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ValueForm Form(byte* entry) => (ValueForm)(entry[1] >> FormShift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasExpiry(byte* entry) => (entry[1] & HasExpiryFlag) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int KeyLength(byte* entry) =>
        (entry[1] & LongKeyFlag) == 0 ? entry[FixedBytes] : Unsafe.ReadUnaligned<int>(entry + FixedBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Key(byte* entry) => entry + KeyOffset(entry[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Payload(byte* entry) => Key(entry) + KeyLength(entry);

    /// <summary>The length of an inline value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int InlineLength(byte* entry)
    {
        byte* at = entry + FixedBytes + ((entry[1] & LongKeyFlag) == 0 ? 1 : 4);
        return Form(entry) == ValueForm.Short ? *at : Unsafe.ReadUnaligned<int>(at);
    }

    /// <summary>The bytes that the value takes inside the entry.</summary>
    public static int PayloadBytes(byte* entry)
    {
        ValueForm form = Form(entry);
        return form <= ValueForm.Long ? InlineLength(entry) : PayloadBytes(form, 0);
    }

    public static int PayloadBytes(ValueForm form, int inlineLength) => form switch
    {
        ValueForm.Short or ValueForm.Long => inlineLength,
        ValueForm.Int32 => 4,
        _ => PointerBytes,
    };

    public static nuint TotalBytes(byte* entry) =>
        (nuint)KeyOffset(entry[1]) + (nuint)KeyLength(entry) + (nuint)PayloadBytes(entry);

    public static nuint TotalBytes(byte flags, int keyLength, int inlineLength) =>
        (nuint)KeyOffset(flags) + (nuint)keyLength + (nuint)PayloadBytes((ValueForm)(flags >> FormShift), inlineLength);

    public static byte Flags(int keyLength, ValueForm form, bool hasExpiry) => (byte)(
        ((int)form << FormShift) | (keyLength > byte.MaxValue ? LongKeyFlag : 0) | (hasExpiry ? HasExpiryFlag : 0));

    public static long Expiry(byte* entry) =>
        HasExpiry(entry) ? Unsafe.ReadUnaligned<long>(Key(entry) - ExpiryBytes) : NoExpiry;

    public static byte* Pointer(byte* entry) => (byte*)Unsafe.ReadUnaligned<ulong>(Payload(entry));

    public static void SetPointer(byte* entry, byte* target) => Unsafe.WriteUnaligned(Payload(entry), (ulong)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Lru(byte* entry) => (uint)(entry[2] | (entry[3] << 8) | (entry[4] << 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetLru(byte* entry, uint bits)
    {
        Unsafe.WriteUnaligned(entry + 2, (ushort)bits);
        entry[4] = (byte)(bits >> 16);
    }

    /// <summary>Writes everything before the key but the LRU bits.</summary>
    public static void Write(byte* entry, EntryType type, EntryEncoding encoding, byte flags, int keyLength, int inlineLength, long expiryMs)
    {
        entry[0] = (byte)((int)type | ((int)encoding << 4));
        entry[1] = flags;
        byte* at = entry + FixedBytes;
        if ((flags & LongKeyFlag) == 0)
            *at++ = (byte)keyLength;
        else
            at = WriteInt(at, keyLength);
        ValueForm form = (ValueForm)(flags >> FormShift);
        if (form == ValueForm.Short)
            *at++ = (byte)inlineLength;
        else if (form == ValueForm.Long)
            at = WriteInt(at, inlineLength);
        if ((flags & HasExpiryFlag) != 0)
            Unsafe.WriteUnaligned(at, expiryMs);
    }

    private static byte* WriteInt(byte* at, int value)
    {
        Unsafe.WriteUnaligned(at, value);
        return at + 4;
    }
}

/// <summary>The layout policy of the keyspace's tables.</summary>
public readonly unsafe struct KeyLayout : IEntryLayout
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Key(byte* entry) => new(EntryHeader.Key(entry), EntryHeader.KeyLength(entry));
}
