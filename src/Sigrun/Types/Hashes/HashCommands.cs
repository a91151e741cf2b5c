using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Protocol;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;

namespace Sigrun.Types.Hashes;

/// <summary>Commands that set, read and remove fields of a hash.</summary>
internal static class HashCommands
{
    [Command("HSET", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(1); O(N)", Keys = "1 RW update", Element = 2,
        Summary = "Sets fields of a hash, which is made when the key does not exist.",
        Syntax = "key <data=field value> [field value ...]")]
    public static void HSet(CommandContext c)
    {
        if (TrySet(c, out long added)) c.Reply.Integer(added);
    }

    [Command("HMSET", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(N)", Keys = "1 RW update", Element = 2,
        Summary = "Sets fields of a hash.", Syntax = "key <data=field value> [field value ...]")]
    public static void HMSet(CommandContext c)
    {
        if (TrySet(c, out _)) c.Reply.Ok();
    }

    [Command("HSETNX", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(1)", Keys = "1 RW insert", Element = 2,
        Summary = "Sets a field of a hash unless it is there.", Syntax = "key field value")]
    public static void HSetNx(CommandContext c)
    {
        if (!HashWrite.TryOpen(c, c.Key(1), out HashWrite write)) return;
        if (write.TryGet(c.Arg(2), out _))
        {
            c.Reply.Integer(0);
            return;
        }
        write.Prepare(2);
        write.Set(c.Arg(2), c.Arg(3));
        write.Commit("hset"u8, 1);
        // A replica may not have expired the field yet.
        if (write.HadExpiring) c.ReplaceEffects().Add("HSET"u8).Add(c.Arg(1)).Add(c.Arg(2)).Add(c.Arg(3)).Emit();
        c.Reply.Integer(1);
    }

    [Command("HGET", Arity = 3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash, Since = "2.0.0",
        Complexity = "O(1)", Keys = "1 RO access", Element = 2, Summary = "Reads a field of a hash.", Syntax = "key field")]
    public static void HGet(CommandContext c)
    {
        if (TypedKey.TryFind(c, c.Key(1), EntryType.Hash, out EntryRef hash)) ReplyValue(c, hash, c.Arg(2));
    }

