using Sigrun.Configuration;

namespace Sigrun.Persistence;

/// <summary>
/// The numbers of the RDB format, which snapshot files, full synchronisations and the payloads of DUMP share.
/// </summary>
/// <remarks>
/// <para>
/// A file is a magic word with a version, then opcodes and keys, then the EOF opcode and a checksum. A payload of
/// DUMP is one value: its type byte, its bytes, and a footer of two bytes of version and eight of checksum, both
/// little-endian.
/// </para>
/// <para>
/// Versions 12 to 79 belong to another family of servers that has given the bytes from
/// <see cref="ForeignTypeMin"/> to <see cref="ForeignTypeMax"/> other meanings. Files tell the families apart by their
/// magic word, payloads by the version alone.
/// </para>
/// <para>
/// A length starts with two bits that say how it goes on: <c>00</c> six bits in the same byte, <c>01</c> fourteen bits
/// over two bytes, <c>10</c> four or eight bytes in network order after a byte that says which, <c>11</c> no length but
/// a string in a special encoding.
/// </para>
/// </remarks>
internal static class RdbFormat
{
    /// <summary>The version that is written.</summary>
    public const int Version = 80;

    /// <summary>The newest version that other servers of before 9.0 read.</summary>
    public const int LegacyVersion = 11;

    /// <summary>The first version of the foreign family.</summary>
    public const int ForeignVersionMin = 12;

    /// <summary>The last version of the foreign family.</summary>
    public const int ForeignVersionMax = 79;

    /// <summary>The first byte that the families have given different meanings.</summary>
    public const byte ForeignTypeMin = 22;

    /// <summary>The last byte that the families have given different meanings.</summary>
    public const byte ForeignTypeMax = 243;

    /// <summary>Bytes of the version and of the checksum at the end of a payload.</summary>
    public const int FooterBytes = sizeof(ushort) + sizeof(ulong);

    /// <summary>The two bits of a length of six bits.</summary>
    public const int Length6Bits = 0;

    /// <summary>The two bits of a length of fourteen bits.</summary>
    public const int Length14Bits = 1;

    /// <summary>The two bits before a special encoding.</summary>
    public const int SpecialEncoding = 3;

    /// <summary>The byte before a length of four bytes.</summary>
    public const byte Length32Bits = 0x80;

    /// <summary>The byte before a length of eight bytes.</summary>
    public const byte Length64Bits = 0x81;

    /// <summary>Most bytes that a length takes.</summary>
    public const int LengthBytesMax = 9;

    /// <summary>The first word of files up to version <see cref="ForeignVersionMax"/>; four digits follow.</summary>
    public static ReadOnlySpan<byte> LegacyMagic => "REDIS"u8;

    /// <summary>The first word of files of later versions; three digits follow.</summary>
    public static ReadOnlySpan<byte> Magic => "VALKEY"u8;

    /// <summary>Whether a version belongs to the foreign family.</summary>
    public static bool IsForeign(int version) => version is >= ForeignVersionMin and <= ForeignVersionMax;

    /// <summary>The version of servers of before 7.2.</summary>
    public const int OldestVersion = 10;

    /// <summary>The number of a version that can be written.</summary>
    public static int Written(RdbSaveVersion version) => version switch
    {
        RdbSaveVersion.Legacy => LegacyVersion,
        RdbSaveVersion.Oldest => OldestVersion,
        _ => Version,
    };

    /// <summary>The first version of servers that write <see cref="Magic"/>.</summary>
    public const int ValkeyVersionMin = ForeignVersionMax + 1;

    /// <summary>Whether readers of a version know a form.</summary>
    public static bool IsKnownTo(RdbType form, int version) => form <= (version switch
    {
        < LegacyVersion => RdbType.StreamListpacks2,
        < ValkeyVersionMin => RdbType.StreamListpacks3,
        _ => RdbType.Hash2,
    });

    /// <summary>The form that a byte in front of a key stands for; false when there is none.</summary>
    /// <param name="value">The byte.</param>
    /// <param name="isForeign">Whether the file is of the foreign family.</param>
    /// <param name="form">The form.</param>
    public static bool TryGetType(byte value, bool isForeign, out RdbType form)
    {
        bool isOther = isForeign && value is >= ForeignTypeMin and <= ForeignKnownMax;
        form = (RdbType)(isOther ? value | ForeignBit : value);
        return isOther || (IsType(value) && !(isForeign && value >= ForeignTypeMin));
    }

    private const byte ForeignKnownMax = 27;
    private const byte ForeignBit = 0x80;

    /// <summary>Whether a byte stands for a type of values.</summary>
    public static bool IsType(byte value) => value is <= (byte)RdbType.Hash2 and not 8;
}

