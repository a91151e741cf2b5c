using Sigrun.Observability;
using Sigrun.Protocol;
using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>COMMANDLOG: the commands that took long, had large requests, or large replies.</summary>
[Command("COMMANDLOG", Arity = -2, Group = CommandGroup.Server, Since = "8.1.0", Complexity = "Varies by subcommand",
    Summary = "Commands about the logs of commands.")]
internal static class CommandLogCommands
{
    private const CommandFlags Flags = CommandFlags.Admin | CommandFlags.Loading | CommandFlags.Stale;
    private const string TypeSyntax = "<type=SLOW|LARGE-REQUEST|LARGE-REPLY>";

    [Command("GET", Container = "COMMANDLOG", Arity = 4, Flags = Flags, Group = CommandGroup.Server, Since = "8.1.0", Complexity = "O(N)",
        Tips = "request_policy:all_nodes nondeterministic_output", Summary = "Shows entries of a log of commands.", Syntax = "count " + TypeSyntax)]
    public static void Get(CommandContext c)
    {
        if (TryReadCount(c, 2, 0, out long count) && TryFindLog(c, 3, out CommandLog log)) WriteEntries(c.Reply, log, count);
    }

    [Command("LEN", Container = "COMMANDLOG", Arity = 3, Flags = Flags, Group = CommandGroup.Server, Since = "8.1.0", Complexity = "O(1)",
        Tips = "request_policy:all_nodes response_policy:agg_sum nondeterministic_output",
        Summary = "Counts the entries of a log of commands.", Syntax = TypeSyntax)]
    public static void Len(CommandContext c)
    {
        if (TryFindLog(c, 2, out CommandLog log)) c.Reply.Integer(log.Count);
    }

    [Command("RESET", Container = "COMMANDLOG", Arity = 3, Flags = Flags, Group = CommandGroup.Server, Since = "8.1.0", Complexity = "O(N)",
        Tips = "request_policy:all_nodes response_policy:all_succeeded", Summary = "Empties a log of commands.", Syntax = TypeSyntax)]
    public static void Reset(CommandContext c)
    {
        if (!TryFindLog(c, 2, out CommandLog log)) return;
        log.Clear();
        c.Reply.Ok();
    }

    [Command("HELP", Container = "COMMANDLOG", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Server, Since = "8.1.0", Complexity = "O(1)", Summary = "Lists the COMMANDLOG subcommands.")]
    public static void Help(CommandContext c) => HelpReply.Write(c.Reply, "COMMANDLOG"u8, """
        GET <count> <type>
            Shows the newest entries of a log, -1 for all: id, time, microseconds of
            slow commands and bytes of the others, arguments, and the client's address
            and name.
        LEN <type>
            Counts the entries of a log.
        RESET <type>
            Removes all entries of a log.
        """u8);

    /// <summary>Reads how many entries are wanted; replies the error when that is no such number.</summary>
    public static bool TryReadCount(CommandContext c, int index, long byDefault, out long count)
    {
        count = byDefault;
        if (c.ArgCount <= index || (NumberText.TryParseInt64(c.Arg(index), out count) && count >= -1)) return true;
        return c.Refuse("ERR count should be greater than or equal to -1"u8);
    }

    /// <summary>Writes the newest entries of a log, -1 for all.</summary>
    public static void WriteEntries(ReplyWriter reply, CommandLog log, long count)
    {
        long left = count < 0 ? log.Count : Math.Min(count, log.Count);
        reply.Array(left);
        foreach (CommandLogEntry entry in log.Entries)
        {
            if (left-- == 0) return;
            WriteEntry(reply, entry);
        }
    }

    private static void WriteEntry(ReplyWriter reply, CommandLogEntry entry)
    {
        reply.Array(6);
        reply.Integer(entry.Id);
        reply.Integer(entry.UnixSeconds);
        reply.Integer(entry.Value);
        reply.Array(entry.Arguments.Length);
        foreach (byte[] argument in entry.Arguments) reply.Bulk(argument);
        reply.BulkText(entry.ClientAddress);
        reply.Bulk(entry.ClientName);
    }

    private static bool TryFindLog(CommandContext c, int index, out CommandLog log)
    {
        log = c.ArgIs(index, "large-request"u8) ? c.Engine.LargeRequests
            : c.ArgIs(index, "large-reply"u8) ? c.Engine.LargeReplies
            : c.Engine.SlowLog;
        if (log != c.Engine.SlowLog || c.ArgIs(index, "slow"u8)) return true;
        return c.Refuse("ERR type should be one of the following: slow, large-request, large-reply"u8);
    }
}
