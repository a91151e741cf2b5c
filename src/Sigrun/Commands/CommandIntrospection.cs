using System.Numerics;
using System.Text;
using Sigrun.Keyspace;
using Sigrun.Protocol;

namespace Sigrun.Commands;

/// <summary>
/// The COMMAND family: the server describes its own commands. The answers are recorded when the server is built
/// (see <see cref="CommandTable"/>); here they are selected. Commands come in the order of their names.
/// </summary>
internal static class CommandIntrospection
{
    [Command("COMMAND", Arity = -1, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel,
        Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(N)", Acl = "connection",
        Tips = "nondeterministic_output_order", Summary = "Describes all commands.")]
    public static void Command(CommandContext c) => WriteAllInfo(c);

    [Command("COUNT", Container = "COMMAND", Arity = 2,
        Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel, Group = CommandGroup.Server,
        Since = "2.8.13", Complexity = "O(1)", Acl = "connection", Summary = "Counts the commands.")]
    public static void Count(CommandContext c) => c.Reply.Integer(CountCallable(c));

    [Command("INFO", Container = "COMMAND", Arity = -2,
        Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel, Group = CommandGroup.Server,
        Since = "2.8.13", Complexity = "O(N)", Acl = "connection", Tips = "nondeterministic_output_order",
        Summary = "Describes some commands or all of them.", Syntax = "[command-name [command-name ...]]",
        History = ["7.0.0: without a name it describes every command"])]
    public static void Info(CommandContext c)
    {
        if (c.ArgCount == 2)
        {
            WriteAllInfo(c);
            return;
        }

        c.Reply.Array(c.ArgCount - 2);
        for (int i = 2; i < c.ArgCount; i++)
        {
            int id = c.Engine.CommandNames.LookupFullName(c.Arg(i));
            if (id < 0) c.Reply.Null();
            else CommandTable.WriteInfo(c.Reply, id);
        }
    }

    [Command("DOCS", Container = "COMMAND", Arity = -2,
        Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel, Group = CommandGroup.Server,
        Since = "7.0.0", Complexity = "O(N)", Acl = "connection", Tips = "nondeterministic_output_order",
        Summary = "Documents some commands or all of them.", Syntax = "[command-name [command-name ...]]")]
    public static void Docs(CommandContext c)
    {
        if (c.ArgCount == 2)
        {
            c.Reply.Map(CountCallable(c));
            for (int id = 0; id < CommandTable.Count; id = NextCommand(id))
            {
                if (c.Engine.CommandNames.CanCall(id)) WriteNamedDocs(c, id);
            }
            return;
        }

        // A name that does not exist is left out, and a name given twice answers twice.
        int known = 0;
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (c.Engine.CommandNames.LookupFullName(c.Arg(i)) >= 0) known++;
        }