/// <summary>How a string is written that has no plain length.</summary>
internal enum RdbStringEncoding : byte
{
    /// <summary>A number of one byte.</summary>
    Int8 = 0,

    /// <summary>A number of two bytes.</summary>
    Int16 = 1,

    /// <summary>A number of four bytes.</summary>
    Int32 = 2,

    /// <summary>Compressed: the length of what follows, the length of the string, then the compressed bytes.</summary>
    Lzf = 3,
}

/// <summary>The byte in front of a value that says what it is and in which form it was written.</summary>
internal enum RdbType : byte
{
    /// <summary>A string.</summary>
    String = 0,

    /// <summary>A list as one string per element.</summary>
    List = 1,

    /// <summary>A set as one string per member.</summary>
    Set = 2,

    /// <summary>A sorted set with scores as text.</summary>
    SortedSet = 3,

    /// <summary>A hash as strings.</summary>
    Hash = 4,

    /// <summary>A sorted set with scores as eight bytes.</summary>
    SortedSet2 = 5,

    /// <summary>A module's value as early servers wrote it; not readable without the module.</summary>
    ModulePreRelease = 6,

    /// <summary>A module's value.</summary>
    Module2 = 7,

    /// <summary>A hash as a zipmap.</summary>
    HashZipmap = 9,

    /// <summary>A list as one ziplist.</summary>
    ListZiplist = 10,

    /// <summary>A set as a sorted array of integers.</summary>
    SetIntset = 11,

    /// <summary>A sorted set as a ziplist.</summary>
    SortedSetZiplist = 12,

    /// <summary>A hash as a ziplist.</summary>
    HashZiplist = 13,

    /// <summary>A list of ziplists.</summary>
    ListQuicklist = 14,

    /// <summary>A stream of listpacks.</summary>
    StreamListpacks = 15,

    /// <summary>A hash as a listpack.</summary>
    HashListpack = 16,

    /// <summary>A sorted set as a listpack.</summary>
    SortedSetListpack = 17,

    /// <summary>A list of listpacks and single large elements.</summary>
    ListQuicklist2 = 18,

    /// <summary>A stream with the counts that version 7.0 added.</summary>
    StreamListpacks2 = 19,

    /// <summary>A set as a listpack.</summary>
    SetListpack = 20,

    /// <summary>A stream with the times that version 7.2 added.</summary>
    StreamListpacks3 = 21,

    /// <summary>A hash some of whose fields expire.</summary>
    Hash2 = 22,

    /// <summary>22 of the foreign family: each field with its time, as release candidates wrote it.</summary>
    ForeignHashPreRelease = 0x80 | 22,

    /// <summary>23 of the foreign family: a listpack of fields, values and times, likewise.</summary>
    ForeignHashListpackPreRelease = 0x80 | 23,

    /// <summary>24 of the foreign family: the earliest time, then each field with the time since then.</summary>
    ForeignHash = 0x80 | 24,

    /// <summary>25 of the foreign family: the earliest time, then a listpack of fields, values and times.</summary>
    ForeignHashListpack = 0x80 | 25,

    /// <summary>26 of the foreign family: a stream, with what its producers have sent of late.</summary>
    ForeignStream = 0x80 | 26,

    /// <summary>27 of the foreign family: the same, with entries that consumers have given back.</summary>
    ForeignStream2 = 0x80 | 27,
}

/// <summary>The bytes between the keys of a file.</summary>
internal enum RdbOpcode : byte
{
    /// <summary>A slot that is being imported.</summary>
    SlotImport = 243,

    /// <summary>Sizes of a slot; may be passed over.</summary>
    SlotInfo = 244,

    /// <summary>A library of functions.</summary>
    Function2 = 245,

    /// <summary>A library as release candidates wrote it.</summary>
    FunctionPreRelease = 246,

    /// <summary>Data of a module beside its keys.</summary>
    ModuleAux = 247,

    /// <summary>Seconds since the next key was used.</summary>
    Idle = 248,

    /// <summary>How often the next key was used.</summary>
    Frequency = 249,

    /// <summary>A name and a text about the file.</summary>
    Aux = 250,

    /// <summary>How many keys follow.</summary>
    ResizeDatabase = 251,

    /// <summary>When the next key expires, in milliseconds.</summary>
    ExpiryMilliseconds = 252,

    /// <summary>When the next key expires, in seconds.</summary>
    ExpirySeconds = 253,

    /// <summary>The database of the keys that follow.</summary>
    SelectDatabase = 254,

    /// <summary>The end; the checksum follows.</summary>
    EndOfFile = 255,
}
