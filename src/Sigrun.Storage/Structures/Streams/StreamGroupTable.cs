using Sigrun.Storage.Snapshots;

namespace Sigrun.Storage.Structures.Streams;

/// <summary>Makes, changes and ends consumer groups, their consumers and what is pending.</summary>
/// <remarks>
/// A pending entry is one block that two indexes lead to, the group's and its consumer's, and that knows its consumer;
/// so acknowledging or giving it to another consumer is a few steps down two trees. Blocks of groups and consumers stay
/// where they are while commands run; only <see cref="StreamMoves"/> moves them. A function that throws
/// <see cref="HeapExhaustedException"/> has changed nothing.
/// While the stream is copied in steps, every part is shown to the snapshot before it changes.
/// </remarks>
internal static unsafe class StreamGroupTable
{
    /// <summary>Makes a group; null when there is one of that name.</summary>
    public static GroupBlock* TryAddGroup(
        Heap heap, StreamHeader* stream, ReadOnlySpan<byte> name, StreamId lastId, long entriesRead, PinnedGroups? pinned = null)
    {
        pinned?.BeforeChange(&stream->Groups, name);
        var group = (GroupBlock*)AllocateNamed(heap, sizeof(GroupBlock), name);
        group->LastId = lastId;
        group->EntriesRead = entriesRead;
        group->Pending = default;
        group->Consumers = default;
        group = (GroupBlock*)AddOrFree(heap, &stream->Groups, new NameKey(name), (byte*)group);
        if (group != null) pinned?.OnMade(&group->Head);
        return group;
    }

    /// <summary>Ends a group with all that belongs to it; false when there is none of that name.</summary>
    public static bool RemoveGroup(Heap heap, StreamHeader* stream, ReadOnlySpan<byte> name, PinnedGroups? pinned)
    {
        pinned?.BeforeChange(&stream->Groups, name);
        var group = (GroupBlock*)OrderedIndex.Remove(heap, &stream->Groups, new NameKey(name));
        if (group == null) return false;
        if (pinned is null || !pinned.TryAdopt(group)) FreeGroup(new OwnerFreer(heap), group);
        return true;
    }

    /// <summary>Frees the blocks of a group.</summary>
    public static void FreeGroup<TFreer>(in TFreer freer, GroupBlock* group) where TFreer : struct, IBlockFreer
    {
        for (IndexCursor at = OrderedIndex.First(&group->Pending); !at.IsEnd; at.Next()) freer.Free(at.Slot->Item);
        OrderedIndex.Free(freer, &group->Pending);
        for (IndexCursor at = OrderedIndex.First(&group->Consumers); !at.IsEnd; at.Next()) FreeConsumer(freer, (ConsumerBlock*)at.Slot->Item);
        OrderedIndex.Free(freer, &group->Consumers);
        freer.Free((byte*)group);
    }

    /// <summary>Frees the blocks of a consumer, but not what is pending with it.</summary>
    public static void FreeConsumer<TFreer>(in TFreer freer, ConsumerBlock* consumer) where TFreer : struct, IBlockFreer
    {
        OrderedIndex.Free(freer, &consumer->Pending);
        freer.Free((byte*)consumer);
    }

    /// <summary>Makes a consumer; null when there is one of that name.</summary>
    public static ConsumerBlock* TryAddConsumer(
        Heap heap, GroupBlock* group, ReadOnlySpan<byte> name, long seenMs, long activeMs, PinnedGroups? pinned = null)
    {
        pinned?.BeforeChange(group, name);
        var consumer = (ConsumerBlock*)AllocateNamed(heap, sizeof(ConsumerBlock), name);
        consumer->SeenMs = seenMs;
        consumer->ActiveMs = activeMs;
        consumer->Pending = default;
        consumer = (ConsumerBlock*)AddOrFree(heap, &group->Consumers, new NameKey(name), (byte*)consumer);
        if (consumer != null) pinned?.OnMade(&consumer->Head);
        return consumer;
    }

    /// <summary>Ends a consumer and what was pending with it.</summary>
    public static void RemoveConsumer(Heap heap, GroupBlock* group, ConsumerBlock* consumer, PinnedGroups? pinned)
    {
        ReadOnlySpan<byte> name = NamedBlock.Name((byte*)consumer);
        pinned?.BeforeWrite(consumer);
        pinned?.BeforeChange(group, name);
        for (IndexCursor at = OrderedIndex.First(&consumer->Pending); !at.IsEnd; at.Next())
        {
            pinned?.BeforeChange(group, at.Slot->Id);
            OrderedIndex.Remove(heap, &group->Pending, new IdKey(at.Slot->Id));
            heap.Free(at.Slot->Item);
        }
        OrderedIndex.Remove(heap, &group->Consumers, new NameKey(name));
        if (pinned is null || !pinned.TryAdopt(consumer)) FreeConsumer(new OwnerFreer(heap), consumer);
    }

