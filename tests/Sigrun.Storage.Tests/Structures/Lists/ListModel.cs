using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Storage.Tests.Structures.Lists;

/// <summary>A list value beside a list of what it should hold.</summary>
internal sealed unsafe class ListModel : IDisposable
{
    private readonly Heap _heap;
    private readonly List<byte[]> _expected = [];
    private readonly ListLimits _limits;
    private EntryRef _entry;

    public ListModel(bool checking, ListLimits limits)
    {
        _heap = new Heap(new HeapOptions { Checking = checking, MoveOnWrite = checking, ReserveBytes = 1L << 28 });
        _limits = limits;
        _entry = ListValue.NewEntry(_heap, "key"u8, -1);
    }

    public int Count => _expected.Count;

    public bool IsLarge => _entry.Encoding == EntryEncoding.QuickList;

    public QuickListHeader* Header => (QuickListHeader*)_entry.Structure;

    private StructureEditor Editor => StructureEditor.ForDetached(_heap, _entry);

    public void Dispose()
    {
        DetachedEntry.Free(_heap, _entry);
        _heap.AssertEmpty();
        _heap.Dispose();
    }

    public void Step(ref RandomSource random)
    {
        byte[] text = ListTexts.Next(ref random);
        int kind = random.NextInt(_expected.Count > 300 ? 24 : 16);
        if (_expected.Count == 0) kind = random.NextInt(4);
        int index = _expected.Count == 0 ? 0 : random.NextInt(_expected.Count);
        switch (kind)
        {
            case < 6:
                Push(text, atEnd: kind % 2 == 0);
                break;
            case 6 or 7:
                ListValue.Insert(Editor, index, text, kind == 7, _limits);
                _expected.Insert(kind == 7 ? index + 1 : index, text);
                break;
            case 8 or 9:
                ListValue.Replace(Editor, index, text, _limits);
                _expected[index] = text;
                break;
            case 10 or 11:
                RemoveEnd(last: kind == 11);
                break;
            case 12:
                RemoveMatches(ref random, random.NextInt(2) == 0 ? text : _expected[index]);
                break;
            case 13:
                Read(ref random, index);
                break;
            case 14:
                Search(ref random, random.NextInt(3) == 0 ? text : _expected[index]);
                break;
            case 15 when random.NextInt(8) == 0:
                Copy();
                break;
            default:
                RemoveRange(index, Math.Min(random.NextInt(kind == 15 ? 5 : 60), _expected.Count - index));
                break;
        }
    }

    public void Push(byte[] text, bool atEnd)
    {
        ListValue.Grow(Editor, text.Length, 1, _limits);
        ListValue.Push(Editor, text, atEnd, _limits);
        _expected.Insert(atEnd ? _expected.Count : 0, text);
    }

