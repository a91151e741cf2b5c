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
        target.Append('"');
        foreach (char c in argument)
        {
            if (c is '\\' or '"')
                target.Append('\\').Append(c);
            else if (c is >= ' ' and <= '~')
                target.Append(c);
            else if (EscapeLetter(c) is var letter && letter != '\0')
                target.Append('\\').Append(letter);
            else
                target.Append("\\x").Append(HexDigit(c >> 4)).Append(HexDigit(c & 15));
        }

        target.Append('"');
    }

    private static char EscapeLetter(char c) => c switch
    {
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\b' => 'b',
        '\a' => 'a',
        _ => '\0',
    };

    private static char HexDigit(int value) => (char)(value < 10 ? '0' + value : 'a' + value - 10);
}
