using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.SortedSets;

/// <summary>Union, intersection and difference of sorted sets.</summary>
internal static class SortedSetAlgebra
{
    /// <summary>Orders the sets by the number of members; those with as many stay as they are.</summary>
    public static void SortByCount(Span<ScoredOperand> sets)
    {
        for (int i = 0; i < sets.Length; i++) sets[i].Place = i;
        sets.Sort(static (a, b) => a.Count != b.Count ? a.Count.CompareTo(b.Count) : a.Place.CompareTo(b.Place));
    }

    /// <summary>Collects the members of all sets; the builder is an indexed one.</summary>
    public static void Union(Heap heap, ReadOnlySpan<ScoredOperand> sets, ScoreAggregate aggregate, ref SortedSetBuilder result)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        foreach (ref readonly ScoredOperand set in sets)
        {
            if (set.Count == 0) continue;
            if (!set.IsPlain)
            {
                result.UnionWith(new SortedSetReader(heap, set.Entry), set.Weight, aggregate);
                continue;
            }
            ScoredOperand.Walk at = set.Members(heap);
            while (at.MoveNext()) result.Combine(at.GetMember(scratch), SortedSetBuilder.Weighted(1, set.Weight), aggregate);
        }
    }

    /// <summary>Collects the members that all sets have; the first set is the smallest.</summary>
    public static void Intersect(Heap heap, ReadOnlySpan<ScoredOperand> sets, ScoreAggregate aggregate, ref SortedSetBuilder result)
    {
        if (sets[0].Count == 0) return;
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        ScoredOperand.Walk at = sets[0].Members(heap);
        while (at.MoveNext())
        {
            ReadOnlySpan<byte> member = at.GetMember(scratch);
            if (TryCombine(heap, sets, member, at.Score, aggregate, out double score)) result.Add(member, score);
        }
    }

    /// <summary>Counts the members that all sets have, up to a limit; the first set is the smallest.</summary>
    public static long CountCommon(Heap heap, ReadOnlySpan<ScoredOperand> sets, long limit)
    {
        if (sets[0].Count == 0) return 0;
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        long count = 0;
        ScoredOperand.Walk at = sets[0].Members(heap);
        while (count < limit && at.MoveNext())
        {
            if (TryCombine(heap, sets, at.GetMember(scratch), at.Score, ScoreAggregate.Sum, out _)) count++;
        }
        return count;
    }

    /// <summary>Collects the members of the first set that no other has.</summary>
    public static void Subtract(Heap heap, ReadOnlySpan<ScoredOperand> sets, ref SortedSetBuilder result)
    {
        if (sets[0].Count == 0) return;
        long lookups = 0, others = 0;
        foreach (ref readonly ScoredOperand other in sets[1..])
        {
            if (other.Entry == sets[0].Entry) return;
            lookups += sets[0].Count;
            others += other.Count;
        }
        // Few large lookups are better than collecting what is to go, many small ones are not.
        if (lookups / 2 <= others + sets[0].Count) SubtractBySearching(heap, sets, ref result);
        else SubtractByCollecting(heap, sets, ref result);
    }

    private static void SubtractBySearching(Heap heap, ReadOnlySpan<ScoredOperand> sets, ref SortedSetBuilder result)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        ScoredOperand.Walk at = sets[0].Members(heap);
        while (at.MoveNext())
        {
            ReadOnlySpan<byte> member = at.GetMember(scratch);
            if (!IsInAny(heap, sets[1..], member)) result.Add(member, at.Score);
        }
    }

    private static void SubtractByCollecting(Heap heap, ReadOnlySpan<ScoredOperand> sets, ref SortedSetBuilder result)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        SortedSetBuilder excluded = new(heap, indexed: true);
        try
        {
            Union(heap, sets[1..], ScoreAggregate.Sum, ref excluded);
            ScoredOperand.Walk at = sets[0].Members(heap);
            while (at.MoveNext())
            {
                ReadOnlySpan<byte> member = at.GetMember(scratch);
                if (!excluded.Contains(member)) result.Add(member, at.Score);
            }
        }
        finally
        {
            excluded.Dispose();
        }
    }

    private static bool IsInAny(Heap heap, ReadOnlySpan<ScoredOperand> sets, ReadOnlySpan<byte> member)
    {
        foreach (ref readonly ScoredOperand set in sets)
        {
            if (set.Count > 0 && set.TryGetScore(heap, member, out _)) return true;
        }
        return false;
    }

    /// <summary>The score of a member of the first set in the intersection with all others; false when one does not have it.</summary>
    private static bool TryCombine(
        Heap heap, ReadOnlySpan<ScoredOperand> sets, ReadOnlySpan<byte> member, double first, ScoreAggregate aggregate, out double score)
    {
        score = SortedSetBuilder.Weighted(first, sets[0].Weight);
        foreach (ref readonly ScoredOperand other in sets[1..])
        {
            double value = first;
            if (other.Entry != sets[0].Entry && !other.TryGetScore(heap, member, out value)) return false;
            score = SortedSetBuilder.Aggregate(score, value * other.Weight, aggregate);
        }
        return true;
    }
}
