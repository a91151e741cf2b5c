using System.Text;
using Sigrun.Storage.Structures;

namespace Sigrun.Storage.Tests.Structures;

public unsafe class ListpackTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Behaves_as_a_list(bool checking) => Seeded.Check(checking ? 40 : 120, 250, (random, operations) =>
    {
        using var model = new ListpackModel(checking);
        for (int i = 0; i < operations; i++) model.Step(ref random);
        model.CheckAll();
    });

    [Fact]
    public void Every_border_keeps_its_bytes()
    {
        using var heap = new Heap();
        byte* pack = Listpack.Create(heap);
        byte[][] texts = [.. ListTexts.All()];
        foreach (byte[] text in texts) pack = Listpack.Append(heap, pack, text);
        byte* at = Listpack.First(pack);
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        foreach (byte[] text in texts)
        {
            ListpackElement element = Listpack.Get(at);
            Assert.Equal(text, element.GetBytes(scratch).ToArray());
            Assert.Equal(text.Length, element.ByteCount);
            Assert.Equal(NumberText.TryParseInt64(text, out long number), element.IsNumber);
            if (element.IsNumber) Assert.Equal(number, element.Number);
            Assert.True(element.BytesEqual(text));
            at = Listpack.Next(at);
        }
        Assert.True(at == null);
        heap.Free(pack);
        heap.AssertEmpty();
    }

    /// <summary>The bytes are those of files: each code, its back length, count and total.</summary>
    [Theory]
    [InlineData("", "07000000" + "0000" + "ff")]
    [InlineData("1", "09000000" + "0100" + "0101" + "ff")]
    [InlineData("127,128", "0c000000" + "0200" + "7f01" + "c08002" + "ff")]
    [InlineData("-1,4095,-4096", "10000000" + "0300" + "dfff02" + "cfff02" + "d00002" + "ff")]
    [InlineData("4096,-32768", "0f000000" + "0200" + "f1001003" + "f1008003" + "ff")]
    [InlineData("32768", "0c000000" + "0100" + "f200800004" + "ff")]
    [InlineData("8388608", "0d000000" + "0100" + "f30000800005" + "ff")]
    [InlineData("2147483648", "11000000" + "0100" + "f4000000800000000009" + "ff")]
    [InlineData("abc", "0c000000" + "0100" + "8361626304" + "ff")]
    [InlineData(",a", "0c000000" + "0200" + "8001" + "816102" + "ff")]
    public void Bytes_are_those_of_files(string elements, string expected)
    {
        using var heap = new Heap();
        byte* pack = Listpack.Create(heap);
        if (elements.Length > 0)
        {
            foreach (string element in elements.Split(',')) pack = Listpack.Append(heap, pack, Encoding.ASCII.GetBytes(element));
        }
        Assert.Equal(expected, Convert.ToHexStringLower(Listpack.Bytes(pack)));
        Assert.True(ListpackCheck.IsValid(Listpack.Bytes(pack), deep: true, out _));
    }

    [Fact]
    public void Long_strings_keep_their_back_lengths()
    {
        using var heap = new Heap();
        byte* pack = Listpack.Create(heap);
        int[] lengths = [126, 127, 16377, 16378, 16379, 2097145, 2097146, 2097147];
        foreach (int length in lengths) pack = Listpack.Append(heap, pack, new byte[length]);
        Assert.True(ListpackCheck.IsValid(Listpack.Bytes(pack), deep: true, out int count));
        Assert.Equal(lengths.Length, count);
        byte* at = Listpack.Last(pack);
        for (int i = lengths.Length - 1; i >= 0; i--, at = Listpack.Previous(pack, at)) Assert.Equal(lengths[i], Listpack.Get(at).Bytes.Length);
        Assert.True(at == null);
    }

    [Fact]
    public void More_elements_than_the_header_counts()
    {
        const int Count = 65_540;
        using var heap = new Heap();
        byte* pack = Listpack.Create(heap, Listpack.EmptyBytes + Count * 3);
        byte* made = pack;
        for (int i = 0; i < Count; i++) pack = Listpack.Append(heap, pack, i % 100);
        Assert.True(pack == made, "room that was asked for is kept");
        Assert.Equal(Count, Listpack.Count(pack));
        Assert.Equal(ushort.MaxValue, *(ushort*)(pack + 4));
        Assert.Equal(39, Listpack.Get(Listpack.At(pack, -1)).Number);
        Assert.Equal(39, Listpack.Get(Listpack.At(pack, 65_539)).Number);
        Assert.Equal(0, Listpack.Get(Listpack.At(pack, -Count)).Number);
        Assert.True(Listpack.At(pack, Count) == null);
        Assert.True(Listpack.At(pack, -Count - 1) == null);

        byte* at = Listpack.At(pack, 10);
        pack = Listpack.RemoveRange(heap, pack, ref at, 6);
        Assert.Equal(16, Listpack.Get(at).Number);
        Assert.Equal(Count - 6, Listpack.Count(pack));
        Assert.Equal(65_534, *(ushort*)(pack + 4));
        Assert.True(ListpackCheck.IsValid(Listpack.Bytes(pack), deep: true, out int found));
        Assert.Equal(Count - 6, found);
    }

    /// <summary>Listpacks from elsewhere may hold digits as bytes, and numbers wider than need be.</summary>
    [Fact]
    public void Unusual_encodings_are_found()
    {
        using var heap = new Heap();
        byte[] bytes = Convert.FromHexString("15000000" + "0300" + "813102" + "f1050003" + "f30200000005" + "ff");
        bytes[0] = (byte)bytes.Length;
        Assert.True(ListpackCheck.IsValid(bytes, deep: true, out int count));
        Assert.Equal(3, count);
        byte* pack = Listpack.CopyOf(heap, bytes);
        Assert.True(Listpack.Find(Listpack.First(pack), "1"u8, 0) == Listpack.At(pack, 0));
        Assert.True(Listpack.Find(Listpack.First(pack), "5"u8, 0) == Listpack.At(pack, 1));
        Assert.True(Listpack.Find(Listpack.First(pack), "2"u8, 0) == Listpack.At(pack, 2));
        Assert.True(Listpack.Find(Listpack.First(pack), "3"u8, 0) == null);
    }

    [Fact]
    public void No_damage_passes_the_check_and_leads_astray()
    {
        using var heap = new Heap();
        byte* pack = Listpack.Create(heap);
        foreach (byte[] text in ListTexts.All().Where(t => t.Length < 130)) pack = Listpack.Append(heap, pack, text);
        byte[] sound = Listpack.Bytes(pack).ToArray();
        for (int length = 0; length < sound.Length; length++) Assert.False(ListpackCheck.IsValid(sound.AsSpan(0, length), deep: true, out _));
        for (int bit = 0; bit < sound.Length * 8; bit++)
        {
            byte[] damaged = [.. sound];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            if (!ListpackCheck.IsValid(damaged, deep: true, out int count)) continue;
            byte* copy = Listpack.CopyOf(heap, damaged);
            Assert.Equal(count, Walk(copy, damaged.Length));
            heap.Free(copy);
        }
    }

    [Fact]
    public void A_listpack_does_not_grow_beyond_its_limit()
    {
        using var heap = new Heap();
        byte* pack = Listpack.Create(heap);
        Assert.True(Listpack.HasRoomFor(pack, Listpack.BytesMax - Listpack.EmptyBytes));
        Assert.False(Listpack.HasRoomFor(pack, Listpack.BytesMax - Listpack.EmptyBytes + 1));
    }

    /// <summary>Elements both ways, all within the bytes; the number of them.</summary>
    private static int Walk(byte* pack, int length)
    {
        int forward = 0;
        for (byte* at = Listpack.First(pack); at != null; at = Listpack.Next(at), forward++)
        {
            ListpackElement element = Listpack.Get(at);
            Assert.InRange(at - pack, Listpack.HeaderBytes, length - 2);
            if (!element.IsNumber) Assert.True(element.Bytes.Length < length - (at - pack));
        }
        int backward = 0;
        for (byte* at = Listpack.Last(pack); at != null; at = Listpack.Previous(pack, at)) backward++;
        Assert.Equal(forward, backward);
        return forward;
    }
}
