using System.Runtime.CompilerServices;
using Sigrun.Storage.Defragmentation;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>
/// The order of a large sorted set: a counted B+ tree over score, then member.
/// </summary>
/// <remarks>
/// <para>A skip list takes a pointer chase per step and some fifty bytes per element beside its member. Leaves of up to 76
/// scores with five-byte references take about sixteen bytes at the usual fill, a search reads one line of each of three
/// or four nodes, and the counts in inner nodes (<see cref="ScoreInner"/>) give ranks in both directions. Members are
/// looked into only where scores are equal.</para>
/// <para>A full leaf first passes elements on to a neighbour under the same parent, which keeps the fill at about 80 %; at
/// either end of the tree it is left full and a new leaf starts, so that ascending and descending insertions fill
/// leaves completely. Removal joins neighbours or evens them out (<see cref="ScoreTreeRemoval"/>).</para>
/// <para>Invariants: leaves are linked in order and hold at least one element unless the tree is empty; an inner node has at
/// least two children, and knows each child's exact count and first element; all leaves have the same depth. An
/// insertion that finds no memory has changed nothing; a removal needs none.</para>
/// </remarks>
internal readonly unsafe struct ScoreTree(Heap heap, SortedSetHeader* set)
{
    private const int FirstCapacity = 10;
    private const int LeafLinesFetched = 8;

    private readonly Heap _heap = heap;
    private readonly SortedSetHeader* _set = set;

    /// <summary>Gives a header the tree without elements.</summary>
    public static void Initialise(Heap heap, SortedSetHeader* set)
    {
        ScoreLeaf* leaf = ScoreLeaf.Create(heap, FirstCapacity);
        set->HeapBase = heap.Base;
        set->Root = (byte*)leaf;
        set->First = set->Last = leaf;
        set->Count = set->Inners = set->Height = 0;
        set->Leaves = 1;
    }

    /// <summary>Finds the leaf where an element is or belongs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ScoreLeaf* Descend(double score, ReadOnlySpan<byte> member, out ScorePath path)
    {
        Unsafe.SkipInit(out path);
        path.Depth = 0;
        byte* node = _set->Root;
        for (int level = _set->Height; level > 0; level--)
        {
            ScoreInner* inner = (ScoreInner*)node;
            int child = ScoreSearch.CountBelow(
                _heap, ScoreInner.Scores(inner), ScoreInner.Firsts(inner), inner->Count, score, member, orEqual: true);
            child = Math.Max(child - 1, 0);
            path.Push(inner, child);
            node = ScoreInner.Child(_heap, inner, child);
            Fetch(node);
        }
        return (ScoreLeaf*)node;
    }

    /// <summary>Finds the place of an element in its leaf.</summary>
    public ScoreLeaf* Locate(double score, ReadOnlySpan<byte> member, out ScorePath path, out int index)
    {
        ScoreLeaf* leaf = Descend(score, member, out path);
        index = IndexIn(leaf, score, member);
        return leaf;
    }

    /// <summary>Finds the element of a rank, which there is.</summary>
    public ScoreLeaf* AtRank(long rank, out ScorePath path, out int index)
    {
        Unsafe.SkipInit(out path);
        path.Depth = 0;
        byte* node = _set->Root;
        for (int level = _set->Height; level > 0; level--)
            node = Descend((ScoreInner*)node, ref rank, ref path);
        index = (int)rank;
        return (ScoreLeaf*)node;
    }

    /// <summary>Goes down to the child that has the element of a rank, which becomes the rank within it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Descend(ScoreInner* inner, ref long rank, ref ScorePath path)
    {
        long* counts = ScoreInner.Counts(inner);
        int child = 0;
        for (; rank >= counts[child]; child++) rank -= counts[child];
        path.Push(inner, child);
        return ScoreInner.Child(_heap, inner, child);
    }

    /// <summary>Finds the element of a rank, which there is, and moves the nodes that lead to it.</summary>
    public ScoreLeaf* MovePath(BlockMover blocks, long rank, out ScorePath path, out int index)
    {
        Unsafe.SkipInit(out path);
        path.Depth = 0;
        byte* node = _set->Root;
        for (int level = _set->Height; level > 0; level--)
        {
            if (blocks.Move(ref node))
            {
                if (path.Depth == 0) _set->Root = node;
                else ScoreInner.SetChild(_heap, path.Node(path.Depth - 1), path.Index(path.Depth - 1), node);
            }
            node = Descend((ScoreInner*)node, ref rank, ref path);
        }
        index = (int)rank;
        if (blocks.Move(ref node)) Hang((ScoreLeaf*)node, path);
        return (ScoreLeaf*)node;
    }

    /// <summary>The rank of an element that is there.</summary>
    public long RankOf(double score, ReadOnlySpan<byte> member)
    {
        ScoreLeaf* leaf = Locate(score, member, out ScorePath path, out int index);
        return path.CountBefore() + index;
    }

    /// <summary>How many elements have a score below one, or (<paramref name="orEqual"/>) not above it.</summary>
    public long CountBelow(double score, bool orEqual)
    {
        long rank = 0;
        byte* node = _set->Root;
        for (int level = _set->Height; level > 0; level--)
        {
            ScoreInner* inner = (ScoreInner*)node;
            int child = CountScores(ScoreInner.Scores(inner), inner->Count, score, orEqual) - 1;
            if (child < 0) return rank;
            rank += ScoreInner.Sum(inner, child);
            node = ScoreInner.Child(_heap, inner, child);
            Fetch(node);
        }
        ScoreLeaf* leaf = (ScoreLeaf*)node;
        return rank + CountScores(ScoreLeaf.Scores(leaf), leaf->Count, score, orEqual);
    }

    /// <summary>How many elements have a member below one, or not above it, when all scores are equal.</summary>
    public long CountBelow(ReadOnlySpan<byte> member, bool orEqual)
    {
        long rank = 0;
        byte* node = _set->Root;
        for (int level = _set->Height; level > 0; level--)
        {
            ScoreInner* inner = (ScoreInner*)node;
            int child = ScoreSearch.CountMembersBelow(_heap, ScoreInner.Firsts(inner), 0, inner->Count, member, orEqual) - 1;
            if (child < 0) return rank;
            rank += ScoreInner.Sum(inner, child);
            node = ScoreInner.Child(_heap, inner, child);
        }
        ScoreLeaf* leaf = (ScoreLeaf*)node;
        return rank + ScoreSearch.CountMembersBelow(_heap, ScoreLeaf.References(leaf), 0, leaf->Count, member, orEqual);
    }

    /// <summary>Adds an element that is not there.</summary>
    public void Insert(double score, byte* entry)
    {
        ReadOnlySpan<byte> member = MemberEntry.Member(entry);
        ScoreLeaf* leaf = Locate(score, member, out ScorePath path, out int index);
        if (leaf->Count == leaf->Capacity) leaf = MakeRoom(leaf, ref path, ref index);
        else if (_heap.MovesOnWrite) leaf = Move(leaf, path, leaf->Capacity);
        ScoreLeaf.Insert(leaf, index, score, _heap.ToRef(entry));
        path.AddToCounts(1);
        _set->Count++;
        if (index == 0) path.SetFirst(leaf);
    }

    /// <summary>Takes an element out that is there.</summary>
    public void Remove(double score, ReadOnlySpan<byte> member)
    {
        ScoreLeaf* leaf = Locate(score, member, out ScorePath path, out int index);
        new ScoreTreeRemoval(_heap, _set).Remove(leaf, ref path, index, 1);
    }

    /// <summary>
    /// Gives an element another score, and where it has moved another entry with the same member. What it finds no
    /// memory for it leaves as it was.
    /// </summary>
    public void Update(double score, byte* entry, double newScore, byte* newEntry)
    {
        ReadOnlySpan<byte> member = MemberEntry.Member(entry);
        ScoreLeaf* leaf = Locate(score, member, out ScorePath path, out int from);
        int to = IndexIn(leaf, newScore, member);
        bool stays = (to > 0 || leaf->Previous == null) && (to < leaf->Count || leaf->Next == null);
        if (!stays)
        {
            Insert(newScore, newEntry);
            Remove(score, member);
            return;
        }
        if (to > from) ScoreLeaf.Move(leaf, from + 1, leaf, from, --to - from);
        else ScoreLeaf.Move(leaf, to, leaf, to + 1, from - to);
        ScoreLeaf.Set(leaf, to, newScore, _heap.ToRef(newEntry));
        if (from == 0 || to == 0) path.SetFirst(leaf);
    }

    /// <summary>Fetches a node's scores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(byte* node)
    {
        for (int i = 0; i < LeafLinesFetched; i++) Prefetch.Line(node + i * 64);
    }

    private static int CountScores(double* scores, int count, double score, bool orEqual) =>
        orEqual ? ScoreSearch.CountUpTo(scores, count, score) : ScoreSearch.CountBelow(scores, count, score);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int IndexIn(ScoreLeaf* leaf, double score, ReadOnlySpan<byte> member) =>
        ScoreSearch.CountBelow(_heap, ScoreLeaf.Scores(leaf), ScoreLeaf.References(leaf), leaf->Count, score, member, orEqual: false);

    /// <summary>Makes room at an index of a full leaf; returns the leaf to insert into.</summary>
    private ScoreLeaf* MakeRoom(ScoreLeaf* leaf, ref ScorePath path, ref int index)
    {
        if (leaf->Capacity < ScoreLeaf.CapacityMax)
            return Move(leaf, path, Math.Min(leaf->Capacity * 2, ScoreLeaf.CapacityMax));
        ScoreLeaf* target = PassOn(leaf, ref path, ref index);
        return target != null ? target : new ScoreTreeSplit(_heap, _set).Split(leaf, ref path, ref index);
    }

    /// <summary>Moves elements of a full leaf to a neighbour that has room; null when none has.</summary>
    private ScoreLeaf* PassOn(ScoreLeaf* leaf, ref ScorePath path, ref int index)
    {
        if (path.Depth == 0) return null;
        int depth = path.Depth - 1, at = path.Index(depth);
        ScoreInner* parent = path.Node(depth);
        if (at > 0 && leaf->Previous->Count <= ScoreLeaf.TakesMax)
        {
            ScoreLeaf* left = leaf->Previous;
            int count = (leaf->Count - left->Count) / 2;
            ScoreLeaf.MoveLeft(left, leaf, count);
            NoteMoved(parent, at - 1, leaf, count);
            if (index >= count)
            {
                index -= count;
                return leaf;
            }
            index += left->Count - count;
            path.SetIndex(depth, at - 1);
            return left;
        }
        if (at < parent->Count - 1 && leaf->Next->Count <= ScoreLeaf.TakesMax)
        {
            ScoreLeaf* right = leaf->Next;
            int count = (leaf->Count - right->Count) / 2;
            ScoreLeaf.MoveRight(leaf, right, count);
            NoteMoved(parent, at, right, -count);
            if (index <= leaf->Count) return leaf;
            index -= leaf->Count;
            path.SetIndex(depth, at + 1);
            return right;
        }
        return null;
    }

    /// <summary>Notes that elements went from a right leaf to a left one, whose index is given.</summary>
    private static void NoteMoved(ScoreInner* parent, int left, ScoreLeaf* right, int count)
    {
        ScoreInner.Counts(parent)[left] += count;
        ScoreInner.Counts(parent)[left + 1] -= count;
        ScoreInner.SetFirst(parent, left + 1, ScoreLeaf.Scores(right)[0], ScoreLeaf.Reference(right, 0));
    }

    /// <summary>Puts a leaf into another block.</summary>
    private ScoreLeaf* Move(ScoreLeaf* leaf, in ScorePath path, int capacity)
    {
        ScoreLeaf* fresh = ScoreLeaf.Create(_heap, capacity);
        ScoreLeaf.Move(leaf, 0, fresh, 0, leaf->Count);
        fresh->Count = leaf->Count;
        fresh->Previous = leaf->Previous;
        fresh->Next = leaf->Next;
        Hang(fresh, path);
        _heap.Free((byte*)leaf);
        return fresh;
    }

    /// <summary>Makes a leaf that has taken the place of another known to whatever led to that.</summary>
    private void Hang(ScoreLeaf* leaf, in ScorePath path)
    {
        if (leaf->Previous != null) leaf->Previous->Next = leaf;
        else _set->First = leaf;
        if (leaf->Next != null) leaf->Next->Previous = leaf;
        else _set->Last = leaf;
        if (path.Depth == 0) _set->Root = (byte*)leaf;
        else ScoreInner.SetChild(_heap, path.Node(path.Depth - 1), path.Index(path.Depth - 1), (byte*)leaf);
    }
}
