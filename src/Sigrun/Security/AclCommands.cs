using System.Security.Cryptography;
using Sigrun.Commands;
using Sigrun.Configuration;
using NumberText = Sigrun.Storage.NumberText;

namespace Sigrun.Security;

/// <summary>ACL: the users, what they may do, and what was refused.</summary>
[Command("ACL", Arity = -2, Flags = CommandFlags.Sentinel, Group = CommandGroup.Server, Since = "6.0.0",
    Complexity = "Depends on subcommand.", Summary = "Holds the commands about users and their permissions.")]
internal static class AclCommands
{
    private const CommandFlags Common = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel;
    private const CommandFlags Administrative = Common | CommandFlags.Admin;
    private const int PasswordBitsMax = 4096;

    [Command("SETUSER", Container = "ACL", Arity = -3, Flags = Administrative, Group = CommandGroup.Server, Since = "6.0.0",
        Complexity = "O(N)", Tips = "request_policy:all_nodes response_policy:all_succeeded",
        Summary = "Makes a user or changes one.", Syntax = "username [rule [rule ...]]",
        History = ["6.2.0: patterns of channels", "7.0.0: selectors, patterns of keys to read or to write", "9.1.0: rules on databases"])]
    public static void SetUser(CommandContext c)
    {
        RedactFrom(c, 2);
        string name = ConfigText.FromBytes(c.Arg(2));
        if (AclRules.HasBlanks(name))
        {
            c.Reply.Error("ERR Usernames can't contain spaces or null characters"u8);
            return;
        }
        string[] rules = new string[c.ArgCount - 3];
        for (int i = 0; i < rules.Length; i++) rules[i] = ConfigText.FromBytes(c.Arg(i + 3));
        if (c.Engine.Users.Set(name, rules) is { } error) ReplyError(c, error);
        else c.Reply.Ok();
    }

