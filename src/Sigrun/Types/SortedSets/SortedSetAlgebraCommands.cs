using System.Buffers;
using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.SortedSets;

/// <summary>Commands that make one sorted set of several sets, to be replied, counted or stored.</summary>
internal static class SortedSetAlgebraCommands
{
    private const int OperandsOnStack = 16;

    /// <summary>What is made of the sets.</summary>
    private enum Operation
    {
        Union,
        Intersection,
        Difference,
    }

    [Command("ZUNION", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "6.2.0",
        Complexity = "O(N); O(M*log(M))", Keys = "1# RO access", Summary = "Returns the members of several sorted sets.",
        Syntax = "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <aggregate=SUM|MIN|MAX>] [WITHSCORES]")]
    public static void ZUnion(CommandContext c) => Run(c, new Request { NumKeysIndex = 1, Operation = Operation.Union });

    [Command("ZUNIONSTORE", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.SortedSet,
        Since = "2.0.0", Complexity = "O(N); O(M log(M))", Keys = "1 OW update; 2# RO access",
        Summary = "Stores the members of several sorted sets in a key.",
        Syntax = "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <aggregate=SUM|MIN|MAX>]")]
    public static void ZUnionStore(CommandContext c) => Run(c, new Request { NumKeysIndex = 2, Operation = Operation.Union });

    [Command("ZINTER", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "6.2.0",
        Complexity = "O(N*K); O(M*log(M))", Keys = "1# RO access",
        Summary = "Returns the members that several sorted sets have in common.",
        Syntax = "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <aggregate=SUM|MIN|MAX>] [WITHSCORES]")]
    public static void ZInter(CommandContext c) => Run(c, new Request { NumKeysIndex = 1, Operation = Operation.Intersection });

    [Command("ZINTERSTORE", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.SortedSet,
        Since = "2.0.0", Complexity = "O(N*K); O(M*log(M))", Keys = "1 OW update; 2# RO access",
        Summary = "Stores the members that several sorted sets have in common in a key.",
        Syntax = "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <aggregate=SUM|MIN|MAX>]")]
    public static void ZInterStore(CommandContext c) => Run(c, new Request { NumKeysIndex = 2, Operation = Operation.Intersection });

    [Command("ZINTERCARD", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "7.0.0",
        Complexity = "O(N*K)", Keys = "1# RO access", Summary = "Counts the members that several sorted sets have in common.",
        Syntax = "numkeys key [key ...] [LIMIT limit]")]
    public static void ZInterCard(CommandContext c) =>
        Run(c, new Request { NumKeysIndex = 1, Operation = Operation.Intersection, OnlyCounts = true });

    [Command("ZDIFF", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "6.2.0",
        Complexity = "O(L + (N-K)log(N))", Keys = "1# RO access",
        Summary = "Returns the members of the first sorted set that no other has.",
        Syntax = "numkeys key [key ...] [WITHSCORES]")]
    public static void ZDiff(CommandContext c) => Run(c, new Request { NumKeysIndex = 1, Operation = Operation.Difference });

    [Command("ZDIFFSTORE", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.SortedSet,
        Since = "6.2.0", Complexity = "O(L + (N-K)log(N))", Keys = "1 OW update; 2# RO access",
        Summary = "Stores the members of the first sorted set that no other has in a key.",
        Syntax = "destination numkeys key [key ...]")]
    public static void ZDiffStore(CommandContext c) => Run(c, new Request { NumKeysIndex = 2, Operation = Operation.Difference });

    private static void Run(CommandContext c, Request request)
    {
        if (!SortedSetArgument.TryReadInteger(c, request.NumKeysIndex, out long count)) return;
        if (count < 1)
        {
            c.Reply.Error([.. "ERR at least 1 input key is needed for '"u8, .. CommandTable.FullName(c.CommandId), .. "' command"u8]);
            return;
        }
        if (count > c.ArgCount - request.NumKeysIndex - 1)
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        if (count <= OperandsOnStack)
        {
            Span<ScoredOperand> few = stackalloc ScoredOperand[OperandsOnStack];
            Run(c, ref request, few[..(int)count]);
            return;
        }
        ScoredOperand[] many = ArrayPool<ScoredOperand>.Shared.Rent((int)count);
        try
        {
            Run(c, ref request, many.AsSpan(0, (int)count));
        }
        finally
        {
            ArrayPool<ScoredOperand>.Shared.Return(many);
        }
    }

