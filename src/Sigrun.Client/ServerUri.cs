using System.Text;

namespace Sigrun.Client;

/// <summary>
/// Addresses such as <c>valkeys://user:password@host:port/database</c>, with the schemes <c>valkey</c>, <c>redis</c> and,
/// for TLS, <c>valkeys</c>, <c>rediss</c>. All parts may be missing; a user and a password may be percent-encoded.
/// </summary>
public static class ServerUri
{
    private static readonly string[] PlainSchemes = ["valkey://", "redis://"];
    private static readonly string[] SecureSchemes = ["valkeys://", "rediss://"];

    /// <summary>Takes over what an address says.</summary>
    /// <exception cref="OptionException">It is no such address.</exception>
    public static void Apply(ReadOnlySpan<byte> uri, ConnectionOptions options)
    {
        ReadOnlySpan<byte> rest = ReadScheme(uri, options);

        int at = rest.IndexOf((byte)'@');
        if (at >= 0)
        {
            ReadUser(rest[..at], options);
            rest = rest[(at + 1)..];
        }
        if (rest.IsEmpty) return;

        int slash = rest.IndexOf((byte)'/');
        if (slash != 0) ReadHost(slash < 0 ? rest : rest[..slash], options);
        if (slash < 0 || slash == rest.Length - 1) return;
        options.Database = CNumber.ParseInt32(Encoding.UTF8.GetString(rest[(slash + 1)..]));
    }

    private static ReadOnlySpan<byte> ReadScheme(ReadOnlySpan<byte> uri, ConnectionOptions options)
    {
        string text = Encoding.Latin1.GetString(uri);
        bool secure = Array.Exists(SecureSchemes, s => text.StartsWith(s, StringComparison.OrdinalIgnoreCase));
        if (!secure && !Array.Exists(PlainSchemes, s => text.StartsWith(s, StringComparison.OrdinalIgnoreCase)))
            throw new OptionException("Invalid URI scheme");
        if (secure) options.UseTls = true;
        return uri[(uri.IndexOf("://"u8) + 3)..];
    }

    private static void ReadUser(ReadOnlySpan<byte> text, ConnectionOptions options)
    {
        int colon = text.IndexOf((byte)':');
        if (colon >= 0) options.User = Decode(text[..colon]);
        options.Password = Decode(text[(colon + 1)..]);
    }

    private static void ReadHost(ReadOnlySpan<byte> text, ConnectionOptions options)
    {
        ReadOnlySpan<byte> host = text;
        ReadOnlySpan<byte> port = default;
        int bracket = text[0] == (byte)'[' ? text.IndexOf((byte)']') : -1;
        if (text[0] == (byte)'[')
        {
            host = bracket < 0 ? text[1..] : text[1..bracket];
            if (bracket >= 0 && bracket + 1 < text.Length && text[bracket + 1] == (byte)':') port = text[(bracket + 2)..];
        }
        else if (text.IndexOf((byte)':') is >= 0 and int colon)
        {
            host = text[..colon];
            port = text[(colon + 1)..];
        }
        options.Host = Encoding.UTF8.GetString(host);
        if (text.Length == host.Length || (bracket >= 0 && port.IsEmpty)) return;
        options.Port = CNumber.ParseInt32(Encoding.UTF8.GetString(port));
        if (options.Port is < 0 or > 65535) throw new OptionException("Invalid server port.");
    }

    /// <summary>Replaces percent signs with two hexadecimal digits by what they stand for.</summary>
    private static byte[] Decode(ReadOnlySpan<byte> text)
    {
        var decoded = new byte[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            byte b = text[i];
            if (b == (byte)'%')
            {
                if (i == text.Length - 1) throw new OptionException("Incomplete URI encoding");
                if (text.Length - i < 3 || !char.IsAsciiHexDigit((char)text[i + 1]) || !char.IsAsciiHexDigit((char)text[i + 2]))
                    throw new OptionException("Illegal character in URI encoding");
                b = Convert.FromHexString(Encoding.ASCII.GetString(text.Slice(i + 1, 2)))[0];
                i += 2;
            }
            decoded[length++] = b;
        }
        return decoded[..length];
    }
}
