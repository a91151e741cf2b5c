using Sigrun.Blocking;
using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Protocol;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>XREADGROUP: entries that no consumer of a group was given yet, or those that one has not acknowledged.</summary>
internal static class GroupReadCommands
{
    [Command("XREADGROUP", Arity = -7, Flags = CommandFlags.Write | CommandFlags.Blocking, Group = CommandGroup.Stream,
        Since = "5.0.0", Complexity = "O(M); O(1); O(N)", Keys = "STREAMS@4..-1%2 RO access",
        Summary = "Reads entries of several streams as a consumer of a group, waiting for some if wanted.",
        Syntax = "<group-block=GROUP group consumer> [COUNT count] [BLOCK milliseconds] [NOACK] <STREAMS key [key ...] id [id ...]>")]
    public static void XReadGroup(CommandContext c)
    {
        c.SuppressEffects();
        if (!StreamReadOptions.TryRead(c, isGroup: true, out StreamReadOptions options)) return;
        for (int key = options.FirstKey; key < options.FirstKey + options.StreamCount; key++)
        {
            if (!IsReadable(c, key, options)) return;
        }
        if (TryServe(c, options)) return;
        if (options.TimeoutMs < 0) c.Reply.NullArray();
        else c.Block(EntryType.Stream, options.FirstKey, options.StreamCount, options.TimeoutMs, BlockedReply.NullArray, wakeOnRemoval: true);
    }

    private static bool IsReadable(CommandContext c, int key, in StreamReadOptions options)
    {
        if (!TypedKey.TryFind(c, c.Key(key), EntryType.Stream, out EntryRef entry)) return false;
        if (entry.IsNull || new StreamView(entry).FindGroup(c.Arg(options.GroupIndex)).IsNone)
        {
            StreamReplies.NoGroup(c, c.Arg(key), c.Arg(options.GroupIndex), " in XREADGROUP with GROUP option");
            return false;
        }
        ReadOnlySpan<byte> id = c.Arg(options.IdIndex(key));
        if (StreamArguments.IsSign(id, '$')) return RefuseSign(c, '$');
        if (StreamArguments.IsSign(id, '+')) return RefuseSign(c, '+');
        return StreamArguments.IsSign(id, '>') || StreamArguments.TryReadEntryId(c, options.IdIndex(key), out _);
    }

    private static bool RefuseSign(CommandContext c, char sign)
    {
        c.Reply.Error($"ERR The {sign} ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by "
            + $"specifying a proper ID, or use the > ID to get new messages. The {sign} ID would just return an empty result set.");
        return false;
    }

    private static bool TryServe(CommandContext c, in StreamReadOptions options)
    {
        DeferredHeader header = default;
        int served = 0;
        for (int key = options.FirstKey; key < options.FirstKey + options.StreamCount; key++)
        {
            if (c.Db.FindForRead(c.Key(key)).IsNull) continue;
            WriteScope scope = c.Db.OpenWrite(c, c.Key(key));
            var stream = new StreamEditor(scope.Edit());
            StreamGroup group = stream.View.FindGroup(c.Arg(options.GroupIndex));
            StreamConsumer consumer = OpenConsumer(c, scope, stream, group, key, options);
            if (!HasEntries(c, stream.View, group, options.IdIndex(key), out StreamId from, out bool isHistory)) continue;
            if (served++ == 0) header = c.Reply.BeginDeferred();
            StreamReadCommands.BeginStream(c, key);
            if (isHistory) ReadHistory(c, stream, group, consumer, from, options.Count);
            else ReadNew(c, key, stream, group, consumer, options);
            c.Engine.Dirty++;
        }
        if (served > 0) StreamReadCommands.EndStreams(c.Reply, header, served);
        return served > 0;
    }

    /// <summary>The consumer that reads; made when it is new.</summary>
    private static StreamConsumer OpenConsumer(
        CommandContext c, in WriteScope scope, StreamEditor stream, StreamGroup group, int key, in StreamReadOptions options)
    {
        ReadOnlySpan<byte> name = c.Arg(options.GroupIndex + 1);
        StreamConsumer consumer = GroupConsumers.Open(c, scope, stream, group, name, out bool isNew);
        if (isNew && options.SkipsPending) new StreamEffects(c, c.Arg(key), c.Arg(options.GroupIndex)).Consumer(name);
        return consumer;
    }

    /// <summary>Whether there is something to read: a consumer's own entries always, even if there are none.</summary>
    private static bool HasEntries(CommandContext c, in StreamView stream, StreamGroup group, int idIndex, out StreamId from, out bool isHistory)
    {
        from = default;
        // The largest ID stands for new entries as well.
        isHistory = !StreamArguments.IsSign(c.Arg(idIndex), '>')
            && StreamArguments.TryParseEntryId(c.Arg(idIndex), 0, out StreamId after) && after.TryNext(out from);
        return isHistory || (stream.TryGetLastEntry(out StreamId last) && last > group.LastId);
    }

    private static void ReadNew(
        CommandContext c, int key, StreamEditor stream, StreamGroup group, StreamConsumer consumer, in StreamReadOptions options)
    {
        var effects = new StreamEffects(c, c.Arg(key), c.Arg(options.GroupIndex));
        DeferredHeader header = c.Reply.BeginDeferred();
        group.LastId.TryNext(out StreamId from);
        StreamCursor cursor = stream.View.Range(from, StreamId.Max);
        long count = 0;
        while (cursor.Next())
        {
            StreamId id = cursor.Id;
            stream.SetPosition(group, id, GroupProgress.AfterReading(stream.View, group, id));
            StreamReplies.Entry(c.Reply, ref cursor);
            if (!options.SkipsPending)
            {
                StreamPending pending = Deliver(stream, group, consumer, id, c.NowMs);
                stream.SetActive(consumer, c.NowMs);
                effects.Pending(group, pending);
            }
            if (++count == options.Count) break;
        }
        if (count > 0) effects.Position(group);
        c.Reply.EndDeferred(header, count);
    }

    /// <summary>Makes an entry pending; after the group was set back it may be so already, with someone else.</summary>
    private static StreamPending Deliver(StreamEditor stream, StreamGroup group, StreamConsumer consumer, StreamId id, long nowMs)
    {
        StreamPending pending = stream.TryAddPending(group, consumer, id, nowMs, 1);
        if (!pending.IsNone) return pending;
        pending = group.FindPending(id);
        stream.Reassign(pending, consumer);
        stream.SetDelivery(group, pending, nowMs, 1);
        return pending;
    }

    private static void ReadHistory(
        CommandContext c, StreamEditor stream, StreamGroup group, StreamConsumer consumer, StreamId from, long most)
    {
        DeferredHeader header = c.Reply.BeginDeferred();
        StreamPendings entries = consumer.PendingFrom(from);
        long count = 0;
        while ((most == 0 || count < most) && entries.Next())
        {
            StreamPending pending = entries.Current;
            if (StreamReplies.TryEntry(c.Reply, stream.View, pending.Id))
            {
                stream.SetDelivery(group, pending, c.NowMs, pending.Deliveries + 1);
            }
            else
            {
                c.Reply.Array(2);
                StreamReplies.Id(c.Reply, pending.Id);
                c.Reply.NullArray();
            }
            count++;
        }
        c.Reply.EndDeferred(header, count);
    }
}
