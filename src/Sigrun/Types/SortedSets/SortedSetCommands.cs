using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.SortedSets;

/// <summary>Commands on single members of a sorted set: adding, removing, scores and ranks.</summary>
internal static class SortedSetCommands
{
    /// <summary>So many scores are read once; of more, each is read again when its turn comes.</summary>
    private const int ScoresKept = 32;

    [Command("ZADD", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.SortedSet, Since = "1.2.0", Complexity = "O(log(N))", Keys = "1 RW update", Element = 3,
        Summary = "Adds members to a sorted set or changes their scores.",
        Syntax = "key [condition=NX|XX]@3.0.2 [comparison=GT|LT]@6.2.0 [change=CH@3.0.2] [increment=INCR@3.0.2] "
            + "<data=score member> [score member ...]",
        History = ["2.4.0: takes several members", "3.0.2: XX, NX, CH and INCR", "6.2.0: GT and LT"])]
    public static void ZAdd(CommandContext c) => Add(c, SortedSetUpdate.None);

    [Command("ZINCRBY", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.SortedSet, Since = "1.2.0", Complexity = "O(log(N))", Keys = "1 RW access update", Element = 3,
        Summary = "Adds to the score of a member; a missing one counts as 0.", Syntax = "key increment member")]
    public static void ZIncrBy(CommandContext c) => Add(c, SortedSetUpdate.Increment);

