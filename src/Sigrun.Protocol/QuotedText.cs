namespace Sigrun.Protocol;

/// <summary>Bytes as people read them: in quotes, with escapes for what is no printable character of ASCII.</summary>
public static class QuotedText
{
    private const int HexEscapeLength = 4;

    /// <summary>Bytes that a value takes, quotes included.</summary>
    public static long Length(ReadOnlySpan<byte> value)
    {
        long length = 2;
        foreach (byte b in value) length += IsPlain(b) ? 1 : Letter(b) != 0 ? 2 : HexEscapeLength;
        return length;
    }

    /// <summary>Writes a value; returns what is left of the target.</summary>
    public static Span<byte> Write(Span<byte> target, ReadOnlySpan<byte> value)
    {
        int length = 0;
        target[length++] = (byte)'"';
        foreach (byte b in value)
        {
            if (IsPlain(b))
            {
                target[length++] = b;
                continue;
            }
            target[length++] = (byte)'\\';
            byte letter = Letter(b);
            target[length++] = letter == 0 ? (byte)'x' : letter;
            if (letter != 0) continue;
            target[length++] = "0123456789abcdef"u8[b >> 4];
            target[length++] = "0123456789abcdef"u8[b & 15];
        }
        target[length++] = (byte)'"';
        return target[length..];
    }

    private static bool IsPlain(byte b) => b is >= 0x20 and < 0x7F and not (byte)'"' and not (byte)'\\';

    /// <summary>What stands behind the backslash; 0 for what is written in hexadecimal digits.</summary>
    private static byte Letter(byte b) => b switch
    {
        (byte)'"' or (byte)'\\' => b,
        (byte)'\n' => (byte)'n',
        (byte)'\r' => (byte)'r',
        (byte)'\t' => (byte)'t',
        (byte)'\a' => (byte)'a',
        (byte)'\b' => (byte)'b',
        _ => 0,
    };
}
