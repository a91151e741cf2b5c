using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Storage.Tests.Structures.SortedSets;

/// <summary>Looks through the tree and the table of a sorted set for anything that breaks their rules.</summary>
internal static unsafe class ScoreTreeCheck
{
    public static void Check(Heap heap, SortedSetHeader* set)
    {
        Walk walk = new() { Heap = heap };
        Assert.Equal(set->Count, walk.Visit(set->Root, set->Height));
        Assert.Equal(set->Leaves, walk.Leaves);
        Assert.Equal(set->Inners, walk.Inners);
        Assert.Equal((nuint)set->Last, (nuint)walk.Last);
        Assert.True(set->First->Previous == null);
        Assert.True(set->Last->Next == null);
        if (set->Height > 0) Assert.True(walk.Smallest > 0);
        HashTable<MemberLayout> table = HashTable<MemberLayout>.FromHeader(heap, set->Table);
        Assert.Equal(set->Count, table.Count);
        int index = 0;
        for (ScoreLeaf* leaf = set->First; leaf != null; leaf = leaf->Next)
        {
            for (index = 0; index < leaf->Count; index++)
            {
                byte* entry = ScoreLeaf.Entry(heap.Base, leaf, index);
                Assert.Equal(ScoreLeaf.Scores(leaf)[index], MemberEntry.Score(entry));
                Assert.True(table.Find(heap.Hasher.Hash(MemberEntry.Member(entry)), MemberEntry.Member(entry)) == entry);
            }
        }
    }

    /// <summary>The part of the leaves' places that is taken.</summary>
    public static double Fill(SortedSetHeader* set) => (double)set->Count / (set->Leaves * ScoreLeaf.CapacityMax);

    private ref struct Walk
    {
        public Heap Heap;
        public long Leaves;
        public long Inners;
        public int Smallest;
        public ScoreLeaf* Last;
        private byte* _lastEntry;

        public long Visit(byte* node, int height)
        {
            if (height == 0) return VisitLeaf((ScoreLeaf*)node);
            Inners++;
            ScoreInner* inner = (ScoreInner*)node;
            Assert.InRange(inner->Count, 2, ScoreInner.Capacity);
            long sum = 0;
            for (int i = 0; i < inner->Count; i++)
            {
                byte* child = ScoreInner.Child(Heap, inner, i);
                CheckFirst(inner, i, child, height - 1);
                long count = Visit(child, height - 1);
                Assert.Equal(count, ScoreInner.Counts(inner)[i]);
                sum += count;
            }
            return sum;
        }

        private readonly void CheckFirst(ScoreInner* inner, int index, byte* child, int height)
        {
            for (; height > 0; height--) child = ScoreInner.Child(Heap, (ScoreInner*)child, 0);
            ScoreLeaf* leaf = (ScoreLeaf*)child;
            Assert.Equal(ScoreLeaf.Scores(leaf)[0], ScoreInner.Scores(inner)[index]);
            Assert.Equal(ScoreLeaf.Reference(leaf, 0), PackedReferences.Get(ScoreInner.Firsts(inner), index));
        }

        private long VisitLeaf(ScoreLeaf* leaf)
        {
            Assert.InRange(leaf->Count, 0, leaf->Capacity);
            Assert.True(leaf->Previous == Last);
            Assert.True(Last == null || Last->Next == leaf);
            Last = leaf;
            Smallest = Leaves++ == 0 ? leaf->Count : Math.Min(Smallest, leaf->Count);
            for (int i = 0; i < leaf->Count; i++)
            {
                byte* entry = ScoreLeaf.Entry(Heap.Base, leaf, i);
                if (_lastEntry != null) Assert.True(Compare(_lastEntry, entry) < 0);
                _lastEntry = entry;
            }
            return leaf->Count;
        }

        private static int Compare(byte* left, byte* right)
        {
            double leftScore = MemberEntry.Score(left), rightScore = MemberEntry.Score(right);
            return leftScore != rightScore
                ? leftScore.CompareTo(rightScore)
                : MemberEntry.Member(left).SequenceCompareTo(MemberEntry.Member(right));
        }
    }
}