    private static void Run(CommandContext c, ref Request request, Span<ScoredOperand> sets)
    {
        if (!TryFindSets(c, request.NumKeysIndex + 1, sets) || !TryReadOptions(c, ref request, sets)) return;
        Heap heap = c.Engine.Heap;
        if (request.Operation != Operation.Difference) SortedSetAlgebra.SortByCount(sets);
        if (request.OnlyCounts)
        {
            c.Reply.Integer(SortedSetAlgebra.CountCommon(heap, sets, request.Limit == 0 ? long.MaxValue : request.Limit));
            return;
        }
        SortedSetBuilder result = new(heap, indexed: request.Operation == Operation.Union);
        try
        {
            if (request.Operation == Operation.Union) SortedSetAlgebra.Union(heap, sets, request.Aggregate, ref result);
            else if (request.Operation == Operation.Intersection) SortedSetAlgebra.Intersect(heap, sets, request.Aggregate, ref result);
            else SortedSetAlgebra.Subtract(heap, sets, ref result);
            if (request.Stores) SortedSetStore.Reply(c, ref result, EventOf(request.Operation));
            else Write(c, ref result, request.WithScores);
        }
        finally
        {
            result.Dispose();
        }
    }

    private static ReadOnlySpan<byte> EventOf(Operation operation) => operation switch
    {
        Operation.Union => "zunionstore"u8,
        Operation.Intersection => "zinterstore"u8,
        _ => "zdiffstore"u8,
    };

    private static void Write(CommandContext c, ref SortedSetBuilder result, bool withScores)
    {
        result.Sort();
        SortedSetReply.Begin(c, result.Count, withScores);
        for (long i = 0; i < result.Count; i++)
            SortedSetReply.Write(c, result.MemberAt(i), withScores ? result.ScoreAt(i) : 0, withScores);
    }

    /// <summary>Finds the sets of consecutive arguments; replies the error and returns false when one has another type.</summary>
    private static bool TryFindSets(CommandContext c, int firstKey, Span<ScoredOperand> sets)
    {
        for (int i = 0; i < sets.Length; i++)
        {
            EntryRef entry = c.Db.FindForRead(c.Key(firstKey + i));
            if (!entry.IsNull && entry.Type is not (EntryType.SortedSet or EntryType.Set))
            {
                c.Reply.Error(CommandErrors.WrongType);
                return false;
            }
            sets[i] = new ScoredOperand(c.Engine.Heap, entry);
        }
        return true;
    }

    private static bool TryReadOptions(CommandContext c, ref Request request, Span<ScoredOperand> sets)
    {
        bool combines = request.Operation != Operation.Difference && !request.OnlyCounts;
        for (int i = request.NumKeysIndex + 1 + sets.Length; i < c.ArgCount; i++)
        {
            int left = c.ArgCount - i;
            if (combines && left > sets.Length && c.ArgIs(i, "weights"u8))
            {
                if (!TryReadWeights(c, i + 1, sets)) return false;
                i += sets.Length;
            }
            else if (combines && left >= 2 && c.ArgIs(i, "aggregate"u8))
            {
                if (!TryReadAggregate(c, ++i, out request.Aggregate)) return c.Refuse(CommandErrors.Syntax);
            }
            else if (!request.Stores && !request.OnlyCounts && c.ArgIs(i, "withscores"u8))
            {
                request.WithScores = true;
            }
            else if (request.OnlyCounts && left >= 2 && c.ArgIs(i, "limit"u8))
            {
                if (!SortedSetArgument.TryReadInteger(c, ++i, 0, "ERR LIMIT can't be negative"u8, out request.Limit)) return false;
            }
            else
            {
                return c.Refuse(CommandErrors.Syntax);
            }
        }
        return true;
    }

    private static bool TryReadWeights(CommandContext c, int first, Span<ScoredOperand> sets)
    {
        for (int i = 0; i < sets.Length; i++)
        {
            if (DoubleText.TryRead(c.Arg(first + i), out sets[i].Weight)) continue;
            c.Reply.Error("ERR weight value is not a float"u8);
            return false;
        }
        return true;
    }

    private static bool TryReadAggregate(CommandContext c, int index, out ScoreAggregate aggregate)
    {
        aggregate = c.ArgIs(index, "min"u8) ? ScoreAggregate.Min : c.ArgIs(index, "max"u8) ? ScoreAggregate.Max : ScoreAggregate.Sum;
        return aggregate != ScoreAggregate.Sum || c.ArgIs(index, "sum"u8);
    }

    private struct Request
    {
        public int NumKeysIndex;
        public Operation Operation;
        public ScoreAggregate Aggregate;
        public bool OnlyCounts;
        public bool WithScores;
        public long Limit;

        /// <summary>Whether the first argument is a key for the result.</summary>
        public readonly bool Stores => NumKeysIndex == 2;
    }
}
