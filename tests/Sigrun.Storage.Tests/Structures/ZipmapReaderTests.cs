using System.Text;
using Sigrun.Storage.Structures;

namespace Sigrun.Storage.Tests.Structures;

public sealed class ZipmapReaderTests
{
    [Theory]
    [InlineData("020361626301007801640200797aff", "abc=x d=yz")]
    [InlineData("fe0161010062ff", "a=b")]
    [InlineData("01016101036200" + "0000ff", "a=b")]
    [InlineData("0100010078ff", "=x")]
    public void Pairs_are_read(string hex, string expected)
    {
        var reader = new ZipmapReader(Convert.FromHexString(hex));
        List<string> pairs = [];
        while (reader.MoveNext()) pairs.Add(Encoding.ASCII.GetString(reader.Field) + "=" + Encoding.ASCII.GetString(reader.Value));
        Assert.False(reader.IsDamaged);
        Assert.Equal(expected, string.Join(' ', pairs));
    }

    [Fact]
    public void Every_cut_and_every_flipped_bit_ends()
    {
        byte[] bytes = Convert.FromHexString("020361626301007801640200797aff");
        for (int length = 0; length < bytes.Length; length++) Assert.True(IsDamaged(bytes.AsSpan(0, length)));
        int damaged = 0;
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] copy = [.. bytes];
            copy[bit / 8] ^= (byte)(1 << (bit % 8));
            if (IsDamaged(copy)) damaged++;
        }
        Assert.InRange(damaged, 40, bytes.Length * 8 - 30);
        Assert.True(IsDamaged(Convert.FromHexString("01fe7fffffff61ff")));
        Assert.True(IsDamaged(Convert.FromHexString("01fe01000000610100" + "62ff")));
    }

    private static bool IsDamaged(ReadOnlySpan<byte> bytes)
    {
        var reader = new ZipmapReader(bytes);
        while (reader.MoveNext())
        {
            // Until the end, or what makes no sense.
        }
        return reader.IsDamaged;
    }
}
