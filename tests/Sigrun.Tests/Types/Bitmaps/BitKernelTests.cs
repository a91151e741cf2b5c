using Sigrun.Types.Bitmaps;

namespace Sigrun.Tests.Types.Bitmaps;

/// <summary>Counting, finding and combining bits, against one bit at a time.</summary>
public sealed class BitKernelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Counts_and_places_agree_with_single_bits(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 400; round++)
        {
            byte[] bytes = RandomBytes(random, random.Next(1, 1500));
            Assert.Equal(Enumerable.Range(0, bytes.Length * 8).Count(i => Bit(bytes, i)), BitKernels.Count(bytes));
            long first = random.Next(bytes.Length * 8);
            long last = random.NextInt64(first, bytes.Length * 8);
            int[] inside = [.. Enumerable.Range((int)first, (int)(last - first) + 1)];
            Assert.Equal(inside.Count(i => Bit(bytes, i)), BitKernels.Count(bytes, first, last));
            foreach (bool value in (bool[])[false, true])
            {
                int found = inside.FirstOrDefault(i => Bit(bytes, i) == value, -1);
                Assert.Equal(found, BitKernels.Find(bytes, value, first, last));
            }
        }
    }

    [Fact]
    public void Nothing_has_no_bits() => Assert.Equal(0, BitKernels.Count([]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Combining_agrees_with_single_bytes(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 300; round++)
        {
            byte[] target = RandomBytes(random, random.Next(400));
            byte[] source = RandomBytes(random, random.Next(target.Length + 1));
            foreach ((BitOperation operation, Func<int, int, int> combine) in Operations)
            {
                byte[] expected = [.. target.Select((b, i) => (byte)combine(b, i < source.Length ? source[i] : 0))];
                byte[] actual = [.. target];
                BitCombiner.Into(operation, actual, source);
                Assert.Equal(expected, actual);
            }
            byte[] inverted = [.. target];
            BitCombiner.Invert(inverted);
            Assert.Equal(target.Select(b => (byte)~b), inverted);
        }
    }

    private static readonly (BitOperation, Func<int, int, int>)[] Operations =
    [
        (BitOperation.And, (a, b) => a & b),
        (BitOperation.Or, (a, b) => a | b),
        (BitOperation.Xor, (a, b) => a ^ b),
    ];

    private static bool Bit(byte[] bytes, int index) => (bytes[index >> 3] & (0x80 >> (index & 7))) != 0;

    /// <summary>Random bytes, often with long runs of zeros or ones.</summary>
    private static byte[] RandomBytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        int kind = random.Next(3);
        if (kind == 0) random.NextBytes(bytes);
        else bytes.AsSpan().Fill(kind == 1 ? (byte)0 : (byte)0xFF);
        for (int i = random.Next(4); i > 0 && length > 0; i--) bytes[random.Next(length)] = (byte)random.Next(256);
        return bytes;
    }
}
