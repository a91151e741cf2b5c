using Sigrun.Storage.Defragmentation;

namespace Sigrun.Storage.Structures.Lists;

/// <summary>Moves the blocks of large lists, from the front to the end.</summary>
internal static unsafe class ListMoves
{
    private const int NodesPerStep = 16;

    /// <inheritdoc cref="StructureMoves.Step"/>
    public static bool Step(BlockMover blocks, byte* entry, ref MovePlace place)
    {
        var list = (QuickListHeader*)EntryHeader.Pointer(entry);
        QuickListNode* node;
        if (place.Stage == 0)
        {
            if (blocks.Move(ref list)) EntryHeader.SetPointer(entry, (byte*)list);
            node = list->First;
            place.Enter(1);
        }
        else if (!blocks.Heap.Bookmark.TryGet(list, out node))
        {
            return false;
        }
        for (int i = 0; i < NodesPerStep && node != null; i++) node = MoveNode(blocks, list, node)->Next;
        blocks.Heap.Bookmark.Put(list, node);
        return node != null;
    }

    private static QuickListNode* MoveNode(BlockMover blocks, QuickListHeader* list, QuickListNode* node)
    {
        if (node->Next != null) Prefetch.Line(node->Next);
        if (blocks.Move(ref node))
        {
            if (node->Previous != null) node->Previous->Next = node;
            else list->First = node;
            if (node->Next != null) node->Next->Previous = node;
            else list->Last = node;
        }
        blocks.Move(ref node->Block);
        return node;
    }
}
