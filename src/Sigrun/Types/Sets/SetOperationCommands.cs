using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Protocol;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Sets;

namespace Sigrun.Types.Sets;

/// <summary>Intersection, union and difference of sets: replied, counted or stored.</summary>
internal static class SetOperationCommands
{
    [Command("SINTER", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, Since = "1.0.0",
        Complexity = "O(N*M)", Keys = "1..-1 RO access", Tips = "nondeterministic_output_order",
        Summary = "Lists the members that all sets have.", Syntax = "key [key ...]")]
    public static void SInter(CommandContext c)
    {
        SetOperands operands = c.Engine.SetOperands;
        if (!operands.TryFind(c, 1, c.ArgCount - 1)) return;
        if (operands.Count < operands.Named)
        {
            c.Reply.Set(0);
            return;
        }
        operands.SortBySize();
        ReplySink sink = new(c.Reply);
        DeferredHeader header = c.Reply.BeginDeferred();
        SetAlgebra.Intersect(c.Engine.Heap, operands.Sets, ref sink);
        c.Reply.EndDeferredSet(header, sink.Count);
    }

    [Command("SINTERCARD", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, Since = "7.0.0",
        Complexity = "O(N*M)", Keys = "1# RO access", Summary = "Counts the members that all sets have.",
        Syntax = "numkeys key [key ...] [LIMIT limit]")]
    public static void SInterCard(CommandContext c)
    {
        if (!TryReadCardArguments(c, out int keys, out long limit)) return;
        SetOperands operands = c.Engine.SetOperands;
        if (!operands.TryFind(c, 2, keys)) return;
        CountSink sink = new(limit);
        if (operands.Count == operands.Named)
        {
            operands.SortBySize();
            SetAlgebra.Intersect(c.Engine.Heap, operands.Sets, ref sink);
        }
        c.Reply.Integer(sink.Count);
    }

    [Command("SINTERSTORE", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Set,
        Since = "1.0.0", Complexity = "O(N*M)", Keys = "1 OW update; 2..-1 RO access",
        Summary = "Stores the members that all sets have.", Syntax = "destination key [key ...]")]
    public static void SInterStore(CommandContext c)
    {
        SetOperands operands = c.Engine.SetOperands;
        if (!operands.TryFind(c, 2, c.ArgCount - 2)) return;
        if (operands.Count < operands.Named)
        {
            StoreNothing(c);
            return;
        }
        operands.SortBySize();
        bool fromNumbers = operands.Sets[0].Encoding == EntryEncoding.IntSet;
        SetBuilder result = NewResult(c, fromNumbers ? EntryEncoding.IntSet : EntryEncoding.ListPack, 0);
        try
        {
            SetAlgebra.Intersect(c.Engine.Heap, operands.Sets, ref result);
            result.PackNumbers();
        }
        catch (HeapExhaustedException)
        {
            result.Discard();
            throw;
        }
        Store(c, result, "sinterstore"u8);
    }

    [Command("SUNION", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, Since = "1.0.0",
        Complexity = "O(N)", Keys = "1..-1 RO access", Tips = "nondeterministic_output_order",
        Summary = "Lists the members that any set has.", Syntax = "key [key ...]")]
    public static void SUnion(CommandContext c)
    {
        SetOperands operands = c.Engine.SetOperands;
        if (!operands.TryFind(c, 1, c.ArgCount - 1)) return;
        if (operands.Count == 0)
        {
            c.Reply.Set(0);
            return;
        }
        if (operands.Count == 1)
        {
            SetCommands.ReplyMembers(c, operands.Sets[0]);
            return;
        }
        SetBuilder result = Unite(c, operands, EncodingOfReply(operands));
        try
        {
            SetCommands.ReplyMembers(c, result.Entry);
        }
        finally
        {
            result.Discard();
        }
    }

    [Command("SUNIONSTORE", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Set,
        Since = "1.0.0", Complexity = "O(N)", Keys = "1 OW update; 2..-1 RO access",
        Summary = "Stores the members that any set has.", Syntax = "destination key [key ...]")]
    public static void SUnionStore(CommandContext c)
    {
        SetOperands operands = c.Engine.SetOperands;
        if (!operands.TryFind(c, 2, c.ArgCount - 2)) return;
        if (operands.Count == 0) StoreNothing(c);
        else Store(c, Unite(c, operands, EntryEncoding.IntSet), "sunionstore"u8);
    }

    [Command("SDIFF", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, Since = "1.0.0",
        Complexity = "O(N)", Keys = "1..-1 RO access", Tips = "nondeterministic_output_order",
        Summary = "Lists the members of the first set that no other has.", Syntax = "key [key ...]")]
    public static void SDiff(CommandContext c)
    {
        SetOperands operands = c.Engine.SetOperands;
        if (!operands.TryFind(c, 1, c.ArgCount - 1)) return;
        if (operands.First.IsNull || operands.IsFirstRepeated())
        {
            c.Reply.Set(0);
            return;
        }
        if (IsTakingOutCheaper(operands))
        {
            SetBuilder result = Subtract(c, operands, EncodingOfReply(operands));
            try
            {
                SetCommands.ReplyMembers(c, result.Entry);
            }
            finally
            {
                result.Discard();
            }
            return;
        }
        operands.SortOthersBySizeDescending();
        ReplySink sink = new(c.Reply);
        DeferredHeader header = c.Reply.BeginDeferred();
        SetAlgebra.Subtract(c.Engine.Heap, operands.First, operands.Others, ref sink);
        c.Reply.EndDeferredSet(header, sink.Count);
    }

