using System.Numerics;

namespace Sigrun.Storage;

/// <summary>
/// The digits of a double by the Grisu2 algorithm of Florian Loitsch ("Printing Floating-Point Numbers Quickly and
/// Accurately with Integers", 2010).
/// </summary>
/// <remarks>
/// The digits always read back as the same number and mostly are the fewest that do; for about one number in a thousand
/// there are more than that. Other servers print doubles so, and replies and stored scores must not differ.
/// </remarks>
internal static class GrisuDigits
{
    /// <summary>The most digits there are.</summary>
    public const int Max = 18;

    private const ulong FractionMask = (1UL << 52) - 1;
    private const ulong HiddenBit = 1UL << 52;
    private const int ExponentBias = 1023 + 52;
    private const int FirstPower = -348;
    private const int PowerStep = 8;
    private const int ScaledExponentMin = -60;
    private const int ScaledExponentMax = -32;

    /// <summary>The significands, of 64 bits, of every eighth power of ten.</summary>
    private static ReadOnlySpan<ulong> Significands =>
    [
        0xfa8fd5a0081c0288, 0xbaaee17fa23ebf76, 0x8b16fb203055ac76, 0xcf42894a5dce35ea,
        0x9a6bb0aa55653b2d, 0xe61acf033d1a45df, 0xab70fe17c79ac6ca, 0xff77b1fcbebcdc4f,
        0xbe5691ef416bd60c, 0x8dd01fad907ffc3c, 0xd3515c2831559a83, 0x9d71ac8fada6c9b5,
        0xea9c227723ee8bcb, 0xaecc49914078536d, 0x823c12795db6ce57, 0xc21094364dfb5637,
        0x9096ea6f3848984f, 0xd77485cb25823ac7, 0xa086cfcd97bf97f4, 0xef340a98172aace5,
        0xb23867fb2a35b28e, 0x84c8d4dfd2c63f3b, 0xc5dd44271ad3cdba, 0x936b9fcebb25c996,
        0xdbac6c247d62a584, 0xa3ab66580d5fdaf6, 0xf3e2f893dec3f126, 0xb5b5ada8aaff80b8,
        0x87625f056c7c4a8b, 0xc9bcff6034c13053, 0x964e858c91ba2655, 0xdff9772470297ebd,
        0xa6dfbd9fb8e5b88f, 0xf8a95fcf88747d94, 0xb94470938fa89bcf, 0x8a08f0f8bf0f156b,
        0xcdb02555653131b6, 0x993fe2c6d07b7fac, 0xe45c10c42a2b3b06, 0xaa242499697392d3,
        0xfd87b5f28300ca0e, 0xbce5086492111aeb, 0x8cbccc096f5088cc, 0xd1b71758e219652c,
        0x9c40000000000000, 0xe8d4a51000000000, 0xad78ebc5ac620000, 0x813f3978f8940984,
        0xc097ce7bc90715b3, 0x8f7e32ce7bea5c70, 0xd5d238a4abe98068, 0x9f4f2726179a2245,
        0xed63a231d4c4fb27, 0xb0de65388cc8ada8, 0x83c7088e1aab65db, 0xc45d1df942711d9a,
        0x924d692ca61be758, 0xda01ee641a708dea, 0xa26da3999aef774a, 0xf209787bb47d6b85,
        0xb454e4a179dd1877, 0x865b86925b9bc5c2, 0xc83553c5c8965d3d, 0x952ab45cfa97a0b3,
        0xde469fbd99a05fe3, 0xa59bc234db398c25, 0xf6c69a72a3989f5c, 0xb7dcbf5354e9bece,
        0x88fcf317f22241e2, 0xcc20ce9bd35c78a5, 0x98165af37b2153df, 0xe2a0b5dc971f303a,
        0xa8d9d1535ce3b396, 0xfb9b7cd9a4a7443c, 0xbb764c4ca7a44410, 0x8bab8eefb6409c1a,
        0xd01fef10a657842c, 0x9b10a4e5e9913129, 0xe7109bfba19c0c9d, 0xac2820d9623bf429,
        0x80444b5e7aa7cf85, 0xbf21e44003acdd2d, 0x8e679c2f5e44ff8f, 0xd433179d9c8cb841,
        0x9e19db92b4e31ba9, 0xeb96bf6ebadf77d9, 0xaf87023b9bf0ee6b,
    ];

