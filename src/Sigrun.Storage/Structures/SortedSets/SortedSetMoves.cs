using Sigrun.Storage.Defragmentation;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>Moves the blocks of large sorted sets: headers, then leaf by leaf the tree with its members, then the table's chain lines.</summary>
/// <remarks>
/// Members are moved in the order of the tree and then looked for in the table, not the other way round: a look at the
/// table is cheaper than one at the tree, and neighbours in rank become neighbours in memory.
/// </remarks>
internal static unsafe class SortedSetMoves
{
    private const int FrameStage = 0, LeafStage = 1, LineStage = 2;

    /// <inheritdoc cref="StructureMoves.Step"/>
    public static bool Step(BlockMover blocks, byte* entry, ref MovePlace place)
    {
        SortedSetTree tree = new(blocks.Heap, EntryHeader.Pointer(entry));
        switch (place.Stage)
        {
            case FrameStage:
                MoveFrame(blocks, entry);
                place.Enter(LeafStage);
                return true;
            case LeafStage:
                if ((long)place.Cursor < tree.Count) place.Cursor += (ulong)MoveLeaf(blocks, tree, (long)place.Cursor);
                else place.Enter(LineStage);
                return true;
            default:
                StayingEntries members = default;
                place.Cursor = tree.Table.Move(blocks, place.Cursor, ref members);
                return place.Cursor != 0;
        }
    }

    private static void MoveFrame(BlockMover blocks, byte* entry)
    {
        var set = (SortedSetHeader*)EntryHeader.Pointer(entry);
        if (blocks.Move(ref set)) EntryHeader.SetPointer(entry, (byte*)set);
        set->Table = new SortedSetTree(blocks.Heap, (byte*)set).Table.MoveFrame(blocks).Header;
    }

    /// <summary>Moves the leaf that has a rank with its members; returns how far the next leaf is from there.</summary>
    private static int MoveLeaf(BlockMover blocks, in SortedSetTree tree, long rank)
    {
        ScoreLeaf* leaf = tree.Order.MovePath(blocks, rank, out ScorePath path, out int index);
        if (!FetchMembers(blocks, leaf))
        {
            blocks.Stayed += leaf->Count;
            return leaf->Count - index;
        }
        HashTable<MemberLayout> table = tree.Table;
        for (int i = 0; i < leaf->Count; i++)
        {
            byte* member = ScoreLeaf.Entry(blocks.Heap.Base, leaf, i);
            byte* moved = blocks.Move(member);
            if (moved == member) continue;
            PackedReferences.Set(ScoreLeaf.References(leaf), i, blocks.Heap.ToRef(moved));
            ulong hash = blocks.Heap.Hasher.Hash(MemberEntry.Member(moved));
            if (!table.TryFindReference(hash, member, out TableSlot slot))
                throw new HeapCorruptionException("A member of a sorted set is missing from its table.");
            table.Replace(table.BeginWrite(hash), slot, moved);
            if (i == 0) path.SetFirst(leaf);
        }
        return leaf->Count - index;
    }

    /// <summary>Fetches the members that will move; false when there are none.</summary>
    private static bool FetchMembers(BlockMover blocks, ScoreLeaf* leaf)
    {
        bool any = false;
        for (int i = 0; i < leaf->Count; i++)
        {
            byte* member = ScoreLeaf.Entry(blocks.Heap.Base, leaf, i);
            if (!blocks.Heap.IsLeaving(member)) continue;
            Prefetch.Line(member);
            any = true;
        }
        return any;
    }
}
