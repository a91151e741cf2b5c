using Sigrun.Commands;
using Sigrun.Protocol;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>XINFO: figures on streams, their groups and consumers.</summary>
[Command("XINFO", Arity = -2, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "Varies by subcommand",
    Summary = "Holds the commands that tell about streams.")]
internal static class StreamInfoCommands
{
    private const int KeyIndex = 2;

    [Command("STREAM", Container = "XINFO", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Stream,
        Since = "5.0.0", Complexity = "O(1)", Keys = "2 RO access", Summary = "Tells about a stream.",
        Syntax = "key [full-block=<FULL> [COUNT count]]",
        History =
        [
            "6.0.0: FULL",
            "7.0.0: max-deleted-entry-id, entries-added, recorded-first-entry-id, entries-read and lag",
            "7.2.0: active-time; seen-time is when the consumer was last there",
        ])]
    public static void Stream(CommandContext c)
    {
        if (!TryFind(c, out EntryRef entry) || !TryReadOptions(c, out bool isFull, out long count)) return;
        var stream = new StreamView(entry);
        c.Reply.Map(isFull ? 9 : 10);
        WriteFigures(c.Reply, stream);
        if (isFull) WriteContent(c.Reply, stream, count);
        else WriteEnds(c.Reply, stream);
    }

    [Command("GROUPS", Container = "XINFO", Arity = 3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Stream,
        Since = "5.0.0", Complexity = "O(1)", Keys = "2 RO access", Summary = "Lists the consumer groups of a stream.", Syntax = "key",
        History = ["7.0.0: entries-read and lag"])]
    public static void Groups(CommandContext c)
    {
        if (!TryFind(c, out EntryRef entry)) return;
        var stream = new StreamView(entry);
        ReplyWriter reply = c.Reply;
        reply.Array(stream.GroupCount);
        StreamGroups groups = stream.Groups;
        while (groups.Next())
        {
            StreamGroup group = groups.Current;
            reply.Map(6);
            Pair(reply, "name"u8, group.Name);
            Pair(reply, "consumers"u8, group.ConsumerCount);
            Pair(reply, "pending"u8, group.PendingCount);
            Pair(reply, "last-delivered-id"u8, group.LastId);
            WriteProgress(reply, stream, group);
        }
    }

    [Command("CONSUMERS", Container = "XINFO", Arity = 4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Stream,
        Since = "5.0.0", Complexity = "O(1)", Keys = "2 RO access", Tips = "nondeterministic_output",
        Summary = "Lists the consumers of a group.", Syntax = "key group",
        History = ["7.2.0: inactive; idle is since the consumer was last there"])]
    public static void Consumers(CommandContext c)
    {
        if (!TryFind(c, out EntryRef entry)) return;
        StreamGroup group = new StreamView(entry).FindGroup(c.Arg(3));
        if (group.IsNone)
        {
            StreamReplies.NoGroupOfKey(c, c.Arg(KeyIndex), c.Arg(3));
            return;
        }
        ReplyWriter reply = c.Reply;
        reply.Array(group.ConsumerCount);
        StreamConsumers consumers = group.Consumers;
        while (consumers.Next())
        {
            StreamConsumer consumer = consumers.Current;
            reply.Map(4);
            Pair(reply, "name"u8, consumer.Name);
            Pair(reply, "pending"u8, consumer.PendingCount);
            Pair(reply, "idle"u8, Math.Max(c.NowMs - consumer.SeenMs, 0));
            Pair(reply, "inactive"u8, consumer.ActiveMs == -1 ? -1 : c.NowMs - consumer.ActiveMs);
        }
    }

