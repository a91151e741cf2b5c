using Sigrun.Storage.Structures.Hashes;
using Sigrun.Storage.Structures.Lists;
using Sigrun.Storage.Structures.Sets;
using Sigrun.Storage.Structures.SortedSets;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Structures;

/// <summary>Ends the structures of values, and tells what that costs.</summary>
internal static unsafe class StructureRelease
{
    /// <summary>Frees all blocks of a structure.</summary>
    public static void Free<TFreer>(in TFreer freer, EntryType type, EntryEncoding encoding, byte* structure)
        where TFreer : struct, IBlockFreer
    {
        switch (encoding)
        {
            case EntryEncoding.ListPack:
            case EntryEncoding.IntSet:
                freer.Free(structure);
                break;
            case EntryEncoding.HashTable when type == EntryType.Set:
                SetValue.FreeTable(freer, structure);
                break;
            case EntryEncoding.HashTable:
                HashValue.FreeTable(freer, structure);
                break;
            case EntryEncoding.QuickList:
                QuickList.Free(freer, (QuickListHeader*)structure);
                break;
            case EntryEncoding.SkipList:
                SortedSetTree.Free(freer, structure);
                break;
            case EntryEncoding.Stream:
                StreamValue.Free(freer, structure);
                break;
            default:
                throw new InvalidOperationException($"A value of type {type} cannot have the encoding {encoding}.");
        }
    }

    /// <summary>About how many blocks a structure consists of.</summary>
    public static long Effort(EntryEncoding encoding, byte* structure) => encoding switch
    {
        EntryEncoding.HashTable => ((TableHeader*)structure)->Count,
        EntryEncoding.QuickList => ((QuickListHeader*)structure)->Nodes,
        EntryEncoding.SkipList => SortedSetTree.Effort(structure),
        EntryEncoding.Stream => StreamValue.Effort(structure),
        _ => 1,
    };
}
