using Sigrun.Storage;

namespace Sigrun.Protocol;

/// <summary>Lays bulk strings out in bytes that somebody else sends.</summary>
public static class BulkText
{
    /// <summary>Bytes that a bulk string of a length takes.</summary>
    public static long Length(int valueLength) => valueLength + NumberText.CountDigits((ulong)valueLength) + 5L;

    /// <summary>Writes a bulk string; returns what is left of the target.</summary>
    public static Span<byte> Write(Span<byte> target, ReadOnlySpan<byte> value)
    {
        target[0] = (byte)'$';
        int length = 1 + NumberText.FormatInt64(target[1..], value.Length);
        "\r\n"u8.CopyTo(target[length..]);
        value.CopyTo(target[(length + 2)..]);
        "\r\n"u8.CopyTo(target[(length + 2 + value.Length)..]);
        return target[(length + value.Length + 4)..];
    }

    /// <summary>Copies bytes; returns what is left of the target.</summary>
    public static Span<byte> Copy(Span<byte> target, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(target);
        return target[bytes.Length..];
    }
}
