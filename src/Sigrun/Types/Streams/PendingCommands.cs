using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Protocol;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>XACK and XPENDING: what was delivered and not acknowledged.</summary>
internal static class PendingCommands
{
    [Command("XACK", Arity = -4, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Stream, Since = "5.0.0",
        Complexity = "O(1)", Keys = "1 RW update", Summary = "Acknowledges entries: they are pending no more.", Syntax = "key group id [id ...]")]
    public static void XAck(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Stream, out EntryRef entry)) return;
        if (entry.IsNull || new StreamView(entry).FindGroup(c.Arg(2)).IsNone)
        {
            c.Reply.Integer(0);
            return;
        }
        if (!StreamArguments.AreEntryIds(c, 3, c.ArgCount)) return;
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        var stream = new StreamEditor(scope.Edit());
        StreamGroup group = stream.View.FindGroup(c.Arg(2));
        long acknowledged = 0;
        for (int i = 3; i < c.ArgCount; i++)
        {
            StreamArguments.TryParseEntryId(c.Arg(i), 0, out StreamId id);
            if (stream.RemovePending(group, id)) acknowledged++;
        }
        c.Engine.Dirty += acknowledged;
        c.Reply.Integer(acknowledged);
    }

    [Command("XPENDING", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Stream, Since = "5.0.0",
        Complexity = "O(N); O(1); O(M)", Keys = "1 RO access", Tips = "nondeterministic_output",
        Summary = "Tells which entries are pending in a group.",
        Syntax = "key group [filters=[IDLE min-idle-time:int@6.2.0] start:string end:string count [consumer]]",
        History = ["6.2.0: IDLE; IDs that are not included"])]
    public static void XPending(CommandContext c)
    {
        if (!PendingFilter.TryRead(c, out PendingFilter filter)) return;
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Stream, out EntryRef entry)) return;
        StreamGroup group = entry.IsNull ? default : new StreamView(entry).FindGroup(c.Arg(2));
        if (group.IsNone) StreamReplies.NoGroup(c, c.Arg(1), c.Arg(2));
        else if (c.ArgCount == 3) Summarize(c.Reply, group);
        else List(c, group, filter);
    }

    private static void Summarize(ReplyWriter reply, StreamGroup group)
    {
        reply.Array(4);
        reply.Integer(group.PendingCount);
        StreamPendings entries = group.PendingFrom(StreamId.Min);
        if (!entries.Next())
        {
            reply.Null();
            reply.Null();
            reply.NullArray();
            return;
        }
        StreamReplies.Id(reply, entries.Current.Id);
        StreamReplies.Id(reply, group.LastPendingId);
        DeferredHeader header = reply.BeginDeferred();
        long count = 0;
        StreamConsumers consumers = group.Consumers;
        while (consumers.Next())
        {
            if (consumers.Current.PendingCount == 0) continue;
            reply.Array(2);
            reply.Bulk(consumers.Current.Name);
            reply.BulkInteger(consumers.Current.PendingCount);
            count++;
        }
        reply.EndDeferred(header, count);
    }

    private static void List(CommandContext c, StreamGroup group, in PendingFilter filter)
    {
        StreamPendings entries;
        if (filter.ConsumerIndex == 0)
        {
            entries = group.PendingFrom(filter.From);
        }
        else
        {
            StreamConsumer consumer = group.FindConsumer(c.Arg(filter.ConsumerIndex));
            if (consumer.IsNone)
            {
                c.Reply.Array(0);
                return;
            }
            entries = consumer.PendingFrom(filter.From);
        }
        DeferredHeader header = c.Reply.BeginDeferred();
        long count = 0;
        while (count < filter.Count && entries.Next() && entries.Current.Id <= filter.To)
        {
            StreamPending pending = entries.Current;
            long idle = c.NowMs - pending.DeliveredMs;
            if (filter.MinIdleMs != 0 && idle < filter.MinIdleMs) continue;
            c.Reply.Array(4);
            StreamReplies.Id(c.Reply, pending.Id);
            c.Reply.Bulk(pending.Consumer.Name);
            c.Reply.Integer(Math.Max(idle, 0));
            c.Reply.Integer((long)pending.Deliveries);
            count++;
        }
        c.Reply.EndDeferred(header, count);
    }

    /// <summary>Which pending entries are asked for.</summary>
    private struct PendingFilter
    {
        private const int CountOffset = 2;
        private const int ConsumerOffset = 3;

        public long MinIdleMs;
        public StreamId From;
        public StreamId To;
        public long Count;

        /// <summary>The argument with the consumer's name, 0 for all consumers.</summary>
        public int ConsumerIndex;

        public static bool TryRead(CommandContext c, out PendingFilter filter)
        {
            filter = default;
            if (c.ArgCount == 3) return true;
            if (c.ArgCount is < 6 or > 9) return StreamArguments.Refuse(c, CommandErrors.Syntax);
            int first = 3;
            if (c.ArgIs(first, "idle"u8))
            {
                if (!StreamArguments.TryReadInteger(c, first + 1, out filter.MinIdleMs)) return false;
                if (c.ArgCount < 8) return StreamArguments.Refuse(c, CommandErrors.Syntax);
                first += 2;
            }
            if (!StreamArguments.TryReadInteger(c, first + CountOffset, out filter.Count)) return false;
            if (!StreamArguments.TryReadStart(c, first, out filter.From) || !StreamArguments.TryReadEnd(c, first + 1, out filter.To)) return false;
            if (first + ConsumerOffset < c.ArgCount) filter.ConsumerIndex = first + ConsumerOffset;
            return true;
        }
    }
}
