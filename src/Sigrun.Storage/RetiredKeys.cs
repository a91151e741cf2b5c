using Sigrun.Storage.Structures;

namespace Sigrun.Storage;

/// <summary>
/// The keys of a table that was emptied at once: unreachable for commands, to be freed by one thread.
/// </summary>
/// <remarks>
/// The blocks go through a batch whichever thread frees them, and count as used until the heap's owner
/// has absorbed it.
/// </remarks>
public sealed class RetiredKeys
{
    private readonly Heap _heap;
    private readonly HashTable<KeyLayout> _keys;
    private readonly HashTable<KeyLayout> _expiring;
    private readonly HashTable<KeyLayout> _fieldExpiring;

    internal RetiredKeys(
        Heap heap, HashTable<KeyLayout> keys, HashTable<KeyLayout> expiring, HashTable<KeyLayout> fieldExpiring)
    {
        _heap = heap;
        _keys = keys;
        _expiring = expiring;
        _fieldExpiring = fieldExpiring;
    }

    /// <summary>The number of keys.</summary>
    public long Count => _keys.Count;

    /// <summary>Frees everything, on the heap's owner thread; what a snapshot may still read, when it has ended.</summary>
    public void Free()
    {
        if (!TryLeaveToSnapshot()) FreeBlocks();
    }

    /// <summary>Leaves everything to the snapshot that is being copied, which passes it on when it has ended; false when there is none.</summary>
    internal bool TryLeaveToSnapshot()
    {
        if (_heap.Walk is not { } walk) return false;
        walk.Adopt(this);
        return true;
    }

    /// <summary>Frees everything, from any one thread.</summary>
    internal void FreeBlocks()
    {
        using BackgroundFreeBatch batch = new(_heap);
        BackgroundFreer freer = new(batch);
        EntryFreer visitor = new() { Freer = freer };
        ulong cursor = 0;
        do
        {
            cursor = _keys.Scan(cursor, ref visitor);
        }
        while (cursor != 0);
        _keys.Destroy(freer);
        _expiring.Destroy(freer);
        _fieldExpiring.Destroy(freer);
    }

    private struct EntryFreer : IEntryVisitor
    {
        public required BackgroundFreer Freer;

        public readonly unsafe void Visit(byte* entry) => KeyEntry.Free(Freer, entry);
    }
}
