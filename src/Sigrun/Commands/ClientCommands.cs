using System.Text;
using Sigrun.Blocking;
using Sigrun.Clients;
using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>CLIENT: what connections there are and what they say about themselves.</summary>
[Command("CLIENT", Arity = -2, Flags = CommandFlags.Sentinel, Group = CommandGroup.Connection, Since = "2.4.0",
    Complexity = "Varies by subcommand", Summary = "Commands about connections.")]
internal static class ClientCommands
{
    [Command("ID", Container = "CLIENT", Arity = 2,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.AllowBusy
            | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "5.0.0", Complexity = "O(1)", Summary = "Tells the id of this connection.")]
    public static void Id(CommandContext c) => c.Reply.Integer(c.Client.Id);

    [Command("GETNAME", Container = "CLIENT", Arity = 2,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.AllowBusy
            | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "2.6.9", Complexity = "O(1)", Summary = "Tells the name of this connection.")]
    public static void GetName(CommandContext c)
    {
        if (c.Client.Name.Length == 0) c.Reply.Null();
        else c.Reply.Bulk(c.Client.Name);
    }

    [Command("SETNAME", Container = "CLIENT", Arity = 3,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.AllowBusy
            | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "2.6.9", Complexity = "O(1)",
        Tips = "request_policy:all_nodes response_policy:all_succeeded", Summary = "Names this connection.",
        Syntax = "connection-name")]
    public static void SetName(CommandContext c)
    {
        if (!TryCheckName(c, 2)) return;
        c.Client.Name = c.Arg(2).ToArray();
        c.Reply.Ok();
    }

    [Command("SETINFO", Container = "CLIENT", Arity = 4,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.AllowBusy
            | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "7.2.0", Complexity = "O(1)",
        Tips = "request_policy:all_nodes response_policy:all_succeeded",
        Summary = "Records the name or version of the client library.", Syntax = "<attr=LIB-NAME libname|LIB-VER libver>")]
    public static void SetInfo(CommandContext c)
    {
        bool isName = c.ArgIs(2, "lib-name"u8);
        if (!isName && !c.ArgIs(2, "lib-ver"u8))
        {
            c.Reply.Error([.. "ERR Unrecognized option '"u8, .. CommandErrors.UpToNul(c.Arg(2)), (byte)'\'']);
            return;
        }
        if (!IsPrintable(c.Arg(3)))
        {
            c.Reply.Error([.. "ERR "u8, .. c.Arg(2), .. " cannot contain spaces, newlines or special characters."u8]);
            return;
        }
        if (isName) c.Client.LibraryName = c.Arg(3).ToArray();
        else c.Client.LibraryVersion = c.Arg(3).ToArray();
        c.Reply.Ok();
    }

    [Command("INFO", Container = "CLIENT", Arity = 2,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "6.2.0", Complexity = "O(1)", Tips = "nondeterministic_output",
        Summary = "Describes this connection.")]
    public static void Info(CommandContext c) => WriteText(c, ClientReport.Line(c.Client) + "\n");

