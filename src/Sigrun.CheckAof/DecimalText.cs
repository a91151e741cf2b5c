namespace Sigrun.CheckAof;

/// <summary>Reads a number at the beginning of a text as the C library's <c>strtol</c> does, on which the format relies.</summary>
internal static class DecimalText
{
    /// <summary>Reads a number.</summary>
    /// <param name="text">The text.</param>
    /// <param name="used">The bytes it takes, blanks in front of it included; 0 when there is none.</param>
    /// <param name="isTooLarge">Whether it is beyond 64 bits, and so the nearest that is not.</param>
    public static long Read(ReadOnlySpan<byte> text, out int used, out bool isTooLarge)
    {
        int at = 0;
        while (at < text.Length && text[at] is (byte)' ' or >= 9 and <= 13) at++;
        bool isNegative = at < text.Length && text[at] == (byte)'-';
        if (isNegative || (at < text.Length && text[at] == (byte)'+')) at++;
        int first = at;
        Int128 value = 0;
        for (; at < text.Length && char.IsAsciiDigit((char)text[at]); at++)
            if (value <= long.MaxValue) value = value * 10 + (text[at] - '0');
        used = at > first ? at : 0;
        if (isNegative) value = -value;
        isTooLarge = value > long.MaxValue || value < long.MinValue;
        return (long)Int128.Clamp(value, long.MinValue, long.MaxValue);
    }
}
