using Sigrun.Persistence;

namespace Sigrun.Tests.Persistence;

public sealed class Crc64Tests
{
    [Fact]
    public void Check_value_of_the_polynomial() => Assert.Equal(0xe9c6d914c4b8d9caUL, Crc64.Compute("123456789"u8));

    [Fact]
    public void All_ways_agree_at_every_length_and_start()
    {
        byte[] bytes = Samples.Noise(1, 700, 256);
        for (int length = 0; length <= 640; length++)
        {
            ReadOnlySpan<byte> data = bytes.AsSpan(length % 17, length);
            ulong expected = BitByBit(data);
            Assert.Equal((length, expected), (length, Crc64.AppendByTables(0, data)));
            Assert.Equal((length, expected), (length, Crc64.Compute(data)));
        }
    }

    [Fact]
    public void A_sum_goes_on_where_it_was_cut()
    {
        byte[] bytes = Samples.Noise(2, 100_000, 256);
        ulong whole = Crc64.Compute(bytes);
        foreach (int cut in (int[])[0, 1, 8, 63, 64, 127, 128, 129, 1000, 65_536, 99_999, 100_000])
            Assert.Equal((cut, whole), (cut, Crc64.Append(Crc64.Compute(bytes.AsSpan(0, cut)), bytes.AsSpan(cut))));
    }

    private static ulong BitByBit(ReadOnlySpan<byte> data)
    {
        const ulong ReflectedPolynomial = 0x95ac9329ac4bc9b5;
        ulong crc = 0;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ ReflectedPolynomial : crc >> 1;
        }
        return crc;
    }
}