    /// <summary>Notes that an entry is pending with a consumer; null when it is pending already.</summary>
    public static PendingBlock* TryAddPending(
        Heap heap, GroupBlock* group, ConsumerBlock* consumer, StreamId id, long deliveredMs, ulong deliveries, PinnedGroups? pinned = null)
    {
        pinned?.BeforeChange(group, id);
        pinned?.BeforeChange(consumer, id);
        PendingBlock* pending = TryAddUnownedBlock(heap, group, id, deliveredMs, deliveries);
        if (pending == null) return null;
        try
        {
            OrderedIndex.TryAdd(heap, &consumer->Pending, new IdKey(id), (byte*)pending);
        }
        catch (HeapExhaustedException)
        {
            heap.Free(OrderedIndex.Remove(heap, &group->Pending, new IdKey(id)));
            throw;
        }
        pending->Consumer = consumer;
        return pending;
    }

    /// <summary>Notes that an entry is pending, with a consumer yet to come; false when it is pending already.</summary>
    public static bool TryAddUnowned(Heap heap, GroupBlock* group, StreamId id, long deliveredMs, ulong deliveries) =>
        TryAddUnownedBlock(heap, group, id, deliveredMs, deliveries) != null;

    /// <summary>Gives what is pending with nobody to a consumer; false when there is no such.</summary>
    public static bool TryOwn(Heap heap, GroupBlock* group, ConsumerBlock* consumer, StreamId id)
    {
        var pending = (PendingBlock*)OrderedIndex.Find(&group->Pending, new IdKey(id));
        if (pending == null || pending->Consumer != null) return false;
        OrderedIndex.TryAdd(heap, &consumer->Pending, new IdKey(id), (byte*)pending);
        pending->Consumer = consumer;
        return true;
    }

    /// <summary>Gives a pending entry to another consumer.</summary>
    public static void Reassign(Heap heap, StreamId id, PendingBlock* pending, ConsumerBlock* consumer, PinnedGroups? pinned)
    {
        if (pending->Consumer == consumer) return;
        pinned?.BeforeChange(pending->Consumer, id);
        pinned?.BeforeChange(consumer, id);
        var key = new IdKey(id);
        OrderedIndex.TryAdd(heap, &consumer->Pending, key, (byte*)pending);
        OrderedIndex.Remove(heap, &pending->Consumer->Pending, key);
        pending->Consumer = consumer;
    }

    /// <summary>Notes that an entry is pending no more; false when it was not.</summary>
    public static bool RemovePending(Heap heap, GroupBlock* group, StreamId id, PinnedGroups? pinned)
    {
        pinned?.BeforeChange(group, id);
        var key = new IdKey(id);
        var pending = (PendingBlock*)OrderedIndex.Remove(heap, &group->Pending, key);
        if (pending == null) return false;
        pinned?.BeforeChange(pending->Consumer, id);
        OrderedIndex.Remove(heap, &pending->Consumer->Pending, key);
        heap.Free((byte*)pending);
        return true;
    }

    private static PendingBlock* TryAddUnownedBlock(Heap heap, GroupBlock* group, StreamId id, long deliveredMs, ulong deliveries)
    {
        var pending = (PendingBlock*)heap.Allocate((nuint)sizeof(PendingBlock));
        *pending = new PendingBlock { DeliveredMs = deliveredMs, Deliveries = deliveries };
        return (PendingBlock*)AddOrFree(heap, &group->Pending, new IdKey(id), (byte*)pending);
    }

    private static byte* AllocateNamed(Heap heap, int size, ReadOnlySpan<byte> name)
    {
        byte* block = heap.Allocate((nuint)size + (nuint)name.Length);
        *(NamedBlock*)block = new NamedBlock { NameLength = name.Length, NameOffset = size };
        name.CopyTo(new Span<byte>(block + size, name.Length));
        return block;
    }

    /// <summary>Adds a new block to an index; null, and the block is freed, when its key is there already.</summary>
    private static byte* AddOrFree<TKey>(Heap heap, OrderedIndex* index, TKey key, byte* block)
        where TKey : struct, IIndexKey, allows ref struct
    {
        bool added = false;
        try
        {
            added = OrderedIndex.TryAdd(heap, index, key, block);
        }
        finally
        {
            if (!added) heap.Free(block);
        }
        return added ? block : null;
    }
}
