namespace Sigrun.Keyspace;

/// <summary>
/// The glob patterns of KEYS, SCAN MATCH, PSUBSCRIBE and many more: <c>*</c> any bytes, <c>?</c> one byte,
/// <c>[abc]</c>, <c>[^a]</c>, <c>[a-z]</c> one byte of a class, <c>\x</c> the byte x itself.
/// </summary>
/// <remarks>
/// <para>
/// Everything but <c>*</c> consumes exactly one byte, so only the last <c>*</c> ever needs another try: when what
/// follows it fits nowhere in the rest of the text, giving an earlier one more of the text cannot help. The matcher
/// is therefore a loop with one point to return to: O(pattern × text) at worst, no recursion, no allocation.
/// </para>
/// <para>
/// Clients rely on the corners too: nothing but the empty pattern matches the empty text, <c>*</c> included; a class
/// that is not closed ends with the pattern; an escaped byte in a class is compared exactly even when case is
/// ignored; the bounds of a range are signed bytes (unless case is ignored) and may come in either order; more than
/// a thousand separate stars, short of one at the end, never match.
/// </para>
/// </remarks>
internal static class GlobPattern
{
    private const int StarsMax = 1000;

    /// <summary>Whether a text matches a pattern.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="text">The text.</param>
    /// <param name="ignoreCase">Whether ASCII letters of either case are the same.</param>
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase = false)
    {
        if (text.IsEmpty) return pattern.IsEmpty;
        int p = 0;
        int t = 0;
        int afterStar = -1;
        int starText = 0;
        int stars = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                while (p < pattern.Length && pattern[p] == '*') p++;
                if (p == pattern.Length) return true;
                if (++stars > StarsMax) return false;
                afterStar = p;
                starText = t;
            }
            else if (p < pattern.Length && MatchesByte(pattern, ref p, text[t], ignoreCase))
            {
                t++;
            }
            else
            {
                if (afterStar < 0) return false;
                p = afterStar;
                t = ++starText;
            }
        }

        return pattern[p..].IndexOfAnyExcept((byte)'*') < 0;
    }

    // Matches one byte against the element at p, and moves p behind it.
    private static bool MatchesByte(ReadOnlySpan<byte> pattern, ref int p, byte b, bool ignoreCase)
    {
        switch (pattern[p])
        {
            case (byte)'?':
                p++;
                return true;
            case (byte)'[':
                p++;
                return MatchesClass(pattern, ref p, b, ignoreCase);
            case (byte)'\\' when p + 1 < pattern.Length:
                p++;
                break;
        }

        return Equal(pattern[p++], b, ignoreCase);
    }

    private static bool MatchesClass(ReadOnlySpan<byte> pattern, ref int p, byte b, bool ignoreCase)
    {
        bool inverted = p < pattern.Length && pattern[p] == '^';
        if (inverted) p++;
        bool found = false;
        while (p < pattern.Length && pattern[p] != ']')
        {
            if (pattern[p] == '\\' && p + 1 < pattern.Length)
            {
                found |= pattern[p + 1] == b;
                p += 2;
            }
            else if (p + 2 < pattern.Length && pattern[p + 1] == '-')
            {
                found |= InRange(pattern[p], pattern[p + 2], b, ignoreCase);
                p += 3;
            }
            else
            {
                found |= Equal(pattern[p], b, ignoreCase);
                p++;
            }
        }

        if (p < pattern.Length) p++;
        return found != inverted;
    }

    private static bool InRange(byte from, byte to, byte b, bool ignoreCase)
    {
        if ((sbyte)from > (sbyte)to) (from, to) = (to, from);
        int rank = Rank(b, ignoreCase);
        return rank >= Rank(from, ignoreCase) && rank <= Rank(to, ignoreCase);
    }

    // Where a byte stands in ranges: signed, but folding case makes it unsigned, all except 0xFF.
    private static int Rank(byte b, bool ignoreCase) => ignoreCase && b != 0xFF ? ToLower(b) : (sbyte)b;

    private static bool Equal(byte a, byte b, bool ignoreCase) => a == b || (ignoreCase && ToLower(a) == ToLower(b));

    private static byte ToLower(byte b) => b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b;
}
