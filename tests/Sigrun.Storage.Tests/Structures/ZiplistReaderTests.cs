using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Sigrun.Storage.Structures;

namespace Sigrun.Storage.Tests.Structures;

public class ZiplistReaderTests
{
    private static readonly string[] Mixed =
    [
        "", "0", "12", "13", "-1", "127", "128", "-129", "32767", "32768", "-8388608", "8388607", "8388608", "-2147483648", "2147483648",
        "-9223372036854775808", "text", "01", new('x', 63), new('y', 64), new('z', 300), "end",
    ];

    [Fact]
    public void Every_encoding_is_read()
    {
        Assert.Equal(Mixed, Read(Make(Mixed), out bool isDamaged));
        Assert.False(isDamaged);
        string[] huge = [new('q', 20_000), "r", new('s', 252), "t"];
        Assert.Equal(huge, Read(Make(huge), out isDamaged));
        Assert.False(isDamaged);
        Assert.Empty(Read(Make([]), out isDamaged));
        Assert.False(isDamaged);
    }

    [Fact]
    public void The_number_of_elements_may_be_unknown()
    {
        byte[] ziplist = Make(Mixed);
        BinaryPrimitives.WriteUInt16LittleEndian(ziplist.AsSpan(8), ushort.MaxValue);
        Assert.Equal(Mixed, Read(ziplist, out bool isDamaged));
        Assert.False(isDamaged);
        BinaryPrimitives.WriteUInt16LittleEndian(ziplist.AsSpan(8), (ushort)(Mixed.Length + 1));
        Read(ziplist, out isDamaged);
        Assert.True(isDamaged);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ff")]
    [InlineData("0a0000000a0000000000")]
    [InlineData("0b0000000a000000000000")]
    [InlineData("0c0000000a000000000000ff")]
    [InlineData("0c0000000a0000000100ffff")]
    [InlineData("0d0000000a00000001000080ff")]
    [InlineData("120000000a00000001000080fffffffff0ff")]
    [InlineData("0d0000000a000000010000feff")]
    [InlineData("0d0000000a000000010000c1ff")]
    [InlineData("0d0000000a000000010001f1ff")]
    [InlineData("0d0000000b000000010000f1ff")]
    public void What_makes_no_sense_is_damaged(string bytes)
    {
        Read(Convert.FromHexString(bytes), out bool isDamaged);
        Assert.True(isDamaged);
    }

    [Fact]
    public void Every_cut_and_every_flipped_bit_stays_within_the_bytes()
    {
        byte[] sound = Make(Mixed);
        for (int length = 0; length < sound.Length; length++)
        {
            Read(sound[..length], out bool isDamaged);
            Assert.True(isDamaged);
        }
        for (int bit = 0; bit < sound.Length * 8; bit++)
        {
            byte[] damaged = [.. sound];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            List<string> elements = Read(damaged, out bool isDamaged);
            if (!isDamaged) Assert.Equal(Mixed.Length, elements.Count);
        }
    }

    private static List<string> Read(byte[] ziplist, out bool isDamaged)
    {
        var reader = new ZiplistReader(ziplist);
        Span<byte> scratch = stackalloc byte[NumberText.Int64Max];
        var elements = new List<string>();
        while (reader.MoveNext()) elements.Add(Encoding.ASCII.GetString(reader.GetBytes(scratch)));
        isDamaged = reader.IsDamaged;
        return elements;
    }

    /// <summary>A ziplist as servers of before 7.0 made it.</summary>
    private static byte[] Make(string[] elements)
    {
        var body = new List<byte>();
        int previous = 0;
        int last = 10;
        foreach (string element in elements)
        {
            last = 10 + body.Count;
            int start = body.Count;
            if (previous < 254) body.Add((byte)previous);
            else body.AddRange([0xFE, .. BitConverter.GetBytes(previous)]);
            body.AddRange(Encode(element));
            previous = body.Count - start;
        }
        byte[] header = new byte[10];
        BinaryPrimitives.WriteInt32LittleEndian(header, 10 + body.Count + 1);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), last);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)elements.Length);
        return [.. header, .. body, 0xFF];
    }

    private static byte[] Encode(string element)
    {
        byte[] text = Encoding.ASCII.GetBytes(element);
        if (!long.TryParse(element, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            || number.ToString(CultureInfo.InvariantCulture) != element)
        {
            return text.Length switch
            {
                < 64 => [(byte)text.Length, .. text],
                < 1 << 14 => [(byte)(0x40 | text.Length >> 8), (byte)text.Length, .. text],
                _ => [0x80, (byte)(text.Length >> 24), (byte)(text.Length >> 16), (byte)(text.Length >> 8), (byte)text.Length, .. text],
            };
        }
        byte[] bytes = BitConverter.GetBytes(number);
        return number switch
        {
            >= 0 and <= 12 => [(byte)(0xF1 + number)],
            >= sbyte.MinValue and <= sbyte.MaxValue => [0xFE, bytes[0]],
            >= short.MinValue and <= short.MaxValue => [0xC0, .. bytes[..2]],
            >= -(1 << 23) and < 1 << 23 => [0xF0, .. bytes[..3]],
            >= int.MinValue and <= int.MaxValue => [0xD0, .. bytes[..4]],
            _ => [0xE0, .. bytes],
        };
    }
}
