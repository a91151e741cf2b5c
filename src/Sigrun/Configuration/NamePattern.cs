namespace Sigrun.Configuration;

/// <summary>Glob patterns over names of directives and files: * ? [a-z] [^a-z] and a backslash before a literal.</summary>
/// <remarks>Matching backs up to the last star only, so it costs at most pattern times text steps.</remarks>
internal static class NamePattern
{
    /// <summary>Whether a text holds any character that makes it a pattern.</summary>
    public static bool IsPattern(string text) => text.AsSpan().IndexOfAny('*', '?', '[') >= 0;

    /// <summary>Whether <paramref name="text"/> as a whole matches.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool ignoreCase)
    {
        int p = 0, t = 0, afterStar = -1, starText = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                afterStar = ++p;
                starText = t;
                continue;
            }

            int next = p;
            if (p < pattern.Length && MatchesOne(pattern, ref next, text[t], ignoreCase))
            {
                p = next;
                t++;
                continue;
            }

            if (afterStar < 0)
                return false;
            p = afterStar;
            t = ++starText;
        }

        return pattern[p..].Trim('*').Length == 0;
    }

    /// <summary>Whether the pattern element at <paramref name="p"/> matches the character; moves past the element.</summary>
    private static bool MatchesOne(ReadOnlySpan<char> pattern, ref int p, char c, bool ignoreCase)
    {
        switch (pattern[p])
        {
            case '?':
                p++;
                return true;
            case '[':
                return MatchesClass(pattern, ref p, c, ignoreCase);
            case '\\' when p + 1 < pattern.Length:
                p += 2;
                return Same(pattern[p - 1], c, ignoreCase);
            default:
                p++;
                return Same(pattern[p - 1], c, ignoreCase);
        }
    }

    private static bool MatchesClass(ReadOnlySpan<char> pattern, ref int p, char c, bool ignoreCase)
    {
        p++;
        bool negated = p < pattern.Length && pattern[p] == '^';
        if (negated)
            p++;
        bool matched = false;
        while (p < pattern.Length && pattern[p] != ']')
        {
            if (pattern[p] == '\\' && p + 1 < pattern.Length)
            {
                matched |= Same(pattern[p + 1], c, ignoreCase);
                p += 2;
            }
            else if (p + 2 < pattern.Length && pattern[p + 1] == '-')
            {
                matched |= InRange(Fold(pattern[p], ignoreCase), Fold(pattern[p + 2], ignoreCase), Fold(c, ignoreCase));
                p += 3;
            }
            else
            {
                matched |= Same(pattern[p], c, ignoreCase);
                p++;
            }
        }

        if (p < pattern.Length)
            p++;
        return matched != negated;
    }

    private static bool InRange(char a, char b, char c) => c >= Math.Min(a, b) && c <= Math.Max(a, b);

    private static bool Same(char a, char b, bool ignoreCase) => Fold(a, ignoreCase) == Fold(b, ignoreCase);

    private static char Fold(char c, bool ignoreCase) => ignoreCase && char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
}
