using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>
/// A leaf of a <see cref="ScoreTree"/>: scores in ascending order, and for each a reference to its member's entry.
/// </summary>
/// <remarks>
/// All scores lie together, so that a search reads nothing else; of equal scores the members' bytes decide, which is
/// the only reason to look into entries. A full-grown leaf takes 1024 bytes. A tree of a single leaf has one that
/// grows with it.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
internal unsafe struct ScoreLeaf
{
    public const int CapacityMax = 76;

    /// <summary>With fewer elements a leaf takes some of its neighbour's, or joins it.</summary>
    public const int CountMin = CapacityMax * 2 / 5;

    /// <summary>Neighbours with no more elements together become one.</summary>
    public const int MergeMax = CapacityMax * 4 / 5;

    /// <summary>A full leaf passes elements on to a neighbour that has no more than this, before it is split.</summary>
    public const int TakesMax = CapacityMax * 3 / 4;

    private const int HeaderBytes = 24;

    public ushort Count;
    public ushort Capacity;
    public ScoreLeaf* Previous;
    public ScoreLeaf* Next;

    public static ScoreLeaf* Create(Heap heap, int capacity)
    {
        ScoreLeaf* leaf = (ScoreLeaf*)heap.Allocate(Bytes(capacity));
        *leaf = new ScoreLeaf { Capacity = (ushort)capacity };
        return leaf;
    }

    public static nuint Bytes(int capacity) =>
        (nuint)(HeaderBytes + capacity * (sizeof(double) + PackedReferences.Bytes) + PackedReferences.Overhang);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double* Scores(ScoreLeaf* leaf) => (double*)((byte*)leaf + HeaderBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* References(ScoreLeaf* leaf) => (byte*)leaf + HeaderBytes + leaf->Capacity * sizeof(double);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Reference(ScoreLeaf* leaf, int index) => PackedReferences.Get(References(leaf), index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Entry(byte* heapBase, ScoreLeaf* leaf, int index) => heapBase + (Reference(leaf, index) << 2);

    /// <summary>Puts an element in front of the one at an index; there is room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Insert(ScoreLeaf* leaf, int index, double score, ulong reference)
    {
        Move(leaf, index, leaf, index + 1, leaf->Count - index);
        Set(leaf, index, score, reference);
        leaf->Count++;
    }

    public static void Set(ScoreLeaf* leaf, int index, double score, ulong reference)
    {
        Scores(leaf)[index] = score;
        PackedReferences.Set(References(leaf), index, reference);
    }

    public static void Remove(ScoreLeaf* leaf, int index, int count)
    {
        Move(leaf, index + count, leaf, index, leaf->Count - index - count);
        leaf->Count -= (ushort)count;
    }

    /// <summary>Moves the last elements of a leaf to the front of the next one.</summary>
    public static void MoveRight(ScoreLeaf* left, ScoreLeaf* right, int count)
    {
        Move(right, 0, right, count, right->Count);
        Move(left, left->Count - count, right, 0, count);
        left->Count -= (ushort)count;
        right->Count += (ushort)count;
    }

    /// <summary>Moves the first elements of a leaf to the end of the previous one.</summary>
    public static void MoveLeft(ScoreLeaf* left, ScoreLeaf* right, int count)
    {
        Move(right, 0, left, left->Count, count);
        left->Count += (ushort)count;
        Remove(right, 0, count);
    }

    public static void Move(ScoreLeaf* from, int fromIndex, ScoreLeaf* to, int toIndex, int count)
    {
        if (count == 0) return;
        Buffer.MemoryCopy(Scores(from) + fromIndex, Scores(to) + toIndex, count * sizeof(double), count * sizeof(double));
        PackedReferences.Move(References(from), fromIndex, References(to), toIndex, count);
    }
}
