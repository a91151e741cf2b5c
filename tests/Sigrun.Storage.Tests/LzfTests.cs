using Sigrun.Storage.Compression;

namespace Sigrun.Storage.Tests;

public class LzfTests
{
    private const ulong Seed = 4711;

    [Fact]
    public void RoundTripsWithAnyRoom()
    {
        RandomSource random = new(Seed);
        LzfCompressor compressor = new();
        int compressed = 0;
        for (int i = 0; i < 2000; i++)
        {
            byte[] text = Sample(ref random);
            byte[] output = new byte[random.NextInt(text.Length * 2)];
            int length = compressor.Compress(text, output);
            if (length == 0)
                continue;
            compressed++;
            byte[] expanded = new byte[text.Length];
            Assert.True(LzfDecompressor.TryExpand(output.AsSpan(0, length), expanded), $"seed {Seed}, string {i}");
            Assert.Equal(text, expanded);
            Assert.True(text.Length <= LzfDecompressor.ExpandedMax(length));
        }
        Assert.InRange(compressed, 500, 2000);
    }

    /// <summary>With one byte less than the result takes it must fail, as it must not write beyond the room.</summary>
    [Fact]
    public void TheRoomIsALimit()
    {
        RandomSource random = new(Seed);
        LzfCompressor compressor = new();
        for (int i = 0; i < 300; i++)
        {
            byte[] text = Sample(ref random);
            byte[] output = new byte[text.Length * 2 + 8];
            int length = compressor.Compress(text, output);
            Assert.Equal(0, compressor.Compress(text, output.AsSpan(0, length - 1)));
            Assert.Equal(length, compressor.Compress(text, output.AsSpan(0, length + 4)));
        }
    }

    [Fact]
    public void AStringDoesNotDependOnThoseBefore()
    {
        RandomSource random = new(Seed);
        LzfCompressor used = new();
        for (int i = 0; i < 100; i++)
        {
            byte[] text = Sample(ref random);
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
    public void ExpandsWhatIsRightAndNothingElse(string compressed, string text, bool isRight)
    {
        byte[] output = new byte[text.Length / 2];
        Assert.Equal(isRight, LzfDecompressor.TryExpand(Convert.FromHexString(compressed), output));
        if (isRight)
            Assert.Equal(text, Convert.ToHexStringLower(output));
    }

    /// <summary>The bytes around input and output are watched, since both sides copy in blocks.</summary>
    [Fact]
    public void DamageNeverGetsOutOfBounds()
    {
        const int Guard = 64;
        const byte Mark = 0xA5;
        RandomSource random = new(Seed);
        byte[] text = [.. Letters(ref random, 60, 3), .. Seeded.Bytes(ref random, 40), .. new byte[300]];
        byte[] compressed = Compress(new LzfCompressor(), text);
        byte[] guarded = new byte[text.Length + 2 * Guard];
        for (int length = 0; length < compressed.Length; length++)
            Assert.False(LzfDecompressor.TryExpand(compressed.AsSpan(0, length), guarded.AsSpan(Guard, text.Length)));
        for (int bit = 0; bit < compressed.Length * 8; bit++)
        {
            byte[] damaged = [.. compressed];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            int room = random.NextInt(text.Length + 1);
            guarded.AsSpan().Fill(Mark);
            LzfDecompressor.TryExpand(damaged, guarded.AsSpan(Guard, room));
            Assert.False(guarded.AsSpan(0, Guard).ContainsAnyExcept(Mark));
            Assert.False(guarded.AsSpan(Guard + room).ContainsAnyExcept(Mark));
        }
    }

    [Fact]
    public void ShortStringsAreComparedWithThemselves()
    {
        RandomSource random = new(Seed);
        int repeating = 0;
        for (int i = 0; i < 5000; i++)
        {
            byte[] text = Letters(ref random, 3 + random.NextInt(62), 1 << random.NextInt(9));
            bool repeats = false;
            for (int at = 0; at + 3 <= text.Length && !repeats; at++)
                repeats = text.AsSpan(at + 1).IndexOf(text.AsSpan(at, 3)) >= 0;
            Assert.Equal(repeats, LzfCompressor.Repeats(text));
            if (repeats)
                repeating++;
            else
                Assert.Equal(0, new LzfCompressor().Compress(text, new byte[text.Length]));
        }
        Assert.InRange(repeating, 1000, 4000);
    }

    private static byte[] Compress(LzfCompressor compressor, byte[] text)
    {
        byte[] output = new byte[text.Length * 2 + 8];
        return output[..compressor.Compress(text, output)];
    }

    /// <summary>Letters of a small or large alphabet whose end repeats, so that there is something to find.</summary>
    private static byte[] Sample(ref RandomSource random)
    {
        ReadOnlySpan<int> alphabets = [256, 2, 4, 20];
        int length = 3 + random.NextInt(random.NextInt(2) == 0 ? 100 : 20_000);
        byte[] letters = Letters(ref random, length, alphabets[random.NextInt(alphabets.Length)]);
        return [.. letters, .. letters.AsSpan(random.NextInt(length))];
    }

    private static byte[] Letters(ref RandomSource random, int length, int alphabet)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)random.NextInt(alphabet);
        return bytes;
    }
}
