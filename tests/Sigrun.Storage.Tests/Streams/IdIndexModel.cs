using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Tests.Streams;

/// <summary>An index by ID beside a sorted list of what it should hold.</summary>
internal sealed unsafe class IdIndexModel : IDisposable
{
    private const int Numbers = 3000;

    private readonly SortedList<StreamId, nint> _expected = [];
    private readonly Heap _heap;
    private readonly List<nint> _fillers = [];
    private readonly bool _fill;
    private readonly OrderedIndex* _index;
    private ulong _last;

    /// <param name="options">Of the heap.</param>
    /// <param name="fill">Whether to leave the index hardly any room.</param>
    public IdIndexModel(HeapOptions options, bool fill = false)
    {
        _heap = new Heap(options);
        _index = (OrderedIndex*)_heap.Allocate((nuint)sizeof(OrderedIndex));
        *_index = default;
        _fill = fill;
        if (fill) Fill();
    }

    public int Refusals { get; private set; }

    public void Step(ref RandomSource random)
    {
        // Long phases of growing and of shrinking, so that nodes fill, split, join and go.
        bool grows = _last / 1000 % 2 == 0;
        _last++;
        int choice = random.NextInt(10);
        StreamId id = choice < 3 ? new StreamId(Numbers + _last, 0) : new StreamId((ulong)random.NextInt(Numbers), (ulong)random.NextInt(2));
        if (grows ? choice < 8 : choice < 2) Add(id, (nint)random.Next());
        else Remove(choice == 9 || _expected.Count == 0 ? id : _expected.GetKeyAtIndex(random.NextInt(_expected.Count)));
        CheckOne(id);
    }

    public void CheckAll()
    {
        Assert.Equal(_expected.Count, _index->Count);
        int i = 0;
        for (IndexCursor at = OrderedIndex.First(_index); !at.IsEnd; at.Next(), i++)
        {
            Assert.Equal(_expected.GetKeyAtIndex(i), at.Slot->Id);
            Assert.Equal(_expected.GetValueAtIndex(i), (nint)at.Slot->Item);
        }
        Assert.Equal(_expected.Count, i);
        for (IndexCursor at = OrderedIndex.Last(_index); !at.IsEnd; at.Previous()) Assert.Equal(_expected.GetKeyAtIndex(--i), at.Slot->Id);
        Assert.Equal(0, i);
        Assert.Equal(_index->NodeCount, _index->Root == null ? 0 : CountNodes(_index->Root, _index->Root->Level));
        Assert.Equal(_heap.UsedBytes, (long)_heap.UsableSize((byte*)_index) + UsedBytesOf(_index->Root) + _fillers.Count * (long)FillerBytes);
    }

    public void Dispose()
    {
        foreach (nint filler in _fillers) _heap.Free((byte*)filler);
        OrderedIndex.Free(new OwnerFreer(_heap), _index);
        _heap.Free((byte*)_index);
        _heap.AssertEmpty();
        _heap.Dispose();
    }

    private static nuint FillerBytes => IndexNode.BlockBytes(IndexNode.SlotsMax);

    private void Add(StreamId id, nint item)
    {
        try
        {
            bool added = OrderedIndex.TryAdd(_heap, _index, new IdKey(id), (byte*)item);
            Assert.Equal(_expected.TryAdd(id, item), added);
        }
        catch (HeapExhaustedException) when (_fill)
        {
            Refusals++;
            _heap.Free((byte*)_fillers[^1]);
            _fillers.RemoveAt(_fillers.Count - 1);
        }
    }

    private void Remove(StreamId id)
    {
        bool known = _expected.Remove(id, out nint item);
        Assert.Equal(known ? item : 0, (nint)OrderedIndex.Remove(_heap, _index, new IdKey(id)));
    }

    private void CheckOne(StreamId id)
    {
        Assert.Equal(_expected.GetValueOrDefault(id), (nint)OrderedIndex.Find(_index, new IdKey(id)));
        IndexCursor above = OrderedIndex.AtLeast(_index, new IdKey(id));
        IndexCursor below = OrderedIndex.AtMost(_index, new IdKey(id));
        int at = _expected.IndexOfKey(id);
        int next = at >= 0 ? at : LowerBound(id);
        int previous = at >= 0 ? at : next - 1;
        Assert.Equal(next < _expected.Count ? _expected.GetKeyAtIndex(next) : StreamId.Max, above.IsEnd ? StreamId.Max : above.Slot->Id);
        Assert.Equal(previous >= 0 ? _expected.GetKeyAtIndex(previous) : StreamId.Max, below.IsEnd ? StreamId.Max : below.Slot->Id);
    }

    private int LowerBound(StreamId id)
    {
        int low = 0;
        int high = _expected.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_expected.GetKeyAtIndex(middle) < id) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private static long CountNodes(IndexNode* node, int level)
    {
        Assert.Equal(level, node->Level);
        Assert.InRange((int)node->Count, 1, node->Capacity);
        long count = 1;
        for (int i = 0; level > 0 && i < node->Count; i++)
        {
            IndexSlot* slot = IndexNode.Slots(node) + i;
            if (i > 0) Assert.True(slot->Id <= FirstBelow(slot, level));
            if (i > 1) Assert.True((slot - 1)->Id < slot->Id);
            count += CountNodes(IndexNode.Child(node, i), level - 1);
        }
        return count;
    }

    private static StreamId FirstBelow(IndexSlot* slot, int level)
    {
        for (; level > 0; level--) slot = IndexNode.Slots((IndexNode*)slot->Item);
        return slot->Id;
    }

    private long UsedBytesOf(IndexNode* node)
    {
        if (node == null) return 0;
        long bytes = (long)_heap.UsableSize((byte*)node);
        for (int i = 0; node->Level > 0 && i < node->Count; i++) bytes += UsedBytesOf(IndexNode.Child(node, i));
        return bytes;
    }

    /// <summary>Takes all room; it is given back a little at a time, as the index is refused some.</summary>
    private void Fill()
    {
        try
        {
            for (; ; ) _fillers.Add((nint)_heap.Allocate(FillerBytes));
        }
        catch (HeapExhaustedException)
        {
            // There is no more.
        }
    }
}
