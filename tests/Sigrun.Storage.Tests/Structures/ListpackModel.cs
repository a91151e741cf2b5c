using Sigrun.Storage.Structures;

namespace Sigrun.Storage.Tests.Structures;

/// <summary>A listpack beside a list of what it should hold.</summary>
internal sealed unsafe class ListpackModel : IDisposable
{
    private readonly Heap _heap;
    private readonly List<byte[]> _expected = [];
    private byte* _pack;

    public ListpackModel(bool checking)
    {
        _heap = new Heap(new HeapOptions { Checking = checking, MoveOnWrite = checking, ReserveBytes = 1L << 28 });
        _pack = Listpack.Create(_heap);
    }

    public void Dispose()
    {
        _heap.Free(_pack);
        _heap.AssertEmpty();
        _heap.Dispose();
    }

    public void Step(ref RandomSource random)
    {
        byte[] text = ListTexts.Next(ref random);
        int index = _expected.Count == 0 ? 0 : random.NextInt(_expected.Count);
        int kind = random.NextInt(_expected.Count > 60 ? 16 : 12);
        if (_expected.Count == 0 && kind is not (0 or 1)) kind = random.NextInt(2);
        switch (kind)
        {
            case 0:
                _pack = Listpack.Append(_heap, _pack, text);
                _expected.Add(text);
                break;
            case 1 or 2 or 3:
                InsertPair(kind == 1 ? 0 : index, text, ListTexts.Next(ref random));
                break;
            case 4:
                Replace(index, text);
                break;
            case 5:
                SetNumber(ref random, index);
                break;
            case 6:
                Append(ref random);
                break;
            case 7:
                byte[] second = ListTexts.Next(ref random);
                _pack = Listpack.AppendPair(_heap, _pack, text, second);
                _expected.AddRange(text, second);
                break;
            case 8:
                Find(ref random, random.NextInt(2) == 0 ? text : _expected[index]);
                break;
            case 9:
                _pack = Listpack.Trim(_heap, _pack);
                break;
            case 10:
                Remove(index, 1);
                break;
            default:
                Remove(index, random.NextInt(kind == 11 ? 4 : 20));
                break;
        }
        CheckFrame();
    }

    /// <summary>Every element, from both ends and by index.</summary>
    public void CheckAll()
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        byte* forward = Listpack.First(_pack);
        for (int i = 0; i < _expected.Count; i++, forward = Listpack.Next(forward))
        {
            Assert.Equal(_expected[i], Listpack.Get(forward).GetBytes(scratch).ToArray());
            Assert.True(forward == Listpack.At(_pack, i));
            Assert.True(forward == Listpack.At(_pack, i - _expected.Count));
        }
        Assert.True(forward == null);
        byte* backward = Listpack.Last(_pack);
        for (int i = _expected.Count - 1; i >= 0; i--, backward = Listpack.Previous(_pack, backward)) Assert.True(backward == Listpack.At(_pack, i));
        Assert.True(backward == null);
        Assert.True(Listpack.At(_pack, _expected.Count) == null);
        Assert.True(Listpack.At(_pack, -_expected.Count - 1) == null);
        Assert.True(Listpack.At(_pack, long.MinValue) == null);
    }

    private void CheckFrame()
    {
        Assert.Equal(_expected.Count, Listpack.Count(_pack));
        Assert.True(ListpackCheck.IsValid(Listpack.Bytes(_pack), deep: true, out int count));
        Assert.Equal(_expected.Count, count);
        Assert.Equal(Listpack.EmptyBytes + _expected.Sum(e => Listpack.ItemBytes(e)), Listpack.TotalBytes(_pack));
    }

    private void InsertPair(int index, byte[] first, byte[] second)
    {
        byte* before = _expected.Count == 0 ? null : Listpack.At(_pack, index);
        _pack = Listpack.InsertPair(_heap, _pack, before, new ListpackItem(first), new ListpackItem(second));
        _expected.InsertRange(index, [first, second]);
    }

    private void SetNumber(ref RandomSource random, int index)
    {
        long number = (long)random.Next() >> random.NextInt(64);
        if (random.NextInt(2) == 0)
        {
            _pack = Listpack.Append(_heap, _pack, number);
            _expected.Add(Text(number));
            return;
        }
        byte* at = Listpack.At(_pack, index);
        _pack = Listpack.Replace(_heap, _pack, ref at, number);
        _expected[index] = Text(number);
        Assert.Equal(number, Listpack.Get(at).Number);
        Assert.True(at == Listpack.At(_pack, index));
    }

    private void Replace(int index, byte[] text)
    {
        byte* at = Listpack.At(_pack, index);
        _pack = Listpack.Replace(_heap, _pack, ref at, text);
        _expected[index] = text;
        Assert.True(Listpack.Get(at).BytesEqual(text));
    }

    private void Remove(int index, int count)
    {
        byte* at = Listpack.At(_pack, index);
        _pack = count == 1 ? Listpack.Remove(_heap, _pack, ref at) : Listpack.RemoveRange(_heap, _pack, ref at, count);
        _expected.RemoveRange(index, Math.Min(count, _expected.Count - index));
        Assert.True(at == (index < _expected.Count ? Listpack.At(_pack, index) : null));
    }

    private void Append(ref RandomSource random)
    {
        for (int i = random.NextInt(5); i > 0; i--)
        {
            byte[] text = ListTexts.Next(ref random);
            _pack = Listpack.Append(_heap, _pack, text);
            _expected.Add(text);
        }
    }

    private void Find(ref RandomSource random, byte[] text)
    {
        int skip = random.NextInt(3);
        int from = random.NextInt(_expected.Count);
        int expected = -1;
        for (int i = from; i < _expected.Count && expected < 0; i += skip + 1)
        {
            if (_expected[i].AsSpan().SequenceEqual(text)) expected = i;
        }
        byte* found = Listpack.Find(Listpack.At(_pack, from), text, skip);
        Assert.True(found == (expected < 0 ? null : Listpack.At(_pack, expected)));
    }

    private static byte[] Text(long number) => System.Text.Encoding.ASCII.GetBytes(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
