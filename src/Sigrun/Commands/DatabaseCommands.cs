using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>Commands on whole databases: choosing, counting, exchanging, emptying.</summary>
internal static class DatabaseCommands
{
    [Command("SELECT", Arity = 2,
        Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.AllowBusy,
        Group = CommandGroup.Connection, Since = "1.0.0", Complexity = "O(1)", Summary = "Changes to another database.",
        Syntax = "index")]
    public static void Select(CommandContext c)
    {
        if (!TryReadDatabase(c, 1, out Database database)) return;
        c.Select(database);
        c.Reply.Ok();
    }

    [Command("DBSIZE", Arity = 1, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Server,
        Since = "1.0.0", Complexity = "O(1)", Acl = "keyspace", Tips = "request_policy:all_shards response_policy:agg_sum",
        Summary = "Counts the keys of the database.")]
    public static void DbSize(CommandContext c) => c.Reply.Integer(c.Db.Keys.Count);

    [Command("SWAPDB", Arity = 3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Server, Since = "4.0.0",
        Complexity = "O(N)", Acl = "dangerous keyspace", Summary = "Exchanges two databases.", Syntax = "index1 index2")]
    public static void SwapDb(CommandContext c)
    {
        if (!TryReadIndex(c, 1, "ERR invalid first DB index"u8, out int first)) return;
        if (!TryReadIndex(c, 2, "ERR invalid second DB index"u8, out int second)) return;
        DatabaseList databases = c.Engine.Databases;
        if ((uint)first >= (uint)databases.Length || (uint)second >= (uint)databases.Length)
        {
            c.Reply.Error(CommandErrors.DbIndexOutOfRange);
            return;
        }
        if (first != second)
        {
            if (c.Engine.Observers.IsActive) c.Engine.Observers.DatabasesSwapping(first, second);
            Database.Swap(databases[first], databases[second]);
        }
        c.Engine.Dirty++;
        c.Reply.Ok();
    }

    [Command("FLUSHDB", Arity = -1, Flags = CommandFlags.Write, Group = CommandGroup.Server, Since = "1.0.0",
        Complexity = "O(N)", Acl = "dangerous keyspace", Tips = "request_policy:all_shards response_policy:all_succeeded",
        Summary = "Empties the database.", Syntax = "[flush-type=ASYNC@4.0.0|SYNC@6.2.0]",
        History = ["4.0.0: ASYNC", "6.2.0: SYNC"])]
    public static void FlushDb(CommandContext c)
    {
        if (!TryReadFlushMode(c, out bool inBackground)) return;
        c.Engine.Tracking.OnFlush(inBackground);
        long removed = c.Db.Flush(inBackground);
        Finish(c, removed);
    }

    [Command("FLUSHALL", Arity = -1, Flags = CommandFlags.Write | CommandFlags.AllDbs, Group = CommandGroup.Server,
        Since = "1.0.0", Complexity = "O(N)", Acl = "dangerous keyspace",
        Tips = "request_policy:all_shards response_policy:all_succeeded", Summary = "Empties every database.",
        Syntax = "[flush-type=ASYNC@4.0.0|SYNC@6.2.0]", History = ["4.0.0: ASYNC", "6.2.0: SYNC"])]
    public static void FlushAll(CommandContext c)
    {
        if (!TryReadFlushMode(c, out bool inBackground)) return;
        c.Engine.Tracking.OnFlush(inBackground);
        long removed = 0;
        foreach (Database database in c.Engine.Databases) removed += database.Flush(inBackground);
        Finish(c, removed);
        c.Engine.Saving.Cancel();
        if (c.Engine.Snapshots.HasSavePoints && !c.Engine.IsReplaying) c.Engine.Snapshots.TrySave(out _);
    }

    /// <summary>Reads a database's number; replies the error and returns false when there is none.</summary>
    internal static bool TryReadDatabase(CommandContext c, int index, out Database database)
    {
        database = c.Db;
        if (!NumberText.TryParseInt64(c.Arg(index), out long number))
        {
            c.Reply.Error(CommandErrors.NotAnInteger);
            return false;
        }
        if (number is < int.MinValue or > int.MaxValue)
        {
            c.Reply.Error("ERR value is out of range, value must between -2147483648 and 2147483647"u8);
            return false;
        }
        if ((ulong)number >= (ulong)c.Engine.Databases.Length)
        {
            c.Reply.Error(CommandErrors.DbIndexOutOfRange);
            return false;
        }
        database = c.Engine.Databases[(int)number];
        return true;
    }

    private static bool TryReadIndex(CommandContext c, int index, ReadOnlySpan<byte> error, out int number)
    {
        number = 0;
        if (NumberText.TryParseInt64(c.Arg(index), out long value) && value is >= int.MinValue and <= int.MaxValue)
        {
            number = (int)value;
            return true;
        }
        c.Reply.Error(error);
        return false;
    }

    private static bool TryReadFlushMode(CommandContext c, out bool inBackground)
    {
        inBackground = c.Engine.Settings.Memory.LazyFreeUserFlush;
        if (c.ArgCount == 1) return true;
        bool isAsync = c.ArgIs(1, "async"u8);
        if (c.ArgCount == 2 && (isAsync || c.ArgIs(1, "sync"u8)))
        {
            inBackground = isAsync;
            return true;
        }
        c.Reply.Error(CommandErrors.Syntax);
        return false;
    }

    /// <summary>A flush is passed on even when there was nothing to remove, since a replica may hold keys.</summary>
    private static void Finish(CommandContext c, long removed)
    {
        c.HasWritten = true;
        c.Engine.Dirty += removed;
        c.SuppressEffects();
        c.Engine.Effects.Verbatim(c.Db.Index, c);
        c.Reply.Ok();
    }
}
