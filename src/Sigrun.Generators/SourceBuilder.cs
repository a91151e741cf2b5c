using System.Globalization;
using System.Text;

namespace Sigrun.Generators;

/// <summary>Writes indented C#: lines, blocks, and constant data as spans over the image.</summary>
internal sealed class SourceBuilder
{
    private const int ItemsPerLine = 24;
    private readonly StringBuilder _text = new();
    private int _depth;

    public void Line(string line) => _text.Append(' ', _depth * 4).Append(line).Append('\n');

    public void Open(string header)
    {
        Line(header);
        Line("{");
        _depth++;
    }

    public void Close()
    {
        _depth--;
        Line("}");
    }

    /// <summary>A span of integers.</summary>
    public void Array<T>(string access, string type, string name, IEnumerable<T> values)
        where T : IFormattable
    {
        List<string> items = [.. values.Select(v => v.ToString(null, CultureInfo.InvariantCulture))];
        Line($"{access} static global::System.ReadOnlySpan<{type}> {name} =>");
        Line("[");
        for (int i = 0; i < items.Count; i += ItemsPerLine)
        {
            Line("    " + string.Join(", ", items.Skip(i).Take(ItemsPerLine)) + ",");
        }

        Line("];");
    }

    /// <summary>Byte strings laid end to end, and where each begins: <c>name</c> and <c>nameStart</c>.</summary>
    public void Blob(string name, IReadOnlyList<byte[]> parts)
    {
        var starts = new List<int> { 0 };
        foreach (byte[] part in parts) starts.Add(starts[starts.Count - 1] + part.Length);
        string singular = name.EndsWith("s", StringComparison.Ordinal) ? name.Substring(0, name.Length - 1) : name;
        Array("private", "int", singular + "Start", starts);
        Line($"private static global::System.ReadOnlySpan<byte> {name} =>");
        foreach (byte[] part in parts) Line("    " + Literal(part) + " +");
        Line("    \"\"u8;");
    }

    public override string ToString() => _text.ToString();

    private static string Literal(byte[] part)
    {
        var literal = new StringBuilder("\"");
        foreach (byte b in part)
        {
            if (b is >= 0x20 and < 0x7F and not (byte)'"' and not (byte)'\\') literal.Append((char)b);
            else literal.Append("\\u").Append(((int)b).ToString("x4", CultureInfo.InvariantCulture));
        }

        return literal.Append("\"u8").ToString();
    }
}