    public void RemoveEnd(bool last)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        Assert.Equal(last ? _expected[^1] : _expected[0], ListValue.End(Editor, last, _limits).GetBytes(scratch).ToArray());
        ListValue.RemoveEnd(Editor, last, _limits);
        _expected.RemoveAt(last ? _expected.Count - 1 : 0);
        Shrink();
    }

    public void RemoveRange(int index, int count)
    {
        ListValue.RemoveRange(Editor, index, count, _limits);
        _expected.RemoveRange(index, count);
        Shrink();
    }

    /// <summary>Everything that must hold, and every element both ways.</summary>
    public void CheckAll()
    {
        Assert.Equal(_expected.Count, ListValue.Length(_entry));
        Read(0, _expected.Count, isBackward: false);
        Read(_expected.Count - 1, _expected.Count, isBackward: true);
        if (!IsLarge)
        {
            Assert.True(ListpackCheck.IsValid(Listpack.Bytes(PackBlock.Pack(_entry.Structure)), deep: true, out int count));
            Assert.Equal(_expected.Count, count);
            return;
        }
        CheckNodes();
    }

    private void CheckNodes()
    {
        long nodes = 0;
        long elements = 0;
        QuickListNode* previous = null;
        for (QuickListNode* node = Header->First; node != null; previous = node, node = node->Next, nodes++)
        {
            Assert.True(node->Previous == previous);
            Assert.True(node->Count > 0);
            elements += node->Count;
            bool isInner = Header->CompressDepth > 0 && nodes >= Header->CompressDepth && nodes < Header->Nodes - Header->CompressDepth;
            Assert.False(node->IsCompressed && !isInner, "a node within the depth is compressed");
            if (node->IsPlain || node->IsCompressed) continue;
            ReadOnlySpan<byte> pack = node->Raw;
            Assert.Equal(node->Bytes, pack.Length);
            Assert.True(ListpackCheck.IsValid(pack, deep: true, out int count));
            Assert.Equal(node->Count, count);
        }
        Assert.True(Header->Last == previous);
        Assert.Equal(Header->Nodes, nodes);
        Assert.Equal(Header->Count, elements);
    }

    private void Shrink()
    {
        if (_expected.Count > 0) ListValue.Shrink(Editor, _limits);
    }

    private void RemoveMatches(ref RandomSource random, byte[] text)
    {
        long max = random.NextInt(2) == 0 ? long.MaxValue : 1 + random.NextInt(3);
        bool backward = random.NextInt(2) == 0;
        long expected = 0;
        for (int i = 0; i < _expected.Count && expected < max;)
        {
            int at = backward ? _expected.Count - 1 - i : i;
            if (!_expected[at].AsSpan().SequenceEqual(text))
            {
                i++;
                continue;
            }
            _expected.RemoveAt(at);
            expected++;
        }
        Assert.Equal(expected, ListValue.RemoveMatches(Editor, text, max, backward, _limits));
        Shrink();
    }

    private void Read(ref RandomSource random, int index) => Read(index, random.NextInt(40), random.NextInt(2) == 0);

    private void Read(int index, int count, bool isBackward)
    {
        count = Math.Min(count, isBackward ? index + 1 : _expected.Count - index);
        List<byte[]> expected = isBackward ? _expected.GetRange(index - count + 1, count) : _expected.GetRange(index, count);
        if (isBackward) expected.Reverse();
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        var single = new List<byte[]>();
        using (var cursor = new ListCursor(_entry, index, count, isBackward))
        {
            while (cursor.MoveNext()) single.Add(cursor.Current.GetBytes(scratch).ToArray());
        }
        Assert.Equal(expected, single);
        var runs = new List<byte[]>();
        using (var cursor = new ListCursor(_entry, index, count, isBackward))
        {
            while (cursor.TryReadRun(out ListpackRun run)) Add(runs, run);
        }
        Assert.Equal(expected, runs);
    }

    private static void Add(List<byte[]> target, in ListpackRun run)
    {
        if (run.IsPlain)
        {
            target.Add(new ReadOnlySpan<byte>(run.First, run.Count).ToArray());
            return;
        }
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        byte* at = run.First;
        for (int i = 0; i < run.Count; i++)
        {
            target.Add(Listpack.Get(at).GetBytes(scratch).ToArray());
            at = run.IsBackward ? Listpack.Previous(run.Pack, at) : Listpack.Next(at);
        }
    }

    private void Search(ref RandomSource random, byte[] text)
    {
        bool isBackward = random.NextInt(2) == 0;
        List<byte[]> order = [.. _expected];
        if (isBackward) order.Reverse();
        using var cursor = new ListCursor(_entry, isBackward ? _expected.Count - 1 : 0, long.MaxValue, isBackward);
        int from = 0;
        for (; ; )
        {
            int expected = order.FindIndex(from, e => e.AsSpan().SequenceEqual(text));
            bool found = cursor.MoveTo(text, out long passed);
            Assert.Equal(expected >= 0, found);
            if (!found) return;
            Assert.Equal(expected - from, passed);
            from = expected + 1;
        }
    }

    private void Copy()
    {
        EntryRef copy = ListValue.CopyOf(_heap, _entry, "another"u8, -1);
        DetachedEntry.Free(_heap, _entry);
        _entry = copy;
    }
}
