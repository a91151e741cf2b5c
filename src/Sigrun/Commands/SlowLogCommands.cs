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
        if (CommandLogCommands.TryReadCount(c, 2, DefaultCount, out long count)) CommandLogCommands.WriteEntries(c.Reply, c.Engine.SlowLog, count);
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
}
