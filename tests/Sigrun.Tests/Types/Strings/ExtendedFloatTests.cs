using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using Sigrun.Types.Strings;

namespace Sigrun.Tests.Types.Strings;

/// <summary>The arithmetic of INCRBYFLOAT against recorded sums and against exact rational numbers.</summary>
public sealed partial class ExtendedFloatTests
{
    public static TheoryData<string, string> Texts => new()
    {
        { "0", "0" }, { "-0", "0" }, { "-0.000", "0" }, { "+1", "1" }, { "007", "7" }, { "1.50", "1.5" }, { ".5", "0.5" }, { "5.", "5" },
        { "1e3", "1000" }, { "1E-2", "0.01" }, { "1e+0002", "100" }, { "0x10", "16" }, { "0X.8p1", "1" }, { "0x1.8p-1", "0.75" },
        { "-0xFf", "-255" }, { "4.1", "4.1" }, { "3.14159265358979323846", "3.14159265358979324" },
        { "18446744073709551615", "18446744073709551615" }, { "18446744073709551617", "18446744073709551616" },
        { "18446744073709551619", "18446744073709551620" },
        { "340282366920938463463374607431768211456", "340282366920938463463374607431768211456" },
        { "1e40", "9999999999999999999783686092270256259072" },
        { "0.000000000000000006", "0.00000000000000001" }, { "0.0000000000000000049", "0" }, { "-4e-18", "0" },
        { "9.999999999999999999", "10" }, { "12345.7", "12345.70000000000000018" }, { "1e-4950", "0" },
        // Exactly halfway between two texts, and between two numbers: to the even one.
        { "0.000003814697265625", "0.00000381469726562" }, { "0.000011444091796875", "0.00001144409179688" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Text_is_read_and_written_back(string text, string expected) => Assert.Equal(expected, Format(Parse(text)));

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1\0")]
    [InlineData("+")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("-.")]
    [InlineData("e5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1e5.")]
    [InlineData("1.2.3")]
    [InlineData("+-1")]
    [InlineData("0x")]
    [InlineData("0x.")]
    [InlineData("0x1p")]
    [InlineData("0xg")]
    [InlineData("1f")]
    [InlineData("nan")]
    [InlineData("NaN(1)")]
    [InlineData("in")]
    [InlineData("infinit")]
    [InlineData("infinity1")]
    [InlineData("1e4933")]
    [InlineData("-1e4933")]
    [InlineData("1e-5000")]
    [InlineData("1e-4951")]
    [InlineData("1e99999999999999999999")]
    [InlineData("1e-99999999999999999999")]
    [InlineData("0x1p16384")]
    [InlineData("0x1p-16447")]
    public void What_is_no_number_in_range_is_refused(string text) => Assert.False(ExtendedFloatText.TryParse(Encoding.Latin1.GetBytes(text), out _));

    [Theory]
    [InlineData("inf", false)]
    [InlineData("+INF", false)]
    [InlineData("Infinity", false)]
    [InlineData("-inf", true)]
    public void Infinity_is_read(string text, bool isNegative)
    {
        ExtendedFloat value = Parse(text);
        Assert.False(value.IsFinite);
        Assert.Equal(isNegative, value.IsNegative);
        Assert.False((value + ExtendedFloat.FromInteger(1)).IsFinite);
        Assert.False((ExtendedFloat.FromInteger(1) + value).IsFinite);
    }

    [Fact]
    public void Text_has_at_most_5119_characters()
    {
        Assert.Equal("1", Format(Parse("1." + new string('0', 5117))));
        Assert.False(ExtendedFloatText.TryParse(Encoding.Latin1.GetBytes("1." + new string('0', 5118)), out _));
    }

    [Fact]
    public void The_largest_number_is_written_in_full_and_twice_it_is_infinite()
    {
        ExtendedFloat largest = Parse("0xFFFFFFFFFFFFFFFFp16320");
        Assert.Equal(((BigInteger)ulong.MaxValue << 16320).ToString(CultureInfo.InvariantCulture), Format(largest));
        Assert.False(ExtendedFloatText.TryFormat(largest, new byte[ExtendedFloatText.UsualLengthMax], out _));
        Assert.False((largest + largest).IsFinite);
        Assert.True((largest + Parse("1e4900")).IsFinite);
        Assert.False((largest + Parse("0x1p16319")).IsFinite);
    }

    [Fact]
    public void Recorded_sums_are_reproduced()
    {
        int count = 0;
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Types", "Strings", "float-sums.txt")))
        {
            if (line.StartsWith('#')) continue;
            string[] fields = line.Split(' ');
            Assert.Equal($"{fields[0]} {fields[1]} {fields[2]}", $"{fields[0]} {fields[1]} {Sum(Unescape(fields[0]), Unescape(fields[1]))}");
            count++;
        }
        Assert.True(count >= 2500);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Sums_and_texts_are_the_nearest_there_are(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 5000; i++)
        {
            Rational a = RandomNumber(random);
            Rational b = RandomNumber(random);
            ExtendedFloat left = Parse(a.ToString());
            ExtendedFloat right = Parse(b.ToString());
            Assert.Equal(a.Nearest(), Rational.Of(left));
            Rational sum = Rational.Of(left + right);
            Assert.Equal((Rational.Of(left) + Rational.Of(right)).Nearest(), sum);
            Assert.Equal(sum.ToText(), Format(left + right));
        }
    }

    private static string Sum(string present, string increment)
    {
        if (!ExtendedFloatText.TryParse(Encoding.Latin1.GetBytes(present), out ExtendedFloat left)) return "invalid";
        if (!ExtendedFloatText.TryParse(Encoding.Latin1.GetBytes(increment), out ExtendedFloat right)) return "invalid";
        ExtendedFloat sum = left + right;
        return sum.IsFinite ? Format(sum) : "infinite";
    }

    private static ExtendedFloat Parse(string text)
    {
        Assert.True(ExtendedFloatText.TryParse(Encoding.Latin1.GetBytes(text), out ExtendedFloat value), text);
        return value;
    }

    private static string Format(ExtendedFloat value)
    {
        Span<byte> text = stackalloc byte[ExtendedFloatText.LengthMax];
        Assert.True(ExtendedFloatText.TryFormat(value, text, out int length));
        return Encoding.ASCII.GetString(text[..length]);
    }

    private static string Unescape(string text) => text == "\\e" ? "" : Escape().Replace(text, m => ((char)Convert.ToInt32(m.Groups[1].Value, 16)).ToString());

    [GeneratedRegex(@"\\x([0-9a-f]{2})")]
    private static partial Regex Escape();

    /// <summary>A number whose digits, size and closeness to a tie vary.</summary>
    private static Rational RandomNumber(Random random)
    {
        BigInteger digits = new(random.NextInt64(long.MinValue, long.MaxValue));
        if (random.Next(3) == 0) digits = digits * random.NextInt64(1, long.MaxValue) + random.NextInt64(1000);
        if (random.Next(3) == 0) digits = random.Next(-100_000, 100_000);
        return new Rational(digits, BigInteger.Pow(random.Next(4) == 0 ? 2 : 10, random.Next(40)));
    }

    /// <summary>An exact number, and what rounding it must give.</summary>
    private readonly record struct Rational(BigInteger Numerator, BigInteger Denominator)
    {
        public static Rational Of(ExtendedFloat value)
        {
            BigInteger mantissa = value.IsNegative ? -new BigInteger(value.Mantissa) : value.Mantissa;
            return value.Exponent >= 0
                ? new Rational(mantissa << value.Exponent, 1).Reduced()
                : new Rational(mantissa, BigInteger.One << -value.Exponent).Reduced();
        }

        public static Rational operator +(Rational left, Rational right) =>
            new Rational(left.Numerator * right.Denominator + right.Numerator * left.Denominator, left.Denominator * right.Denominator).Reduced();

        /// <summary>The nearest number with 64 significant bits.</summary>
        public Rational Nearest()
        {
            if (Numerator.IsZero) return new Rational(0, 1);
            BigInteger magnitude = BigInteger.Abs(Numerator);
            BigInteger denominator = Denominator;
            int scale = 0;
            for (; magnitude / denominator >= BigInteger.One << 64; scale++) denominator *= 2;
            for (; magnitude / denominator < BigInteger.One << 63; scale--) magnitude *= 2;
            BigInteger mantissa = RoundToEven(magnitude, denominator) * Numerator.Sign;
            return scale >= 0 ? new Rational(mantissa << scale, 1).Reduced() : new Rational(mantissa, BigInteger.One << -scale).Reduced();
        }

        /// <summary>The text with 17 decimals, without zeros at the end.</summary>
        public string ToText()
        {
            BigInteger unit = BigInteger.Pow(10, 17);
            BigInteger scaled = RoundToEven(BigInteger.Abs(Numerator) * unit, Denominator);
            string text = (scaled / unit).ToString(CultureInfo.InvariantCulture);
            if (scaled % unit != 0) text += "." + (scaled % unit).ToString("D17", CultureInfo.InvariantCulture).TrimEnd('0');
            return Numerator.Sign < 0 && !scaled.IsZero ? "-" + text : text;
        }

        /// <summary>The exact decimal text; the denominator divides a power of ten.</summary>
        public override string ToString()
        {
            BigInteger unit = BigInteger.Pow(10, 40);
            BigInteger scaled = BigInteger.Abs(Numerator) * unit / Denominator;
            string sign = Numerator.Sign < 0 ? "-" : "";
            return $"{sign}{scaled / unit}.{(scaled % unit).ToString("D40", CultureInfo.InvariantCulture)}";
        }

        private static BigInteger RoundToEven(BigInteger numerator, BigInteger denominator)
        {
            BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger rest);
            int half = (rest * 2).CompareTo(denominator);
            return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
        }

        private Rational Reduced()
        {
            BigInteger divisor = BigInteger.GreatestCommonDivisor(Numerator, Denominator);
            return new Rational(Numerator / divisor, Denominator / divisor);
        }
    }
}