        c.Reply.Map(known);
        for (int i = 2; i < c.ArgCount; i++)
        {
            int id = c.Engine.CommandNames.LookupFullName(c.Arg(i));
            if (id >= 0) WriteNamedDocs(c, id);
        }
    }

    [Command("LIST", Container = "COMMAND", Arity = -2,
        Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel, Group = CommandGroup.Server,
        Since = "7.0.0", Complexity = "O(N)", Acl = "connection", Tips = "nondeterministic_output_order",
        Summary = "Lists the names of commands.",
        Syntax = "[FILTERBY <filterby=MODULE module-name|ACLCAT category|PATTERN pattern>]")]
    public static void List(CommandContext c)
    {
        ListFilter filter = ListFilter.None;
        if (c.ArgCount == 5 && c.ArgIs(2, "filterby"u8)) filter = ParseFilter(c.Arg(3));
        else if (c.ArgCount != 2) filter = ListFilter.Unknown;
        if (filter == ListFilter.Unknown)
        {
            c.Reply.Error("ERR syntax error"u8);
            return;
        }

        AclCategories category = filter == ListFilter.Category ? CommandTable.LookupCategory(c.Arg(4)) : AclCategories.None;
        DeferredHeader header = c.Reply.BeginDeferred();
        int count = 0;
        int next = 0;
        bool isCallable = false;
        for (int id = 0; id < CommandTable.Count; id++)
        {
            if (id == next)
            {
                isCallable = c.Engine.CommandNames.CanCall(id);
                next = NextCommand(id);
            }
            bool listed = isCallable && filter switch
            {
                ListFilter.None => true,
                ListFilter.Category => (new CommandInfo(id).Categories & category) != 0,
                ListFilter.Pattern => GlobPattern.Matches(c.Arg(4), CommandTable.FullName(id), ignoreCase: true),
                _ => false,
            };
            if (!listed) continue;
            c.Reply.Bulk(CommandTable.FullName(id));
            count++;
        }

        c.Reply.EndDeferred(header, count);
    }

    [Command("GETKEYS", Container = "COMMAND", Arity = -3,
        Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel, Group = CommandGroup.Server,
        Since = "2.8.13", Complexity = "O(N)", Acl = "connection", Summary = "Picks the keys out of a complete command.",
        Syntax = "command [arg [arg ...]]")]
    public static void GetKeys(CommandContext c) => WriteKeys(c, withFlags: false);

    [Command("GETKEYSANDFLAGS", Container = "COMMAND", Arity = -3,
        Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel, Group = CommandGroup.Server,
        Since = "7.0.0", Complexity = "O(N)", Acl = "connection",
        Summary = "Picks the keys out of a complete command and tells how each is used.", Syntax = "command [arg [arg ...]]")]
    public static void GetKeysAndFlags(CommandContext c) => WriteKeys(c, withFlags: true);

    [Command("HELP", Container = "COMMAND", Arity = 2,
        Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Sentinel, Group = CommandGroup.Server,
        Since = "5.0.0", Complexity = "O(1)", Acl = "connection", Summary = "Lists the COMMAND subcommands.")]
    public static void Help(CommandContext c) => HelpReply.Write(c.Reply, "COMMAND"u8, """
        (no subcommand)
            Describes all commands.
        COUNT
            Counts the commands.
        DOCS [<command-name> ...]
            Documents the commands with these names, or all of them.
        GETKEYS <full-command>
            Picks the keys out of a command.
        GETKEYSANDFLAGS <full-command>
            Picks the keys out of a command and tells how each is used.
        INFO [<command-name> ...]
            Describes the commands with these names, or all of them.
        LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]
            Lists the names of the commands, those of subcommands included.
        """u8);

    private static void WriteAllInfo(CommandContext c)
    {
        c.Reply.Array(CountCallable(c));
        for (int id = 0; id < CommandTable.Count; id = NextCommand(id))
        {
            if (c.Engine.CommandNames.CanCall(id)) CommandTable.WriteInfo(c.Reply, id);
        }
    }

    private static void WriteNamedDocs(CommandContext c, int id)
    {
        c.Reply.Bulk(CommandTable.FullName(id));
        CommandTable.WriteDocs(c.Reply, id);
    }

    private static int CountCallable(CommandContext c)
    {
        int count = 0;
        for (int id = 0; id < CommandTable.Count; id = NextCommand(id))
        {
            if (c.Engine.CommandNames.CanCall(id)) count++;
        }
        return count;
    }

    private static int NextCommand(int id) => id + 1 + CommandTable.SubcommandCount[id];

    private static void WriteKeys(CommandContext c, bool withFlags)
    {
        var arguments = new ArgumentList(c, 2);
        int id = c.Engine.CommandNames.Resolve(arguments);
        if (id < 0) c.Reply.Error("ERR Invalid command specified"u8);
        else if (!CommandTable.HasKeys(id)) c.Reply.Error("ERR The command has no key arguments"u8);
        else if (!new CommandInfo(id).AcceptsArgumentCount(arguments.Count)) c.Reply.Error("ERR Invalid number of arguments specified for command"u8);
        else WriteKeys(c, id, arguments, withFlags);
    }

    private static void WriteKeys(CommandContext c, int id, ArgumentList arguments, bool withFlags)
    {
        var keys = new KeyPositions(stackalloc KeyPosition[64]);
        CommandTable.FindKeys(id, arguments, ref keys);
        WriteKeys(c, id, arguments, keys.Items, withFlags);
        keys.Dispose();
    }

    private static void WriteKeys(CommandContext c, int id, ArgumentList arguments, ReadOnlySpan<KeyPosition> keys, bool withFlags)
    {
        if (keys.IsEmpty && (new CommandInfo(id).Flags & CommandFlags.NoMandatoryKeys) == 0)
        {
            c.Reply.Error("ERR Invalid arguments specified for command"u8);
            return;
        }

        c.Reply.Array(keys.Length);
        foreach (KeyPosition key in keys)
        {
            if (withFlags) c.Reply.Array(2);
            c.Reply.Bulk(arguments[key.Index]);
            if (withFlags) WriteFlags(c, key.Flags);
        }
    }

    private static void WriteFlags(CommandContext c, KeyFlags flags)
    {
        c.Reply.Set(BitOperations.PopCount((uint)flags));
        Span<byte> name = stackalloc byte[KeyFlagNames.LengthMax];
        for (int bit = 0; bit < KeyFlagNames.Count; bit++)
        {
            if (((int)flags >> bit & 1) != 0) c.Reply.SimpleString(name[..Encoding.ASCII.GetBytes(KeyFlagNames.Name(bit), name)]);
        }
    }

    private static ListFilter ParseFilter(ReadOnlySpan<byte> word)
    {
        if (Ascii.EqualsIgnoreCase(word, "module"u8)) return ListFilter.Module;
        if (Ascii.EqualsIgnoreCase(word, "aclcat"u8)) return ListFilter.Category;
        return Ascii.EqualsIgnoreCase(word, "pattern"u8) ? ListFilter.Pattern : ListFilter.Unknown;
    }

    // What COMMAND LIST is to list. No module is loaded, so that its filter lets nothing through.
    private enum ListFilter
    {
        None,
        Module,
        Category,
        Pattern,
        Unknown,
    }
}
