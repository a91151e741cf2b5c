using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>The inner nodes from the root down to a leaf, and in each the child that was taken.</summary>
internal unsafe struct ScorePath
{
    /// <summary>More levels than a tree can have whose nodes have at least two children and mostly <see cref="ScoreInner.CountMin"/>.</summary>
    public const int DepthMax = 16;

    public int Depth;
    private fixed ulong _nodes[DepthMax];
    private fixed int _indexes[DepthMax];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ScoreInner* Node(int depth) => (ScoreInner*)_nodes[depth];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Index(int depth) => _indexes[depth];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Push(ScoreInner* node, int index)
    {
        _nodes[Depth] = (ulong)node;
        _indexes[Depth++] = index;
    }

    public void Set(int depth, ScoreInner* node, int index)
    {
        _nodes[depth] = (ulong)node;
        _indexes[depth] = index;
    }

    public void SetIndex(int depth, int index) => _indexes[depth] = index;

    /// <summary>Notes a new root, whose first child leads on.</summary>
    public void InsertTop(ScoreInner* node)
    {
        for (int i = Depth; i > 0; i--) Set(i, Node(i - 1), _indexes[i - 1]);
        Set(0, node, 0);
        Depth++;
    }

    /// <summary>The number of elements in front of the leaf.</summary>
    public readonly long CountBefore()
    {
        long count = 0;
        for (int i = 0; i < Depth; i++) count += ScoreInner.Sum(Node(i), _indexes[i]);
        return count;
    }

    /// <summary>Notes that the leaf has more or fewer elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void AddToCounts(long change)
    {
        for (int i = 0; i < Depth; i++) ScoreInner.Counts(Node(i))[_indexes[i]] += change;
    }

    /// <summary>Notes that another element is the leaf's first one.</summary>
    public readonly void SetFirst(ScoreLeaf* leaf)
    {
        double score = ScoreLeaf.Scores(leaf)[0];
        ulong reference = ScoreLeaf.Reference(leaf, 0);
        for (int i = Depth - 1; i >= 0; i--)
        {
            ScoreInner.SetFirst(Node(i), _indexes[i], score, reference);
            if (_indexes[i] > 0) return;
        }
    }
}
