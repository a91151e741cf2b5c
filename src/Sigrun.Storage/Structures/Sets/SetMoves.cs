using Sigrun.Storage.Defragmentation;

namespace Sigrun.Storage.Structures.Sets;

/// <summary>Moves the blocks of large sets: first the table, then place by place its members.</summary>
internal static unsafe class SetMoves
{
    /// <inheritdoc cref="StructureMoves.Step"/>
    public static bool Step(BlockMover blocks, byte* entry, ref MovePlace place)
    {
        HashTable<SetMember> table = SetValue.Table(blocks.Heap, new EntryRef(entry));
        if (place.Stage == 0)
        {
            EntryHeader.SetPointer(entry, table.MoveFrame(blocks).Header);
            place.Enter(1);
            return true;
        }
        PlainEntryMover members = default;
        place.Cursor = table.Move(blocks, place.Cursor, ref members);
        return place.Cursor != 0;
    }
}
