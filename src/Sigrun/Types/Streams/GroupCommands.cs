using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>XGROUP: consumer groups and their consumers.</summary>
[Command("XGROUP", Arity = -2, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "Varies by subcommand",
    Summary = "Holds the commands on consumer groups.")]
internal static class GroupCommands
{
    private const int KeyIndex = 2;
    private const int GroupIndex = 3;
    private const int IdIndex = 4;
    private const int ConsumerIndex = 4;
    private const int FirstOption = 5;

    [Command("CREATE", Container = "XGROUP", Arity = -5, Flags = CommandFlags.Write | CommandFlags.DenyOom,
        Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)", Keys = "2 RW insert",
        Summary = "Makes a consumer group.",
        Syntax = "key group <id-selector=id|<new-id='$'>> [MKSTREAM] [entriesread=ENTRIESREAD entries-read]",
        History = ["7.0.0: ENTRIESREAD"])]
    public static void Create(CommandContext c)
    {
        const int ArgumentsMax = 8;
        if (!TryReadOptions(c, mayMake: true, out bool makesStream, out long entriesRead)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(KeyIndex), EntryType.Stream, out WriteScope scope)) return;
        if (!makesStream && !Exists(c, scope)) return;
        if (c.ArgCount > ArgumentsMax)
        {
            c.Reply.Error(CommandErrors.UnknownSubcommandOrArity(c));
            return;
        }
        bool isNew = scope.Entry.IsNull;
        StreamId last = isNew ? default : new StreamView(scope.Entry).LastId;
        if (!StreamArguments.IsSign(c.Arg(IdIndex), '$') && !StreamArguments.TryReadEntryId(c, IdIndex, out last)) return;
        if (isNew)
        {
            scope.Attach(StreamValue.NewEntry(c.Engine.Heap, c.Arg(KeyIndex), -1));
            scope.Commit(KeyspaceEventClass.None, default);
            c.Engine.Dirty--;
        }
        if (new StreamEditor(scope.Edit()).TryAddGroup(c.Arg(GroupIndex), last, entriesRead).IsNone)
        {
            c.Reply.Error("BUSYGROUP Consumer Group name already exists"u8);
            return;
        }
        Finish(c, scope, "xgroup-create"u8);
        c.Reply.Ok();
    }

    [Command("SETID", Container = "XGROUP", Arity = -5, Flags = CommandFlags.Write, Group = CommandGroup.Stream,
        Since = "5.0.0", Complexity = "O(1)", Keys = "2 RW update", Summary = "Sets the last ID that a group has read.",
        Syntax = "key group <id-selector=id|<new-id='$'>> [entriesread=ENTRIESREAD entries-read]",
        History = ["7.0.0: ENTRIESREAD"])]
    public static void SetId(CommandContext c)
    {
        const int ArgumentsMax = 7;
        if (!TryReadOptions(c, mayMake: false, out _, out long entriesRead)) return;
        if (!TryOpenGroup(c, c.Key(KeyIndex), out WriteScope scope, out StreamGroup group)) return;
        if (c.ArgCount > ArgumentsMax)
        {
            c.Reply.Error(CommandErrors.UnknownSubcommandOrArity(c));
            return;
        }
        StreamId last = new StreamView(scope.Entry).LastId;
        if (!StreamArguments.IsSign(c.Arg(IdIndex), '$') && !StreamArguments.TryReadId(c, IdIndex, out last)) return;
        new StreamEditor(scope.Edit()).SetPosition(group, last, entriesRead);
        Finish(c, scope, "xgroup-setid"u8);
        c.Reply.Ok();
    }

    [Command("DESTROY", Container = "XGROUP", Arity = 4, Flags = CommandFlags.Write, Group = CommandGroup.Stream,
        Since = "5.0.0", Complexity = "O(N)", Keys = "2 RW delete", Summary = "Removes a consumer group.", Syntax = "key group")]
    public static void Destroy(CommandContext c)
    {
        KeyRef key = c.Key(KeyIndex);
        if (!TypedKey.TryOpenWrite(c, key, EntryType.Stream, out WriteScope scope) || !Exists(c, scope)) return;
        bool existed = new StreamEditor(scope.Edit()).RemoveGroup(c.Arg(GroupIndex));
        if (existed)
        {
            Finish(c, scope, "xgroup-destroy"u8);
            // Those who wait for entries as its consumers are told that it is gone.
            if (c.Engine.Blocked.Count > 0) c.Engine.Blocked.OnKeyWritten(c.Db.Index, key.Bytes);
        }
        c.Reply.Integer(existed ? 1 : 0);
    }

    [Command("CREATECONSUMER", Container = "XGROUP", Arity = 5, Flags = CommandFlags.Write | CommandFlags.DenyOom,
        Group = CommandGroup.Stream, Since = "6.2.0", Complexity = "O(1)", Keys = "2 RW insert",
        Summary = "Makes a consumer of a group.", Syntax = "key group consumer")]
    public static void CreateConsumer(CommandContext c)
    {
        if (!TryOpenGroup(c, c.Key(KeyIndex), out WriteScope scope, out StreamGroup group)) return;
        StreamConsumer made = GroupConsumers.Add(c, scope, new StreamEditor(scope.Edit()), group, c.Arg(ConsumerIndex));
        c.Reply.Integer(made.IsNone ? 0 : 1);
    }

    [Command("DELCONSUMER", Container = "XGROUP", Arity = 5, Flags = CommandFlags.Write, Group = CommandGroup.Stream,
        Since = "5.0.0", Complexity = "O(1)", Keys = "2 RW delete", Summary = "Removes a consumer of a group, and what was pending with it.",
        Syntax = "key group consumer")]
    public static void DelConsumer(CommandContext c)
    {
        if (!TryOpenGroup(c, c.Key(KeyIndex), out WriteScope scope, out StreamGroup group)) return;
        StreamConsumer consumer = group.FindConsumer(c.Arg(ConsumerIndex));
        long pending = 0;
        if (!consumer.IsNone)
        {
            pending = consumer.PendingCount;
            new StreamEditor(scope.Edit()).RemoveConsumer(group, consumer);
            Finish(c, scope, "xgroup-delconsumer"u8);
        }
        c.Reply.Integer(pending);
    }

    [Command("HELP", Container = "XGROUP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)", Summary = "Lists the XGROUP subcommands.")]
    public static void Help(CommandContext c) => HelpReply.Write(c.Reply, "XGROUP"u8, """
        CREATE <key> <groupname> <id|$> [option]
            Makes a group that reads entries behind the ID. Options:
            * MKSTREAM
              Makes the stream first if it is not there.
            * ENTRIESREAD entries_read
              Says how many entries the group counts as read.
        CREATECONSUMER <key> <groupname> <consumer>
            Makes a consumer of the group.
        DELCONSUMER <key> <groupname> <consumer>
            Removes a consumer and what was pending with it.
        DESTROY <key> <groupname>
            Removes the group.
        SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]
            Makes the group go on behind the ID.
        """u8);

    private static bool TryReadOptions(CommandContext c, bool mayMake, out bool makesStream, out long entriesRead)
    {
        makesStream = false;
        entriesRead = GroupProgress.Unknown;
        for (int i = FirstOption; i < c.ArgCount; i++)
        {
            if (mayMake && c.ArgIs(i, "mkstream"u8))
            {
                makesStream = true;
            }
            else if (c.ArgIs(i, "entriesread"u8) && i + 1 < c.ArgCount)
            {
                if (!StreamArguments.TryReadInteger(c, ++i, out entriesRead)) return false;
                if (entriesRead < GroupProgress.Unknown)
                    return StreamArguments.Refuse(c, "ERR value for ENTRIESREAD must be positive or -1"u8);
            }
            else
            {
                c.Reply.Error(CommandErrors.UnknownSubcommandOrArity(c));
                return false;
            }
        }
        return true;
    }

    private static bool TryOpenGroup(CommandContext c, in KeyRef key, out WriteScope scope, out StreamGroup group)
    {
        group = default;
        if (!TypedKey.TryOpenWrite(c, key, EntryType.Stream, out scope) || !Exists(c, scope)) return false;
        group = new StreamView(scope.Entry).FindGroup(c.Arg(GroupIndex));
        if (group.IsNone) StreamReplies.NoGroupOfKey(c, c.Arg(KeyIndex), c.Arg(GroupIndex));
        return !group.IsNone;
    }

    private static bool Exists(CommandContext c, in WriteScope scope) =>
        !scope.Entry.IsNull || StreamArguments.Refuse(c, "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically."u8);

    /// <summary>Changes of groups are no changes of the value to those who watch the key.</summary>
    private static void Finish(CommandContext c, in WriteScope scope, ReadOnlySpan<byte> eventName)
    {
        c.Engine.Dirty++;
        scope.Raise(KeyspaceEventClass.Stream, eventName);
    }
}
