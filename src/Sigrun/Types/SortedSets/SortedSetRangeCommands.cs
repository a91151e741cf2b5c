using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.SortedSets;

/// <summary>Commands on ranges of a sorted set: by rank, by score, by member.</summary>
internal static class SortedSetRangeCommands
{
    [Command("ZRANGE", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "1.2.0",
        Complexity = "O(log(N)+M)", Keys = "1 RO access", Summary = "Returns a range of members.",
        Syntax = "key start:string stop:string [sortby=BYSCORE|BYLEX]@6.2.0 [REV@6.2.0] [LIMIT offset count]@6.2.0 [WITHSCORES]",
        History = ["6.2.0: REV, BYSCORE, BYLEX and LIMIT"])]
    public static void ZRange(CommandContext c) => Range(c, RangeBy.Unknown, isReverse: false);

    [Command("ZREVRANGE", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "1.2.0",
        Complexity = "O(log(N)+M)", Keys = "1 RO access", Summary = "Returns a range of members by rank, the highest first.",
        Syntax = "key start stop [WITHSCORES]")]
    public static void ZRevRange(CommandContext c) => Range(c, RangeBy.Rank, isReverse: true);

    [Command("ZRANGEBYSCORE", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "1.0.5",
        Complexity = "O(log(N)+M); O(log(N))", Keys = "1 RO access", Summary = "Returns the members in a range of scores.",
        Syntax = "key min:double max:double [WITHSCORES@2.0.0] [LIMIT offset count]", History = ["2.0.0: WITHSCORES"])]
    public static void ZRangeByScore(CommandContext c) => Range(c, RangeBy.Score, isReverse: false);

    [Command("ZREVRANGEBYSCORE", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "2.2.0",
        Complexity = "O(log(N)+M); O(log(N))", Keys = "1 RO access",
        Summary = "Returns the members in a range of scores, the highest first.",
        Syntax = "key max:double min:double [WITHSCORES] [LIMIT offset count]", History = ["2.1.6: bounds can be excluded"])]
    public static void ZRevRangeByScore(CommandContext c) => Range(c, RangeBy.Score, isReverse: true);

    [Command("ZRANGEBYLEX", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "2.8.9",
        Complexity = "O(log(N)+M); O(log(N))", Keys = "1 RO access",
        Summary = "Returns the members between two of them, in the order of their bytes.",
        Syntax = "key min max [LIMIT offset count]")]
    public static void ZRangeByLex(CommandContext c) => Range(c, RangeBy.Member, isReverse: false);

    [Command("ZREVRANGEBYLEX", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "2.8.9",
        Complexity = "O(log(N)+M); O(log(N))", Keys = "1 RO access",
        Summary = "Returns the members between two of them, in the reverse order of their bytes.",
        Syntax = "key max min [LIMIT offset count]")]
    public static void ZRevRangeByLex(CommandContext c) => Range(c, RangeBy.Member, isReverse: true);

    [Command("ZRANGESTORE", Arity = -5, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.SortedSet,
        Since = "6.2.0", Complexity = "O(log(N)+M)", Keys = "1 OW update; 2 RO access",
        Summary = "Stores a range of members in another key.",
        Syntax = "dst src min max [sortby=BYSCORE|BYLEX] [REV] [LIMIT offset count]")]
    public static void ZRangeStore(CommandContext c)
    {
        if (!RangeRequest.TryRead(c, 2, RangeBy.Unknown, isReverse: false, stores: true, out RangeRequest request)) return;
        if (!TypedKey.TryFind(c, c.Key(2), EntryType.SortedSet, out EntryRef entry)) return;
        SortedSetBuilder builder = new(c.Engine.Heap, indexed: false);
        try
        {
            if (!entry.IsNull) Collect(c, new SortedSetReader(c.Engine.Heap, entry), request, ref builder);
            SortedSetStore.Reply(c, ref builder, "zrangestore"u8);
        }
        finally
        {
            builder.Dispose();
        }
    }

