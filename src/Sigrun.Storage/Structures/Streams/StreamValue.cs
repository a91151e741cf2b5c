namespace Sigrun.Storage.Structures.Streams;

/// <summary>Makes entries with streams, and ends streams.</summary>
public static unsafe class StreamValue
{
    /// <summary>An entry with an empty stream.</summary>
    public static EntryRef NewEntry(Heap heap, ReadOnlySpan<byte> key, long expiryMs)
    {
        ArgumentNullException.ThrowIfNull(heap);
        var stream = (StreamHeader*)heap.Allocate((nuint)sizeof(StreamHeader));
        *stream = default;
        return DetachedEntry.OfStructure(heap, key, EntryType.Stream, EntryEncoding.Stream, (byte*)stream, expiryMs);
    }

    /// <summary>An entry with a copy of an entry's stream.</summary>
    public static EntryRef Copy(Heap heap, EntryRef source, ReadOnlySpan<byte> key, long expiryMs)
    {
        EntryRef entry = NewEntry(heap, key, expiryMs);
        try
        {
            CopyStream(heap, (StreamHeader*)source.Structure, (StreamHeader*)entry.Structure);
        }
        catch (HeapExhaustedException)
        {
            DetachedEntry.Free(heap, entry);
            throw;
        }
        return entry;
    }

    /// <summary>About how many blocks a stream consists of.</summary>
    internal static long Effort(byte* structure)
    {
        var stream = (StreamHeader*)structure;
        long blocks = 1 + stream->Nodes.Count + stream->Nodes.NodeCount;
        if (stream->Groups.Count == 0) return blocks;
        var first = (GroupBlock*)OrderedIndex.First(&stream->Groups).Slot->Item;
        return blocks + stream->Groups.Count * (1 + first->Pending.Count + first->Consumers.Count);
    }

    /// <summary>Frees all blocks of a stream.</summary>
    internal static void Free<TFreer>(in TFreer freer, byte* structure) where TFreer : struct, IBlockFreer
    {
        var stream = (StreamHeader*)structure;
        for (IndexCursor at = OrderedIndex.First(&stream->Nodes); !at.IsEnd; at.Next()) freer.Free(at.Slot->Item);
        OrderedIndex.Free(freer, &stream->Nodes);
        for (IndexCursor at = OrderedIndex.First(&stream->Groups); !at.IsEnd; at.Next())
            StreamGroupTable.FreeGroup(freer, (GroupBlock*)at.Slot->Item);
        OrderedIndex.Free(freer, &stream->Groups);
        freer.Free(structure);
    }

    private static void CopyStream(Heap heap, StreamHeader* source, StreamHeader* target)
    {
        for (IndexCursor at = OrderedIndex.First(&source->Nodes); !at.IsEnd; at.Next())
        {
            byte* pack = Listpack.CopyOf(heap, Listpack.Bytes(at.Slot->Item));
            AddOrFree(heap, &target->Nodes, at.Slot->Id, pack);
        }
        for (IndexCursor at = OrderedIndex.First(&source->Groups); !at.IsEnd; at.Next()) CopyGroup(heap, (GroupBlock*)at.Slot->Item, target);
        target->Length = source->Length;
        target->LastId = source->LastId;
        target->FirstId = source->FirstId;
        target->MaxDeletedId = source->MaxDeletedId;
        target->EntriesAdded = source->EntriesAdded;
    }

    private static void CopyGroup(Heap heap, GroupBlock* source, StreamHeader* target)
    {
        GroupBlock* group = StreamGroupTable.TryAddGroup(heap, target, NamedBlock.Name((byte*)source), source->LastId, source->EntriesRead);
        for (IndexCursor at = OrderedIndex.First(&source->Consumers); !at.IsEnd; at.Next())
        {
            var from = (ConsumerBlock*)at.Slot->Item;
            ConsumerBlock* consumer = StreamGroupTable.TryAddConsumer(heap, group, NamedBlock.Name((byte*)from), from->SeenMs, from->ActiveMs);
            for (IndexCursor entry = OrderedIndex.First(&from->Pending); !entry.IsEnd; entry.Next())
            {
                var pending = (PendingBlock*)entry.Slot->Item;
                StreamGroupTable.TryAddPending(heap, group, consumer, entry.Slot->Id, pending->DeliveredMs, pending->Deliveries);
            }
        }
    }

    private static void AddOrFree(Heap heap, OrderedIndex* index, StreamId id, byte* pack)
    {
        try
        {
            OrderedIndex.TryAdd(heap, index, new IdKey(id), pack);
        }
        catch (HeapExhaustedException)
        {
            heap.Free(pack);
            throw;
        }
    }
}
