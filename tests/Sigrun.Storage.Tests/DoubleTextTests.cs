using System.Globalization;
using System.Text;

namespace Sigrun.Storage.Tests;

public sealed class DoubleTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", -0.0)]
    [InlineData("+3", 3)]
    [InlineData("1.5", 1.5)]
    [InlineData("1.", 1)]
    [InlineData(".5", 0.5)]
    [InlineData("1e3", 1000)]
    [InlineData("1E-7", 1e-7)]
    [InlineData("1e+22", 1e22)]
    [InlineData("123456789012345678901234567890", 123456789012345678901234567890.0)]
    [InlineData("0.1", 0.1)]
    [InlineData("9007199254740993", 9007199254740992)]
    [InlineData("00000000000000000000000001", 1)]
    [InlineData("1.7976931348623157e308", double.MaxValue)]
    [InlineData("5e-324", double.Epsilon)]
    [InlineData("inf", double.PositiveInfinity)]
    [InlineData("+INF", double.PositiveInfinity)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    [InlineData("0e999999999999", 0)]
    public void Numbers_are_read(string text, double expected)
    {
        Assert.True(DoubleText.TryRead(Encoding.ASCII.GetBytes(text), out double value));
        Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(value));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("0x10")]
    [InlineData("nan")]
    [InlineData("-nan(1)")]
    [InlineData(".")]
    [InlineData("-")]
    [InlineData("+-1")]
    [InlineData("1e400")]
    [InlineData("-1e400")]
    [InlineData("1e-400")]
    [InlineData("infinit")]
    [InlineData("in")]
    [InlineData("1\0")]
    [InlineData("abc")]
    public void Everything_else_is_refused(string text) => Assert.False(DoubleText.TryRead(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData("1e400", 5, double.PositiveInfinity)]
    [InlineData("1exp", 1, 1)]
    [InlineData("3.5.1", 3, 3.5)]
    [InlineData("infinite", 3, double.PositiveInfinity)]
    [InlineData("nan(a_1)x", 8, double.NaN)]
    [InlineData("nan(-)", 3, double.NaN)]
    [InlineData("x", 0, 0)]
    [InlineData("", 0, 0)]
    public void The_start_of_a_text_is_read(string text, int expectedLength, double expected)
    {
        Assert.Equal(expected, DoubleText.ReadStart(Encoding.ASCII.GetBytes(text), out int length));
        Assert.Equal(expectedLength, length);
    }

    [Fact]
    public void What_is_written_reads_back()
    {
        RandomSource random = new(3);
        Span<byte> text = stackalloc byte[NumberText.DoubleMax];
        for (int i = 0; i < 20_000; i++)
        {
            double value = (i % 4) switch
            {
                0 => BitConverter.UInt64BitsToDouble(random.Next()),
                1 => random.NextInt(1000) / 100.0,
                2 => random.NextInt(int.MaxValue) * Math.Pow(10, random.NextInt(40) - 20),
                _ => (long)random.Next(),
            };
            if (!double.IsFinite(value)) continue;
            Assert.True(DoubleText.TryRead(text[..NumberText.FormatDouble(text, value)], out double shortest));
            Assert.Equal(value, shortest);
            Assert.True(DoubleText.TryRead(text[..DoubleText.FormatExact(text, value)], out double exact));
            Assert.Equal(value, exact);
            Assert.Equal(value, double.Parse(text[..NumberText.FormatDouble(text, value)], CultureInfo.InvariantCulture));
        }
    }

    /// <summary>As the reference server prints them: mostly the shortest digits, and now and then not quite.</summary>
    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(-2.5, "-2.5")]
    [InlineData(1e20, "1e+20")]
    [InlineData(1e23, "99999999999999990000000")]
    [InlineData(1e15, "1000000000000000")]
    [InlineData(1e-7, "1e-7")]
    [InlineData(0.00001, "0.00001")]
    [InlineData(3.14159265358979, "3.14159265358979")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    [InlineData(-0.0, "-0")]
    public void Few_digits_are_written(double value, string expected)
    {
        Span<byte> text = stackalloc byte[NumberText.DoubleMax];
        Assert.Equal(expected, Encoding.ASCII.GetString(text[..NumberText.FormatDouble(text, value)]));
    }

    [Theory]
    [InlineData(0.1, "0.10000000000000001")]
    [InlineData(3, "3")]
    [InlineData(-2.5, "-2.5")]
    [InlineData(1e16, "10000000000000000")]
    [InlineData(1e17, "1e+17")]
    [InlineData(123456789.125, "123456789.125")]
    [InlineData(1e-4, "0.0001")]
    [InlineData(1e-5, "1.0000000000000001e-05")]
    [InlineData(1.5e300, "1.5000000000000001e+300")]
    [InlineData(double.PositiveInfinity, "inf")]
    [InlineData(0, "0")]
    public void All_digits_are_written_as_C_does(double value, string expected)
    {
        Span<byte> text = stackalloc byte[DoubleText.ExactMax];
        Assert.Equal(expected, Encoding.ASCII.GetString(text[..DoubleText.FormatExact(text, value)]));
    }
}
