using System.Text;

namespace Sigrun.Configuration;

/// <summary>
/// Configuration text is bytes, not characters: a password may hold any of them. Inside this folder a byte is one
/// character of a string (Latin-1), so nothing is lost on the way from the file to CONFIG GET. Where the text is the
/// name of something outside (a file, a host) it is UTF-8 and is turned into a real string at the point of use.
/// </summary>
internal static class ConfigText
{
    /// <summary>The text made of these bytes.</summary>
    public static string FromBytes(ReadOnlySpan<byte> bytes)
    {
        const int OnStackMax = 256;
        Span<char> text = bytes.Length <= OnStackMax ? stackalloc char[OnStackMax] : new char[bytes.Length];
        for (int i = 0; i < bytes.Length; i++) text[i] = (char)bytes[i];
        return new string(text[..bytes.Length]);
    }

    /// <summary>The bytes of a text.</summary>
    public static byte[] ToBytes(string text)
    {
        byte[] bytes = new byte[text.Length];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = text[i] <= byte.MaxValue ? (byte)text[i] : (byte)'?';
        return bytes;
    }

    /// <summary>The text for an ordinary string, such as an argument of the process.</summary>
    public static string FromString(string value) =>
        Ascii.IsValid(value) ? value : FromBytes(Encoding.UTF8.GetBytes(value));

    /// <summary>The ordinary string a text spells, such as a path; a zero byte ends it, as it would for the system.</summary>
    public static string ToString(string text)
    {
        int end = text.IndexOf('\0');
        if (end >= 0) text = text[..end];
        return Ascii.IsValid(text) ? text : Encoding.UTF8.GetString(ToBytes(text));
    }
}
