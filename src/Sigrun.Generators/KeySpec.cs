using System.Globalization;
using Sigrun.Commands;

namespace Sigrun.Generators;

/// <summary>Where the search for keys begins.</summary>
internal enum BeginSearch
{
    Unknown,
    Index,
    Keyword,
}

/// <summary>How far the keys extend from there.</summary>
internal enum FindKeys
{
    Unknown,
    Range,
    KeyNumber,
}

/// <summary>
/// One key spec. The three numbers are last key, step and limit of a range, or offset of the number, offset of the
/// first key and step of a counted run.
/// </summary>
internal sealed record KeySpec(
    BeginSearch Begin, int Position, string Keyword, FindKeys Find, int A, int B, int C, KeyFlags Flags, string Note)
{
    /// <summary>Parses the text of <c>CommandAttribute.Keys</c>.</summary>
    /// <exception cref="FormatException">The text is malformed; the message says where.</exception>
    public static KeySpec[] ParseAll(string text) =>
        text.Trim().Length == 0 ? [] : [.. SplitSpecs(text).Select(Parse)];

    private static List<string> SplitSpecs(string text)
    {
        var specs = new List<string>();
        int start = 0;
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\'') quoted = !quoted;
            if (text[i] != ';' || quoted) continue;
            specs.Add(text.Substring(start, i - start));
            start = i + 1;
        }

        specs.Add(text.Substring(start));
        return specs;
    }

    private static KeySpec Parse(string text)
    {
        string note = "";
        int quote = text.IndexOf('\'');
        if (quote >= 0)
        {
            int end = text.LastIndexOf('\'');
            if (end == quote || text.Substring(end + 1).Trim().Length > 0) throw new FormatException($"the note in '{text.Trim()}' is not closed");
            note = text.Substring(quote + 1, end - quote - 1);
            text = text.Substring(0, quote);
        }

        string[] words = text.Split([' '], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) throw new FormatException("a key spec is empty");
        KeySpec place = ParsePlace(words[0]);
        KeyFlags flags = KeyFlags.None;
        foreach (string word in words.Skip(1)) flags |= ParseFlag(word);
        const KeyFlags kinds = KeyFlags.ReadOnly | KeyFlags.ReadWrite | KeyFlags.Overwrite | KeyFlags.Remove;
        KeyFlags kind = flags & kinds;
        if ((kind & (kind - 1)) != 0) throw new FormatException($"'{text.Trim()}' has more than one of RO, RW, OW and RM");
        return place with { Flags = flags, Note = note };
    }

    // place := '?' | begin extent?; begin := index | WORD '@' index; extent := '?' | '..' … | '#' …
    private static KeySpec ParsePlace(string text)
    {
        if (text == "?") return new KeySpec(BeginSearch.Unknown, 0, "", FindKeys.Unknown, 0, 0, 0, KeyFlags.None, "");
        string keyword = "";
        string rest = text;
        int at = text.IndexOf('@');
        if (at >= 0)
        {
            keyword = text.Substring(0, at);
            rest = text.Substring(at + 1);
            if (keyword.Length == 0) throw new FormatException($"'{text}' lacks the word before '@'");
        }

        int digits = 0;
        while (digits < rest.Length && (char.IsDigit(rest[digits]) || (digits == 0 && rest[0] == '-'))) digits++;
        int position = Number(rest.Substring(0, digits), text);
        if (position == 0 || (position < 0 && keyword.Length == 0)) throw new FormatException($"'{text}': keys begin at index 1 or later");
        (FindKeys find, int a, int b, int c) = ParseExtent(rest.Substring(digits), text);
        return new KeySpec(keyword.Length > 0 ? BeginSearch.Keyword : BeginSearch.Index, position, keyword, find, a, b, c, KeyFlags.None, "");
    }

    private static (FindKeys Find, int A, int B, int C) ParseExtent(string extent, string text)
    {
        if (extent.Length == 0) return (FindKeys.Range, 0, 1, 0);
        if (extent == "?") return (FindKeys.Unknown, 0, 0, 0);
        if (extent == "#") return (FindKeys.KeyNumber, 0, 1, 1);
        if (extent[0] == '#')
        {
            string[] parts = extent.Substring(1).Split(',');
            if (parts.Length != 3) throw new FormatException($"'{text}': '#' takes three numbers or none");
            return (FindKeys.KeyNumber, Number(parts[0], text), Number(parts[1], text), Number(parts[2], text));
        }

        if (!extent.StartsWith("..", StringComparison.Ordinal)) throw new FormatException($"'{text}' is not a place");
        string range = extent.Substring(2);
        int step = 1;
        int limit = 0;
        int mark = range.IndexOfAny(['/', '%']);
        if (mark >= 0)
        {
            int number = Number(range.Substring(mark + 1), text);
            if (range[mark] == '/') step = number;
            else limit = number;
            range = range.Substring(0, mark);
        }

        if (step < 1) throw new FormatException($"'{text}': the step must be positive");
        if (range.Length == 0 || range[0] is not ('-' or '+')) throw new FormatException($"'{text}': the last key is -n (from the end) or +n (from the first)");
        return (FindKeys.Range, Number(range.TrimStart('+'), text), step, limit);
    }

    private static int Number(string digits, string text) =>
        int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw new FormatException($"'{digits}' in '{text}' is not a number");

    private static KeyFlags ParseFlag(string word)
    {
        for (int bit = 0; bit < KeyFlagNames.Count; bit++)
        {
            if (KeyFlagNames.Name(bit) == word) return (KeyFlags)(1 << bit);
        }

        throw new FormatException($"'{word}' is not a key flag");
    }
}
