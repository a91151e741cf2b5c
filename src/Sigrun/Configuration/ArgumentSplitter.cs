using System.Text;

namespace Sigrun.Configuration;

/// <summary>Splits a line into arguments and quotes an argument so that splitting gives it back.</summary>
/// <remarks>
/// An argument is a run of characters without blanks. Inside double quotes blanks are kept and \n \r \t \b \a, \xHH
/// and a backslash before any other character are escapes; inside single quotes only \' is one. Quotes may open and
/// close within an argument. A zero byte ends the line.
/// </remarks>
internal static class ArgumentSplitter
{
    /// <summary>The arguments of <paramref name="line"/>, or null where a quote is not closed.</summary>
    public static string[]? Split(string line)
    {
        int end = line.IndexOf('\0');
        ReadOnlySpan<char> rest = end < 0 ? line : line.AsSpan(0, end);
        List<string> args = [];
        StringBuilder buffer = new();
        while (true)
        {
            rest = rest[LeadingBlanks(rest)..];
            if (rest.Length == 0)
                return [.. args];
            buffer.Clear();
            int read = ReadArgument(rest, buffer);
            if (read < 0)
                return null;
            args.Add(buffer.ToString());
            rest = rest[read..];
        }
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

    /// <summary>Reads one argument from the start of <paramref name="text"/>: how far it went, or -1.</summary>
    private static int ReadArgument(ReadOnlySpan<char> text, StringBuilder argument)
    {
        int i = 0;
        while (i < text.Length)
        {
            char c = text[i];
            switch (c)
            {
                case ' ' or '\n' or '\r' or '\t':
                    return i + 1;
                case '"' or '\'':
                    int read = c == '"' ? ReadDoubleQuoted(text[(i + 1)..], argument) : ReadSingleQuoted(text[(i + 1)..], argument);
                    if (read < 0)
                        return -1;
                    i += read + 1;
                    break;
                default:
                    argument.Append(c);
                    i++;
                    break;
            }
        }

        return i;
    }

    private static int ReadDoubleQuoted(ReadOnlySpan<char> text, StringBuilder argument)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '"')
                return i + 1;
            if (c != '\\' || i + 1 == text.Length)
            {
                argument.Append(c);
            }
            else if (text[i + 1] == 'x' && i + 3 < text.Length && char.IsAsciiHexDigit(text[i + 2]) && char.IsAsciiHexDigit(text[i + 3]))
            {
                argument.Append((char)Convert.FromHexString(text.Slice(i + 2, 2))[0]);
                i += 3;
            }
            else
            {
                argument.Append(Unescape(text[i + 1]));
                i++;
            }
        }

        return -1;
    }

    private static int ReadSingleQuoted(ReadOnlySpan<char> text, StringBuilder argument)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\'')
                return i + 1;
            if (c == '\\' && i + 1 < text.Length && text[i + 1] == '\'')
                c = text[++i];
            argument.Append(c);
        }

        return -1;
    }

    private static int LeadingBlanks(ReadOnlySpan<char> text)
    {
        int i = 0;
        while (i < text.Length && (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r')))
            i++;
        return i;
    }

    private static char Unescape(char letter) => letter switch
    {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\b',
        'a' => '\a',
        _ => letter,
    };

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
