using System.Globalization;

namespace Sigrun.Client;

/// <summary>Numbers as C's functions read them from arguments: what stands in front counts, the rest does not matter.</summary>
public static class CNumber
{
    /// <summary>As <c>atoi</c>: 0 where there is no number, and no overflow.</summary>
    public static int ParseInt32(ReadOnlySpan<char> text) => (int)Math.Clamp(ParseInt64(text, out _), int.MinValue, int.MaxValue);

    /// <summary>As <c>strtoll</c>, with the number of characters that were read.</summary>
    public static long ParseInt64(ReadOnlySpan<char> text, out int used)
    {
        int start = SkipBlanks(text);
        int end = start;
        if (end < text.Length && text[end] is '+' or '-') end++;
        int digits = end;
        while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
        used = end == digits ? 0 : end;
        if (used == 0) return 0;
        if (long.TryParse(text[start..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)) return value;
        return text[start] == '-' ? long.MinValue : long.MaxValue;
    }

    /// <summary>As <c>strtod</c> for decimal numbers, with the number of characters that were read.</summary>
    public static double ParseDouble(ReadOnlySpan<char> text, out int used)
    {
        int start = SkipBlanks(text);
        // The longest beginning that is a number; arguments are short.
        for (int end = text.Length; end > start; end--)
        {
            if (!double.TryParse(text[start..end], NumberStyles.Float & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out double value)) continue;
            used = end;
            return value;
        }
        used = 0;
        return 0;
    }

    private static int SkipBlanks(ReadOnlySpan<char> text)
    {
        int start = 0;
        while (start < text.Length && (text[start] == ' ' || text[start] is >= '\t' and <= '\r')) start++;
        return start;
    }
}
