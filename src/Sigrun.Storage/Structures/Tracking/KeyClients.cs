using Sigrun.Storage.Defragmentation;

namespace Sigrun.Storage.Structures.Tracking;

/// <summary>Keys, each with the ids of clients: who has which key in a cache of its own.</summary>
/// <remarks>
/// There can be as many as there are keys in the databases, so all of it is in the heap: one block per key
/// (see <see cref="TrackedKey"/>) and ten bytes of table. Ids stay after their client has gone, until the key is taken
/// out: looking for them would take a walk over everything.
/// </remarks>
public sealed unsafe class KeyClients
{
    private readonly Heap _heap;
    private HashTable<TrackedKey> _table;

    /// <summary>Creates a register without keys.</summary>
    public KeyClients(Heap heap)
    {
        ArgumentNullException.ThrowIfNull(heap);
        _heap = heap;
        _table = HashTable<TrackedKey>.Create(heap);
    }

    /// <summary>The keys.</summary>
    public long KeyCount => _table.Count;

    /// <summary>The ids of all keys together.</summary>
    public long IdCount { get; private set; }

    /// <summary>Adds an id to those of a key, unless it is one.</summary>
    /// <exception cref="HeapExhaustedException">No memory; nothing was changed.</exception>
    public void Add(ReadOnlySpan<byte> key, long id)
    {
        ulong hash = _heap.Hasher.Hash(key);
        WritePermit permit = _table.BeginWrite(hash);
        if (_table.TryFind(hash, key, out TableSlot slot))
        {
            int place = TrackedKey.Search(slot.Entry, id);
            if (place >= 0) return;
            byte* entry = TrackedKey.Insert(_heap, slot.Entry, ~place, id);
            if (entry != slot.Entry)
            {
                _table.Replace(permit, slot, entry);
                _heap.Free(slot.Entry);
            }
        }
        else
        {
            _table.Reserve(permit, hash);
            _table.Insert(permit, hash, TrackedKey.Create(_heap, key, id));
        }
        IdCount++;
    }

    /// <summary>Takes a key out; false when it is not there. What was taken is to be given back with <see cref="Free"/>.</summary>
    public bool TryTake(ReadOnlySpan<byte> key, out TakenKey taken)
    {
        ulong hash = _heap.Hasher.Hash(key);
        if (!_table.TryFind(hash, key, out TableSlot slot))
        {
            taken = default;
            return false;
        }
        taken = new TakenKey(slot.Entry);
        IdCount -= taken.Count;
        _table.Remove(_table.BeginWrite(hash), slot);
        return true;
    }

    /// <summary>Takes out a key that chance chooses; false when there is none.</summary>
    public bool TryTakeRandom(ref RandomSource random, out TakenKey taken)
    {
        byte* entry = _table.Random(ref random);
        if (entry != null) return TryTake(TrackedKey.Key(entry), out taken);
        taken = default;
        return false;
    }

    /// <summary>Ends a key that was taken out.</summary>
    public void Free(TakenKey taken) => _heap.Free(taken.Entry);

    /// <summary>Moves the blocks of the table but for chain lines and keys.</summary>
    internal void MoveFrame(BlockMover blocks) => _table = _table.MoveFrame(blocks);

    /// <summary>Moves what lies at one place of the table; returns the next cursor.</summary>
    internal ulong Move(BlockMover blocks, ulong cursor)
    {
        PlainEntryMover entries = default;
        return _table.Move(blocks, cursor, ref entries);
    }

    /// <summary>Takes out all keys, for <see cref="LazyFree"/> or to be freed at once.</summary>
    public RetiredKeyClients Retire()
    {
        HashTable<TrackedKey> emptied = HashTable<TrackedKey>.Create(_heap);
        var retired = new RetiredKeyClients(_heap, _table);
        _table = emptied;
        IdCount = 0;
        return retired;
    }
}

/// <summary>A key that was taken out, with its clients.</summary>
public readonly unsafe struct TakenKey
{
    internal readonly byte* Entry;

    internal TakenKey(byte* entry) => Entry = entry;

    /// <summary>The key.</summary>
    public ReadOnlySpan<byte> Key => TrackedKey.Key(Entry);

    /// <summary>How many clients there are.</summary>
    public int Count => TrackedKey.Count(Entry);

    /// <summary>A client's id.</summary>
    public long this[int index] => TrackedKey.Id(Entry, index);
}

/// <summary>All keys of a register that was emptied, to be freed by one thread.</summary>
public sealed unsafe class RetiredKeyClients
{
    private readonly Heap _heap;
    private readonly HashTable<TrackedKey> _table;

    internal RetiredKeyClients(Heap heap, HashTable<TrackedKey> table)
    {
        _heap = heap;
        _table = table;
    }

    /// <summary>The number of keys.</summary>
    public long Count => _table.Count;

    /// <summary>Frees everything, from any one thread.</summary>
    public void FreeBlocks()
    {
        using BackgroundFreeBatch batch = new(_heap);
        BackgroundFreer freer = new(batch);
        TableIterator entries = _table.Entries;
        while (entries.MoveNext()) freer.Free(entries.Current);
        _table.Destroy(freer);
    }
}
