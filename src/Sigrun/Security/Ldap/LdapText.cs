using System.Buffers;
using System.Text;

namespace Sigrun.Security.Ldap;

/// <summary>Puts names that users have typed into the texts of LDAP, where some bytes have a meaning, and into logs.</summary>
internal static class LdapText
{
    /// <summary>What RFC 4514 gives a meaning anywhere in a value.</summary>
    private static readonly SearchValues<byte> InNames = SearchValues.Create("\"+,;<>=\\\0"u8);

    /// <summary>What RFC 4515 gives a meaning.</summary>
    private static readonly SearchValues<byte> InFilters = SearchValues.Create("*()\\\0"u8);

    /// <summary>A value of a distinguished name: what could end it, or begin something else, stands there as its number.</summary>
    public static byte[] EscapeName(ReadOnlySpan<byte> value)
    {
        var escaped = new ArrayBufferWriter<byte>(value.Length + 8);
        for (int i = 0; i < value.Length; i++)
        {
            bool isEdge = i == 0 || i == value.Length - 1;
            bool hasMeaning = value[i] < ' ' || value[i] == 0x7f || InNames.Contains(value[i])
                || (isEdge && value[i] == ' ') || (i == 0 && value[i] == '#');
            Append(escaped, value[i], hasMeaning);
        }
        return escaped.WrittenSpan.ToArray();
    }

    /// <summary>
    /// A value of a filter as text. For logs only: what is sent has no textual form, and nothing in it could be taken for more
    /// than a value.
    /// </summary>
    public static string FilterValue(ReadOnlySpan<byte> value)
    {
        var escaped = new ArrayBufferWriter<byte>(value.Length + 8);
        foreach (byte b in value) Append(escaped, b, b < ' ' || b == 0x7f || InFilters.Contains(b));
        return Encoding.UTF8.GetString(escaped.WrittenSpan);
    }

    /// <summary>Text from outside on one line of a log, or in a field of INFO.</summary>
    public static string Printable(ReadOnlySpan<byte> text) => Printable(Encoding.UTF8.GetString(text));

    /// <summary>Text from outside on one line of a log, or in a field of INFO.</summary>
    public static string Printable(string text) => string.Create(text.Length, text, static (target, source) =>
    {
        for (int i = 0; i < source.Length; i++) target[i] = char.IsControl(source[i]) ? ' ' : source[i];
    });

    private static void Append(ArrayBufferWriter<byte> target, byte value, bool asNumber)
    {
        if (!asNumber)
        {
            target.Write([value]);
            return;
        }
        ReadOnlySpan<byte> digits = "0123456789abcdef"u8;
        target.Write([(byte)'\\', digits[value >> 4], digits[value & 15]]);
    }
}
