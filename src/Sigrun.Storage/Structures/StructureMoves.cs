using Sigrun.Storage.Defragmentation;
using Sigrun.Storage.Structures.Hashes;
using Sigrun.Storage.Structures.Lists;
using Sigrun.Storage.Structures.Sets;
using Sigrun.Storage.Structures.SortedSets;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Structures;

/// <summary>Moves the blocks of values out of slabs that are being emptied, whatever the type.</summary>
/// <remarks>
/// Content and encoding stay, so no permit is asked for and nobody is told. No snapshot is being copied meanwhile.
/// </remarks>
internal static unsafe class StructureMoves
{
    /// <summary>Whether a value consists of parts, which are moved step by step.</summary>
    public static bool HasParts(byte* entry) => new EntryRef(entry) is { IsStructure: true, Encoding: not (EntryEncoding.ListPack or EntryEncoding.IntSet) };

    /// <summary>Moves the one block beside the entry that a value has, if any; not that of a string which somebody else refers to.</summary>
    public static void MoveWhole(BlockMover blocks, byte* entry)
    {
        ValueForm form = EntryHeader.Form(entry);
        if (form < ValueForm.Big) return;
        byte* block = EntryHeader.Pointer(entry);
        if (form == ValueForm.Big && new BigValue(block) is { IsShared: true } or { IsPinned: true }) return;
        if (blocks.Move(ref block)) EntryHeader.SetPointer(entry, block);
    }

    /// <summary>Moves the next parts of a value; false when those were the last.</summary>
    /// <param name="blocks">Moves them.</param>
    /// <param name="entry">The value's entry.</param>
    /// <param name="place">How far it is; the default to begin with.</param>
    /// <param name="partsMax">A part to which more blocks lead than this stays.</param>
    public static bool Step(BlockMover blocks, byte* entry, ref MovePlace place, long partsMax)
    {
        EntryRef view = new(entry);
        return view.Encoding switch
        {
            EntryEncoding.HashTable when view.Type == EntryType.Set => SetMoves.Step(blocks, entry, ref place),
            EntryEncoding.HashTable => HashMoves.Step(blocks, entry, ref place),
            EntryEncoding.QuickList => ListMoves.Step(blocks, entry, ref place),
            EntryEncoding.SkipList => SortedSetMoves.Step(blocks, entry, ref place),
            _ => StreamMoves.Step(blocks, entry, ref place, partsMax),
        };
    }
}
