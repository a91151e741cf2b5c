using System.Runtime.InteropServices;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>The block that the entry of a large sorted set's key points to.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SortedSetHeader
{
    /// <summary>The header of the hash table over the members' entries.</summary>
    public byte* Table;

    /// <summary>What references count from: whoever walks over a set needs nothing but this header.</summary>
    public byte* HeapBase;

    /// <summary>The tree's root: an inner node, or at height 0 the only leaf.</summary>
    public byte* Root;
    public ScoreLeaf* First;
    public ScoreLeaf* Last;
    public long Count;
    public long Leaves;
    public long Inners;

    /// <summary>Levels of inner nodes.</summary>
    public int Height;
}
