using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>
/// An inner node of a <see cref="ScoreTree"/>: its children, how many elements are under each, and each one's first
/// element (score and reference of the member's entry).
/// </summary>
/// <remarks>
/// The first element is exact for every child, the first one included: so it never refers to an entry that has gone,
/// and joining and dividing nodes moves arrays and nothing else.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
internal unsafe struct ScoreInner
{
    public const int Capacity = 38;

    /// <summary>With fewer children a node takes some of its neighbour's, or joins it.</summary>
    public const int CountMin = Capacity * 2 / 5;

    /// <summary>Neighbours with no more children together become one.</summary>
    public const int MergeMax = Capacity * 4 / 5;

    private const int HeaderBytes = 8;
    private const int CountsOffset = HeaderBytes + Capacity * sizeof(double);
    private const int ChildrenOffset = CountsOffset + Capacity * sizeof(long);
    private const int FirstsOffset = ChildrenOffset + Capacity * PackedReferences.Bytes;

    public int Count;

    /// <summary>The size of one.</summary>
    public static nuint Bytes => FirstsOffset + Capacity * PackedReferences.Bytes + PackedReferences.Overhang;

    public static ScoreInner* Create(Heap heap)
    {
        ScoreInner* node = (ScoreInner*)heap.Allocate(Bytes);
        node->Count = 0;
        return node;
    }

    /// <summary>The score of each child's first element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double* Scores(ScoreInner* node) => (double*)((byte*)node + HeaderBytes);

    /// <summary>The number of elements under each child.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long* Counts(ScoreInner* node) => (long*)((byte*)node + CountsOffset);

    /// <summary>The member of each child's first element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Firsts(ScoreInner* node) => (byte*)node + FirstsOffset;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Child(Heap heap, ScoreInner* node, int index) =>
        heap.Base + (PackedReferences.Get((byte*)node + ChildrenOffset, index) << 2);

    public static void SetChild(Heap heap, ScoreInner* node, int index, byte* child) =>
        PackedReferences.Set((byte*)node + ChildrenOffset, index, heap.ToRef(child));

    public static void SetFirst(ScoreInner* node, int index, double score, ulong reference)
    {
        Scores(node)[index] = score;
        PackedReferences.Set(Firsts(node), index, reference);
    }

    /// <summary>Puts a child in front of the one at an index; there is room.</summary>
    public static void Insert(Heap heap, ScoreInner* node, int index, byte* child, double score, ulong first, long count)
    {
        Move(node, index, node, index + 1, node->Count - index);
        SetChild(heap, node, index, child);
        SetFirst(node, index, score, first);
        Counts(node)[index] = count;
        node->Count++;
    }

    public static void Remove(ScoreInner* node, int index)
    {
        Move(node, index + 1, node, index, node->Count - index - 1);
        node->Count--;
    }

    /// <summary>Moves the last children of a node to the front of the next one; how many elements are under them.</summary>
    public static long MoveRight(ScoreInner* left, ScoreInner* right, int count)
    {
        Move(right, 0, right, count, right->Count);
        Move(left, left->Count - count, right, 0, count);
        left->Count -= count;
        right->Count += count;
        return Sum(right, count);
    }

    /// <summary>Moves the first children of a node to the end of the previous one; how many elements are under them.</summary>
    public static long MoveLeft(ScoreInner* left, ScoreInner* right, int count)
    {
        long elements = Sum(right, count);
        Move(right, 0, left, left->Count, count);
        left->Count += count;
        Move(right, count, right, 0, right->Count - count);
        right->Count -= count;
        return elements;
    }

    /// <summary>The elements under the first children.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Sum(ScoreInner* node, int children)
    {
        long* counts = Counts(node);
        long sum = 0;
        for (int i = 0; i < children; i++) sum += counts[i];
        return sum;
    }

    private static void Move(ScoreInner* from, int fromIndex, ScoreInner* to, int toIndex, int count)
    {
        if (count == 0) return;
        int bytes = count * sizeof(double);
        Buffer.MemoryCopy(Scores(from) + fromIndex, Scores(to) + toIndex, bytes, bytes);
        Buffer.MemoryCopy(Counts(from) + fromIndex, Counts(to) + toIndex, bytes, bytes);
        PackedReferences.Move((byte*)from + ChildrenOffset, fromIndex, (byte*)to + ChildrenOffset, toIndex, count);
        PackedReferences.Move(Firsts(from), fromIndex, Firsts(to), toIndex, count);
    }
}
