namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>Builds a <see cref="ScoreTree"/> from sorted elements, from the bottom up.</summary>
/// <remarks>
/// Nodes are filled to about nine tenths, so that the next insertions do not divide them all, and evenly, so that
/// none is small. All memory is taken at the start.
/// </remarks>
internal static unsafe class ScoreTreeBuilder
{
    private const int LeafFill = ScoreLeaf.CapacityMax * 9 / 10;
    private const int InnerFill = ScoreInner.Capacity * 9 / 10;

    /// <summary>Gives a header its tree.</summary>
    /// <param name="heap">The heap.</param>
    /// <param name="set">The header; everything about the tree is set.</param>
    /// <param name="keys">The elements' scores, as <see cref="ScoredEntries"/> has them.</param>
    /// <param name="entries">References to their entries.</param>
    /// <param name="count">How many there are; at least one.</param>
    public static void Build(Heap heap, SortedSetHeader* set, ulong* keys, ulong* entries, int count)
    {
        int leaves = Groups(count, LeafFill);
        int inners = CountInners(leaves);
        byte** pages = TakePages(heap, count, leaves, inners);
        FillLeaves(heap, pages, leaves, keys, entries, count);
        set->HeapBase = heap.Base;
        set->First = (ScoreLeaf*)pages[0];
        set->Last = (ScoreLeaf*)pages[leaves - 1];
        set->Count = count;
        set->Leaves = leaves;
        set->Inners = inners;
        set->Height = 0;
        byte** level = pages;
        for (int nodes = leaves; nodes > 1;)
        {
            // The nodes of a level lie behind those of the level below.
            int parents = Groups(nodes, InnerFill);
            FillInners(heap, level, nodes, parents, set->Height++);
            level += nodes;
            nodes = parents;
        }
        set->Root = *level;
        heap.Free((byte*)pages);
    }

    private static int Groups(int count, int size) => (count + size - 1) / size;

    private static int CountInners(int leaves)
    {
        int inners = 0;
        for (int nodes = leaves; nodes > 1; inners += nodes) nodes = Groups(nodes, InnerFill);
        return inners;
    }

    private static byte** TakePages(Heap heap, int count, int leaves, int inners)
    {
        byte** pages = (byte**)heap.Allocate((nuint)(leaves + inners) * (nuint)sizeof(byte*));
        int taken = 0;
        try
        {
            int capacity = leaves == 1 ? Math.Min(count + count / 8 + 1, ScoreLeaf.CapacityMax) : ScoreLeaf.CapacityMax;
            for (; taken < leaves; taken++) pages[taken] = (byte*)ScoreLeaf.Create(heap, capacity);
            for (; taken < leaves + inners; taken++) pages[taken] = (byte*)ScoreInner.Create(heap);
            return pages;
        }
        catch (HeapExhaustedException)
        {
            while (taken > 0) heap.Free(pages[--taken]);
            heap.Free((byte*)pages);
            throw;
        }
    }

    private static void FillLeaves(Heap heap, byte** pages, int leaves, ulong* keys, ulong* entries, int count)
    {
        for (int i = 0, next = 0; i < leaves; i++)
        {
            ScoreLeaf* leaf = (ScoreLeaf*)pages[i];
            leaf->Previous = i == 0 ? null : (ScoreLeaf*)pages[i - 1];
            leaf->Next = i == leaves - 1 ? null : (ScoreLeaf*)pages[i + 1];
            int size = (count - next) / (leaves - i);
            for (int j = 0; j < size; j++, next++)
            {
                double score = keys[next] == ScoredEntries.ZeroKey
                    ? MemberEntry.Score(heap.Base + (entries[next] << 2))
                    : ScoredEntries.ScoreOf(keys[next]);
                ScoreLeaf.Set(leaf, j, score, entries[next]);
            }
            leaf->Count = (ushort)size;
        }
    }

    private static void FillInners(Heap heap, byte** children, int count, int parents, int height)
    {
        byte** nodes = children + count;
        for (int i = 0, next = 0; i < parents; i++)
        {
            ScoreInner* node = (ScoreInner*)nodes[i];
            for (int end = next + (count - next) / (parents - i); next < end; next++)
            {
                if (height == 0)
                {
                    ScoreLeaf* leaf = (ScoreLeaf*)children[next];
                    ScoreInner.Insert(heap, node, node->Count, children[next], ScoreLeaf.Scores(leaf)[0], ScoreLeaf.Reference(leaf, 0), leaf->Count);
                }
                else
                {
                    ScoreInner* inner = (ScoreInner*)children[next];
                    ulong first = PackedReferences.Get(ScoreInner.Firsts(inner), 0);
                    ScoreInner.Insert(heap, node, node->Count, children[next], ScoreInner.Scores(inner)[0], first, ScoreInner.Sum(inner, inner->Count));
                }
            }
        }
    }
}
