using System.Buffers.Binary;
using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Types.HyperLogLogs;

/// <summary>How the registers of a HyperLogLog are kept.</summary>
internal enum RegisterEncoding
{
    /// <summary>Six bits each.</summary>
    Dense = 0,

    /// <summary>Runs of equal registers.</summary>
    Sparse = 1,
}

/// <summary>
/// The bytes of a HyperLogLog: the string "HYLL", the encoding, three bytes that stay zero, the count as it was last
/// estimated, then the registers.
/// </summary>
/// <remarks>
/// The form is Valkey's, since clients GET, SET and DUMP these strings. A count whose highest bit is set is out of
/// date. A client may have written anything behind the first five bytes, so whoever reads registers checks as it goes.
/// </remarks>
internal static class HyperLogLog
{
    /// <summary>Bytes in front of the registers.</summary>
    public const int HeaderBytes = 16;

    /// <summary>The length of a string with dense registers.</summary>
    public const int DenseBytes = HeaderBytes + DenseRegisters.Bytes;

    /// <summary>The text of the error for a string whose runs make no sense.</summary>
    public static ReadOnlySpan<byte> Corrupted => "INVALIDOBJ Corrupted HLL object detected"u8;

    private const int EncodingOffset = 4;
    private const int CountOffset = 8;
    private const int StaleOffset = HeaderBytes - 1;
    private const byte Stale = 0x80;

    /// <summary>Whether an entry, which exists, holds a HyperLogLog as far as its header tells; replies the error when it does not.</summary>
    public static bool Is(CommandContext c, EntryRef entry)
    {
        if (!TypedKey.Is(c, entry, EntryType.String)) return false;
        if (!entry.IsInteger && IsHeader(entry.ValueBytes)) return true;
        c.Reply.Error("WRONGTYPE Key is not a valid HyperLogLog string value."u8);
        return false;
    }

    /// <summary>How the registers are kept.</summary>
    public static RegisterEncoding EncodingOf(ReadOnlySpan<byte> bytes) => (RegisterEncoding)bytes[EncodingOffset];

    /// <summary>Everything behind the header.</summary>
    public static ReadOnlySpan<byte> Registers(ReadOnlySpan<byte> bytes) => bytes[HeaderBytes..];

    /// <summary>The header of a HyperLogLog without elements.</summary>
    public static void WriteHeader(Span<byte> bytes, RegisterEncoding encoding)
    {
        bytes[..HeaderBytes].Clear();
        "HYLL"u8.CopyTo(bytes);
        bytes[EncodingOffset] = (byte)encoding;
    }

    /// <summary>Says that the registers are kept in another way from now on.</summary>
    public static void SetEncoding(Span<byte> bytes, RegisterEncoding encoding) => bytes[EncodingOffset] = (byte)encoding;

    /// <summary>The count that was estimated last, unless registers have changed since.</summary>
    public static bool TryReadCount(ReadOnlySpan<byte> bytes, out long count)
    {
        count = BinaryPrimitives.ReadInt64LittleEndian(bytes[CountOffset..]);
        return (bytes[StaleOffset] & Stale) == 0;
    }

    /// <summary>Keeps a count.</summary>
    public static void WriteCount(Span<byte> bytes, long count) => BinaryPrimitives.WriteInt64LittleEndian(bytes[CountOffset..], count);

    /// <summary>Says that registers have changed since the count was estimated.</summary>
    public static void ForgetCount(Span<byte> bytes) => bytes[StaleOffset] |= Stale;

    private static bool IsHeader(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes || !bytes.StartsWith("HYLL"u8)) return false;
        return EncodingOf(bytes) switch
        {
            RegisterEncoding.Dense => bytes.Length == DenseBytes,
            RegisterEncoding.Sparse => true,
            _ => false,
        };
    }
}
