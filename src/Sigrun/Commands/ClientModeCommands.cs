using Sigrun.Blocking;
using Sigrun.Clients;

namespace Sigrun.Commands;

/// <summary>The subcommands of CLIENT that change how commands of a client, or of all, run: REPLY, NO-TOUCH, NO-EVICT, IMPORT-SOURCE, PAUSE, UNPAUSE.</summary>
internal static class ClientModeCommands
{
    [Command("REPLY", Container = "CLIENT", Arity = 3,
        Flags = CommandFlags.NoScript | CommandFlags.NoMulti | CommandFlags.Loading | CommandFlags.Stale
            | CommandFlags.AllowBusy | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "3.2.0", Complexity = "O(1)",
        Summary = "Switches replies to this connection off or on, or leaves out the next one.", Syntax = "<action=ON|OFF|SKIP>")]
    public static void Reply(CommandContext c)
    {
        if (c.ArgIs(2, "on"u8))
        {
            c.Client.Silence = Silence.None;
            c.Reply.Ok();
        }
        else if (c.ArgIs(2, "off"u8))
        {
            c.Client.Silence = Silence.Always;
        }
        else if (!c.ArgIs(2, "skip"u8))
        {
            c.Reply.Error(CommandErrors.Syntax);
        }
        else if (c.Client.Silence != Silence.Always)
        {
            c.Client.Silence = Silence.AfterThis;
        }
    }

    [Command("NO-TOUCH", Container = "CLIENT", Arity = 3,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.AllowBusy,
        Group = CommandGroup.Connection, Since = "7.2.0", Complexity = "O(1)",
        Summary = "Whether commands of this connection leave no trace of when, or how often, keys were used.",
        Syntax = "<enabled=ON|OFF>")]
    public static void NoTouch(CommandContext c)
    {
        bool isOn = c.ArgIs(2, "on"u8);
        if (!isOn && !c.ArgIs(2, "off"u8))
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        c.Client.LeavesNoTrace = isOn;
        c.Reply.Ok();
    }

    [Command("NO-EVICT", Container = "CLIENT", Arity = 3,
        Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale
            | CommandFlags.AllowBusy | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "7.0.0", Complexity = "O(1)",
        Summary = "Whether this connection is not closed when clients take too much memory.", Syntax = "<enabled=ON|OFF>")]
    public static void NoEvict(CommandContext c)
    {
        bool isOn = c.ArgIs(2, "on"u8);
        if (!isOn && !c.ArgIs(2, "off"u8))
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        c.Client.IsKept = isOn;
        if (c.Engine.ClientMemory.IsCounting) c.Engine.ClientMemory.Count(c.Client);
        c.Reply.Ok();
    }

    [Command("READONLY", Arity = 1, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast, Group = CommandGroup.Cluster,
        Since = "3.0.0", Complexity = "O(1)", Acl = "connection", Summary = "Lets this connection read from a replica of a cluster.")]
    public static void ReadOnly(CommandContext c) => SetReadOnly(c, true);

    [Command("READWRITE", Arity = 1, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast, Group = CommandGroup.Cluster,
        Since = "3.0.0", Complexity = "O(1)", Acl = "connection", Summary = "Ends what READONLY began.")]
    public static void ReadWrite(CommandContext c) => SetReadOnly(c, false);

    [Command("CAPA", Container = "CLIENT", Arity = -3,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.AllowBusy,
        Group = CommandGroup.Connection, Since = "8.0.0", Complexity = "O(1)",
        Summary = "Tells what this connection's client can do; what is not known is passed over.", Syntax = "capability [capability ...]")]
    public static void Capabilities(CommandContext c)
    {
        for (int i = 2; i < c.ArgCount; i++) c.Client.FollowsRedirects |= c.ArgIs(i, "redirect"u8);
        c.Reply.Ok();
    }

    [Command("IMPORT-SOURCE", Container = "CLIENT", Arity = 3,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Connection, Since = "8.1.0", Complexity = "O(1)",
        Summary = "Whether this connection imports data and looks after its expiry, while the server is in import mode.",
        Syntax = "<enabled=ON|OFF>")]
    public static void ImportSource(CommandContext c)
    {
        bool isOff = c.ArgIs(2, "off"u8);
        if (!c.Engine.IsImporting && !isOff)
        {
            c.Reply.Error("ERR Server is not in import mode"u8);
            return;
        }
        if (!isOff && !c.ArgIs(2, "on"u8))
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        c.Client.IsImportSource = !isOff;
        c.Reply.Ok();
    }

    [Command("PAUSE", Container = "CLIENT", Arity = -3,
        Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale
            | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "3.0.0", Complexity = "O(1)", History = ["6.2.0: WRITE, and the mode"],
        Summary = "Makes all clients wait before their next command, or the next that writes.",
        Syntax = "timeout:int [mode=WRITE|ALL]@6.2.0")]
    public static void Pause(CommandContext c)
    {
        bool onlyWrites = c.ArgCount == 4 && c.ArgIs(3, "write"u8);
        if (c.ArgCount == 4 && !onlyWrites && !c.ArgIs(3, "all"u8))
        {
            c.Reply.Error("ERR CLIENT PAUSE mode must be WRITE or ALL"u8);
            return;
        }
        if (!TimeoutArgument.TryRead(c, 2, TimeoutUnit.Milliseconds, out long timeoutMs)) return;
        c.Engine.Pause.Begin(c.NowMs + timeoutMs, holdsAll: !onlyWrites);
        c.Reply.Ok();
    }

    [Command("UNPAUSE", Container = "CLIENT", Arity = 2,
        Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale
            | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "6.2.0", Complexity = "O(N)", Summary = "Ends a pause of clients.")]
    public static void Unpause(CommandContext c)
    {
        c.Engine.Pause.End();
        c.Reply.Ok();
    }

    private static void SetReadOnly(CommandContext c, bool isReadOnly)
    {
        c.Client.IsReadOnly = isReadOnly;
        c.Reply.Ok();
    }
}