    [Command("HMGET", Arity = -3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash,
        Since = "2.0.0", Complexity = "O(N)", Keys = "1 RO access", Element = 2, Summary = "Reads fields of a hash.",
        Syntax = "key field [field ...]")]
    public static void HMGet(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Hash, out EntryRef hash)) return;
        c.Reply.Array(c.ArgCount - 2);
        for (int i = 2; i < c.ArgCount; i++) ReplyValue(c, hash, c.Arg(i));
    }

    [Command("HDEL", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Hash, Since = "2.0.0",
        Complexity = "O(N)", Keys = "1 RW delete", Element = 2, Summary = "Removes fields from a hash.", Syntax = "key field [field ...]")]
    public static void HDel(CommandContext c)
    {
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Hash, out WriteScope scope)) return;
        long removed = 0;
        if (!scope.Entry.IsNull)
        {
            HashEditor editor = new(scope.Edit());
            for (int i = 2; i < c.ArgCount && HashValue.Count(scope.Entry) > 0; i++)
            {
                if (editor.Remove(c.Arg(i), c.FieldsNowMs)) removed++;
            }
        }
        if (removed > 0) CommitRemoval(c, ref scope, "hdel"u8, removed);
        c.Reply.Integer(removed);
    }

    [Command("HLEN", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash, Since = "2.0.0",
        Complexity = "O(1)", Keys = "1 RO", Summary = "Counts the fields of a hash.", Syntax = "key")]
    public static void HLen(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Hash, out EntryRef hash)) return;
        c.Reply.Integer(hash.IsNull ? 0 : HashValue.Count(hash));
    }

    [Command("HSTRLEN", Arity = 3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash,
        Since = "3.2.0", Complexity = "O(1)", Keys = "1 RO", Element = 2, Summary = "Tells the length of a field's value.",
        Syntax = "key field")]
    public static void HStrLen(CommandContext c)
    {
        if (TypedKey.TryFind(c, c.Key(1), EntryType.Hash, out EntryRef hash))
            c.Reply.Integer(TryGet(c, hash, c.Arg(2), out HashFieldRef found) ? found.Value.ByteCount : 0);
    }

    [Command("HEXISTS", Arity = 3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash,
        Since = "2.0.0", Complexity = "O(1)", Keys = "1 RO", Element = 2, Summary = "Tells whether a hash has a field.",
        Syntax = "key field")]
    public static void HExists(CommandContext c)
    {
        if (TypedKey.TryFind(c, c.Key(1), EntryType.Hash, out EntryRef hash))
            c.Reply.Integer(TryGet(c, hash, c.Arg(2), out _) ? 1 : 0);
    }

    [Command("HGETALL", Arity = 2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Hash, Since = "2.0.0",
        Complexity = "O(N)", Keys = "1 RO access", Tips = "nondeterministic_output_order",
        Summary = "Reads all fields of a hash.", Syntax = "key")]
    public static void HGetAll(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Hash, out EntryRef hash)) return;
        if (hash.IsNull)
        {
            c.Reply.Map(0);
            return;
        }
        HashCursor fields = HashValue.Fields(hash, c.FieldsNowMs);
        // Expired fields are counted and not replied.
        bool isExact = !HashValue.HasExpiring(hash);
        DeferredHeader header = isExact ? default : c.Reply.BeginDeferred();
        if (isExact) c.Reply.Map(HashValue.Count(hash));
        long count = 0;
        for (; fields.MoveNext(); count++)
        {
            c.Reply.Element(fields.Field);
            c.Reply.Element(fields.Value);
        }
        c.Reply.EndDeferredMap(header, count);
    }

    [Command("HKEYS", Arity = 2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Hash, Since = "2.0.0",
        Complexity = "O(N)", Keys = "1 RO access", Tips = "nondeterministic_output_order",
        Summary = "Lists the fields of a hash.", Syntax = "key")]
    public static void HKeys(CommandContext c) => ReplyHalf(c, values: false);

    [Command("HVALS", Arity = 2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Hash, Since = "2.0.0",
        Complexity = "O(N)", Keys = "1 RO access", Tips = "nondeterministic_output_order",
        Summary = "Lists the values of a hash.", Syntax = "key")]
    public static void HVals(CommandContext c) => ReplyHalf(c, values: true);

    [Command("HSCAN", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Hash, Since = "2.8.0",
        Complexity = "O(1); O(N)", Keys = "1 RO access", Tips = "nondeterministic_output",
        Summary = "Walks over the fields of a hash in small steps.", Syntax = "key cursor [MATCH pattern] [COUNT count] [NOVALUES]")]
    public static void HScan(CommandContext c)
    {
        if (!ScanOptions.TryBegin(c, EntryType.Hash, out EntryRef hash, out ulong cursor, out ScanOptions options)) return;
        ScanOptions.Reply(c, Scan(c, hash, cursor, options));
    }

    /// <summary>Replies the value of a field, or that there is none.</summary>
    public static void ReplyValue(CommandContext c, EntryRef hash, ReadOnlySpan<byte> field)
    {
        if (TryGet(c, hash, field, out HashFieldRef found)) c.Reply.Element(found.Value);
        else c.Reply.Null();
    }

    /// <summary>Finds a field of a hash that may not exist.</summary>
    public static bool TryGet(CommandContext c, EntryRef hash, ReadOnlySpan<byte> field, out HashFieldRef found)
    {
        found = default;
        return !hash.IsNull && HashValue.TryGet(c.Engine.Heap, hash, field, c.FieldsNowMs, out found);
    }

    /// <summary>Ends the removal of fields; a hash of which nothing is left goes.</summary>
    public static void CommitRemoval(CommandContext c, ref WriteScope scope, ReadOnlySpan<byte> eventName, long removed)
    {
        scope.FollowFieldExpiry();
        scope.Commit(KeyspaceEventClass.Hash, eventName);
        c.Engine.Dirty += removed - 1;
        if (HashValue.Count(scope.Entry) == 0) scope.RemoveEmptied();
    }

    private static bool TrySet(CommandContext c, out long added)
    {
        added = 0;
        if ((c.ArgCount & 1) != 0)
        {
            c.Reply.Error(CommandErrors.WrongArity(c.CommandId));
            return false;
        }
        if (!HashWrite.TryOpen(c, c.Key(1), out HashWrite write)) return false;
        write.Prepare(2);
        for (int i = 2; i < c.ArgCount; i += 2)
        {
            if (write.Set(c.Arg(i), c.Arg(i + 1)) != FieldChange.Changed) added++;
        }
        write.Commit("hset"u8, (c.ArgCount - 2) / 2);
        return true;
    }

    private static void ReplyHalf(CommandContext c, bool values)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Hash, out EntryRef hash)) return;
        if (hash.IsNull)
        {
            c.Reply.Array(0);
            return;
        }
        HashCursor fields = HashValue.Fields(hash, c.FieldsNowMs);
        bool isExact = !HashValue.HasExpiring(hash);
        DeferredHeader header = isExact ? default : c.Reply.BeginDeferred();
        if (isExact) c.Reply.Array(HashValue.Count(hash));
        long count = 0;
        for (; fields.MoveNext(); count++) c.Reply.Element(values ? fields.Value : fields.Field);
        c.Reply.EndDeferred(header, count);
    }

    private static ulong Scan(CommandContext c, EntryRef hash, ulong cursor, in ScanOptions options)
    {
        var visitor = new FieldCollector(c, options);
        long steps = options.StepsMax;
        do
        {
            cursor = HashValue.Scan(c.Engine.Heap, hash, cursor, c.FieldsNowMs, ref visitor);
        }
        while (cursor != 0 && steps-- > 0 && visitor.Seen < options.Count);
        return cursor;
    }

    /// <summary>Collects the fields that pass the filter, and their values where they are wanted.</summary>
    private struct FieldCollector(CommandContext c, ScanOptions options) : IFieldVisitor
    {
        public long Seen { get; private set; }

        public void Visit(in HashFieldRef field)
        {
            Seen++;
            Span<byte> digits = stackalloc byte[ListpackElement.DigitsMax];
            ReadOnlySpan<byte> name = field.Field.GetBytes(digits);
            if (!options.Matches(c, name)) return;
            c.Engine.ScanBuffer.Add(name);
            if (!options.NamesOnly) c.Engine.ScanBuffer.Add(field.Value.GetBytes(digits));
        }
    }
}
