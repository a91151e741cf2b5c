using System.Numerics;
using Sigrun.Types.Bitmaps;

namespace Sigrun.Tests.Types.Bitmaps;

/// <summary>Fields of every width at every place, against arithmetic on single bits and big integers.</summary>
public sealed class BitFieldTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Reading_and_writing_agree_with_single_bits(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 3000; round++)
        {
            (bool isSigned, int width) = RandomType(random);
            long offset = random.Next(200);
            var field = new BitField(isSigned, width, offset);
            Assert.Equal((offset + width + 7) / 8, field.BytesNeeded);
            byte[] bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            Assert.Equal(Read(bytes, offset, width, isSigned), field.Read(bytes));

            byte[] target = new byte[field.BytesNeeded + random.Next(3)];
            random.NextBytes(target);
            byte[] before = [.. target];
            long value = random.NextInt64(long.MinValue, long.MaxValue);
            field.Write(target, value);
            for (int i = 0; i < target.Length * 8; i++)
            {
                bool inside = i >= offset && i < offset + width;
                bool expected = inside ? (value >> (int)(offset + width - 1 - i) & 1) != 0 : Bit(before, i);
                Assert.Equal(expected, Bit(target, i));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Sums_that_do_not_fit_follow_the_rule(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 5000; round++)
        {
            (bool isSigned, int width) = RandomType(random);
            var field = new BitField(isSigned, width, 0);
            BigInteger max = (BigInteger.One << (isSigned ? width - 1 : width)) - 1;
            BigInteger min = isSigned ? -max - 1 : 0;
            long value = Near(random, min, max);
            long increment = random.Next(4) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : random.Next(-300, 300);
            BigInteger sum = (BigInteger)value + increment;
            bool fits = sum >= min && sum <= max;

            Assert.Equal(fits, field.TryAdd(value, increment, BitFieldOverflow.Fail, out long result));
            if (fits) Assert.Equal(sum, result);
            Assert.True(field.TryAdd(value, increment, BitFieldOverflow.Saturate, out result));
            Assert.Equal(BigInteger.Clamp(sum, min, max), result);
            Assert.True(field.TryAdd(value, increment, BitFieldOverflow.Wrap, out result));
            BigInteger modulus = BigInteger.One << width;
            BigInteger wrapped = ((sum % modulus) + modulus) % modulus;
            Assert.Equal(wrapped > max ? wrapped - modulus : wrapped, result);
        }
    }

    [Theory]
    [InlineData(true, 8, 1000, 127)]
    [InlineData(true, 8, -1000, -128)]
    [InlineData(false, 8, 1000, 255)]
    [InlineData(false, 8, -1, 255)]
    // A negative value so far away that its distance does not fit counts as too large.
    [InlineData(true, 8, long.MinValue, 127)]
    [InlineData(true, 63, long.MinValue, (1L << 62) - 1)]
    [InlineData(true, 64, long.MinValue, long.MinValue)]
    public void A_value_to_be_set_is_clamped(bool isSigned, int width, long value, long expected)
    {
        Assert.True(new BitField(isSigned, width, 0).TryAdd(value, 0, BitFieldOverflow.Saturate, out long result));
        Assert.Equal(expected, result);
    }

    private static (bool IsSigned, int Width) RandomType(Random random)
    {
        bool isSigned = random.Next(2) == 0;
        return (isSigned, random.Next(1, isSigned ? 65 : 64));
    }

    private static long Near(Random random, BigInteger min, BigInteger max)
    {
        BigInteger value = random.Next(3) switch
        {
            0 => min + random.Next(200),
            1 => max - random.Next(200),
            _ => random.Next(-100, 100),
        };
        return (long)BigInteger.Clamp(value, min, max);
    }

    private static long Read(byte[] bytes, long offset, int width, bool isSigned)
    {
        BigInteger value = 0;
        for (long i = offset; i < offset + width; i++) value = (value << 1) + (i < bytes.Length * 8 && Bit(bytes, (int)i) ? 1 : 0);
        return (long)(isSigned && value >> (width - 1) != 0 ? value - (BigInteger.One << width) : value);
    }

    private static bool Bit(byte[] bytes, int index) => (bytes[index >> 3] & (0x80 >> (index & 7))) != 0;
}
