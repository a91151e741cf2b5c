using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Sigrun.Types.Strings;

/// <summary>Reads and writes <see cref="ExtendedFloat"/> as text.</summary>
/// <remarks>
/// <para>
/// What is read: what C's <c>strtold</c> reads, provided it reads all of it, without blanks in front, and
/// finds a number in range: decimal with or without exponent, hexadecimal (<c>0x1.8p3</c>), <c>inf</c>. What
/// is written: 17 decimals, rounded, without zeros at the end. Both are exact, so that text written by one
/// server is continued by another without a difference.
/// </para>
/// <para>
/// The usual number (at most 38 digits, 27 of them decimals; below 2^128) takes a division or a
/// multiplication of 128 bits and no memory. The rest of the range goes up to 4,932 digits and takes
/// arbitrary-precision integers.
/// </para>
/// </remarks>
internal static class ExtendedFloatText
{
    /// <summary>Room for every number below 2^128.</summary>
    public const int UsualLengthMax = 64;

    /// <summary>Room for every number.</summary>
    public const int LengthMax = 5120;

    private const int UsualDigitsMax = 38;
    private const int FivePowerMax = 27;
    private const int Decimals = 17;
    private const ulong DecimalsUnit = 100_000_000_000_000_000;

    /// <summary>Exponents are cut here: far beyond every number, far from overflow.</summary>
    private const int ExponentCap = 100_000_000;

    /// <summary>A number with its first digit at a higher decimal place than this is too large.</summary>
    private const int MagnitudeMax = 4940;

    /// <summary>A number with its first digit at a lower decimal place than this is too small.</summary>
    private const int MagnitudeMin = -4970;

    /// <summary>Powers of five that fit into 63 bits.</summary>
    private static ReadOnlySpan<ulong> FivePowers =>
    [
        1, 5, 25, 125, 625, 3125, 15625, 78125, 390625, 1953125, 9765625, 48828125, 244140625, 1220703125, 6103515625,
        30517578125, 152587890625, 762939453125, 3814697265625, 19073486328125, 95367431640625, 476837158203125,
        2384185791015625, 11920928955078125, 59604644775390625, 298023223876953125, 1490116119384765625, 7450580596923828125,
    ];

    /// <summary>Reads a number; false when the text is none, or none that is in range.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ExtendedFloat value)
    {
        value = default;
        if (text.Length >= LengthMax) return false;
        bool isNegative = !text.IsEmpty && text[0] == (byte)'-';
        ReadOnlySpan<byte> rest = isNegative || text.StartsWith("+"u8) ? text[1..] : text;
        if (rest.IsEmpty) return false;
        if (rest[0] is (byte)'i' or (byte)'I')
        {
            value = ExtendedFloat.Infinity(isNegative);
            return Ascii.EqualsIgnoreCase(rest, "inf"u8) || Ascii.EqualsIgnoreCase(rest, "infinity"u8);
        }
        bool isHexadecimal = rest.Length > 2 && rest[0] == (byte)'0' && rest[1] is (byte)'x' or (byte)'X';
        return isHexadecimal ? TryParseHexadecimal(rest[2..], isNegative, out value) : TryParseDecimal(rest, isNegative, out value);
    }

    private static bool TryParseDecimal(ReadOnlySpan<byte> text, bool isNegative, out ExtendedFloat value)
    {
        value = default;
        UInt128 number = 0;
        int digits = 0; // without zeros in front
        int decimals = 0;
        bool hasDigit = false;
        bool inDecimals = false;
        int i = 0;
        for (; i < text.Length; i++)
        {
            uint digit = (uint)(text[i] - '0');
            if (digit <= 9)
            {
                hasDigit = true;
                if (inDecimals) decimals++;
                if (digits == 0 && digit == 0) continue;
                if (digits++ < UsualDigitsMax) number = number * 10 + digit;
            }
            else if (text[i] == (byte)'.' && !inDecimals)
            {
                inDecimals = true;
            }
            else
            {
                break;
            }
        }
        int mantissaEnd = i;
        if (!hasDigit || !TryParseExponent(text[i..], (byte)'e', out int exponent)) return false;
        exponent -= decimals;
        value = digits > UsualDigitsMax || !TryScale(isNegative, number, exponent, out value)
            ? ScaleSlowly(isNegative, text[..mantissaEnd], digits, exponent)
            : value;
        return IsInRange(value, isZero: digits == 0);
    }