    [Command("ZCOUNT", Arity = 4, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet,
        Since = "2.0.0", Complexity = "O(log(N))", Keys = "1 RO access", Summary = "Counts the members in a range of scores.",
        Syntax = "key min:double max:double")]
    public static void ZCount(CommandContext c)
    {
        if (!SortedSetArgument.TryReadScores(c, 2, 3, out ScoreRange range)) return;
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.SortedSet, out EntryRef entry)) return;
        c.Reply.Integer(entry.IsNull ? 0 : new SortedSetReader(c.Engine.Heap, entry).InRange(range).Count);
    }

    [Command("ZLEXCOUNT", Arity = 4, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet,
        Since = "2.8.9", Complexity = "O(log(N))", Keys = "1 RO access",
        Summary = "Counts the members between two of them in the order of their bytes.", Syntax = "key min max")]
    public static void ZLexCount(CommandContext c)
    {
        if (!SortedSetArgument.TryReadMembers(c, 2, 3, out LexRange range)) return;
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.SortedSet, out EntryRef entry)) return;
        c.Reply.Integer(entry.IsNull ? 0 : new SortedSetReader(c.Engine.Heap, entry).InRange(range, fromEnd: false).Count);
    }

    [Command("ZREMRANGEBYRANK", Arity = 4, Flags = CommandFlags.Write, Group = CommandGroup.SortedSet, Since = "2.0.0",
        Complexity = "O(log(N)+M)", Keys = "1 RW delete", Summary = "Removes the members in a range of ranks.",
        Syntax = "key start stop")]
    public static void ZRemRangeByRank(CommandContext c)
    {
        if (!SortedSetArgument.TryReadInteger(c, 2, out long start) || !SortedSetArgument.TryReadInteger(c, 3, out long stop)) return;
        if (!TryOpen(c, out WriteScope scope)) return;
        long count = new SortedSetReader(c.Engine.Heap, scope.Entry).Count;
        Remove(c, ref scope, RangeRequest.Ranks(start, stop, count), "zremrangebyrank"u8);
    }

    [Command("ZREMRANGEBYSCORE", Arity = 4, Flags = CommandFlags.Write, Group = CommandGroup.SortedSet, Since = "1.2.0",
        Complexity = "O(log(N)+M)", Keys = "1 RW delete", Summary = "Removes the members in a range of scores.",
        Syntax = "key min:double max:double")]
    public static void ZRemRangeByScore(CommandContext c)
    {
        if (!SortedSetArgument.TryReadScores(c, 2, 3, out ScoreRange range) || !TryOpen(c, out WriteScope scope)) return;
        Remove(c, ref scope, new SortedSetReader(c.Engine.Heap, scope.Entry).InRange(range), "zremrangebyscore"u8);
    }

    [Command("ZREMRANGEBYLEX", Arity = 4, Flags = CommandFlags.Write, Group = CommandGroup.SortedSet, Since = "2.8.9",
        Complexity = "O(log(N)+M)", Keys = "1 RW delete",
        Summary = "Removes the members between two of them in the order of their bytes.", Syntax = "key min max")]
    public static void ZRemRangeByLex(CommandContext c)
    {
        if (!SortedSetArgument.TryReadMembers(c, 2, 3, out LexRange range) || !TryOpen(c, out WriteScope scope)) return;
        Remove(c, ref scope, new SortedSetReader(c.Engine.Heap, scope.Entry).InRange(range, fromEnd: false), "zremrangebylex"u8);
    }

    private static void Range(CommandContext c, RangeBy by, bool isReverse)
    {
        if (!RangeRequest.TryRead(c, 1, by, isReverse, stores: false, out RangeRequest request)) return;
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.SortedSet, out EntryRef entry)) return;
        if (entry.IsNull)
        {
            c.Reply.Array(0);
            return;
        }
        SortedSetReader set = new(c.Engine.Heap, entry);
        SortedSetReply.WriteRange(c, set, request.In(set), request.IsReverse, request.WithScores);
    }

    /// <summary>
    /// Collects a range. A listpack has no −0: what is stored while the new set is one loses the sign, even when the
    /// set then outgrows it.
    /// </summary>
    private static void Collect(CommandContext c, in SortedSetReader set, in RangeRequest request, ref SortedSetBuilder builder)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        RankRange range = request.In(set);
        SortedSetLimits limits = SortedSetArgument.Limits(c.Engine.Settings);
        bool isSmall = request.By != RangeBy.Rank || range.Count <= limits.Entries;
        SortedSetCursor at = set.At(request.IsReverse ? range.Last : range.First, !request.IsReverse);
        for (long left = range.Count; left > 0; left--)
        {
            ReadOnlySpan<byte> member = at.GetMember(scratch);
            isSmall = isSmall && builder.Count < limits.Entries && member.Length <= limits.MemberBytes;
            builder.Add(member, isSmall ? at.Score + 0.0 : at.Score);
            if (request.IsReverse) at.MovePrevious();
            else at.MoveNext();
        }
    }

    /// <summary>Opens the set to remove from; when there is none, replies so and returns false.</summary>
    private static bool TryOpen(CommandContext c, out WriteScope scope)
    {
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.SortedSet, out scope)) return false;
        if (!scope.Entry.IsNull) return true;
        c.Reply.Integer(0);
        return false;
    }

    private static void Remove(CommandContext c, ref WriteScope scope, RankRange range, ReadOnlySpan<byte> eventName)
    {
        if (range.Count > 0)
        {
            bool isEmpty = range.Count == new SortedSetReader(c.Engine.Heap, scope.Entry).Count;
            SortedSetValue.RemoveRange(scope.Edit(), range);
            SortedSetCommands.CommitRemoval(c, ref scope, eventName, range.Count, isEmpty);
        }
        c.Reply.Integer(range.Count);
    }
}
