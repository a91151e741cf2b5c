using System.Text;
using Sigrun.Configuration;
using Sigrun.Observability;

namespace Sigrun.Commands;

/// <summary>Commands about the server as a whole: its time, its figures, its end.</summary>
internal static class ServerCommands
{
    [Command("TIME", Arity = 1, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast,
        Group = CommandGroup.Server, Since = "2.6.0", Complexity = "O(1)", Tips = "nondeterministic_output",
        Summary = "Tells the time.")]
    public static void Time(CommandContext c)
    {
        long now = c.Engine.ReadUnixMicroseconds();
        c.Reply.Array(2);
        c.Reply.BulkInteger(now / 1_000_000);
        c.Reply.BulkInteger(now % 1_000_000);
    }

    [Command("INFO", Arity = -1, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel,
        Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(1)", Acl = "dangerous",
        Tips = "nondeterministic_output request_policy:all_shards response_policy:special",
        Summary = "Reports facts and statistics of the server.", Syntax = "[section [section ...]]",
        History = ["7.0.0: takes several sections"])]
    public static void Info(CommandContext c)
    {
        var sections = new List<string>();
        for (int i = 1; i < c.ArgCount; i++) sections.Add(Encoding.Latin1.GetString(c.Arg(i)));
        c.Reply.Verbatim("txt"u8, Encoding.Latin1.GetBytes(new InfoReport(c.Engine).Write(sections)));
    }

    [Command("ROLE", Arity = 1,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.Sentinel,
        Group = CommandGroup.Server, Since = "2.8.12", Complexity = "O(1)", Acl = "admin dangerous",
        Summary = "Tells the part that this server plays in replication.")]
    public static void Role(CommandContext c)
    {
        c.Reply.Array(3);
        c.Reply.Bulk("master"u8);
        c.Reply.Integer(0);
        c.Reply.Array(0);
    }

    [Command("MONITOR", Arity = 1,
        Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Server, Since = "1.0.0", Summary = "Shows this connection all commands as they run.")]
    public static void Monitor(CommandContext c)
    {
        if (c.Engine.Executor.IsInTransaction)
        {
            c.Reply.Error("ERR MONITOR isn't allowed for DENY BLOCKING client"u8);
            return;
        }
        c.Engine.Monitors.Add(c.Client);
        c.Reply.Ok();
    }

    [Command("SHUTDOWN", Arity = -1,
        Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale
            | CommandFlags.NoMulti | CommandFlags.AllowBusy | CommandFlags.Sentinel,
        Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(N); O(1)",
        Summary = "Saves the data if so configured, and stops the server.",
        Syntax = "[abort-selector=<save-selector-block=[save-selector=NOSAVE|SAVE] [NOW@7.0.0] [FORCE@7.0.0] [SAFE@9.0.0] "
            + "[FAILOVER@9.0.0]>|ABORT@7.0.0]",
        History = ["7.0.0: NOW, FORCE and ABORT", "9.0.0: SAFE and FAILOVER"])]
    public static void Shutdown(CommandContext c)
    {
        if (!TryReadOptions(c, out ShutdownOptions options, out bool aborts)) c.Reply.Error(CommandErrors.Syntax);
        else if ((options & ShutdownOptions.Failover) != 0) c.Reply.Error("ERR SHUTDOWN FAILOVER is only supported in cluster mode."u8);
        else if (aborts) Abort(c);
        else if (!c.Engine.TryShutdown(options, c.Client)) c.Reply.Error("ERR Errors trying to SHUTDOWN. Check logs."u8);
        else c.Client.CloseAfterOutput = true;
        c.SuppressEffects();
    }

    private static void Abort(CommandContext c)
    {
        if (c.Engine.SignalledShutdown.TryAbort()) c.Reply.Ok();
        else c.Reply.Error("ERR No shutdown in progress."u8);
    }

    private static bool TryReadOptions(CommandContext c, out ShutdownOptions options, out bool aborts)
    {
        options = ShutdownOptions.Default;
        aborts = false;
        for (int i = 1; i < c.ArgCount; i++)
        {
            if (c.ArgIs(i, "abort"u8)) aborts = true;
            else if (c.ArgIs(i, "save"u8)) options |= ShutdownOptions.Save;
            else if (c.ArgIs(i, "nosave"u8)) options |= ShutdownOptions.NoSave;
            else if (c.ArgIs(i, "now"u8)) options |= ShutdownOptions.Now;
            else if (c.ArgIs(i, "force"u8)) options |= ShutdownOptions.Force;
            else if (c.ArgIs(i, "safe"u8)) options |= ShutdownOptions.Safe;
            else if (c.ArgIs(i, "failover"u8)) options |= ShutdownOptions.Failover;
            else return false;
        }
        const ShutdownOptions Both = ShutdownOptions.Save | ShutdownOptions.NoSave;
        return (options & Both) != Both && !(aborts && options != ShutdownOptions.Default);
    }
}