    private static bool TryParseHexadecimal(ReadOnlySpan<byte> text, bool isNegative, out ExtendedFloat value)
    {
        const int FullBits = 124;
        value = default;
        UInt128 number = 0;
        int exponent = 0;
        bool hasRest = false;
        bool hasDigit = false;
        bool inFraction = false;
        int i = 0;
        for (; i < text.Length; i++)
        {
            if (text[i] == (byte)'.' && !inFraction)
            {
                inFraction = true;
                continue;
            }
            if (!char.IsAsciiHexDigit((char)text[i])) break;
            uint digit = HexDigit(text[i]);
            hasDigit = true;
            if (number >> (FullBits - 4) == 0)
            {
                number = (number << 4) | digit;
                if (inFraction) exponent -= 4;
            }
            else
            {
                hasRest |= digit != 0;
                if (!inFraction) exponent += 4;
            }
        }
        if (!hasDigit || !TryParseExponent(text[i..], (byte)'p', out int power)) return false;
        value = ExtendedFloat.Round(isNegative, number, exponent + power, hasRest);
        return IsInRange(value, isZero: number == 0);
    }

    private static uint HexDigit(byte c) => (uint)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);

    /// <summary>Reads what follows the digits: nothing, or a letter and an integer.</summary>
    private static bool TryParseExponent(ReadOnlySpan<byte> text, byte letter, out int exponent)
    {
        exponent = 0;
        if (text.IsEmpty) return true;
        if ((text[0] | 0x20) != letter) return false;
        text = text[1..];
        bool isNegative = text.StartsWith("-"u8);
        if (isNegative || text.StartsWith("+"u8)) text = text[1..];
        if (text.IsEmpty) return false;
        foreach (byte c in text)
        {
            if (!char.IsAsciiDigit((char)c)) return false;
            exponent = Math.Min(ExponentCap, exponent * 10 + (c - '0'));
        }
        if (isNegative) exponent = -exponent;
        return true;
    }

    /// <summary>Zero may only come from zero.</summary>
    private static bool IsInRange(ExtendedFloat value, bool isZero) => value.IsFinite && value.IsZero == isZero;

    /// <summary>number · 10^exponent, where 128 bits are enough for it.</summary>
    private static bool TryScale(bool isNegative, UInt128 number, int exponent, out ExtendedFloat value)
    {
        value = default;
        if (number == 0)
        {
            value = ExtendedFloat.Round(isNegative, 0, 0, hasRest: false);
            return true;
        }
        if (exponent is < -FivePowerMax or > FivePowerMax) return false;
        int zeros = (int)UInt128.LeadingZeroCount(number);
        if (exponent < 0)
        {
            // 128 bits divided by at most 63 leave at least 65: one more than the mantissa has.
            (UInt128 quotient, UInt128 remainder) = UInt128.DivRem(number << zeros, FivePowers[-exponent]);
            value = ExtendedFloat.Round(isNegative, quotient, exponent - zeros, remainder != 0);
            return true;
        }
        ulong power = FivePowers[exponent];
        if (zeros < 64 - BitOperations.LeadingZeroCount(power)) return false;
        value = ExtendedFloat.Round(isNegative, number * power, exponent, hasRest: false);
        return true;
    }

    /// <summary>The same for any number.</summary>
    private static ExtendedFloat ScaleSlowly(bool isNegative, ReadOnlySpan<byte> mantissa, int digits, int exponent)
    {
        const int QuotientBits = 100;
        if (digits + (long)exponent > MagnitudeMax) return ExtendedFloat.Infinity(isNegative);
        if (digits + (long)exponent < MagnitudeMin) return ExtendedFloat.Round(isNegative, 0, 0, hasRest: false);
        BigInteger numerator = ReadDigits(mantissa);
        BigInteger denominator = BigInteger.One;
        if (exponent >= 0) numerator *= BigInteger.Pow(10, exponent);
        else denominator = BigInteger.Pow(10, -exponent);
        int shift = QuotientBits + (int)(denominator.GetBitLength() - numerator.GetBitLength());
        if (shift >= 0) numerator <<= shift;
        else denominator <<= -shift;
        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger remainder);
        return ExtendedFloat.Round(isNegative, (UInt128)quotient, -shift, !remainder.IsZero);
    }

    private static BigInteger ReadDigits(ReadOnlySpan<byte> text)
    {
        BigInteger number = BigInteger.Zero;
        ulong chunk = 0;
        ulong unit = 1;
        foreach (byte c in text)
        {
            if (c == (byte)'.') continue;
            chunk = chunk * 10 + (ulong)(c - '0');
            unit *= 10;
            if (unit < DecimalsUnit) continue;
            number = number * unit + chunk;
            (chunk, unit) = (0, 1);
        }
        return number * unit + chunk;
    }

    /// <summary>Writes a finite number; false when the target is too short for it.</summary>
    public static bool TryFormat(ExtendedFloat value, Span<byte> target, out int length)
    {
        length = 0;
        if (value.Exponent > 64) return target.Length >= LengthMax && FormatLong(value, target, out length);
        UInt128 whole;
        ulong fraction = 0;
        if (value.Exponent >= 0)
        {
            whole = (UInt128)value.Mantissa << value.Exponent;
        }
        else
        {
            int shift = -value.Exponent;
            whole = shift < 64 ? value.Mantissa >> shift : 0;
            ulong below = shift < 64 ? value.Mantissa & ((1UL << shift) - 1) : value.Mantissa;
            fraction = RoundDecimals((UInt128)below * DecimalsUnit, shift);
            if (fraction == DecimalsUnit)
            {
                whole++;
                fraction = 0;
            }
        }
        if (value.IsNegative && (whole != 0 || fraction != 0)) target[length++] = (byte)'-';
        length += FormatWhole(whole, target[length..]);
        if (fraction != 0) length += FormatFraction(fraction, target[length..]);
        return true;
    }

    /// <summary>product / 2^shift, to the nearest, ties to even.</summary>
    private static ulong RoundDecimals(UInt128 product, int shift)
    {
        // The product is below 2^121, so that beyond this nothing of it is left.
        if (shift > 121) return 0;
        ulong kept = (ulong)(product >> shift);
        UInt128 half = UInt128.One << (shift - 1);
        UInt128 lost = product & ((half << 1) - 1);
        return lost > half || (lost == half && (kept & 1) != 0) ? kept + 1 : kept;
    }

    private static int FormatWhole(UInt128 whole, Span<byte> target)
    {
        int written;
        if (whole <= ulong.MaxValue) Utf8Formatter.TryFormat((ulong)whole, target, out written);
        else whole.TryFormat(target, out written, provider: CultureInfo.InvariantCulture);
        return written;
    }

    private static int FormatFraction(ulong fraction, Span<byte> target)
    {
        int digits = Decimals;
        while (fraction % 10 == 0)
        {
            fraction /= 10;
            digits--;
        }
        target[0] = (byte)'.';
        for (int i = digits; i > 0; i--)
        {
            (fraction, ulong digit) = Math.DivRem(fraction, 10);
            target[i] = (byte)('0' + digit);
        }
        return digits + 1;
    }

    private static bool FormatLong(ExtendedFloat value, Span<byte> target, out int length)
    {
        BigInteger whole = new BigInteger(value.Mantissa) << value.Exponent;
        if (value.IsNegative) whole = -whole;
        length = Encoding.ASCII.GetBytes(whole.ToString(CultureInfo.InvariantCulture), target);
        return true;
    }
}
