using Sigrun.Configuration;

namespace Sigrun.Tests.Configuration;

public class NumberTextTests
{
    [Theory]
    [InlineData("0", 0UL)]
    [InlineData("123", 123UL)]
    [InlineData("1b", 1UL)]
    [InlineData("2k", 2_000UL)]
    [InlineData("2KB", 2_048UL)]
    [InlineData("3m", 3_000_000UL)]
    [InlineData("3mB", 3_145_728UL)]
    [InlineData("4G", 4_000_000_000UL)]
    [InlineData("4gb", 4_294_967_296UL)]
    [InlineData("", 0UL)]
    [InlineData("k", 0UL)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("18446744073709551615kb", ulong.MaxValue - 1023)]
    public void ReadsSizes(string text, ulong expected)
    {
        Assert.True(NumberText.TryMemory(text, out ulong bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1 k")]
    [InlineData("1kk")]
    [InlineData("1tb")]
    [InlineData("+1")]
    [InlineData("1.5m")]
    [InlineData("18446744073709551616")]
    public void RefusesWhatIsNoSize(string text) => Assert.False(NumberText.TryMemory(text, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-5", -5)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void ReadsIntegers(string text, long expected)
    {
        Assert.True(NumberText.TryInteger(text, out long value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("-0")]
    [InlineData("01")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("9223372036854775808")]
    public void RefusesWhatIsNoCanonicalInteger(string text) => Assert.False(NumberText.TryInteger(text, out _));

    [Theory]
    [InlineData("", 10, 0)]
    [InlineData(" \t-12", 10, -12)]
    [InlineData("+7", 10, 7)]
    [InlineData("0755", 8, 493)]
    [InlineData("99999999999999999999", 10, long.MaxValue)]
    [InlineData("-99999999999999999999", 10, long.MinValue)]
    public void ReadsWhatStrtollReads(string text, int radix, long expected)
    {
        Assert.True(NumberText.TryPrefix(text, radix, out long value, out bool overflow));
        Assert.Equal(expected, value);
        Assert.Equal(text.Length > 19, overflow);
    }

    [Theory]
    [InlineData("1x", 10)]
    [InlineData("-", 10)]
    [InlineData(" ", 10)]
    [InlineData("8", 8)]
    public void RefusesWhatStrtollLeavesOver(string text, int radix) => Assert.False(NumberText.TryPrefix(text, radix, out _, out _));

    [Theory]
    [InlineData(0UL, "0")]
    [InlineData(511UL, "777")]
    [InlineData(ulong.MaxValue, "1777777777777777777777")]
    public void WritesOctal(ulong value, string expected) => Assert.Equal(expected, NumberText.Octal(value));
}
