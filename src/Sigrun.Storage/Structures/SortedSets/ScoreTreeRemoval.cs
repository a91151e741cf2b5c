namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>Takes elements out of a <see cref="ScoreTree"/>, joining nodes that have become sparse or evening them out.</summary>
internal readonly unsafe ref struct ScoreTreeRemoval(Heap heap, SortedSetHeader* set)
{
    private readonly Heap _heap = heap;
    private readonly SortedSetHeader* _set = set;

    /// <summary>Takes neighbouring elements out of one leaf.</summary>
    public void Remove(ScoreLeaf* leaf, ref ScorePath path, int index, int count)
    {
        ScoreLeaf.Remove(leaf, index, count);
        path.AddToCounts(-count);
        _set->Count -= count;
        if (index == 0 && leaf->Count > 0) path.SetFirst(leaf);
        if (leaf->Count < ScoreLeaf.CountMin && path.Depth > 0) FillLeaf(leaf, ref path);
    }

    private void FillLeaf(ScoreLeaf* leaf, ref ScorePath path)
    {
        int depth = path.Depth - 1;
        ScoreInner* parent = path.Node(depth);
        int at = path.Index(depth) > 0 ? path.Index(depth) - 1 : 0;
        ScoreLeaf* left = (ScoreLeaf*)ScoreInner.Child(_heap, parent, at);
        ScoreLeaf* right = (ScoreLeaf*)ScoreInner.Child(_heap, parent, at + 1);
        int sum = left->Count + right->Count;
        path.SetIndex(depth, at);
        if (sum > ScoreLeaf.MergeMax)
        {
            int moved = sum / 2 - left->Count;
            if (moved >= 0) ScoreLeaf.MoveLeft(left, right, moved);
            else ScoreLeaf.MoveRight(left, right, -moved);
            ScoreInner.Counts(parent)[at] += moved;
            ScoreInner.Counts(parent)[at + 1] -= moved;
            ScoreInner.SetFirst(parent, at + 1, ScoreLeaf.Scores(right)[0], ScoreLeaf.Reference(right, 0));
            path.SetFirst(left);
            return;
        }
        ScoreLeaf.MoveLeft(left, right, right->Count);
        left->Next = right->Next;
        if (right->Next != null) right->Next->Previous = left;
        else _set->Last = left;
        _set->Leaves--;
        _heap.Free((byte*)right);
        ScoreInner.Counts(parent)[at] = sum;
        ScoreInner.Remove(parent, at + 1);
        if (sum > 0) path.SetFirst(left);
        FillInner(ref path, depth);
    }

    /// <summary>After an inner node has lost a child.</summary>
    private void FillInner(ref ScorePath path, int depth)
    {
        for (; depth > 0; depth--)
        {
            if (path.Node(depth)->Count >= ScoreInner.CountMin) return;
            ScoreInner* parent = path.Node(depth - 1);
            int at = path.Index(depth - 1) > 0 ? path.Index(depth - 1) - 1 : 0;
            ScoreInner* left = (ScoreInner*)ScoreInner.Child(_heap, parent, at);
            ScoreInner* right = (ScoreInner*)ScoreInner.Child(_heap, parent, at + 1);
            int sum = left->Count + right->Count;
            if (sum > ScoreInner.MergeMax)
            {
                int moved = sum / 2 - left->Count;
                long elements = moved >= 0 ? ScoreInner.MoveLeft(left, right, moved) : -ScoreInner.MoveRight(left, right, -moved);
                ScoreInner.Counts(parent)[at] += elements;
                ScoreInner.Counts(parent)[at + 1] -= elements;
                ScoreInner.SetFirst(parent, at + 1, ScoreInner.Scores(right)[0], PackedReferences.Get(ScoreInner.Firsts(right), 0));
                return;
            }
            ScoreInner.Counts(parent)[at] += ScoreInner.MoveLeft(left, right, right->Count);
            _set->Inners--;
            _heap.Free((byte*)right);
            ScoreInner.Remove(parent, at + 1);
        }
        ScoreInner* root = path.Node(0);
        if (root->Count > 1) return;
        _set->Root = ScoreInner.Child(_heap, root, 0);
        _set->Height--;
        _set->Inners--;
        _heap.Free((byte*)root);
    }
}
