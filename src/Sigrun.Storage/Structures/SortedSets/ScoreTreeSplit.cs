namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>Divides a full leaf of a <see cref="ScoreTree"/>, and the full inner nodes above it.</summary>
/// <remarks>
/// All memory is taken before anything changes. Inner nodes are divided from the top down: so each one's parent has
/// room when its turn comes, and both halves are children of one node.
/// </remarks>
internal unsafe ref struct ScoreTreeSplit(Heap heap, SortedSetHeader* set)
{
    private readonly Heap _heap = heap;
    private readonly SortedSetHeader* _set = set;

    /// <summary>Inner nodes to be used, each pointing to the next.</summary>
    private byte* _spares;
    private bool _isLeftEdge;

    /// <summary>Divides a leaf into which an element is to go at an index; returns the half where that is now.</summary>
    public ScoreLeaf* Split(ScoreLeaf* leaf, ref ScorePath path, ref int index)
    {
        int top = path.Depth;
        while (top > 0 && path.Node(top - 1)->Count == ScoreInner.Capacity) top--;
        ScoreLeaf* fresh = ScoreLeaf.Create(_heap, ScoreLeaf.CapacityMax);
        TakeSpares(path.Depth - top + (top == 0 ? 1 : 0), fresh);
        _isLeftEdge = leaf->Previous == null && index == 0;
        if (top == 0)
        {
            AddRoot(ref path);
            top = 1;
        }
        for (int depth = top; depth < path.Depth; depth++) DivideInner(ref path, depth);
        return DivideLeaf(leaf, fresh, ref path, ref index);
    }

    private void TakeSpares(int count, ScoreLeaf* leaf)
    {
        try
        {
            for (; count > 0; count--)
            {
                byte* page = _heap.Allocate(ScoreInner.Bytes);
                *(byte**)page = _spares;
                _spares = page;
            }
        }
        catch (HeapExhaustedException)
        {
            while (_spares != null) _heap.Free((byte*)TakeInner());
            _heap.Free((byte*)leaf);
            throw;
        }
    }

    private ScoreInner* TakeInner()
    {
        ScoreInner* node = (ScoreInner*)_spares;
        _spares = *(byte**)_spares;
        node->Count = 0;
        return node;
    }

    private void AddRoot(ref ScorePath path)
    {
        ScoreInner* root = TakeInner();
        byte* child = _set->Root;
        double score;
        ulong first;
        if (_set->Height == 0)
        {
            score = ScoreLeaf.Scores((ScoreLeaf*)child)[0];
            first = ScoreLeaf.Reference((ScoreLeaf*)child, 0);
        }
        else
        {
            score = ScoreInner.Scores((ScoreInner*)child)[0];
            first = PackedReferences.Get(ScoreInner.Firsts((ScoreInner*)child), 0);
        }
        ScoreInner.Insert(_heap, root, 0, child, score, first, _set->Count);
        _set->Root = (byte*)root;
        _set->Height++;
        _set->Inners++;
        path.InsertTop(root);
    }

    /// <summary>
    /// Divides a full inner node below another that has room. At either edge all children but the one that is about
    /// to be divided stay where they are.
    /// </summary>
    private void DivideInner(ref ScorePath path, int depth)
    {
        ScoreInner* node = path.Node(depth), parent = path.Node(depth - 1);
        int index = path.Index(depth), at = path.Index(depth - 1);
        int keep = index == ScoreInner.Capacity - 1 ? ScoreInner.Capacity - 1
            : _isLeftEdge ? 1
            : ScoreInner.Capacity / 2;
        ScoreInner* right = TakeInner();
        long moved = ScoreInner.MoveRight(node, right, node->Count - keep);
        ScoreInner.Counts(parent)[at] -= moved;
        ScoreInner.Insert(
            _heap, parent, at + 1, (byte*)right, ScoreInner.Scores(right)[0], PackedReferences.Get(ScoreInner.Firsts(right), 0), moved);
        _set->Inners++;
        if (index < keep) return;
        path.Set(depth, right, index - keep);
        path.SetIndex(depth - 1, at + 1);
    }

    private readonly ScoreLeaf* DivideLeaf(ScoreLeaf* leaf, ScoreLeaf* fresh, ref ScorePath path, ref int index)
    {
        int depth = path.Depth - 1, at = path.Index(depth);
        ScoreInner* parent = path.Node(depth);
        _set->Leaves++;
        if (_isLeftEdge)
        {
            fresh->Next = leaf;
            leaf->Previous = fresh;
            _set->First = fresh;
            // What is inserted next is its first element, which is noted then.
            ScoreInner.Insert(_heap, parent, at, (byte*)fresh, 0, 0, 0);
            return fresh;
        }
        fresh->Previous = leaf;
        fresh->Next = leaf->Next;
        if (leaf->Next != null) leaf->Next->Previous = fresh;
        else _set->Last = fresh;
        leaf->Next = fresh;
        bool isRightEdge = fresh->Next == null && index == leaf->Count;
        int moved = isRightEdge ? 0 : leaf->Count / 2;
        ScoreLeaf.MoveRight(leaf, fresh, moved);
        ScoreInner.Counts(parent)[at] -= moved;
        ScoreInner.Insert(_heap, parent, at + 1, (byte*)fresh, ScoreLeaf.Scores(fresh)[0], moved == 0 ? 0 : ScoreLeaf.Reference(fresh, 0), moved);
        if (!isRightEdge && index <= leaf->Count) return leaf;
        index -= leaf->Count;
        path.SetIndex(depth, at + 1);
        return fresh;
    }
}
