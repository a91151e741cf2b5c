using Sigrun.Security;
using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>Commands about the connection itself: greeting, logging in, ending.</summary>
internal static class ConnectionCommands
{
    [Command("PING", Arity = -1, Flags = CommandFlags.Fast | CommandFlags.Sentinel, Group = CommandGroup.Connection,
        Since = "1.0.0", Complexity = "O(1)", Tips = "request_policy:all_shards response_policy:all_succeeded",
        Summary = "Answers PONG, or sends its argument back.", Syntax = "[message]")]
    public static void Ping(CommandContext c)
    {
        if (c.ArgCount > 2) c.Reply.Error(CommandErrors.WrongArity(c.CommandId));
        else if (c.Client.ListensOnly) AnswerListener(c);
        else if (c.ArgCount == 1) c.Reply.SimpleString("PONG"u8);
        else c.Reply.Bulk(c.Arg(1));
    }

    private static void AnswerListener(CommandContext c)
    {
        c.Reply.Array(2);
        c.Reply.Bulk("pong"u8);
        c.Reply.Bulk(c.ArgCount == 1 ? [] : c.Arg(1));
    }

    [Command("ECHO", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast,
        Group = CommandGroup.Connection, Since = "1.0.0", Complexity = "O(1)", Summary = "Sends its argument back.",
        Syntax = "message")]
    public static void Echo(CommandContext c) => c.Reply.Bulk(c.Arg(1));

    [Command("QUIT", Arity = -1,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.NoAuth
            | CommandFlags.AllowBusy,
        Group = CommandGroup.Connection, Since = "1.0.0", Complexity = "O(1)", Summary = "Ends the connection.")]
    public static void Quit(CommandContext c)
    {
        c.Reply.Ok();
        c.Client.CloseAfterOutput = true;
    }

    [Command("RESET", Arity = 1,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.NoAuth
            | CommandFlags.AllowBusy,
        Group = CommandGroup.Connection, Since = "6.2.0", Complexity = "O(1)",
        Summary = "Puts the connection back into the state in which it began.")]
    public static void Reset(CommandContext c)
    {
        c.Client.Reset();
        c.Select(c.Client.Db);
        c.Reply.SimpleString("RESET"u8);
    }

    [Command("AUTH", Arity = -2,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.NoAuth
            | CommandFlags.AllowBusy | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "1.0.0", Complexity = "O(N)", Summary = "Logs the connection in.",
        Syntax = "[username@6.0.0] password", History = ["6.0.0: takes a user name"])]
    public static void Auth(CommandContext c)
    {
        if (c.ArgCount > 3)
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        c.Redact(1);
        if (c.ArgCount == 3) c.Redact(2);
        if (c.ArgCount == 2 && c.Engine.Users.Default.NeedsNoPassword)
        {
            c.Reply.Error("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"u8);
            return;
        }
        ReadOnlySpan<byte> user = c.ArgCount == 3 ? c.Arg(1) : "default"u8;
        if (LogIn.Try(c, user, c.Arg(c.ArgCount - 1))) c.Reply.Ok();
    }

    [Command("HELLO", Arity = -1,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.NoAuth
            | CommandFlags.AllowBusy | CommandFlags.Sentinel,
        Group = CommandGroup.Connection, Since = "6.0.0", Complexity = "O(1)",
        Summary = "Chooses the protocol version, and logs in and names the connection on the way.",
        Syntax = "[arguments=protover [AUTH username password] [SETNAME clientname]]",
        History = ["6.2.0: the version may be left out", "8.1.0: field availability_zone"])]
    public static void Hello(CommandContext c)
    {
        long version = 0;
        if (c.ArgCount > 1 && !TryReadVersion(c, out version)) return;
        int auth = 0;
        int name = 0;
        for (int i = 2; i < c.ArgCount; i++)
        {
            int following = c.ArgCount - i - 1;
            if (c.ArgIs(i, "auth"u8) && following >= 2)
            {
                c.Redact(i + 1);
                c.Redact(i + 2);
                auth = i + 1;
                i += 2;
            }
            else if (c.ArgIs(i, "setname"u8) && following >= 1)
            {
                name = ++i;
                if (!ClientCommands.TryCheckName(c, name)) return;
            }
            else
            {
                c.Reply.Error([.. "ERR Syntax error in HELLO option '"u8, .. CommandErrors.UpToNul(c.Arg(i)), (byte)'\'']);
                return;
            }
        }
        if (auth > 0 && !LogIn.Try(c, c.Arg(auth), c.Arg(auth + 1))) return;
        if (!c.Client.IsAuthenticated)
        {
            c.Reply.Error("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"u8);
            return;
        }
        if (name > 0) c.Client.Name = c.Arg(name).ToArray();
        if (version > 0) c.Reply.IsResp3 = version == 3;
        c.Client.UpdateRunsPlainly();
        WriteGreeting(c);
    }

    private static bool TryReadVersion(CommandContext c, out long version)
    {
        if (!NumberText.TryParseInt64(c.Arg(1), out version))
        {
            c.Reply.Error("ERR Protocol version is not an integer or out of range"u8);
            return false;
        }
        if (version is 2 or 3) return true;
        c.Reply.Error("NOPROTO unsupported protocol version"u8);
        return false;
    }

    private static void WriteGreeting(CommandContext c)
    {
        string zone = c.Engine.Settings.Cluster.AvailabilityZone ?? "";
        bool asRedis = c.Engine.Settings.Types.ExtendedRedisCompatibility;
        c.Reply.Map(zone.Length > 0 ? 8 : 7);
        c.Reply.Bulk("server"u8);
        c.Reply.Bulk(asRedis ? "redis"u8 : "valkey"u8);
        c.Reply.Bulk("version"u8);
        c.Reply.BulkText(asRedis ? ServerIdentity.RedisVersion : ServerIdentity.ValkeyVersion);
        c.Reply.Bulk("proto"u8);
        c.Reply.Integer(c.Reply.IsResp3 ? 3 : 2);
        c.Reply.Bulk("id"u8);
        c.Reply.Integer(c.Client.Id);
        c.Reply.Bulk("mode"u8);
        c.Reply.Bulk("standalone"u8);
        c.Reply.Bulk("role"u8);
        c.Reply.Bulk("master"u8);
        c.Reply.Bulk("modules"u8);
        c.Reply.Array(0);
        if (zone.Length == 0) return;
        c.Reply.Bulk("availability_zone"u8);
        c.Reply.BulkText(zone);
    }
}