    [Command("HELP", Container = "XINFO", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)", Summary = "Lists the XINFO subcommands.")]
    public static void Help(CommandContext c) => HelpReply.Write(c.Reply, "XINFO"u8, """
        CONSUMERS <key> <groupname>
            Lists the consumers of the group.
        GROUPS <key>
            Lists the groups of the stream.
        STREAM <key> [FULL [COUNT <count>]
            Tells about the stream; in full with entries, groups and what is pending.
        """u8);

    private static bool TryFind(CommandContext c, out EntryRef entry)
    {
        if (!TypedKey.TryFind(c, c.Key(KeyIndex), EntryType.Stream, out entry)) return false;
        if (entry.IsNull) c.Reply.Error(CommandErrors.NoSuchKey);
        return !entry.IsNull;
    }

    private static bool TryReadOptions(CommandContext c, out bool isFull, out long count)
    {
        const long CountUsual = 10;
        count = CountUsual;
        isFull = c.ArgCount > 3;
        if (!isFull) return true;
        bool isKnown = c.ArgCount is 4 or 6 && c.ArgIs(3, "full"u8) && (c.ArgCount == 4 || c.ArgIs(4, "count"u8));
        if (!isKnown)
        {
            c.Reply.Error(CommandErrors.UnknownSubcommandOrArity(c));
            return false;
        }
        if (c.ArgCount == 6 && !StreamArguments.TryReadInteger(c, 5, out count)) return false;
        if (count < 0) count = CountUsual;
        return true;
    }

    private static void WriteFigures(ReplyWriter reply, in StreamView stream)
    {
        Pair(reply, "length"u8, stream.Length);
        Pair(reply, "radix-tree-keys"u8, stream.NodeCount);
        Pair(reply, "radix-tree-nodes"u8, stream.IndexNodeCount + 1);
        Pair(reply, "last-generated-id"u8, stream.LastId);
        Pair(reply, "max-deleted-entry-id"u8, stream.MaxDeletedId);
        Pair(reply, "entries-added"u8, (long)stream.EntriesAdded);
        Pair(reply, "recorded-first-entry-id"u8, stream.FirstId);
    }

    private static void WriteEnds(ReplyWriter reply, in StreamView stream)
    {
        Pair(reply, "groups"u8, stream.GroupCount);
        reply.Bulk("first-entry"u8);
        WriteFirst(reply, stream.Range(StreamId.Min, StreamId.Max));
        reply.Bulk("last-entry"u8);
        WriteFirst(reply, stream.Range(StreamId.Min, StreamId.Max, backwards: true));
    }

    private static void WriteFirst(ReplyWriter reply, StreamCursor cursor)
    {
        if (cursor.Next()) StreamReplies.Entry(reply, ref cursor);
        else reply.Null();
    }

    private static void WriteContent(ReplyWriter reply, in StreamView stream, long count)
    {
        reply.Bulk("entries"u8);
        StreamReplies.Entries(reply, stream.Range(StreamId.Min, StreamId.Max), count);
        reply.Bulk("groups"u8);
        reply.Array(stream.GroupCount);
        StreamGroups groups = stream.Groups;
        while (groups.Next())
        {
            StreamGroup group = groups.Current;
            reply.Map(7);
            Pair(reply, "name"u8, group.Name);
            Pair(reply, "last-delivered-id"u8, group.LastId);
            WriteProgress(reply, stream, group);
            Pair(reply, "pel-count"u8, group.PendingCount);
            WritePending(reply, group.PendingFrom(StreamId.Min), count, withConsumer: true);
            WriteConsumers(reply, group, count);
        }
    }

    private static void WriteConsumers(ReplyWriter reply, StreamGroup group, long count)
    {
        reply.Bulk("consumers"u8);
        reply.Array(group.ConsumerCount);
        StreamConsumers consumers = group.Consumers;
        while (consumers.Next())
        {
            StreamConsumer consumer = consumers.Current;
            reply.Map(5);
            Pair(reply, "name"u8, consumer.Name);
            Pair(reply, "seen-time"u8, consumer.SeenMs);
            Pair(reply, "active-time"u8, consumer.ActiveMs);
            Pair(reply, "pel-count"u8, consumer.PendingCount);
            WritePending(reply, consumer.PendingFrom(StreamId.Min), count, withConsumer: false);
        }
    }

    private static void WritePending(ReplyWriter reply, StreamPendings entries, long most, bool withConsumer)
    {
        reply.Bulk("pending"u8);
        DeferredHeader header = reply.BeginDeferred();
        long count = 0;
        while ((most == 0 || count < most) && entries.Next())
        {
            StreamPending pending = entries.Current;
            reply.Array(withConsumer ? 4 : 3);
            StreamReplies.Id(reply, pending.Id);
            if (withConsumer) reply.Bulk(pending.Consumer.Name);
            reply.Integer(pending.DeliveredMs);
            reply.Integer((long)pending.Deliveries);
            count++;
        }
        reply.EndDeferred(header, count);
    }

    private static void WriteProgress(ReplyWriter reply, in StreamView stream, StreamGroup group)
    {
        reply.Bulk("entries-read"u8);
        if (group.EntriesRead == GroupProgress.Unknown) reply.Null();
        else reply.Integer(group.EntriesRead);
        reply.Bulk("lag"u8);
        if (GroupProgress.TryGetLag(stream, group, out long lag)) reply.Integer(lag);
        else reply.Null();
    }

    private static void Pair(ReplyWriter reply, ReadOnlySpan<byte> name, long value)
    {
        reply.Bulk(name);
        reply.Integer(value);
    }

    private static void Pair(ReplyWriter reply, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        reply.Bulk(name);
        reply.Bulk(value);
    }

    private static void Pair(ReplyWriter reply, ReadOnlySpan<byte> name, StreamId value)
    {
        reply.Bulk(name);
        StreamReplies.Id(reply, value);
    }
}
