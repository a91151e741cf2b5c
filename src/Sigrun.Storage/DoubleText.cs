using System.Globalization;
using System.Text;

namespace Sigrun.Storage;

/// <summary>Doubles as text in the forms that scores, weights and bounds take, read exactly as Valkey reads them.</summary>
/// <remarks>
/// A sign, digits with or without a point, and an exponent; or <c>inf</c>, <c>infinity</c>, <c>nan</c> in any case with or
/// without a sign. No blanks, no hexadecimal digits. An exponent without digits is no part of the number.
/// </remarks>
public static class DoubleText
{
    /// <summary>Longest text that <see cref="FormatExact"/> writes.</summary>
    public const int ExactMax = 32;

    private const int SignificantDigits = 17;

    /// <summary>Whole numbers up to 2^53 and powers of ten up to 10^22 are exact, and so is one product or quotient of them.</summary>
    private const ulong ExactMantissaMax = 1UL << 53;

    private const int ExactDigitsMax = 19;

    private static ReadOnlySpan<double> PowersOfTen =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>
    /// Reads a text that is a number as a whole, and neither NaN nor so large or small that only infinity or zero is left of it.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out double value)
    {
        value = Read(text, out int length, out bool isOutOfRange);
        return length == text.Length && length > 0 && !isOutOfRange && !double.IsNaN(value);
    }

    /// <summary>Reads the number that a text starts with: too large a one as infinity, and no number as 0 of no length.</summary>
    public static double ReadStart(ReadOnlySpan<byte> text, out int length) => Read(text, out length, out _);