    [Command("LIST", Container = "CLIENT", Arity = -2,
        Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale
            | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "2.4.0", Complexity = "O(N)", Tips = "nondeterministic_output",
        Summary = "Describes the open connections.",
        Syntax = "[TYPE <client-type=NORMAL|MASTER|REPLICA|PUBSUB>@5.0.0] [ID client-id@6.2.0 [client-id ...]] [USER "
            + "username@8.1.0] [addr=ADDR ip:port@8.1.0] [laddr=LADDR ip:port@8.1.0] [SKIPME <skipme=YES|NO>@8.1.0] "
            + "[MAXAGE maxage@8.1.0] [NAME name@9.0.0] [IDLE idle@9.0.0] [FLAGS flags@9.0.0] [LIB-NAME lib-name@9.0.0] "
            + "[LIB-VER lib-ver@9.0.0] [DB db@9.0.0] [CAPA capa@9.0.0] [IP ip@9.0.0] [NOT-TYPE <not-client-type=NORMAL|"
            + "MASTER|REPLICA|PUBSUB>@9.0.0] [NOT-ID not-client-id@9.0.0 [not-client-id ...]] [NOT-USER "
            + "not-username@9.0.0] [not-addr=NOT-ADDR ip:port@9.0.0] [not-laddr=NOT-LADDR ip:port@9.0.0] [NOT-NAME "
            + "not-name@9.0.0] [NOT-FLAGS not-flags@9.0.0] [NOT-LIB-NAME not-lib-name@9.0.0] [NOT-LIB-VER "
            + "not-lib-ver@9.0.0] [NOT-DB not-db@9.0.0] [NOT-CAPA not-capa@9.0.0] [NOT-IP not-ip@9.0.0]",
        History =
        [
            "2.8.12: field id",
            "5.0.0: TYPE",
            "6.0.0: field user",
            "6.2.0: fields argv-mem, tot-mem, laddr and redir; ID",
            "7.0.0: fields resp, multi-mem, rbs and rbp",
            "7.0.3: field ssub",
            "8.0.0: TYPE knows primary beside master",
            "8.1.0: USER, ADDR, LADDR, SKIPME and MAXAGE",
            "9.0.0: filters by name, idle time, flags, library, database, capability and IP, and NOT- filters",
        ])]
    public static void List(CommandContext c)
    {
        var filter = new ClientFilter(skipsCaller: false);
        if (!filter.TryParse(c, 2)) return;
        c.Engine.Pushes.HandOut();
        var text = new StringBuilder();
        foreach (ClientSession client in c.Engine.Clients.ById())
        {
            if (filter.Accepts(client, c)) text.Append(ClientReport.Line(client)).Append('\n');
        }
        WriteText(c, text.ToString());
    }

    [Command("KILL", Container = "CLIENT", Arity = -3,
        Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale
            | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "2.4.0", Complexity = "O(N)",
        Summary = "Closes the connections that match a filter.",
        Syntax = "<filter=<old-format=ip:port!2.8.12>|<<new-format=[ID client-id@2.8.12 [client-id ...]]|[TYPE "
            + "<client-type=NORMAL|MASTER@3.2.0|PRIMARY@8.0.0|SLAVE|REPLICA@5.0.0|PUBSUB>@2.8.12]|[USER username]|"
            + "[addr=ADDR ip:port]|[laddr=LADDR ip:port@6.2.0]|[SKIPME <skipme=YES|NO>]|[MAXAGE maxage@8.0.0]|[NAME "
            + "name@9.0.0]|[IDLE idle@9.0.0]|[FLAGS flags@9.0.0]|[LIB-NAME lib-name@9.0.0]|[LIB-VER lib-ver@9.0.0]|[DB "
            + "db@9.0.0]|[CAPA capa@9.0.0]|[IP ip@9.0.0]|[NOT-TYPE <not-client-type=NORMAL|MASTER|PRIMARY|SLAVE|REPLICA|"
            + "PUBSUB>@9.0.0]|[NOT-ID not-client-id@9.0.0 [not-client-id ...]]|[NOT-USER not-username@9.0.0]|"
            + "[not-addr=NOT-ADDR ip:port@9.0.0]|[not-laddr=NOT-LADDR ip:port@9.0.0]|[NOT-NAME not-name@9.0.0]|"
            + "[NOT-FLAGS not-flags@9.0.0]|[NOT-LIB-NAME not-lib-name@9.0.0]|[NOT-LIB-VER not-lib-ver@9.0.0]|[NOT-DB "
            + "not-db@9.0.0]|[NOT-CAPA not-capa@9.0.0]|[NOT-IP not-ip@9.0.0]> [...]>>",
        History =
        [
            "2.8.12: filters by keyword, ID among them",
            "3.2.0: TYPE knows master",
            "5.0.0: TYPE knows replica beside slave",
            "6.2.0: LADDR",
            "8.0.0: MAXAGE; TYPE knows primary beside master",
            "8.1.0: ID takes several ids",
            "9.0.0: filters by name, idle time, flags, library, database, capability and IP, and NOT- filters",
        ])]
    public static void Kill(CommandContext c)
    {
        bool isOldForm = c.ArgCount == 3;
        var filter = new ClientFilter(skipsCaller: !isOldForm);
        if (isOldForm) filter.Address = Encoding.Latin1.GetString(c.Arg(2));
        else if (!filter.TryParse(c, 2)) return;

        long killed = 0;
        foreach (ClientSession client in c.Engine.Clients.ById())
        {
            if (!filter.Accepts(client, c)) continue;
            killed++;
            if (client == c.Client) client.CloseAfterOutput = true;
            else client.Expel();
            if (isOldForm) break;
        }
        if (!isOldForm) c.Reply.Integer(killed);
        else if (killed > 0) c.Reply.Ok();
        else c.Reply.Error("ERR No such client"u8);
    }