    [Command("DELUSER", Container = "ACL", Arity = -3, Flags = Administrative, Group = CommandGroup.Server, Since = "6.0.0",
        Complexity = "O(1)", Tips = "request_policy:all_nodes response_policy:all_succeeded",
        Summary = "Deletes users and closes their connections.", Syntax = "username [username ...]")]
    public static void DeleteUsers(CommandContext c)
    {
        RedactFrom(c, 2);
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (!c.Arg(i).SequenceEqual("default"u8)) continue;
            c.Reply.Error("ERR The 'default' user cannot be removed"u8);
            return;
        }
        long deleted = 0;
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (c.Engine.Users.Delete(ConfigText.FromBytes(c.Arg(i)))) deleted++;
        }
        c.Reply.Integer(deleted);
    }

    [Command("GETUSER", Container = "ACL", Arity = 3, Flags = Administrative, Group = CommandGroup.Server, Since = "6.0.0",
        Complexity = "O(N)", Summary = "Shows the rules of a user.", Syntax = "username",
        History = ["6.2.0: patterns of channels", "7.0.0: selectors; keys and channels as the rules that allow them", "9.1.0: rules on databases"])]
    public static void GetUser(CommandContext c)
    {
        c.Redact(2);
        if (c.Engine.Users.Find(ConfigText.FromBytes(c.Arg(2))) is not { } user)
        {
            c.Reply.Null();
            return;
        }
        c.Reply.Map(7);
        c.Reply.Bulk("flags"u8);
        List<string> flags = AclDescription.Flags(user);
        c.Reply.Set(flags.Count);
        foreach (string flag in flags) c.Reply.BulkText(flag);
        c.Reply.Bulk("passwords"u8);
        c.Reply.Array(user.Passwords.Count);
        foreach (byte[] password in user.Passwords) c.Reply.BulkText(Convert.ToHexStringLower(password));
        WriteSelector(c, user.Root);
        c.Reply.Bulk("selectors"u8);
        ReadOnlySpan<AclSelector> others = user.Selectors[1..];
        c.Reply.Array(others.Length);
        foreach (AclSelector selector in others)
        {
            c.Reply.Map(4);
            WriteSelector(c, selector);
        }
    }

    [Command("LIST", Container = "ACL", Arity = 2, Flags = Administrative, Group = CommandGroup.Server, Since = "6.0.0",
        Complexity = "O(N)", Summary = "Shows all users as files of users have them.")]
    public static void List(CommandContext c)
    {
        List<AclUser> users = c.Engine.Users.All();
        c.Reply.Array(users.Count);
        foreach (AclUser user in users) c.Reply.BulkText($"user {user.Name} {user.Description}");
    }

    [Command("USERS", Container = "ACL", Arity = 2, Flags = Administrative, Group = CommandGroup.Server, Since = "6.0.0",
        Complexity = "O(N)", Summary = "Lists the names of all users.")]
    public static void Users(CommandContext c)
    {
        List<AclUser> users = c.Engine.Users.All();
        c.Reply.Array(users.Count);
        foreach (AclUser user in users) c.Reply.BulkText(user.Name);
    }

    [Command("WHOAMI", Container = "ACL", Arity = 2, Flags = Common, Group = CommandGroup.Server, Since = "6.0.0", Complexity = "O(1)",
        Summary = "Tells as whom this connection is logged in.")]
    public static void WhoAmI(CommandContext c)
    {
        if (c.Client.User is { } user) c.Reply.BulkText(user.Name);
        else c.Reply.Null();
    }

    [Command("CAT", Container = "ACL", Arity = -2, Flags = Common, Group = CommandGroup.Server, Since = "6.0.0", Complexity = "O(1)",
        Summary = "Lists the categories of commands, or the commands of one.", Syntax = "[category]")]
    public static void Categories(CommandContext c)
    {
        if (c.ArgCount > 3)
        {
            c.Reply.Error(CommandErrors.UnknownSubcommandOrArity(c));
            return;
        }
        if (c.ArgCount == 2)
        {
            c.Reply.Array(AclCategoryNames.Count);
            for (int bit = 0; bit < AclCategoryNames.Count; bit++) c.Reply.BulkText(AclCategoryNames.Name(bit));
            return;
        }
        AclCategories category = CommandTable.LookupCategory(c.Arg(2));
        if (category == AclCategories.None)
        {
            ReadOnlySpan<byte> name = CommandErrors.UpToNul(c.Arg(2));
            ReplyError(c, $"Unknown category '{ConfigText.FromBytes(name[..Math.Min(name.Length, 128)])}'");
            return;
        }
        WriteCommandsOf(c, category);
    }

    [Command("GENPASS", Container = "ACL", Arity = -2, Flags = Common, Group = CommandGroup.Server, Since = "6.0.0", Complexity = "O(1)",
        Summary = "Makes a password that nobody can guess.", Syntax = "[bits]")]
    public static void GeneratePassword(CommandContext c)
    {
        long bits = 256;
        if (c.ArgCount > 3)
        {
            c.Reply.Error(CommandErrors.UnknownSubcommandOrArity(c));
        }
        else if (c.ArgCount == 3 && !NumberText.TryParseInt64(c.Arg(2), out bits))
        {
            c.Reply.Error(CommandErrors.NotAnInteger);
        }
        else if (bits is <= 0 or > PasswordBitsMax)
        {
            c.Reply.Error("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096"u8);
        }
        else
        {
            c.Reply.BulkText(RandomNumberGenerator.GetHexString((int)(bits + 3) / 4, lowercase: true));
        }
    }

    [Command("DRYRUN", Container = "ACL", Arity = -4, Flags = Administrative, Group = CommandGroup.Server, Since = "7.0.0",
        Complexity = "O(1)", Summary = "Tells whether a user may run a command, without running it.", Syntax = "username command [arg [arg ...]]")]
    public static void DryRun(CommandContext c)
    {
        if (c.Engine.Users.Find(ConfigText.FromBytes(c.Arg(2))) is not { } user)
        {
            ReplyError(c, $"User '{ConfigText.FromBytes(CommandErrors.UpToNul(c.Arg(2)))}' not found");
            return;
        }
        var arguments = new ArgumentList(c, 3);
        int id = c.Engine.CommandNames.Resolve(arguments);
        if (id < 0)
        {
            ReplyError(c, $"Command '{ConfigText.FromBytes(CommandErrors.UpToNul(c.Arg(3)))}' not found");
            return;
        }
        if (!new CommandInfo(id).AcceptsArgumentCount(arguments.Count))
        {
            c.Reply.Error(CommandErrors.WrongArity(id));
            return;
        }
        AclVerdict verdict = AclCheck.Run(user, id, arguments, c.Db.Index, c.Engine.Databases.Length);
        if (verdict.IsAllowed) c.Reply.Ok();
        else c.Reply.BulkText(AclRefusals.InDetail(verdict.Denial, user, id, arguments[verdict.Argument]));
    }

    [Command("LOG", Container = "ACL", Arity = -2, Flags = Administrative, Group = CommandGroup.Server, Since = "6.0.0",
        Complexity = "O(N)", Summary = "Shows what was refused lately.", Syntax = "[operation=count|RESET]",
        History = ["7.2.0: the entry's id, when it was made and when it was changed"])]
    public static void Log(CommandContext c)
    {
        AclLog log = c.Engine.AclLog;
        long count = 10;
        if (c.ArgCount > 3)
        {
            c.Reply.Error(CommandErrors.UnknownSubcommandOrArity(c));
            return;
        }
        if (c.ArgCount == 3 && c.ArgIs(2, "reset"u8))
        {
            log.Clear();
            c.Reply.Ok();
            return;
        }
        if (c.ArgCount == 3 && !NumberText.TryParseInt64(c.Arg(2), out count))
        {
            c.Reply.Error(CommandErrors.NotAnInteger);
            return;
        }
        count = Math.Clamp(count, 0, log.Count);
        c.Reply.Array(count);
        foreach (AclLogEntry entry in log.Entries)
        {
            if (count-- == 0) break;
            WriteEntry(c, entry);
        }
    }

    [Command("LOAD", Container = "ACL", Arity = 2, Flags = Administrative, Group = CommandGroup.Server, Since = "6.0.0",
        Complexity = "O(N)", Summary = "Replaces all users by those of the file of users.")]
    public static void Load(CommandContext c)
    {
        if (!HasFile(c)) return;
        if (c.Engine.AclFile.Load() is { } errors) ReplyError(c, errors);
        else c.Reply.Ok();
    }

    [Command("SAVE", Container = "ACL", Arity = 2, Flags = Administrative, Group = CommandGroup.Server, Since = "6.0.0",
        Complexity = "O(N)", Tips = "request_policy:all_nodes response_policy:all_succeeded",
        Summary = "Writes all users to the file of users.")]
    public static void Save(CommandContext c)
    {
        if (!HasFile(c)) return;
        if (c.Engine.AclFile.TrySave()) c.Reply.Ok();
        else c.Reply.Error("ERR There was an error trying to save the ACLs. Please check the server logs for more information"u8);
    }

    [Command("HELP", Container = "ACL", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel,
        Group = CommandGroup.Server, Since = "6.0.0", Complexity = "O(1)", Summary = "Lists the ACL subcommands.")]
    public static void Help(CommandContext c) => HelpReply.Write(c.Reply, "ACL"u8, """
        CAT [<category>]
            Lists the categories of commands, or the commands of one.
        DELUSER <username> [<username> ...]
            Deletes users and closes their connections.
        DRYRUN <username> <command> [<arg> ...]
            Tells whether a user may run a command, without running it.
        GENPASS [<bits>]
            Makes a password of 256 bits, or of another number of them.
        GETUSER <username>
            Shows the rules of a user.
        LIST
            Shows all users as files of users have them.
        LOAD
            Replaces all users by those of the file of users.
        LOG [<count> | RESET]
            Shows what was refused lately, or forgets it.
        SAVE
            Writes all users to the file of users.
        SETUSER <username> <rule> [<rule> ...]
            Makes a user or changes one.
        USERS
            Lists the names of all users.
        WHOAMI
            Tells as whom this connection is logged in.
        """u8);

    private static void RedactFrom(CommandContext c, int first)
    {
        for (int i = first; i < c.ArgCount; i++) c.Redact(i);
    }

    /// <summary>Replies an error that may quote anything.</summary>
    private static void ReplyError(CommandContext c, string error) => c.Reply.Error("ERR " + error.Replace('\r', ' ').Replace('\n', ' '));

    private static bool HasFile(CommandContext c) => c.Engine.AclFile.IsConfigured
        || c.Refuse("ERR This instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a configuration file set) in order to store users in the configuration."u8);

    private static void WriteSelector(CommandContext c, AclSelector selector)
    {
        c.Reply.Bulk("commands"u8);
        c.Reply.BulkText(AclDescription.Commands(selector));
        c.Reply.Bulk("keys"u8);
        c.Reply.BulkText(AclDescription.Keys(selector));
        c.Reply.Bulk("channels"u8);
        c.Reply.BulkText(AclDescription.Channels(selector));
        c.Reply.Bulk("databases"u8);
        c.Reply.BulkText(AclDescription.Databases(selector));
    }

    private static void WriteCommandsOf(CommandContext c, AclCategories category)
    {
        Protocol.DeferredHeader header = c.Reply.BeginDeferred();
        long count = 0;
        for (int id = 0; id < CommandTable.Count; id++)
        {
            if ((new CommandInfo(id).Categories & category) == 0) continue;
            c.Reply.Bulk(CommandTable.FullName(id));
            count++;
        }
        c.Reply.EndDeferred(header, count);
    }

    private static void WriteEntry(CommandContext c, AclLogEntry entry)
    {
        c.Reply.Map(10);
        c.Reply.Bulk("count"u8);
        c.Reply.Integer(entry.Count);
        c.Reply.Bulk("reason"u8);
        c.Reply.Bulk(entry.Denial switch
        {
            AclDenial.Command => "command"u8,
            AclDenial.Key => "key"u8,
            AclDenial.Channel => "channel"u8,
            AclDenial.Authentication => "auth"u8,
            AclDenial.Certificate => "tls-cert"u8,
            _ => "database"u8,
        });
        c.Reply.Bulk("context"u8);
        c.Reply.BulkText(entry.Context);
        c.Reply.Bulk("object"u8);
        c.Reply.BulkText(entry.Object);
        c.Reply.Bulk("username"u8);
        c.Reply.BulkText(entry.User);
        c.Reply.Bulk("age-seconds"u8);
        c.Reply.Double((c.NowMs - entry.UpdatedMs) / 1000.0);
        c.Reply.Bulk("client-info"u8);
        c.Reply.BulkText(entry.ClientInfo);
        c.Reply.Bulk("entry-id"u8);
        c.Reply.Integer(entry.Id);
        c.Reply.Bulk("timestamp-created"u8);
        c.Reply.Integer(entry.CreatedMs);
        c.Reply.Bulk("timestamp-last-updated"u8);
        c.Reply.Integer(entry.UpdatedMs);
    }
}
