using System.Globalization;
using System.Text;

namespace Sigrun.Observability;

/// <summary>Writes INFO's form: sections of <c>name:value</c> lines, an empty line between them.</summary>
internal sealed class InfoWriter
{
    private readonly StringBuilder _text = new();

    /// <summary>Starts a section.</summary>
    public void Section(string title)
    {
        if (_text.Length > 0) _text.Append("\r\n");
        _text.Append("# ").Append(title).Append("\r\n");
    }

    /// <summary>Writes a number.</summary>
    public void Field(string name, long value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    /// <summary>Writes a text.</summary>
    public void Field(string name, string value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    /// <summary>Writes 1 or 0.</summary>
    public void Field(string name, bool value) => Field(name, value ? 1 : 0);

    /// <summary>Writes a number with that many digits behind the point.</summary>
    public void Field(string name, double value, int digits) => Field(name, Fixed(value, digits));

    /// <summary>Writes bytes twice: as a number, and as people read them.</summary>
    public void Bytes(string name, long bytes)
    {
        Field(name, bytes);
        Field(name + "_human", Human(bytes));
    }

    /// <summary>A number with that many digits behind the point.</summary>
    public static string Fixed(double value, int digits) => value.ToString("F" + digits, CultureInfo.InvariantCulture);

    /// <summary>Bytes as people read them: 1.07M.</summary>
    public static string Human(long bytes)
    {
        if (bytes < 1024) return bytes + "B";
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < 4)
        {
            value /= 1024;
            unit++;
        }
        return Fixed(value, 2) + "KMGTP"[unit];
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
