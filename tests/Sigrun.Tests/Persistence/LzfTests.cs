using Sigrun.Persistence;

namespace Sigrun.Tests.Persistence;

public sealed class LzfTests
{
    private const int Seed = 4711;

    [Fact]
    public void Round_trips_with_any_room()
    {
        var random = new Random(Seed);
        var compressor = new LzfCompressor();
        int compressed = 0;
        for (int i = 0; i < 1000; i++)
        {
            byte[] text = Sample(random);
            byte[] output = new byte[random.Next(text.Length * 2)];
            int length = compressor.Compress(text, output);
            if (length == 0) continue;
            compressed++;
            byte[] expanded = new byte[text.Length];
            Assert.True(LzfDecompressor.TryExpand(output.AsSpan(0, length), expanded), $"seed {Seed}, string {i}");
            Assert.Equal(text, expanded);
            Assert.True(text.Length <= LzfDecompressor.ExpandedMax(length));
        }
        Assert.InRange(compressed, 300, 1000);
    }

    [Fact]
    public void A_string_does_not_depend_on_those_before()
    {
        var random = new Random(Seed);
        var used = new LzfCompressor();
        for (int i = 0; i < 100; i++)
        {
            byte[] text = Sample(random);
            Assert.Equal(Compress(new LzfCompressor(), text), Compress(used, text));
        }
    }

    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "61", false)] // nothing for one byte
    [InlineData("0061", "61", true)]
    [InlineData("0061", "", false)] // more than there is room for
    [InlineData("0161", "6161", false)] // the run ends too early
    [InlineData("00612000", "61616161", true)] // three more of the last byte
    [InlineData("00612000", "616161", false)]
    [InlineData("00612001", "61616161", false)] // reaches before the beginning
    [InlineData("2000", "616161", false)]
    [InlineData("006120", "61616161", false)] // the offset is missing
    [InlineData("0061e0", "61", false)] // the length is missing
    [InlineData("0061e000", "61", false)] // the offset is missing
    [InlineData("0061e00000", "61616161616161616161", true)]
    [InlineData("0161622001", "6162616261", true)] // overlaps its copy
    public void Expands_what_is_right_and_nothing_else(string compressed, string text, bool isRight)
    {
        byte[] output = new byte[text.Length / 2];
        Assert.Equal(isRight, LzfDecompressor.TryExpand(Convert.FromHexString(compressed), output));
        if (isRight) Assert.Equal(text, Convert.ToHexStringLower(output));
    }

    [Fact]
    public void Damage_never_gets_out_of_bounds()
    {
        byte[] text = [.. Samples.Noise(1, 60, 3), .. Samples.Noise(2, 40, 256), .. Samples.Make("repeat:300:61")];
        byte[] compressed = Compress(new LzfCompressor(), text);
        byte[] output = new byte[text.Length];
        for (int length = 0; length < compressed.Length; length++)
            Assert.False(LzfDecompressor.TryExpand(compressed.AsSpan(0, length), output));
        for (int bit = 0; bit < compressed.Length * 8; bit++)
        {
            byte[] damaged = [.. compressed];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            LzfDecompressor.TryExpand(damaged, output);
            LzfDecompressor.TryExpand(damaged, output.AsSpan(0, bit % output.Length));
        }
    }

    private static byte[] Compress(LzfCompressor compressor, byte[] text)
    {
        byte[] output = new byte[text.Length + 8];
        return output[..compressor.Compress(text, output)];
    }

    private static byte[] Sample(Random random)
    {
        int length = random.Next(2, random.Next(2) == 0 ? 100 : 20_000);
        byte[] noise = Samples.Noise((ulong)random.NextInt64(), length, random.Next(4) switch { 0 => 256, 1 => 2, 2 => 4, _ => 20 });
        int echo = random.Next(length);
        return [.. noise, .. noise.AsSpan(echo)];
    }
}
