using Sigrun.Observability;
using Sigrun.Protocol;
using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>SLOWLOG: the commands that took long.</summary>
[Command("SLOWLOG", Arity = -2, Group = CommandGroup.Server, Since = "2.2.12", Complexity = "Varies by subcommand",
    Summary = "Commands about the log of slow commands.")]
internal static class SlowLogCommands
{
    private const long DefaultCount = 10;

    [Command("GET", Container = "SLOWLOG", Arity = -2, Flags = CommandFlags.Admin | CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Server, Since = "2.2.12", Complexity = "O(N)",
        Tips = "request_policy:all_nodes nondeterministic_output", Summary = "Shows entries of the slow log.",
        Syntax = "[count]", History = ["4.0.0: the address and name of the client"])]
    public static void Get(CommandContext c)
    {
        if (c.ArgCount > 3)
        {
            c.Reply.Error(CommandErrors.UnknownSubcommandOrArity(c));
            return;
        }
        long count = DefaultCount;
        if (c.ArgCount == 3 && (!NumberText.TryParseInt64(c.Arg(2), out count) || count < -1))
        {
            c.Reply.Error("ERR count should be greater than or equal to -1"u8);
            return;
        }
        SlowLog log = c.Engine.SlowLog;
        long left = count < 0 ? log.Count : Math.Min(count, log.Count);
        c.Reply.Array(left);
        foreach (SlowLogEntry entry in log.Entries)
        {
            if (left-- == 0) return;
            WriteEntry(c.Reply, entry);
        }
    }

    [Command("LEN", Container = "SLOWLOG", Arity = 2, Flags = CommandFlags.Admin | CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Server, Since = "2.2.12", Complexity = "O(1)",
        Tips = "request_policy:all_nodes response_policy:agg_sum nondeterministic_output",
        Summary = "Counts the entries of the slow log.")]
    public static void Len(CommandContext c) => c.Reply.Integer(c.Engine.SlowLog.Count);

    [Command("RESET", Container = "SLOWLOG", Arity = 2, Flags = CommandFlags.Admin | CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Server, Since = "2.2.12", Complexity = "O(N)",
        Tips = "request_policy:all_nodes response_policy:all_succeeded", Summary = "Empties the slow log.")]
    public static void Reset(CommandContext c)
    {
        c.Engine.SlowLog.Clear();
        c.Reply.Ok();
    }

    [Command("HELP", Container = "SLOWLOG", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Server, Since = "6.2.0", Complexity = "O(1)", Summary = "Lists the SLOWLOG subcommands.")]
    public static void Help(CommandContext c) => HelpReply.Write(c.Reply, "SLOWLOG"u8, """
        GET [<count>]
            Shows the newest entries (10, or as many as <count>; -1 for all): id, time,
            microseconds, arguments, and the client's address and name.
        LEN
            Counts the entries.
        RESET
            Removes all entries.
        """u8);

    private static void WriteEntry(ReplyWriter reply, SlowLogEntry entry)
    {
        reply.Array(6);
        reply.Integer(entry.Id);
        reply.Integer(entry.UnixSeconds);
        reply.Integer(entry.Microseconds);
        reply.Array(entry.Arguments.Length);
        foreach (byte[] argument in entry.Arguments) reply.Bulk(argument);
        reply.BulkText(entry.ClientAddress);
        reply.Bulk(entry.ClientName);
    }
}
