using System.Text;
using Sigrun.Persistence;

namespace Sigrun.Tests.Persistence;

/// <summary>Lengths and strings as they are written and read; the numbers of the format must never change.</summary>
public sealed class RdbStringTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(63, "3f")]
    [InlineData(64, "4040")]
    [InlineData(16383, "7fff")]
    [InlineData(16384, "8000004000")]
    [InlineData(uint.MaxValue, "80ffffffff")]
    [InlineData(uint.MaxValue + 1UL, "810000000100000000")]
    [InlineData(ulong.MaxValue, "81ffffffffffffffff")]
    public void Lengths(ulong length, string expected)
    {
        var writer = new RdbWriter();
        writer.WriteLength(length);
        Assert.Equal(expected, Convert.ToHexStringLower(writer.Written));
        var reader = new RdbReader(writer.Written, new ScratchBuffer(), 0);
        Assert.Equal(length, reader.ReadLength());
        Assert.Equal(0, reader.Remaining);
    }

    [Theory]
    [InlineData("0", "c000")]
    [InlineData("-1", "c0ff")]
    [InlineData("127", "c07f")]
    [InlineData("128", "c18000")]
    [InlineData("-129", "c17fff")]
    [InlineData("32768", "c200800000")]
    [InlineData("-2147483648", "c200000080")]
    [InlineData("2147483648", "0a32313437343833363438")]
    [InlineData("007", "03303037")]
    [InlineData("aaaaaaaaaaaaaaaaaaaa", "146161616161616161616161616161616161616161")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaa", "c30615016161e00a00")]
    public void Strings(string text, string expected)
    {
        var writer = new RdbWriter();
        writer.WriteString(Encoding.ASCII.GetBytes(text));
        Assert.Equal(expected.Replace(" ", ""), Convert.ToHexStringLower(writer.Written));
        var reader = new RdbReader(writer.Written, new ScratchBuffer(), 1000);
        Assert.Equal(text, Encoding.ASCII.GetString(reader.ReadString()));
        Assert.Equal(0, reader.Remaining);
    }

    /// <summary>Compressing one takes memory twice, neither of which is left to the garbage collector.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(256)]
    public void ALargeStringForASinkLeavesNoGarbage(int alphabet)
    {
        byte[] text = Samples.Noise(1, 5 << 20, alphabet);
        var kept = new RdbWriter();
        kept.WriteString(text);
        var sink = new ComparingSink(kept.Written.ToArray());
        var writer = new RdbWriter(sink);
        writer.WriteString("first"u8);
        writer.WriteString(text.AsSpan(0, 1000));
        writer.Drain();
        sink.Begin();
        long before = GC.GetAllocatedBytesForCurrentThread();
        writer.WriteString(text);
        writer.Drain();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2000);
        sink.AssertComplete();
    }

    [Theory]
    [InlineData(-129, "c17fff")]
    [InlineData(long.MinValue, "142d39323233333732303336383534373735383038")]
    public void Integers(long number, string expected)
    {
        var writer = new RdbWriter();
        writer.WriteInteger(number);
        Assert.Equal(expected, Convert.ToHexStringLower(writer.Written));
    }

    [Theory]
    [InlineData("")] // nothing
    [InlineData("0361")] // the string ends too early
    [InlineData("40")] // the length does
    [InlineData("80000000")]
    [InlineData("8100000000000000")]
    [InlineData("82")] // no such length
    [InlineData("bf")]
    [InlineData("c0")] // the number is missing
    [InlineData("c100")]
    [InlineData("c2000000")]
    [InlineData("c4")] // no such encoding
    [InlineData("ff")]
    [InlineData("817fffffffffffffff61")] // longer than there is
    [InlineData("81ffffffffffffffff61")]
    [InlineData("807fffffff61")]
    [InlineData("c3c0020061")] // an encoding for a length
    [InlineData("c302c00061")]
    [InlineData("c303010061")] // compressed bytes are missing
    [InlineData("c30202 0061")] // damaged
    [InlineData("c302817fffffffffffffff0061")] // more than two bytes stand for
    [InlineData("c30240b10061")]
    public void What_makes_no_sense_is_refused(string hex) => Assert.ThrowsAny<RdbFormatException>(() =>
    {
        var reader = new RdbReader(Convert.FromHexString(hex.Replace(" ", "")), new ScratchBuffer(), 1 << 20);
        reader.ReadString();
    });

    [Fact]
    public void A_compressed_string_beyond_the_limit_is_refused()
    {
        var writer = new RdbWriter();
        writer.WriteString(Samples.Make("repeat:1000:61"));
        byte[] bytes = writer.Written.ToArray();
        var reader = new RdbReader(bytes, new ScratchBuffer(), 1000);
        Assert.Equal(1000, reader.ReadString().Length);
        Assert.Throws<RdbFormatException>(() =>
        {
            var strict = new RdbReader(bytes, new ScratchBuffer(), 999);
            strict.ReadString();
        });
    }

    /// <summary>Expects certain bytes.</summary>
    private sealed class ComparingSink(byte[] expected) : IDataSink
    {
        private int _place;
        private bool _isEqual;

        public void Begin()
        {
            _place = 0;
            _isEqual = true;
        }

        public void AssertComplete() => Assert.Equal((expected.Length, true), (_place, _isEqual));

        public void Take(ReadOnlySpan<byte> bytes)
        {
            _isEqual &= bytes.Length <= expected.Length - _place && bytes.SequenceEqual(expected.AsSpan(_place, bytes.Length));
            _place += bytes.Length;
        }
    }
}
