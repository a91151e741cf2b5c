namespace Sigrun.Storage.Structures.Tracking;

/// <summary>Keys that have changed, each with the one who changed it last; collected, then gone through in order.</summary>
public sealed unsafe class ChangedKeys
{
    /// <summary>Entries that the order is kept for between two uses.</summary>
    private const int KeptMax = 16 * 1024;

    private readonly Heap _heap;
    private readonly Comparison<nint> _byName = static (a, b) => TrackedKey.Key((byte*)a).SequenceCompareTo(TrackedKey.Key((byte*)b));
    private readonly HashTable<TrackedKey> _table;
    private nint[] _order = [];
    private int _count;

    /// <summary>Creates an empty collection.</summary>
    public ChangedKeys(Heap heap)
    {
        ArgumentNullException.ThrowIfNull(heap);
        _heap = heap;
        _table = HashTable<TrackedKey>.Create(heap);
    }

    /// <summary>True while there are none.</summary>
    public bool IsEmpty => _table.Count == 0;

    /// <summary>Notes that a key was changed.</summary>
    /// <param name="key">The key.</param>
    /// <param name="by">Who changed it.</param>
    /// <exception cref="HeapExhaustedException">No memory; nothing was changed.</exception>
    public void Note(ReadOnlySpan<byte> key, long by)
    {
        ulong hash = _heap.Hasher.Hash(key);
        if (_table.TryFind(hash, key, out TableSlot slot))
        {
            TrackedKey.SetId(slot.Entry, 0, by);
            return;
        }
        WritePermit permit = _table.BeginWrite(hash);
        _table.Reserve(permit, hash);
        _table.Insert(permit, hash, TrackedKey.Create(_heap, key, by));
    }

    /// <summary>Puts the keys in the order of their bytes; returns how many there are. Valid until the next change.</summary>
    public int Sort()
    {
        _count = checked((int)_table.Count);
        if (_order.Length < _count) _order = new nint[Math.Max(_count, _order.Length * 2)];
        int filled = 0;
        TableIterator entries = _table.Entries;
        while (entries.MoveNext()) _order[filled++] = (nint)entries.Current;
        _order.AsSpan(0, _count).Sort(_byName);
        return _count;
    }

    /// <summary>A key, by its place in the order.</summary>
    public ReadOnlySpan<byte> Key(int index) => TrackedKey.Key((byte*)_order[index]);

    /// <summary>Who changed the key last.</summary>
    public long ChangedBy(int index) => TrackedKey.Id((byte*)_order[index], 0);

    /// <summary>Forgets the keys, which were sorted.</summary>
    public void Clear()
    {
        for (int i = 0; i < _count; i++)
        {
            ReadOnlySpan<byte> key = Key(i);
            ulong hash = _heap.Hasher.Hash(key);
            if (_table.TryFindReference(hash, (byte*)_order[i], out TableSlot slot)) _table.Remove(_table.BeginWrite(hash), slot);
            _heap.Free((byte*)_order[i]);
        }
        _count = 0;
        if (_order.Length > KeptMax) _order = [];
    }

    /// <summary>Gives up all memory.</summary>
    public void Release()
    {
        Sort();
        Clear();
        _table.Destroy();
    }
}
