using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Snapshots;

/// <summary>The leaves of indexes of a stream that is copied in steps: as they are, or as they were before they changed.</summary>
/// <remarks>
/// <para>Leaves follow one another as the nodes of a list do, and are kept in the same way (<see cref="PinnedList"/>): one
/// that is about to change, or to be followed by another one, is copied first with where it led to, and found by its
/// address. What slots lead to is kept by others, but for pending entries, whose contents are copied with their leaf.</para>
/// <para>A leaf needs no copy when it bears the number of the snapshot: then it was made since, or has been copied. So
/// neither the beginning of a snapshot nor its end has to touch all leaves.</para>
/// </remarks>
internal sealed unsafe class PinnedLeaves(Heap heap)
{
    private readonly PartCopies<nint> _copies = new();

    /// <summary>What was pending in a copy of a leaf that has it.</summary>
    public static PendingBlock* Contents(IndexNode* copy) => (PendingBlock*)(IndexNode.Slots(copy) + copy->Count);

    /// <summary>Called before a key is added or removed.</summary>
    /// <param name="index">The index.</param>
    /// <param name="key">The key.</param>
    /// <param name="withContents">Whether the index is that of all pending entries of a group.</param>
    public void BeforeChange<TKey>(OrderedIndex* index, TKey key, bool withContents)
        where TKey : struct, IIndexKey, allows ref struct
    {
        IndexNode* leaf = OrderedIndex.LeafOf(index, key);
        if (leaf == null) return;
        Keep(leaf, withContents);
        if (!OrderedIndex.MayChangeNeighbours(heap, leaf)) return;
        if (leaf->Previous != null) Keep(leaf->Previous, withContents);
        if (leaf->Next != null) Keep(leaf->Next, withContents);
    }

    /// <summary>Called before a pending entry of a group changes.</summary>
    public void BeforeContentChanges(OrderedIndex* index, StreamId id) => Keep(OrderedIndex.LeafOf(index, new IdKey(id)), withContents: true);

    /// <summary>A leaf as it was, as a copy that the caller frees.</summary>
    public IndexNode* Take(IndexNode* leaf, bool withContents)
    {
        byte* copy = _copies.Take((nint)leaf);
        if (copy != null) return (IndexNode*)copy;
        Keep(leaf, withContents);
        copy = _copies.Take((nint)leaf);
        return copy != null ? (IndexNode*)copy : throw new HeapCorruptionException("A leaf is not part of the snapshot that leads to it.");
    }

    /// <summary>Frees a leaf that was taken; null does nothing.</summary>
    public static void Free(IndexNode* copy) => PartCopies<nint>.Free((byte*)copy);

    /// <summary>Frees all copies.</summary>
    public void FreeAll() => _copies.FreeAll();

    private void Keep(IndexNode* leaf, bool withContents)
    {
        if (leaf->Snapshot == heap.SnapshotCount) return;
        leaf->Snapshot = heap.SnapshotCount;
        int bytes = (int)IndexNode.BlockBytes(leaf->Count);
        byte* copy = _copies.Add((nint)leaf, bytes + (withContents ? leaf->Count * sizeof(PendingBlock) : 0));
        Buffer.MemoryCopy(leaf, copy, bytes, bytes);
        if (withContents) CopyContents((IndexNode*)copy);
    }

    /// <summary>The entries lie anywhere: all are fetched before the first is needed.</summary>
    private static void CopyContents(IndexNode* copy)
    {
        IndexSlot* slots = IndexNode.Slots(copy);
        PendingBlock* contents = Contents(copy);
        for (int i = 0; i < copy->Count; i++) Prefetch.Line(slots[i].Item);
        for (int i = 0; i < copy->Count; i++) contents[i] = *(PendingBlock*)slots[i].Item;
    }
}