    private static ReadOnlySpan<ulong> Tens =>
    [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
        100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
        10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
    ];

    /// <summary>Writes the digits of a positive finite number; returns how many, and the power of ten of the last one.</summary>
    public static int Write(Span<byte> digits, double value, out int exponent)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        ulong fraction = bits & FractionMask;
        int binary = (int)(bits >> 52);
        if (binary != 0) fraction |= HiddenBit;
        binary = Math.Max(binary, 1) - ExponentBias;

        // The number and its neighbours' midpoints, with one exponent.
        ulong upper = (fraction << 1) + 1;
        int shift = BitOperations.LeadingZeroCount(upper);
        upper <<= shift;
        int common = binary - 1 - shift;
        int below = fraction == HiddenBit ? 2 : 1;
        ulong lower = ((fraction << below) - 1) << (binary - below - common);
        ulong middle = fraction << (binary - common);

        int index = PowerFor(common, out int scaled);
        exponent = -(FirstPower + index * PowerStep);
        ulong power = Significands[index];
        middle = Multiply(middle, power);
        upper = Multiply(upper, power) - 1;
        lower = Multiply(lower, power) + 1;
        return Generate(digits, middle, upper, lower, -scaled, ref exponent);
    }

    /// <summary>The power that brings a binary exponent near enough to zero for the digits to be taken off.</summary>
    private static int PowerFor(int binary, out int scaled)
    {
        const double LogOfTwo = 0.30102999566398114;
        int approximate = (int)(-(binary + Significands.Length) * LogOfTwo);
        int index = (approximate - FirstPower) / PowerStep;
        for (; ; )
        {
            scaled = binary + ExponentOf(index) + 64;
            if (scaled < ScaledExponentMin) index++;
            else if (scaled > ScaledExponentMax) index--;
            else return index;
        }
    }

    private static int ExponentOf(int index) => ((FirstPower + index * PowerStep) * 1741647 >> 19) - 63;

    private static ulong Multiply(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return high + (low >> 63);
    }

    /// <summary>Takes digits off the upper end until what is left lies between the ends.</summary>
    private static int Generate(Span<byte> digits, ulong middle, ulong upper, ulong lower, int fractionBits, ref int exponent)
    {
        ulong distance = upper - middle, width = upper - lower;
        ulong one = 1UL << fractionBits;
        ulong whole = upper >> fractionBits, rest = upper & (one - 1);
        int count = 0;
        for (int place = 9; place >= 0; place--)
        {
            ulong unit = Tens[place];
            ulong digit = whole / unit;
            if (digit != 0 || count > 0) digits[count++] = (byte)('0' + digit);
            whole -= digit * unit;
            ulong left = (whole << fractionBits) + rest;
            if (left > width) continue;
            exponent += place;
            Round(ref digits[count - 1], width, left, unit << fractionBits, distance);
            return count;
        }
        for (int place = 1; ; place++)
        {
            rest *= 10;
            width *= 10;
            ulong digit = rest >> fractionBits;
            if (digit != 0 || count > 0) digits[count++] = (byte)('0' + digit);
            rest &= one - 1;
            if (rest >= width) continue;
            exponent -= place;
            Round(ref digits[count - 1], width, rest, one, unchecked(distance * Tens[place]));
            return count;
        }
    }

    /// <summary>Lowers the last digit while that comes nearer to the number.</summary>
    private static void Round(ref byte digit, ulong width, ulong left, ulong unit, ulong distance)
    {
        while (left < distance && width - left >= unit && (left + unit < distance || distance - left > left + unit - distance))
        {
            digit--;
            left += unit;
        }
    }
}
