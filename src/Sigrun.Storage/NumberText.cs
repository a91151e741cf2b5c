using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sigrun.Storage;

/// <summary>Numbers as text, read and written exactly as Valkey does.</summary>
public static unsafe class NumberText
{
    /// <summary>Longest text of a 64-bit integer.</summary>
    public const int Int64Max = 20;

    /// <summary>Longest text that <see cref="FormatDouble"/> writes.</summary>
    public const int DoubleMax = 40;

    /// <summary>
    /// Reads a canonical decimal integer: no blanks, no plus sign, no leading zeros, no −0.
    /// What this accepts is exactly what it would be written as, so a value can be stored as a number.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryParseInt64(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        int length = text.Length;
        if ((uint)(length - 1) >= Int64Max) return false;
        ref byte p = ref MemoryMarshal.GetReference(text);
        uint first = (uint)(p - '0');
        if (first <= 9 && length <= 18)
        {
            if (first == 0) return length == 1;
            long number = first;
            for (int i = 1; i < length; i++)
            {
                uint digit = (uint)(Unsafe.Add(ref p, i) - '0');
                if (digit > 9) return false;
                number = number * 10 + digit;
            }
            value = number;
            return true;
        }
        return TryParseInt64Slow(text, out value);
    }

    private static bool TryParseInt64Slow(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        bool negative = text[0] == (byte)'-';
        ReadOnlySpan<byte> digits = negative ? text[1..] : text;
        if (digits.Length is 0 or > 19) return false;
        if (digits[0] == (byte)'0') return !negative && digits.Length == 1;
        ulong number = 0;
        foreach (byte c in digits)
        {
            uint digit = (uint)(c - '0');
            if (digit > 9) return false;
            number = number * 10 + digit;
        }
        if (negative)
        {
            if (number > 1UL << 63) return false;
            value = (long)(0 - number);
            return true;
        }
        value = (long)number;
        return number <= long.MaxValue;
    }

    /// <summary>Writes a decimal integer; returns its length. The target has room for <see cref="Int64Max"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FormatInt64(byte* target, long value)
    {
        if ((ulong)value < 10)
        {
            *target = (byte)('0' + value);
            return 1;
        }
        return FormatInt64Slow(target, value);
    }

    /// <summary>Writes a decimal integer; returns its length.</summary>
    public static int FormatInt64(Span<byte> target, long value)
    {
        Utf8Formatter.TryFormat(value, target, out int written);
        return written;
    }

    private static int FormatInt64Slow(byte* target, long value)
    {
        ulong rest = (ulong)value;
        byte* p = target;
        if (value < 0)
        {
            *p++ = (byte)'-';
            rest = 0 - rest;
        }
        int digits = CountDigits(rest);
        byte* q = p + digits;
        while (rest >= 100)
        {
            (rest, ulong pair) = Math.DivRem(rest, 100);
            q -= 2;
            q[0] = (byte)('0' + pair / 10);
            q[1] = (byte)('0' + pair % 10);
        }
        if (rest >= 10)
        {
            q[-2] = (byte)('0' + rest / 10);
            q[-1] = (byte)('0' + rest % 10);
        }
        else
        {
            q[-1] = (byte)('0' + rest);
        }
        return (int)(p + digits - target);
    }

    /// <summary>Decimal digits of a number; 1 for zero.</summary>
    public static int CountDigits(ulong value)
    {
        int digits = 1;
        while (value >= 10000)
        {
            value /= 10000;
            digits += 4;
        }
        return digits + (value >= 1000 ? 3 : value >= 100 ? 2 : value >= 10 ? 1 : 0);
    }

    /// <summary>
    /// Writes a short text that reads back as the same double: an integer without fraction where
    /// it is one below 2^62, plain decimals for moderate exponents, else <c>1.5e+300</c>; inf, -inf, nan.
    /// </summary>
    public static int FormatDouble(Span<byte> target, double value)
    {
        if (double.IsNaN(value)) return Copy("nan"u8, target);
        if (double.IsInfinity(value)) return value > 0 ? Copy("inf"u8, target) : Copy("-inf"u8, target);
        if (value == 0) return double.IsNegative(value) ? Copy("-0"u8, target) : Copy("0"u8, target);
        const double IntegerMax = long.MaxValue / 2;
        if (value is >= -IntegerMax and <= IntegerMax && value == (long)value) return FormatInt64(target, (long)value);
        return FormatShortest(target, value);
    }

    /// <summary>
    /// The same without the exception for integers: <c>1e+20</c> and <c>1e+15</c> alike. For finite numbers but zero.
    /// </summary>
    public static int FormatShortest(Span<byte> target, double value)
    {
        Span<byte> digits = stackalloc byte[GrisuDigits.Max];
        int count = GrisuDigits.Write(digits, Math.Abs(value), out int exponent);
        int written = 0;
        if (value < 0) target[written++] = (byte)'-';
        return written + LayOut(target[written..], digits[..count], exponent);
    }

    /// <summary>Chooses between plain and exponent form the way Valkey's formatter does.</summary>
    private static int LayOut(Span<byte> target, ReadOnlySpan<byte> digits, int exponent)
    {
        int count = digits.Length;
        int magnitude = Math.Abs(exponent + count - 1);
        if (exponent >= 0 && magnitude < count + 7)
        {
            digits.CopyTo(target);
            target.Slice(count, exponent).Fill((byte)'0');
            return count + exponent;
        }
        if (exponent < 0 && (exponent > -7 || magnitude < 4)) return LayOutFraction(target, digits, exponent);

        int written = 0;
        target[written++] = digits[0];
        if (count > 1)
        {
            target[written++] = (byte)'.';
            digits[1..].CopyTo(target[written..]);
            written += count - 1;
        }
        target[written++] = (byte)'e';
        target[written++] = exponent + count - 1 < 0 ? (byte)'-' : (byte)'+';
        return written + FormatInt64(target[written..], magnitude);
    }

    private static int LayOutFraction(Span<byte> target, ReadOnlySpan<byte> digits, int exponent)
    {
        int point = digits.Length + exponent;
        if (point <= 0)
        {
            target[0] = (byte)'0';
            target[1] = (byte)'.';
            target.Slice(2, -point).Fill((byte)'0');
            digits.CopyTo(target[(2 - point)..]);
            return 2 - point + digits.Length;
        }
        digits[..point].CopyTo(target);
        target[point] = (byte)'.';
        digits[point..].CopyTo(target[(point + 1)..]);
        return digits.Length + 1;
    }

    private static int Copy(ReadOnlySpan<byte> text, Span<byte> target)
    {
        text.CopyTo(target);
        return text.Length;
    }
}
