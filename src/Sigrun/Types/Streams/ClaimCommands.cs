using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Protocol;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>XCLAIM and XAUTOCLAIM: pending entries pass to another consumer.</summary>
internal static class ClaimCommands
{
    private const int GroupIndex = 2;
    private const int ConsumerIndex = 3;
    private const int MinIdleIndex = 4;

    [Command("XCLAIM", Arity = -6, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Stream,
        Since = "5.0.0", Complexity = "O(log N)", Keys = "1 RW update", Tips = "nondeterministic_output",
        Summary = "Gives pending entries to a consumer, as if they were delivered to it.",
        Syntax = "key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] [RETRYCOUNT count] "
            + "[FORCE] [JUSTID] [LASTID lastid]")]
    public static void XClaim(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Stream, out EntryRef entry) || !HasGroup(c, entry)) return;
        if (!TryReadMinIdle(c, "ERR Invalid min-idle-time argument for XCLAIM"u8, out long minIdleMs)) return;
        if (!ClaimOptions.TryRead(c, out ClaimOptions options)) return;
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        var stream = new StreamEditor(scope.Edit());
        StreamGroup group = stream.View.FindGroup(c.Arg(GroupIndex));
        var effects = new StreamEffects(c, c.Arg(1), c.Arg(GroupIndex));
        bool movesOn = options.LastId > group.LastId;
        if (movesOn) stream.SetPosition(group, options.LastId, group.EntriesRead);
        StreamConsumer consumer = GroupConsumers.Open(c, scope, stream, group, c.Arg(ConsumerIndex), out _);

        DeferredHeader header = c.Reply.BeginDeferred();
        long count = 0;
        long dirty = c.Engine.Dirty;
        for (int i = ClaimOptions.FirstId; i < options.EndOfIds; i++)
        {
            if (TryClaim(c, stream, group, consumer, i, minIdleMs, options, effects)) count++;
        }
        // What is pending tells the group's last ID as well.
        if (movesOn && c.Engine.Dirty == dirty)
        {
            effects.Position(group);
            c.Engine.Dirty++;
        }
        c.Reply.EndDeferred(header, count);
    }

    [Command("XAUTOCLAIM", Arity = -6, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Stream,
        Since = "6.2.0", Complexity = "O(1)", Keys = "1 RW delete", Tips = "nondeterministic_output",
        Summary = "Gives entries that have been pending for long to a consumer.",
        Syntax = "key group consumer min-idle-time start:string [COUNT count] [JUSTID]",
        History = ["7.0.0: the reply tells which pending entries were gone"])]
    public static void XAutoClaim(CommandContext c)
    {
        EntryRef entry = c.Db.FindForRead(c.Key(1));
        if (!TryReadMinIdle(c, "ERR Invalid min-idle-time argument for XAUTOCLAIM"u8, out long minIdleMs)) return;
        if (!StreamArguments.TryReadStart(c, 5, out StreamId from) || !TryReadScanOptions(c, out long count, out bool onlyIds)) return;
        if (!TypedKey.Is(c, entry, EntryType.Stream) || !HasGroup(c, entry)) return;
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        var stream = new StreamEditor(scope.Edit());
        StreamGroup group = stream.View.FindGroup(c.Arg(GroupIndex));
        StreamConsumer consumer = GroupConsumers.Open(c, scope, stream, group, c.Arg(ConsumerIndex), out _);
        var scan = new ClaimScan(c, stream, group, consumer, minIdleMs, onlyIds);
        scan.Run(from, count);
    }

    /// <summary>Claims one entry; false when there is nothing to tell of it.</summary>
    private static bool TryClaim(
        CommandContext c, StreamEditor stream, StreamGroup group, StreamConsumer consumer, int index, long minIdleMs,
        in ClaimOptions options, in StreamEffects effects)
    {
        StreamArguments.TryParseEntryId(c.Arg(index), 0, out StreamId id);
        StreamPending pending = group.FindPending(id);
        if (!stream.View.Contains(id))
        {
            if (pending.IsNone) return false;
            effects.Pending(group, pending, c.Arg(index));
            stream.RemovePending(group, id);
            c.Engine.Dirty++;
            return false;
        }
        ulong deliveries = 1;
        if (pending.IsNone)
        {
            if (!options.IsForced) return false;
            pending = stream.TryAddPending(group, consumer, id, c.NowMs, 1);
        }
        else
        {
            if (minIdleMs > 0 && c.NowMs - pending.DeliveredMs < minIdleMs) return false;
            stream.Reassign(pending, consumer);
            deliveries = pending.Deliveries;
        }
        if (options.Deliveries >= 0) deliveries = (ulong)options.Deliveries;
        else if (!options.OnlyIds) deliveries++;
        stream.SetDelivery(group, pending, options.DeliveredMs, deliveries);
        if (options.OnlyIds) StreamReplies.Id(c.Reply, id);
        else StreamReplies.TryEntry(c.Reply, stream.View, id);
        stream.SetActive(consumer, c.NowMs);
        effects.Pending(group, pending, c.Arg(index));
        c.Engine.Dirty++;
        return true;
    }

    private static bool HasGroup(CommandContext c, EntryRef entry)
    {
        if (!entry.IsNull && !new StreamView(entry).FindGroup(c.Arg(GroupIndex)).IsNone) return true;
        StreamReplies.NoGroup(c, c.Arg(1), c.Arg(GroupIndex));
        return false;
    }

    private static bool TryReadMinIdle(CommandContext c, ReadOnlySpan<byte> refusal, out long minIdleMs)
    {
        bool isRead = NumberText.TryParseInt64(c.Arg(MinIdleIndex), out minIdleMs);
        minIdleMs = Math.Max(minIdleMs, 0);
        return isRead || StreamArguments.Refuse(c, refusal);
    }

    private static bool TryReadScanOptions(CommandContext c, out long count, out bool onlyIds)
    {
        const int FirstOption = 6;
        const long CountUsual = 100;
        const long CountMax = long.MaxValue / 16;
        count = CountUsual;
        onlyIds = false;
        for (int i = FirstOption; i < c.ArgCount; i++)
        {
            if (c.ArgIs(i, "count"u8) && i + 1 < c.ArgCount)
            {
                if (!NumberText.TryParseInt64(c.Arg(++i), out count) || count is < 1 or > CountMax)
                    return StreamArguments.Refuse(c, "ERR COUNT must be > 0"u8);
            }
            else if (c.ArgIs(i, "justid"u8))
            {
                onlyIds = true;
            }
            else
            {
                return StreamArguments.Refuse(c, CommandErrors.Syntax);
            }
        }
        return true;
    }
}