    /// <summary>Writes 17 significant digits, as many as tell every double apart, in C's %.17g form.</summary>
    public static int FormatExact(Span<byte> target, double value)
    {
        if (!double.IsFinite(value) || value == 0) return NumberText.FormatDouble(target, value);
        Span<byte> text = stackalloc byte[ExactMax];
        value.TryFormat(text, out int length, "E16", CultureInfo.InvariantCulture);
        int written = 0;
        if (text[0] == (byte)'-')
        {
            target[written++] = (byte)'-';
            text = text[1..length--];
        }
        Span<byte> digits = stackalloc byte[SignificantDigits];
        digits[0] = text[0];
        text[2..(SignificantDigits + 1)].CopyTo(digits[1..]);
        int exponent = int.Parse(text[(SignificantDigits + 2)..length], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return written + LayOut(target[written..], digits.TrimEnd((byte)'0'), exponent);
    }

    private static int LayOut(Span<byte> target, ReadOnlySpan<byte> digits, int exponent)
    {
        if (exponent is < -4 or >= SignificantDigits)
        {
            int written = Split(target, digits, 1);
            target[written++] = (byte)'e';
            target[written++] = exponent < 0 ? (byte)'-' : (byte)'+';
            exponent = Math.Abs(exponent);
            if (exponent < 10) target[written++] = (byte)'0';
            return written + NumberText.FormatInt64(target[written..], exponent);
        }
        if (exponent < 0)
        {
            int zeros = 1 - exponent;
            target[..zeros].Fill((byte)'0');
            target[1] = (byte)'.';
            digits.CopyTo(target[zeros..]);
            return zeros + digits.Length;
        }
        if (digits.Length > exponent + 1) return Split(target, digits, exponent + 1);
        target[..(exponent + 1)].Fill((byte)'0');
        digits.CopyTo(target);
        return exponent + 1;
    }

    /// <summary>Writes digits with a point behind the first ones, and without one when nothing follows.</summary>
    private static int Split(Span<byte> target, ReadOnlySpan<byte> digits, int before)
    {
        digits[..before].CopyTo(target);
        if (digits.Length == before) return before;
        target[before] = (byte)'.';
        digits[before..].CopyTo(target[(before + 1)..]);
        return digits.Length + 1;
    }

    private static double Read(ReadOnlySpan<byte> text, out int length, out bool isOutOfRange)
    {
        isOutOfRange = false;
        int at = text.Length > 0 && text[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        ulong mantissa = 0;
        int start = at;
        while (at < text.Length && IsDigit(text[at])) mantissa = mantissa * 10 + (uint)(text[at++] - '0');
        int digits = at - start;
        int exponent = 0;
        if (at < text.Length && text[at] == (byte)'.' && (digits > 0 || (at + 1 < text.Length && IsDigit(text[at + 1]))))
        {
            int point = at++;
            while (at < text.Length && IsDigit(text[at])) mantissa = mantissa * 10 + (uint)(text[at++] - '0');
            exponent = point + 1 - at;
            digits -= exponent;
        }
        if (digits == 0) return ReadWord(text, out length);
        length = ReadExponent(text, at, ref exponent);
        bool isNegative = text[0] == (byte)'-';
        if (digits <= ExactDigitsMax && mantissa <= ExactMantissaMax && exponent is >= -22 and <= 22)
        {
            double exact = exponent < 0 ? mantissa / PowersOfTen[-exponent] : mantissa * PowersOfTen[exponent];
            return isNegative ? -exact : exact;
        }
        return ReadSlow(text[..length], out isOutOfRange);
    }

    /// <summary>Adds an exponent, if one stands there; returns where the number ends.</summary>
    private static int ReadExponent(ReadOnlySpan<byte> text, int at, ref int exponent)
    {
        const int Limit = 1_000_000;
        if (at >= text.Length || text[at] is not ((byte)'e' or (byte)'E')) return at;
        int next = at + 1;
        bool isNegative = next < text.Length && text[next] == (byte)'-';
        if (next < text.Length && text[next] is (byte)'-' or (byte)'+') next++;
        if (next >= text.Length || !IsDigit(text[next])) return at;
        int value = 0;
        for (; next < text.Length && IsDigit(text[next]); next++) value = Math.Min(value * 10 + text[next] - '0', Limit);
        exponent += isNegative ? -value : value;
        return next;
    }

    private static double ReadSlow(ReadOnlySpan<byte> number, out bool isOutOfRange)
    {
        double value = double.Parse(number, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture);
        isOutOfRange = double.IsInfinity(value) || (value == 0 && HasDigit(number));
        return value;
    }

    /// <summary>Whether a digit of the mantissa is not zero.</summary>
    private static bool HasDigit(ReadOnlySpan<byte> number)
    {
        int end = number.IndexOfAny((byte)'e', (byte)'E');
        return (end < 0 ? number : number[..end]).IndexOfAnyInRange((byte)'1', (byte)'9') >= 0;
    }

    private static double ReadWord(ReadOnlySpan<byte> text, out int length)
    {
        length = 0;
        int sign = text.Length > 0 && text[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        ReadOnlySpan<byte> word = text[sign..];
        if (StartsWith(word, "nan"u8))
        {
            length = sign + 3 + ParenthesesLength(word[3..]);
            return double.NaN;
        }
        if (!StartsWith(word, "inf"u8)) return 0;
        length = sign + (StartsWith(word, "infinity"u8) ? 8 : 3);
        return text[0] == (byte)'-' ? double.NegativeInfinity : double.PositiveInfinity;
    }

    /// <summary>The length of what may follow NaN: letters, digits and underlines in parentheses.</summary>
    private static int ParenthesesLength(ReadOnlySpan<byte> text)
    {
        if (text is not [(byte)'(', ..]) return 0;
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == (byte)')') return i + 1;
            if (!char.IsAsciiLetterOrDigit((char)text[i]) && text[i] != (byte)'_') return 0;
        }
        return 0;
    }

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) =>
        text.Length >= word.Length && Ascii.EqualsIgnoreCase(text[..word.Length], word);

    private static bool IsDigit(byte c) => (uint)(c - '0') <= 9;
}
