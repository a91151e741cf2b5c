using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Protocol;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>
/// XAUTOCLAIM's way through the pending entries of a group: those that have been pending for long enough are claimed,
/// those whose entry is deleted go.
/// </summary>
/// <remarks>
/// The reply begins with the ID to go on from, which is known only in the end, as are the IDs that are gone: both are
/// found by a first pass that changes nothing, so that the reply can be written as the second one goes.
/// </remarks>
internal readonly ref struct ClaimScan
{
    /// <summary>Entries looked at for each one that may be claimed.</summary>
    private const long AttemptsPerEntry = 10;

    private readonly CommandContext _command;
    private readonly StreamEditor _stream;
    private readonly StreamGroup _group;
    private readonly StreamConsumer _consumer;
    private readonly long _minIdleMs;
    private readonly bool _onlyIds;
    private readonly StreamEffects _effects;

    /// <summary>Prepares the scan for a consumer.</summary>
    public ClaimScan(CommandContext c, StreamEditor stream, StreamGroup group, StreamConsumer consumer, long minIdleMs, bool onlyIds)
    {
        _command = c;
        _stream = stream;
        _group = group;
        _consumer = consumer;
        _minIdleMs = minIdleMs;
        _onlyIds = onlyIds;
        _effects = new StreamEffects(c, c.Arg(1), c.Arg(2));
    }

    /// <summary>Goes from an ID on until that many entries are claimed or gone, and writes the reply.</summary>
    public void Run(StreamId from, long most)
    {
        ScanBuffer gone = _command.Engine.ScanBuffer;
        gone.Clear();
        StreamId next = FindNext(from, most);
        ReplyWriter reply = _command.Reply;
        reply.Array(3);
        StreamReplies.Id(reply, next);
        DeferredHeader header = reply.BeginDeferred();
        long claimed = 0;
        StreamPendings entries = _group.PendingFrom(from);
        while (entries.Next() && (next.IsZero || entries.Current.Id < next))
        {
            StreamPending pending = entries.Current;
            if (!_stream.View.Contains(pending.Id))
            {
                StreamId id = pending.Id;
                Drop(pending, gone);
                entries = _group.PendingFrom(id);
            }
            else if (IsIdle(pending))
            {
                Claim(pending);
                claimed++;
            }
        }
        reply.EndDeferred(header, claimed);
        reply.Array(gone.Count);
        for (int i = 0; i < gone.Count; i++) StreamReplies.Id(reply, StreamId.FromBytes(gone[i]));
        gone.Clear();
    }

    /// <summary>The first entry that will not be looked at; zero when the end will be reached.</summary>
    private StreamId FindNext(StreamId from, long most)
    {
        long attempts = most * AttemptsPerEntry;
        StreamPendings entries = _group.PendingFrom(from);
        while (attempts-- > 0 && most > 0)
        {
            if (!entries.Next()) return default;
            if (!_stream.View.Contains(entries.Current.Id) || IsIdle(entries.Current)) most--;
        }
        return entries.Next() ? entries.Current.Id : default;
    }

    private bool IsIdle(StreamPending pending) => _minIdleMs == 0 || _command.NowMs - pending.DeliveredMs >= _minIdleMs;

    private void Drop(StreamPending pending, ScanBuffer gone)
    {
        Span<byte> bytes = stackalloc byte[StreamId.Bytes];
        pending.Id.WriteBytes(bytes);
        gone.Add(bytes);
        _effects.Pending(_group, pending);
        _stream.RemovePending(_group, pending.Id);
        _command.Engine.Dirty++;
    }

    private void Claim(StreamPending pending)
    {
        _stream.Reassign(pending, _consumer);
        _stream.SetDelivery(_group, pending, _command.NowMs, pending.Deliveries + (_onlyIds ? 0UL : 1UL));
        if (_onlyIds) StreamReplies.Id(_command.Reply, pending.Id);
        else StreamReplies.TryEntry(_command.Reply, _stream.View, pending.Id);
        _stream.SetActive(_consumer, _command.NowMs);
        _effects.Pending(_group, pending);
        _command.Engine.Dirty++;
    }
}
