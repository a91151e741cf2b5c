using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Storage.Structures;

/// <summary>Ends the structures of values, and tells what that costs.</summary>
internal static unsafe class StructureRelease
{
    /// <summary>Frees all blocks of a structure.</summary>
    public static void Free<TFreer>(in TFreer freer, EntryType type, EntryEncoding encoding, byte* structure)
        where TFreer : struct, IBlockFreer
    {
        if (encoding is EntryEncoding.ListPack or EntryEncoding.IntSet)
        {
            freer.Free(structure);
            return;
        }
        if (encoding == EntryEncoding.QuickList)
        {
            QuickList.Free(freer, (QuickListHeader*)structure);
            return;
        }
        throw new InvalidOperationException($"A value of type {type} cannot have the encoding {encoding}.");
    }

    /// <summary>About how many blocks a structure consists of.</summary>
    public static long Effort(Heap heap, EntryType type, EntryEncoding encoding, byte* structure)
    {
        _ = heap;
        _ = type;
        return encoding == EntryEncoding.QuickList ? ((QuickListHeader*)structure)->Nodes : 1;
    }
}
