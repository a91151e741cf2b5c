using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Sets;

namespace Sigrun.Types.Sets;

/// <summary>Commands that add, remove and find members of one set.</summary>
internal static class SetCommands
{
    [Command("SADD", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.Set, Since = "1.0.0", Complexity = "O(1); O(N)", Keys = "1 RW insert", Element = 2,
        Summary = "Adds members to a set, which is made when the key does not exist.", Syntax = "key member [member ...]")]
    public static void SAdd(CommandContext c)
    {
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Set, out WriteScope scope)) return;
        long added = scope.Entry.IsNull ? Create(c, ref scope, c.Arg(1), first: 2, c.ArgCount) : AddTo(c, scope.Edit());
        if (added > 0)
        {
            scope.Commit(KeyspaceEventClass.Set, "sadd"u8);
            c.Engine.Dirty += added - 1;
        }
        c.Reply.Integer(added);
    }

    [Command("SREM", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Set, Since = "1.0.0",
        Complexity = "O(N)", Keys = "1 RW delete", Element = 2, Summary = "Removes members from a set.", Syntax = "key member [member ...]")]
    public static void SRem(CommandContext c)
    {
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Set, out WriteScope scope)) return;
        long removed = 0;
        if (!scope.Entry.IsNull)
        {
            StructureEditor editor = scope.Edit();
            for (int i = 2; i < c.ArgCount && SetValue.Count(scope.Entry) > 0; i++)
            {
                if (SetValue.Remove(editor, c.Arg(i))) removed++;
            }
        }
        if (removed > 0)
        {
            CommitRemoval(ref scope, "srem"u8);
            c.Engine.Dirty += removed - 1;
        }
        c.Reply.Integer(removed);
    }

    [Command("SMOVE", Arity = 4, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Set, Since = "1.0.0",
        Complexity = "O(1)", Keys = "1 RW access delete; 2 RW insert", Element = 3, Summary = "Moves a member from one set to another.",
        Syntax = "source destination member")]
    public static void SMove(CommandContext c)
    {
        KeyRef from = c.Key(1), to = c.Key(2);
        ReadOnlySpan<byte> member = c.Arg(3);
        WriteScope removal = c.Db.OpenWrite(c, from);
        WriteScope insertion = c.Db.OpenWrite(c, to);
        EntryRef source = removal.Entry, target = insertion.Entry;
        if (source.IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        if (!TypedKey.Is(c, source, EntryType.Set) || !TypedKey.Is(c, target, EntryType.Set)) return;
        if (source == target || !SetValue.Contains(c.Engine.Heap, source, member))
        {
            c.Reply.Integer(source == target && SetValue.Contains(c.Engine.Heap, source, member) ? 1 : 0);
            return;
        }
        // Adding first, since only that can fail; those who listen hear of it in the order of a move.
        bool added = Add(c, ref insertion, to.Bytes, member: 3);
        SetValue.Remove(removal.Edit(), member);
        CommitRemoval(ref removal, "srem"u8);
        if (added) insertion.Commit(KeyspaceEventClass.Set, "sadd"u8);
        c.Reply.Integer(1);
    }

    [Command("SISMEMBER", Arity = 3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Set,
        Since = "1.0.0", Complexity = "O(1)", Keys = "1 RO", Element = 2, Summary = "Tells whether a set has a member.", Syntax = "key member")]
    public static void SIsMember(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Set, out EntryRef set)) return;
        c.Reply.Integer(!set.IsNull && SetValue.Contains(c.Engine.Heap, set, c.Arg(2)) ? 1 : 0);
    }

    [Command("SMISMEMBER", Arity = -3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Set,
        Since = "6.2.0", Complexity = "O(N)", Keys = "1 RO access", Element = 2, Summary = "Tells which members a set has.",
        Syntax = "key member [member ...]")]
    public static void SMIsMember(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Set, out EntryRef set)) return;
        c.Reply.Array(c.ArgCount - 2);
        for (int i = 2; i < c.ArgCount; i++)
            c.Reply.Integer(!set.IsNull && SetValue.Contains(c.Engine.Heap, set, c.Arg(i)) ? 1 : 0);
    }

    [Command("SCARD", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Set, Since = "1.0.0",
        Complexity = "O(1)", Keys = "1 RO", Summary = "Counts the members of a set.", Syntax = "key")]
    public static void SCard(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Set, out EntryRef set)) return;
        c.Reply.Integer(set.IsNull ? 0 : SetValue.Count(set));
    }

    [Command("SMEMBERS", Arity = 2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, Since = "1.0.0",
        Complexity = "O(N)", Keys = "1 RO access", Tips = "nondeterministic_output_order",
        Summary = "Lists the members of a set.", Syntax = "key")]
    public static void SMembers(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Set, out EntryRef set)) return;
        if (set.IsNull) c.Reply.Set(0);
        else ReplyMembers(c, set);
    }

    [Command("SSCAN", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, Since = "2.8.0",
        Complexity = "O(1); O(N)", Keys = "1 RO access", Tips = "nondeterministic_output",
        Summary = "Walks over the members of a set in small steps.", Syntax = "key cursor [MATCH pattern] [COUNT count]")]
    public static void SScan(CommandContext c)
    {
        if (!ScanOptions.TryBegin(c, EntryType.Set, out EntryRef set, out ulong cursor, out ScanOptions options)) return;
        ScanOptions.Reply(c, Scan(c, set, cursor, options));
    }

    /// <summary>Replies all members of a set.</summary>
    public static void ReplyMembers(CommandContext c, EntryRef set)
    {
        c.Reply.Set(SetValue.Count(set));
        foreach (ListpackElement member in SetValue.Members(set)) c.Reply.Element(member);
    }

    /// <summary>Ends a removal; a set of which nothing is left goes.</summary>
    public static void CommitRemoval(ref WriteScope scope, ReadOnlySpan<byte> eventName)
    {
        scope.Commit(KeyspaceEventClass.Set, eventName);
        if (SetValue.Count(scope.Entry) == 0) scope.RemoveEmptied();
    }

    private static ulong Scan(CommandContext c, EntryRef set, ulong cursor, in ScanOptions options)
    {
        var visitor = new MemberCollector(c, options);
        long steps = options.StepsMax;
        do
        {
            cursor = SetValue.Scan(c.Engine.Heap, set, cursor, ref visitor);
        }
        while (cursor != 0 && steps-- > 0 && visitor.Seen < options.Count);
        return cursor;
    }

    private static bool Add(CommandContext c, ref WriteScope scope, ReadOnlySpan<byte> key, int member)
    {
        if (scope.Entry.IsNull) return Create(c, ref scope, key, member, end: member + 1) > 0;
        return SetValue.Add(scope.Edit(), c.Engine.Settings.Types.SetLimits, c.Arg(member));
    }

    /// <summary>Makes a set of the arguments from one to another.</summary>
    private static long Create(CommandContext c, ref WriteScope scope, ReadOnlySpan<byte> key, int first, int end)
    {
        Heap heap = c.Engine.Heap;
        SetLimits limits = c.Engine.Settings.Types.SetLimits;
        EntryRef made = SetValue.NewEntry(heap, key, KeyEntry.NoExpiry, limits, c.Arg(first), end - first);
        long added;
        try
        {
            added = AddMembers(c, StructureEditor.ForDetached(heap, made), limits, first, end);
        }
        catch (HeapExhaustedException)
        {
            DetachedEntry.Free(heap, made);
            throw;
        }
        scope.Attach(made);
        return added;
    }

    private static long AddTo(CommandContext c, in StructureEditor editor)
    {
        SetLimits limits = c.Engine.Settings.Types.SetLimits;
        SetValue.Prepare(editor, limits, c.ArgCount - 2);
        return AddMembers(c, editor, limits, first: 2, c.ArgCount);
    }

    private static long AddMembers(CommandContext c, in StructureEditor editor, in SetLimits limits, int first, int end)
    {
        long added = 0;
        for (int i = first; i < end; i++)
        {
            if (SetValue.Add(editor, limits, c.Arg(i))) added++;
        }
        return added;
    }

    /// <summary>Collects the members that pass the filter.</summary>
    private struct MemberCollector(CommandContext c, ScanOptions options) : IElementVisitor
    {
        public long Seen { get; private set; }

        public void Visit(ListpackElement element)
        {
            Seen++;
            Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
            ReadOnlySpan<byte> member = element.GetBytes(digits);
            if (options.Matches(c, member)) c.Engine.ScanBuffer.Add(member);
        }
    }
}
