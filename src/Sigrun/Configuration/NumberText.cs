using System.Globalization;

namespace Sigrun.Configuration;

/// <summary>The grammars of numbers in the configuration, which are not those of the class library.</summary>
internal static class NumberText
{
    private static readonly string[] Units = ["b", "k", "kb", "m", "mb", "g", "gb"];
    private static readonly ulong[] Multipliers = [1, 1000, 1 << 10, 1000 * 1000, 1 << 20, 1000 * 1000 * 1000, 1 << 30];

    /// <summary>A canonical decimal integer: no sign but '-', no leading zero, no blank.</summary>
    public static bool TryInteger(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        const int DigitsMax = 19;
        bool negative = text.StartsWith('-');
        ReadOnlySpan<char> digits = negative ? text[1..] : text;
        if (digits.Length is 0 or > DigitsMax || (digits[0] == '0' && text.Length != 1))
            return false;
        ulong sum = 0;
        foreach (char c in digits)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            sum = sum * 10 + (ulong)(c - '0');
        }

        if (sum > (ulong)long.MaxValue + (negative ? 1UL : 0))
            return false;
        value = unchecked(negative ? -(long)sum : (long)sum);
        return true;
    }

    /// <summary>Digits and an optional unit. No digits at all count as 0, and a product that overflows wraps around.</summary>
    public static bool TryMemory(ReadOnlySpan<char> text, out ulong bytes)
    {
        bytes = 0;
        int length = 0;
        while (length < text.Length && char.IsAsciiDigit(text[length]))
            length++;
        if (!TryMultiplier(text[length..], out ulong multiplier))
            return false;
        if (length > 0 && !ulong.TryParse(text[..length], NumberStyles.None, CultureInfo.InvariantCulture, out bytes))
            return false;
        bytes = unchecked(bytes * multiplier);
        return true;
    }

    /// <summary>
    /// What C's strtoll takes as the whole of a text: leading blanks, a sign, digits, or nothing at all, which is 0.
    /// False when anything follows the digits; the value stops at the limits of its type.
    /// </summary>
    public static bool TryPrefix(ReadOnlySpan<char> text, int radix, out long value, out bool overflow)
    {
        value = 0;
        overflow = false;
        int i = 0;
        while (i < text.Length && (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r')))
            i++;
        bool negative = i < text.Length && text[i] == '-';
        if (negative || (i < text.Length && text[i] == '+'))
            i++;
        int first = i;
        Int128 sum = 0;
        for (; i < text.Length && text[i] >= '0' && text[i] < '0' + radix; i++)
            sum = Int128.Min((sum * radix) + (text[i] - '0'), (Int128)long.MaxValue + 2);
        if (i != text.Length || (i == first && text.Length != 0))
            return false;
        sum = negative ? -sum : sum;
        overflow = sum > long.MaxValue || sum < long.MinValue;
        value = overflow ? (negative ? long.MinValue : long.MaxValue) : (long)sum;
        return true;
    }

    /// <summary>A size in the largest unit in which it is a whole number.</summary>
    public static string Memory(ulong bytes)
    {
        const ulong Step = 1024;
        string[] units = ["", "kb", "mb", "gb"];
        int unit = 0;
        while (bytes != 0 && unit < units.Length - 1 && bytes % Step == 0)
        {
            bytes /= Step;
            unit++;
        }
        return bytes.ToString(CultureInfo.InvariantCulture) + units[unit];
    }

    /// <summary>The octal digits of a number.</summary>
    public static string Octal(ulong value)
    {
        Span<char> digits = stackalloc char[22];
        int i = digits.Length;
        do
        {
            digits[--i] = (char)('0' + (value & 7));
            value >>= 3;
        }
        while (value != 0);

        return new string(digits[i..]);
    }

    private static bool TryMultiplier(ReadOnlySpan<char> unit, out ulong multiplier)
    {
        multiplier = 1;
        if (unit.Length == 0)
            return true;
        for (int i = 0; i < Units.Length; i++)
        {
            if (unit.Equals(Units[i], StringComparison.OrdinalIgnoreCase))
            {
                multiplier = Multipliers[i];
                return true;
            }
        }

        return false;
    }
}
