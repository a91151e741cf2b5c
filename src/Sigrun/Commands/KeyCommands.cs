using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Types;

namespace Sigrun.Commands;

/// <summary>Commands on keys of any type: whether they are there, removing, renaming, choosing.</summary>
internal static class KeyCommands
{
    [Command("DEL", Arity = -2, Flags = CommandFlags.Write, Group = CommandGroup.Generic, Since = "1.0.0",
        Complexity = "O(N); O(M); O(1)", Keys = "1..-1 RM delete", Tips = "request_policy:multi_shard response_policy:agg_sum",
        Summary = "Removes keys.", Syntax = "key [key ...]")]
    public static void Del(CommandContext c) => Remove(c, c.Engine.Settings.Memory.LazyFreeUserDelete);

    [Command("UNLINK", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "4.0.0", Complexity = "O(1); O(N)", Keys = "1..-1 RM delete",
        Tips = "request_policy:multi_shard response_policy:agg_sum",
        Summary = "Removes keys and frees their memory in the background.", Syntax = "key [key ...]")]
    public static void Unlink(CommandContext c) => Remove(c, inBackground: true);

    [Command("EXISTS", Arity = -2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "1.0.0", Complexity = "O(N)", Keys = "1..-1 RO", Tips = "request_policy:multi_shard response_policy:agg_sum",
        Summary = "Counts how many of the keys are there.", Syntax = "key [key ...]", History = ["3.0.3: takes several keys"])]
    public static void Exists(CommandContext c)
    {
        long count = 0;
        for (int i = 1; i < c.ArgCount; i++)
        {
            if (!c.Db.FindUntouched(c.Key(i)).IsNull) count++;
        }
        c.Reply.Integer(count);
    }

    [Command("TOUCH", Arity = -2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "3.2.1", Complexity = "O(N)", Keys = "1..-1 RO", Tips = "request_policy:multi_shard response_policy:agg_sum",
        Summary = "Marks keys as used and counts those that are there.", Syntax = "key [key ...]")]
    public static void Touch(CommandContext c)
    {
        long count = 0;
        for (int i = 1; i < c.ArgCount; i++)
        {
            if (!c.Db.FindForRead(c.Key(i)).IsNull) count++;
        }
        c.Reply.Integer(count);
    }

    [Command("TYPE", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "1.0.0", Complexity = "O(1)", Keys = "1 RO", Summary = "Tells the type of a value.", Syntax = "key")]
    public static void Type(CommandContext c)
    {
        EntryRef entry = c.Db.FindUntouched(c.Key(1));
        c.Reply.SimpleString(entry.IsNull ? "none"u8 : ValueTypes.Name(entry.Type));
    }

    [Command("RANDOMKEY", Arity = 1, Flags = CommandFlags.ReadOnly | CommandFlags.TouchesArbitraryKeys,
        Group = CommandGroup.Generic, Since = "1.0.0", Complexity = "O(1)",
        Tips = "request_policy:all_shards response_policy:special nondeterministic_output", Summary = "Picks a key at random.")]
    public static void RandomKey(CommandContext c)
    {
        EntryRef entry = c.Db.RandomKey();
        if (entry.IsNull) c.Reply.Null();
        else c.Reply.Bulk(entry.Key);
    }

    [Command("RENAME", Arity = 3, Flags = CommandFlags.Write, Group = CommandGroup.Generic, Since = "1.0.0",
        Complexity = "O(1)", Keys = "1 RW access delete; 2 OW update",
        Summary = "Gives a key another name, replacing what has that name.", Syntax = "key newkey")]
    public static void Rename(CommandContext c)
    {
        if (RenameKey(c, onlyIfFree: false) is not null) c.Reply.Ok();
    }

    [Command("RENAMENX", Arity = 3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "1.0.0", Complexity = "O(1)", Keys = "1 RW access delete; 2 OW insert",
        Summary = "Gives a key another name if that name is free.", Syntax = "key newkey",
        History = ["3.2.0: equal names are no error"])]
    public static void RenameNx(CommandContext c)
    {
        if (RenameKey(c, onlyIfFree: true) is { } renamed) c.Reply.Integer(renamed ? 1 : 0);
    }

    private static void Remove(CommandContext c, bool inBackground)
    {
        long count = 0;
        for (int i = 1; i < c.ArgCount; i++)
        {
            WriteScope scope = c.Db.OpenWrite(c, c.Key(i));
            if (scope.Entry.IsNull) continue;
            scope.Remove(inBackground);
            scope.Commit(KeyspaceEventClass.Generic, "del"u8);
            count++;
        }
        c.Reply.Integer(count);
    }

    /// <summary>Renames; null when the key is missing and the error was replied.</summary>
    private static bool? RenameKey(CommandContext c, bool onlyIfFree)
    {
        KeyRef from = c.Key(1);
        KeyRef to = c.Key(2);
        WriteScope source = c.Db.OpenWrite(c, from);
        if (source.Entry.IsNull)
        {
            c.Reply.Error(CommandErrors.NoSuchKey);
            return null;
        }
        if (from.Bytes.SequenceEqual(to.Bytes)) return false;
        if (!c.Db.Peek(to).IsNull)
        {
            if (onlyIfFree) return false;
            // Once that key is gone there is no way back, and a long name may need more than what is kept back.
            if (to.Bytes.Length >= CommandExecutor.LargeRequestMin) c.Engine.Heap.RequireRoomFor(to.Bytes.Length);
            c.Db.MakeWay(c, to);
        }
        c.Db.Rename(c, from, to);
        c.Db.Announce(KeyspaceEventClass.New, "new"u8, to.Bytes);
        c.Db.AnnounceWrite(KeyspaceEventClass.Generic, "rename_from"u8, from.Bytes);
        c.Db.AnnounceWrite(KeyspaceEventClass.Generic, "rename_to"u8, to.Bytes);
        c.Engine.Dirty++;
        return true;
    }
}
