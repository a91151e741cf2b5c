using System.Text;
using Sigrun.Protocol;

namespace Sigrun.Configuration;

/// <summary>A configuration line: splits it into arguments, and quotes an argument so that splitting gives it back.</summary>
/// <remarks>
/// The quoting rules are those of typed commands, see <see cref="ArgumentSplitter"/>, without their exception for a
/// backslash near the end; a blank after the line keeps that away. A zero byte ends the line.
/// </remarks>
internal static class ConfigurationLine
{
    /// <summary>The arguments of <paramref name="line"/>, or null where a quote is not closed.</summary>
    public static string[]? Split(string line)
    {
        int end = line.IndexOf('\0');
        List<string> args = [];
        ArgumentSplitter splitter = new(ConfigText.ToBytes((end < 0 ? line : line[..end]) + " "));
        while (splitter.MoveNext()) args.Add(ConfigText.FromBytes(splitter.Current));
        return splitter.Unbalanced ? null : [.. args];
    }

    /// <summary>Appends <paramref name="argument"/> in double quotes.</summary>
    public static void AppendQuoted(StringBuilder target, string argument)
    {
        byte[] bytes = ConfigText.ToBytes(argument);
        byte[] quoted = new byte[QuotedText.Length(bytes)];
        QuotedText.Write(quoted, bytes);
        target.Append(ConfigText.FromBytes(quoted));
    }
}