    [Command("SDIFFSTORE", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Set,
        Since = "1.0.0", Complexity = "O(N)", Keys = "1 OW update; 2..-1 RO access",
        Summary = "Stores the members of the first set that no other has.", Syntax = "destination key [key ...]")]
    public static void SDiffStore(CommandContext c)
    {
        SetOperands operands = c.Engine.SetOperands;
        if (!operands.TryFind(c, 2, c.ArgCount - 2)) return;
        if (operands.First.IsNull || operands.IsFirstRepeated()) StoreNothing(c);
        else Store(c, Subtract(c, operands, EntryEncoding.IntSet), "sdiffstore"u8);
    }

    /// <summary>A union that is replied need not be in order: a table finds fastest what is there.</summary>
    private static EntryEncoding EncodingOfReply(SetOperands operands)
    {
        foreach (EntryRef set in operands.Sets)
        {
            if (set.Encoding != EntryEncoding.IntSet) return EntryEncoding.HashTable;
        }
        return EntryEncoding.IntSet;
    }

    private static SetBuilder Unite(CommandContext c, SetOperands operands, EntryEncoding encoding)
    {
        // A union is at least as large as the largest of its parts, which is copied without looking members up.
        EntryRef largest = operands.Sets[0];
        foreach (EntryRef set in operands.Sets)
        {
            if (SetValue.Count(set) > SetValue.Count(largest)) largest = set;
        }
        bool isCopied = SetBuilder.NeedsTable(largest, c.Engine.Settings.Types.SetLimits);
        SetBuilder result = isCopied ? CopyAsResult(c, largest) : NewResult(c, encoding, SetValue.Count(largest));
        try
        {
            foreach (EntryRef set in operands.Sets)
            {
                if (!isCopied || set != largest) SetAlgebra.AddAll(set, ref result);
            }
            return result;
        }
        catch (HeapExhaustedException)
        {
            result.Discard();
            throw;
        }
    }

    /// <summary>Whether going through all sets is less work than looking every member of the first up in the others.</summary>
    private static bool IsTakingOutCheaper(SetOperands operands)
    {
        long lookUps = 0, all = 0;
        foreach (EntryRef set in operands.Sets)
        {
            lookUps += SetValue.Count(operands.First);
            all += SetValue.Count(set);
        }
        return lookUps / 2 > all;
    }

    private static SetBuilder Subtract(CommandContext c, SetOperands operands, EntryEncoding encoding)
    {
        bool takesOut = IsTakingOutCheaper(operands);
        bool isCopied = takesOut && SetBuilder.NeedsTable(operands.First, c.Engine.Settings.Types.SetLimits);
        SetBuilder result = isCopied ? CopyAsResult(c, operands.First) : NewResult(c, encoding, 0);
        try
        {
            if (takesOut)
            {
                if (!isCopied) SetAlgebra.AddAll(operands.First, ref result);
                foreach (EntryRef set in operands.Others) SetAlgebra.RemoveAll(set, ref result);
            }
            else
            {
                operands.SortOthersBySizeDescending();
                SetAlgebra.Subtract(c.Engine.Heap, operands.First, operands.Others, ref result);
            }
            return result;
        }
        catch (HeapExhaustedException)
        {
            result.Discard();
            throw;
        }
    }

    private static SetBuilder NewResult(CommandContext c, EntryEncoding encoding, long expected) =>
        new(c.Engine.Heap, c.Arg(1), encoding, c.Engine.Settings.Types.SetLimits with { Expected = expected });

    private static SetBuilder CopyAsResult(CommandContext c, EntryRef set) =>
        new(c.Engine.Heap, c.Arg(1), set, c.Engine.Settings.Types.SetLimits);

    private static void Store(CommandContext c, in SetBuilder result, ReadOnlySpan<byte> eventName)
    {
        long count = result.Count;
        if (count == 0)
        {
            result.Discard();
            StoreNothing(c);
            return;
        }
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        scope.Attach(result.Entry);
        scope.Commit(KeyspaceEventClass.Set, eventName);
        c.Reply.Integer(count);
    }

    /// <summary>The result is empty: the destination goes.</summary>
    private static void StoreNothing(CommandContext c)
    {
        c.Db.RemoveForEmptyResult(c, c.Key(1));
        c.Reply.Integer(0);
    }

    private static bool TryReadCardArguments(CommandContext c, out int keys, out long limit)
    {
        keys = 0;
        limit = 0;
        if (!CountArgument.TryReadAtLeast(c, 1, 1, "ERR numkeys should be greater than 0"u8, out long count)) return false;
        if (count > c.ArgCount - 2)
        {
            c.Reply.Error("ERR Number of keys can't be greater than number of args"u8);
            return false;
        }
        keys = (int)count;
        for (int i = 2 + keys; i < c.ArgCount; i += 2)
        {
            if (!c.ArgIs(i, "limit"u8) || i + 1 == c.ArgCount)
            {
                c.Reply.Error(CommandErrors.Syntax);
                return false;
            }
            if (!CountArgument.TryReadAtLeast(c, i + 1, 0, "ERR LIMIT can't be negative"u8, out limit)) return false;
        }
        return true;
    }

    private struct ReplySink(ReplyWriter reply) : ISetSink
    {
        public long Count { get; private set; }

        public bool Take(in SetItem item)
        {
            reply.Bulk(item.Bytes);
            Count++;
            return true;
        }
    }

    private struct CountSink(long limit) : ISetSink
    {
        public long Count { get; private set; }

        public bool Take(in SetItem item) => ++Count != limit;
    }
}