    [Command("UNBLOCK", Container = "CLIENT", Arity = -3,
        Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale
            | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "5.0.0", Complexity = "O(log N)",
        Summary = "Wakes a client that waits in a blocking command.", Syntax = "client-id [unblock-type=TIMEOUT|ERROR]")]
    public static void Unblock(CommandContext c)
    {
        bool withError = c.ArgCount == 4 && c.ArgIs(3, "error"u8);
        if (c.ArgCount == 4 && !withError && !c.ArgIs(3, "timeout"u8))
        {
            c.Reply.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"u8);
        }
        else if (!NumberText.TryParseInt64(c.Arg(2), out long id))
        {
            c.Reply.Error(CommandErrors.NotAnInteger);
        }
        else if (c.Engine.Clients.Find(id) is { IsBlocked: true, Wait.TimeoutReply: not BlockedReply.Never } client)
        {
            c.Engine.Blocked.EndWait(client, withError ? "UNBLOCKED client unblocked via CLIENT UNBLOCK"u8 : default);
            c.Reply.Integer(1);
        }
        else
        {
            c.Reply.Integer(0);
        }
    }

    [Command("HELP", Container = "CLIENT", Arity = 2,
        Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel, Group = CommandGroup.Connection,
        Since = "5.0.0", Complexity = "O(1)", Summary = "Lists the CLIENT subcommands.")]
    public static void Help(CommandContext c) => HelpReply.Write(c.Reply, "CLIENT"u8, """
        CACHING <YES|NO>
            Whether what the next command reads is tracked, in the modes OPTIN and OPTOUT.
        GETNAME
            Tells the name of this connection.
        GETREDIR
            Tells the id of the client that gets the messages of this one's tracking.
        ID
            Tells the id of this connection.
        INFO
            Describes this connection.
        KILL <ip:port>
            Closes the connection from that address.
        KILL <filter> <value> [<filter> <value> ...]
            Closes the connections that match all filters: ADDR, LADDR, ID, TYPE, USER,
            NAME, IDLE, FLAGS, LIB-NAME, LIB-VER, DB, CAPA, IP, MAXAGE, each but the last
            also with NOT- before it, and SKIPME (yes|no).
        LIST [<filter> <value> ...]
            Describes the connections that match all filters.
        NO-EVICT <ON|OFF>
            Whether this connection stays open when clients take too much memory.
        NO-TOUCH <ON|OFF>
            Whether commands of this connection leave access times and frequencies as they are.
        PAUSE <timeout> [WRITE|ALL]
            Makes clients wait, for milliseconds, before commands that write, or all.
        REPLY <ON|OFF|SKIP>
            Switches replies to this connection on or off, or leaves out the next one.
        SETINFO LIB-NAME|LIB-VER <value>
            Records the name or version of the client library.
        SETNAME <name>
            Names this connection.
        TRACKING <ON|OFF> [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]
            Whether this connection is told when keys change that it has read.
        TRACKINGINFO
            Tells how this connection tracks keys.
        UNBLOCK <id> [TIMEOUT|ERROR]
            Wakes a client that waits in a blocking command.
        UNPAUSE
            Ends a pause.
        """u8);

    /// <summary>Checks a name for a connection; replies the error and returns false when it would break CLIENT LIST.</summary>
    internal static bool TryCheckName(CommandContext c, int index)
    {
        if (IsPrintable(c.Arg(index))) return true;
        c.Reply.Error("ERR Client names cannot contain spaces, newlines or special characters."u8);
        return false;
    }

    /// <summary>Whether there are letters and digits and signs only; what is behind a byte of zero is not looked at.</summary>
    private static bool IsPrintable(ReadOnlySpan<byte> text) => CommandErrors.UpToNul(text).IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0;

    private static void WriteText(CommandContext c, string text) => c.Reply.Verbatim("txt"u8, Encoding.Latin1.GetBytes(text));
}
