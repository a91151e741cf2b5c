using Sigrun.Storage.Defragmentation;

namespace Sigrun.Storage.Structures.Streams;

/// <summary>Moves the blocks of streams: its nodes by ID, then group by group what is pending, by ID, and the consumers.</summary>
/// <remarks>
/// A step moves one leaf of an index, the nodes above it, and what it leads to. All that is pending with a consumer leads to
/// it, so that one with very much pending stays where it is.
/// </remarks>
internal static unsafe class StreamMoves
{
    private const int HeaderStage = 0, NodeStage = 1, GroupStage = 2, PendingStage = 3, ConsumerStage = 4;

    /// <inheritdoc cref="StructureMoves.Step"/>
    public static bool Step(BlockMover blocks, byte* entry, ref MovePlace place, long partsMax)
    {
        var stream = (StreamHeader*)EntryHeader.Pointer(entry);
        switch (place.Stage)
        {
            case HeaderStage:
                if (blocks.Move(ref stream)) EntryHeader.SetPointer(entry, (byte*)stream);
                place.Enter(NodeStage);
                return true;
            case NodeStage:
                if (!MoveNodes(blocks, &stream->Nodes, ref place)) place.Enter(GroupStage);
                return true;
        }
        IndexSlot* slot = SlotOf(&stream->Groups, place.Group);
        if (slot == null) return false;
        var group = (GroupBlock*)slot->Item;
        switch (place.Stage)
        {
            case GroupStage:
                MoveNamed(blocks, &stream->Groups, slot);
                place.Stage = PendingStage;
                break;
            case PendingStage:
                if (MovePending(blocks, group, ref place)) break;
                place.Stage = ConsumerStage;
                place.Id = default;
                break;
            default:
                if (MoveConsumer(blocks, group, ref place, partsMax)) break;
                place = new MovePlace { Stage = GroupStage, Group = NameBehind(&stream->Groups, (byte*)group) };
                return place.Group is not null;
        }
        return true;
    }

    /// <summary>Moves the nodes of one leaf of a stream's index; false when there are no more.</summary>
    private static bool MoveNodes(BlockMover blocks, OrderedIndex* nodes, ref MovePlace place)
    {
        IndexNode* leaf = OrderedIndex.MovePath(blocks, nodes, new IdKey(place.Id));
        if (leaf == null) return false;
        for (int i = 0; i < leaf->Count; i++) blocks.Move(ref IndexNode.Slots(leaf)[i].Item);
        return GoBehind(leaf, ref place);
    }

    /// <summary>Moves what is pending by one leaf of a group's index; false when there is no more.</summary>
    private static bool MovePending(BlockMover blocks, GroupBlock* group, ref MovePlace place)
    {
        IndexNode* leaf = OrderedIndex.MovePath(blocks, &group->Pending, new IdKey(place.Id));
        if (leaf == null) return false;
        for (int i = 0; i < leaf->Count; i++)
        {
            IndexSlot* slot = IndexNode.Slots(leaf) + i;
            if (!blocks.Move(ref slot->Item)) continue;
            var pending = (PendingBlock*)slot->Item;
            OrderedIndex.FindSlot(&pending->Consumer->Pending, new IdKey(slot->Id))->Item = slot->Item;
        }
        return GoBehind(leaf, ref place);
    }

    /// <summary>Moves one leaf of a consumer's index, or the consumer; false when there are no more consumers.</summary>
    private static bool MoveConsumer(BlockMover blocks, GroupBlock* group, ref MovePlace place, long partsMax)
    {
        IndexSlot* slot = SlotOf(&group->Consumers, place.Consumer);
        if (slot == null) return false;
        var consumer = (ConsumerBlock*)slot->Item;
        IndexNode* leaf = OrderedIndex.MovePath(blocks, &consumer->Pending, new IdKey(place.Id));
        if (leaf != null && GoBehind(leaf, ref place)) return true;
        place.Id = default;
        var moved = (ConsumerBlock*)MoveNamed(blocks, &group->Consumers, slot, mayMove: consumer->Pending.Count <= partsMax);
        place.Consumer = NameBehind(&group->Consumers, (byte*)moved);
        if (moved == consumer) return place.Consumer is not null;
        for (IndexCursor at = OrderedIndex.First(&moved->Pending); !at.IsEnd; at.Next()) ((PendingBlock*)at.Slot->Item)->Consumer = moved;
        return place.Consumer is not null;
    }

    /// <summary>Moves the nodes that lead to a group or consumer, and itself.</summary>
    private static byte* MoveNamed(BlockMover blocks, OrderedIndex* index, IndexSlot* slot, bool mayMove = true)
    {
        byte* block = slot->Item;
        OrderedIndex.MovePath(blocks, index, new NameKey(NamedBlock.Name(block)));
        slot = OrderedIndex.FindSlot(index, new NameKey(NamedBlock.Name(block)));
        if (mayMove) blocks.Move(ref slot->Item);
        return slot->Item;
    }

    /// <summary>The slot of a group or consumer, of the one behind it when it has gone, or null.</summary>
    private static IndexSlot* SlotOf(OrderedIndex* index, byte[]? name)
    {
        IndexCursor at = name is null ? OrderedIndex.First(index) : OrderedIndex.AtLeast(index, new NameKey(name));
        return at.IsEnd ? null : at.Slot;
    }

    /// <summary>The name behind that of a group or consumer, or null.</summary>
    private static byte[]? NameBehind(OrderedIndex* index, byte* block)
    {
        IndexCursor at = OrderedIndex.AtLeast(index, new NameKey(NamedBlock.Name(block)));
        at.Next();
        return at.IsEnd ? null : NamedBlock.Name(at.Slot->Item).ToArray();
    }

    /// <summary>Goes on behind a leaf; false when it was the last.</summary>
    private static bool GoBehind(IndexNode* leaf, ref MovePlace place)
    {
        if (leaf->Next == null) return false;
        place.Id = IndexNode.Slots(leaf->Next)->Id;
        return true;
    }
}