    [Command("ZREM", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.SortedSet,
        Since = "1.2.0", Complexity = "O(M*log(N))", Keys = "1 RW delete", Element = 2, Summary = "Removes members of a sorted set.",
        Syntax = "key member [member ...]", History = ["2.4.0: takes several members"])]
    public static void ZRem(CommandContext c)
    {
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.SortedSet, out WriteScope scope)) return;
        if (scope.Entry.IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        StructureEditor editor = scope.Edit();
        long removed = 0;
        bool isEmpty = false;
        for (int i = 2; i < c.ArgCount && !isEmpty; i++)
        {
            if (!SortedSetValue.Remove(editor, c.Arg(i))) continue;
            removed++;
            isEmpty = new SortedSetReader(c.Engine.Heap, scope.Entry).Count == 0;
        }
        if (removed > 0) CommitRemoval(c, ref scope, "zrem"u8, removed, isEmpty);
        c.Reply.Integer(removed);
    }

    [Command("ZCARD", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet,
        Since = "1.2.0", Complexity = "O(1)", Keys = "1 RO", Summary = "Counts the members of a sorted set.", Syntax = "key")]
    public static void ZCard(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.SortedSet, out EntryRef entry)) return;
        c.Reply.Integer(entry.IsNull ? 0 : new SortedSetReader(c.Engine.Heap, entry).Count);
    }

    [Command("ZSCORE", Arity = 3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet,
        Since = "1.2.0", Complexity = "O(1)", Keys = "1 RO access", Element = 2, Summary = "Returns the score of a member.",
        Syntax = "key member")]
    public static void ZScore(CommandContext c)
    {
        if (TypedKey.TryFind(c, c.Key(1), EntryType.SortedSet, out EntryRef entry)) WriteScore(c, entry, 2);
    }

    [Command("ZMSCORE", Arity = -3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet,
        Since = "6.2.0", Complexity = "O(N)", Keys = "1 RO access", Element = 2, Summary = "Returns the scores of several members.",
        Syntax = "key member [member ...]")]
    public static void ZMScore(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.SortedSet, out EntryRef entry)) return;
        c.Reply.Array(c.ArgCount - 2);
        for (int i = 2; i < c.ArgCount; i++) WriteScore(c, entry, i);
    }

    [Command("ZRANK", Arity = -3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet,
        Since = "2.0.0", Complexity = "O(log(N))", Keys = "1 RO access", Element = 2,
        Summary = "Tells at which place a member stands, from the lowest score on.", Syntax = "key member [WITHSCORE]",
        History = ["7.2.0: WITHSCORE"])]
    public static void ZRank(CommandContext c) => Rank(c, isReverse: false);

    [Command("ZREVRANK", Arity = -3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.SortedSet,
        Since = "2.0.0", Complexity = "O(log(N))", Keys = "1 RO access", Element = 2,
        Summary = "Tells at which place a member stands, from the highest score on.", Syntax = "key member [WITHSCORE]",
        History = ["7.2.0: WITHSCORE"])]
    public static void ZRevRank(CommandContext c) => Rank(c, isReverse: true);

    [Command("ZSCAN", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "2.8.0",
        Complexity = "O(1); O(N)", Keys = "1 RO access", Tips = "nondeterministic_output",
        Summary = "Walks over the members of a sorted set in small steps.",
        Syntax = "key cursor [MATCH pattern] [COUNT count] [NOSCORES]", History = ["8.0.0: NOSCORES"])]
    public static void ZScan(CommandContext c)
    {
        if (!ScanOptions.TryBegin(c, EntryType.SortedSet, out EntryRef entry, out ulong cursor, out ScanOptions options)) return;
        SortedSetReader set = new(c.Engine.Heap, entry);
        var collector = new MemberCollector(c, options, set.IsPack);
        long steps = options.StepsMax;
        do
        {
            cursor = set.Scan(cursor, ref collector);
        }
        while (cursor != 0 && steps-- > 0 && collector.Seen < options.Count);
        ScanOptions.Reply(c, cursor);
    }

    /// <summary>Ends a change that removed members, and the key when none is left.</summary>
    public static void CommitRemoval(CommandContext c, ref WriteScope scope, ReadOnlySpan<byte> eventName, long removed, bool isEmpty)
    {
        c.Engine.Dirty += removed - 1;
        scope.Commit(KeyspaceEventClass.SortedSet, eventName);
        if (isEmpty) scope.RemoveEmptied();
    }

    private static void WriteScore(CommandContext c, EntryRef entry, int index)
    {
        if (!entry.IsNull && new SortedSetReader(c.Engine.Heap, entry).TryGetScore(c.Arg(index), out double score)) c.Reply.Double(score);
        else c.Reply.Null();
    }

    private static void Rank(CommandContext c, bool isReverse)
    {
        if (c.ArgCount > 4)
        {
            c.Reply.Error(CommandErrors.WrongArity(c.CommandId));
            return;
        }
        bool withScore = c.ArgCount > 3;
        if (withScore && !c.ArgIs(3, "withscore"u8))
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.SortedSet, out EntryRef entry)) return;
        double score = 0;
        long rank = -1, count = 0;
        if (!entry.IsNull)
        {
            SortedSetReader set = new(c.Engine.Heap, entry);
            rank = set.RankOf(c.Arg(2), out score);
            count = set.Count;
        }
        if (rank < 0)
        {
            if (withScore) c.Reply.NullArray();
            else c.Reply.Null();
            return;
        }
        if (withScore) c.Reply.Array(2);
        c.Reply.Integer(isReverse ? count - 1 - rank : rank);
        if (withScore) c.Reply.Double(score);
    }

    private static void Add(CommandContext c, SortedSetUpdate how)
    {
        int first = 2;
        bool countsChanges = false;
        while (first < c.ArgCount && TryReadOption(c, first, ref how, ref countsChanges)) first++;
        int pairs = (c.ArgCount - first) / 2;
        if (pairs == 0 || (c.ArgCount - first) % 2 != 0)
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        if (!AreCompatible(c, how, pairs)) return;
        Span<double> scores = stackalloc double[ScoresKept];
        if (!TryReadScores(c, first, pairs, scores, out int longest)) return;

        KeyRef key = c.Key(1);
        if (!TypedKey.TryOpenWrite(c, key, EntryType.SortedSet, out WriteScope scope)) return;
        SortedSetLimits limits = SortedSetArgument.Limits(c.Engine.Settings);
        var work = new Addition { How = how, First = first, Limits = limits };
        if (scope.Entry.IsNull)
        {
            if ((how & SortedSetUpdate.OnlyExisting) == 0)
                scope.Attach(MakeNew(c, key, pairs, longest, ref work, scores));
        }
        else
        {
            StructureEditor editor = scope.Edit();
            SortedSetValue.Prepare(editor, pairs, longest, limits);
            work.Run(c, editor, pairs, scores);
        }
        Reply(c, ref scope, work, countsChanges);
    }

    private static EntryRef MakeNew(CommandContext c, in KeyRef key, int pairs, int longest, ref Addition work, Span<double> scores)
    {
        Heap heap = c.Engine.Heap;
        EntryRef made = SortedSetValue.NewEntry(heap, key.Bytes, pairs, longest, work.Limits);
        try
        {
            work.Run(c, StructureEditor.ForDetached(heap, made), pairs, scores);
            return made;
        }
        catch (HeapExhaustedException)
        {
            DetachedEntry.Free(heap, made);
            throw;
        }
    }

    private static void Reply(CommandContext c, ref WriteScope scope, in Addition work, bool countsChanges)
    {
        bool increments = (work.How & SortedSetUpdate.Increment) != 0;
        if (work.Added + work.Changed > 0)
        {
            c.Engine.Dirty += work.Added + work.Changed - 1;
            scope.Commit(KeyspaceEventClass.SortedSet, increments ? "zincr"u8 : "zadd"u8);
        }
        if (work.FailsAsNumber) c.Reply.Error("ERR resulting score is not a number (NaN)"u8);
        else if (!increments) c.Reply.Integer(countsChanges ? work.Added + work.Changed : work.Added);
        else if (work.HasScore) c.Reply.Double(work.Score);
        else c.Reply.Null();
    }

    private static bool TryReadOption(CommandContext c, int index, ref SortedSetUpdate how, ref bool countsChanges)
    {
        ReadOnlySpan<byte> word = c.Arg(index);
        // Scores mostly start with a digit or a sign, which no option does.
        if (word.IsEmpty || word[0] <= (byte)'9') return false;
        if (c.ArgIs(index, "nx"u8)) how |= SortedSetUpdate.OnlyNew;
        else if (c.ArgIs(index, "xx"u8)) how |= SortedSetUpdate.OnlyExisting;
        else if (c.ArgIs(index, "ch"u8)) countsChanges = true;
        else if (c.ArgIs(index, "incr"u8)) how |= SortedSetUpdate.Increment;
        else if (c.ArgIs(index, "gt"u8)) how |= SortedSetUpdate.OnlyGreater;
        else if (c.ArgIs(index, "lt"u8)) how |= SortedSetUpdate.OnlyLess;
        else return false;
        return true;
    }

    private static bool AreCompatible(CommandContext c, SortedSetUpdate how, int pairs)
    {
        const SortedSetUpdate NewAndExisting = SortedSetUpdate.OnlyNew | SortedSetUpdate.OnlyExisting;
        const SortedSetUpdate Comparisons = SortedSetUpdate.OnlyGreater | SortedSetUpdate.OnlyLess;
        if ((how & NewAndExisting) == NewAndExisting)
            c.Reply.Error("ERR XX and NX options at the same time are not compatible"u8);
        else if ((how & Comparisons) == Comparisons || ((how & SortedSetUpdate.OnlyNew) != 0 && (how & Comparisons) != 0))
            c.Reply.Error("ERR GT, LT, and/or NX options at the same time are not compatible"u8);
        else if ((how & SortedSetUpdate.Increment) != 0 && pairs > 1)
            c.Reply.Error("ERR INCR option supports a single increment-element pair"u8);
        else
            return true;
        return false;
    }

    private static bool TryReadScores(CommandContext c, int first, int pairs, Span<double> scores, out int longest)
    {
        longest = 0;
        for (int i = 0; i < pairs; i++)
        {
            if (!DoubleText.TryRead(c.Arg(first + 2 * i), out double score))
            {
                c.Reply.Error(CommandErrors.NotAFloat);
                return false;
            }
            if (i < ScoresKept) scores[i] = score;
            longest = Math.Max(longest, c.Arg(first + 2 * i + 1).Length);
        }
        return true;
    }

    /// <summary>Sets the scores of one ZADD, and what came of it.</summary>
    private struct Addition
    {
        public SortedSetUpdate How;
        public SortedSetLimits Limits;
        public int First;
        public int Added;
        public int Changed;
        public bool FailsAsNumber;

        /// <summary>Whether the last member has the score that <see cref="Score"/> says.</summary>
        public bool HasScore;
        public double Score;

        public void Run(CommandContext c, in StructureEditor editor, int pairs, ReadOnlySpan<double> scores)
        {
            for (int i = 0; i < pairs; i++)
            {
                if (i < ScoresKept) Score = scores[i];
                else DoubleText.TryRead(c.Arg(First + 2 * i), out Score);
                SortedSetOutcome outcome = SortedSetValue.Set(editor, c.Arg(First + 2 * i + 1), ref Score, How, Limits);
                HasScore = outcome > SortedSetOutcome.NotANumber;
                if (outcome == SortedSetOutcome.Added) Added++;
                else if (outcome == SortedSetOutcome.Changed) Changed++;
                else if (outcome == SortedSetOutcome.NotANumber) FailsAsNumber = true;
            }
        }
    }

    /// <summary>Collects the members that pass the filter, with their scores.</summary>
    private struct MemberCollector(CommandContext c, ScanOptions options, bool isPack) : IMemberVisitor
    {
        public long Seen { get; private set; }

        public void Visit(ReadOnlySpan<byte> member, double score)
        {
            Seen++;
            if (!options.Matches(c, member)) return;
            ScanBuffer found = c.Engine.ScanBuffer;
            found.Add(member);
            if (options.NamesOnly) return;
            // In a listpack a score is kept as its shortest text; of a large set all digits are told.
            Span<byte> text = stackalloc byte[NumberText.DoubleMax];
            int length = isPack ? NumberText.FormatDouble(text, score) : DoubleText.FormatExact(text, score);
            found.Add(text[..length]);
        }
    }
}
