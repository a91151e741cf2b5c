using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>A sorted set to be read; valid until it is written.</summary>
public readonly unsafe ref struct SortedSetReader
{
    private readonly Heap _heap;
    private readonly byte* _structure;
    private readonly bool _isPack;

    /// <summary>Looks at the value of an entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SortedSetReader(Heap heap, EntryRef entry)
    {
        _heap = heap;
        _structure = EntryHeader.Pointer(entry.Block);
        _isPack = entry.Encoding == EntryEncoding.ListPack;
    }

    /// <summary>The number of members.</summary>
    public long Count => _isPack ? Listpack.Count(_structure) / 2 : ((SortedSetHeader*)_structure)->Count;

    /// <summary>Whether it is one listpack.</summary>
    public bool IsPack => _isPack;

    private SortedSetTree Tree => new(_heap, _structure);

    /// <summary>The score of a member; false when there is none.</summary>
    public bool TryGetScore(ReadOnlySpan<byte> member, out double score)
    {
        score = 0;
        if (_isPack)
        {
            byte* element = SortedSetPack.Find(_structure, member);
            if (element == null) return false;
            score = SortedSetPack.ScoreOf(element);
            return true;
        }
        byte* entry = Tree.Find(member);
        if (entry == null) return false;
        score = MemberEntry.Score(entry);
        return true;
    }

    /// <summary>The number of members in front of one, −1 when there is none.</summary>
    public long RankOf(ReadOnlySpan<byte> member, out double score)
    {
        score = 0;
        if (_isPack)
        {
            byte* element = SortedSetPack.Find(_structure, member);
            if (element == null) return -1;
            score = SortedSetPack.ScoreOf(element);
            return SortedSetPack.IndexOf(_structure, element);
        }
        byte* entry = Tree.Find(member);
        if (entry == null) return -1;
        score = MemberEntry.Score(entry);
        return Tree.Order.RankOf(score, member);
    }

    /// <summary>The members whose scores are in a range.</summary>
    public RankRange InRange(in ScoreRange range)
    {
        if (range.IsEmpty) return default;
        long first = CountBelow(range.Min, range.ExcludesMin);
        return new RankRange(first, Math.Max(CountBelow(range.Max, !range.ExcludesMax) - first, 0));
    }

    /// <summary>
    /// The members in a range of them. Where scores differ, what the range means depends on where one starts to
    /// look: at the first member, or (<paramref name="fromEnd"/>) at the last one.
    /// </summary>
    public RankRange InRange(in LexRange range, bool fromEnd)
    {
        if (range.IsEmpty || Count == 0) return default;
        if (_isPack) return fromEnd ? InPackFromEnd(range) : InPack(range);
        ScoreTree order = Tree.Order;
        long first = range.Min.IsLowest ? 0 : order.CountBelow(range.Min.Member, range.Min.IsExcluded);
        long end = range.Max.IsHighest ? Tree.Count : order.CountBelow(range.Max.Member, !range.Max.IsExcluded);
        return new RankRange(first, Math.Max(end - first, 0));
    }

    /// <summary>The place of a rank, to go on from in one direction; the end when there is none.</summary>
    public SortedSetCursor At(long rank, bool forward = true)
    {
        if (rank < 0 || rank >= Count) return default;
        if (_isPack) return new SortedSetCursor(_structure, Listpack.At(_structure, rank * 2));
        SortedSetHeader* set = (SortedSetHeader*)_structure;
        if (rank == 0) return new SortedSetCursor(set->HeapBase, set->First, 0, forward);
        if (rank == set->Count - 1) return new SortedSetCursor(set->HeapBase, set->Last, set->Last->Count - 1, forward);
        ScoreLeaf* leaf = Tree.Order.AtRank(rank, out _, out int index);
        return new SortedSetCursor(set->HeapBase, leaf, index, forward);
    }

    /// <summary>Any member, each equally likely.</summary>
    public SortedSetCursor Random(ref RandomSource random) => At((long)random.NextBounded((ulong)Count));

    /// <summary>
    /// Visits the members of one place of the table of a large sorted set and returns the next cursor; 0 starts and
    /// ends. One that is a listpack is visited in one step.
    /// </summary>
    public ulong Scan<TVisitor>(ulong cursor, ref TVisitor visitor) where TVisitor : struct, IMemberVisitor
    {
        if (_isPack)
        {
            Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
            for (SortedSetCursor at = At(0); !at.IsEnd; at.MoveNext()) visitor.Visit(at.GetMember(scratch), at.Score);
            return 0;
        }
        EntryVisitor<TVisitor> entries = new() { Visitor = visitor };
        cursor = Tree.Table.Scan(cursor, ref entries);
        visitor = entries.Visitor;
        return cursor;
    }

    /// <summary>The bytes that the value takes beside its key's entry.</summary>
    /// <param name="samples">Members to look at; the others are taken to be like them.</param>
    public long UsedBytes(long samples)
    {
        if (_isPack) return (long)_heap.UsableSize(_structure);
        long bytes = 0, seen = 0;
        for (SortedSetCursor at = At(0); !at.IsEnd && seen < samples; at.MoveNext(), seen++) bytes += (long)_heap.UsableSize(at.Entry);
        return Tree.FrameBytes + (seen == 0 ? 0 : (long)((double)bytes / seen * Count));
    }

    internal byte* Structure => _structure;

    private long CountBelow(double score, bool orEqual) =>
        _isPack ? SortedSetPack.CountBelow(_structure, score, orEqual) : Tree.Order.CountBelow(score, orEqual);

    private RankRange InPack(in LexRange range)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        if (!range.Min.AdmitsAbove(At(Count - 1).GetMember(scratch)) || !range.Max.AdmitsBelow(At(0).GetMember(scratch))) return default;
        long first = 0, count = 0;
        SortedSetCursor at = At(0);
        for (; !at.IsEnd && !range.Min.AdmitsAbove(at.GetMember(scratch)); at.MoveNext()) first++;
        for (; !at.IsEnd && range.Max.AdmitsBelow(at.GetMember(scratch)); at.MoveNext()) count++;
        return new RankRange(first, count);
    }

    private RankRange InPackFromEnd(in LexRange range)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        long last = Count - 1, count = 0;
        if (!range.Min.AdmitsAbove(At(last).GetMember(scratch)) || !range.Max.AdmitsBelow(At(0).GetMember(scratch))) return default;
        SortedSetCursor at = At(last);
        for (; !at.IsEnd && !range.Max.AdmitsBelow(at.GetMember(scratch)); at.MovePrevious()) last--;
        for (; !at.IsEnd && range.Min.AdmitsAbove(at.GetMember(scratch)); at.MovePrevious()) count++;
        return new RankRange(last - count + 1, count);
    }

    private struct EntryVisitor<TVisitor> : IEntryVisitor where TVisitor : struct, IMemberVisitor
    {
        public TVisitor Visitor;

        public void Visit(byte* entry) => Visitor.Visit(MemberEntry.Member(entry), MemberEntry.Score(entry));
    }
}

/// <summary>Receives members with their scores.</summary>
public interface IMemberVisitor
{
    /// <summary>Called for each member; it must not write the set.</summary>
    void Visit(ReadOnlySpan<byte> member, double score);
}
