using Sigrun.Storage.Buffers;

namespace Sigrun.Clients;

/// <summary>
/// The one way to write to a client what does not answer the command it has just sent: messages, invalidations, replies to
/// clients that have waited. Whoever uses it need not know which thread has the client's connection.
/// </summary>
/// <remarks>
/// <para>
/// What is written stands behind all that the client was told before, and before what its later commands answer.
/// To the client whose command is running it comes behind the reply, that of EXEC where it is a transaction.
/// It leaves at the end of the turn (<see cref="Deliver"/>), with one system call per client.
/// </para>
/// <para>
/// Sending costs a hundred times what publishing does. So that a publisher need not wait for it, and what it publishes
/// meanwhile leaves with the same calls, a turn sends to some clients only, and the others follow in the next turns, in
/// their order; unless somebody has so much to get that it would be held up, or brought nearer to its limit.
/// </para>
/// <para>
/// A message for many is laid out once (<see cref="SharedOutput"/>) and sent from there. A client that is slow gets a copy,
/// so that what it has not read does not keep a block that it fills but a small part of.
/// </para>
/// <para>
/// Messages in a row for the same receivers are handed out together (<see cref="Broadcast"/>): nobody is touched before
/// something else is to be written or a receiver's own commands run, at the end of the turn at the latest.
/// </para>
/// </remarks>
internal sealed class ClientPushes : IDisposable
{
    /// <summary>From this size on a message fills enough of its block to be kept there even for a slow client.</summary>
    private const int CopyMax = 16 * 1024;

    /// <summary>Clients sent to between two looks at what came in: about 50 µs.</summary>
    private const int SendsPerTurn = 16;

    private readonly OutputLimits _limits;
    private readonly BufferPool _pool = new();
    private readonly OutputQueue _own;
    private List<ClientSession>? _receivers;
    private SharedRange _broadcast2;
    private SharedRange _broadcast3;
    private List<ClientSession> _written = [];
    private List<ClientSession> _delivering = [];
    private int _delivered;
    private bool _isUrgent;

    /// <summary>Creates the pushes of an engine.</summary>
    public ClientPushes(OutputLimits limits)
    {
        _limits = limits;
        _own = new OutputQueue(_pool);
    }

    /// <summary>The client whose command is running; null between commands.</summary>
    public ClientSession? Executing { get; set; }

    /// <summary>True while clients wait to be sent what was written for them.</summary>
    public bool IsBehind => _delivered < _delivering.Count || _written.Count > 0;

    /// <summary>True when something waits for the reply of the running command to be complete.</summary>
    public bool HasOwn { get; private set; }

    /// <summary>
    /// Sends clients a message, later in the turn. <see cref="HandOut"/> must be called before the list changes, and before
    /// commands of those run who are in such a list.
    /// </summary>
    /// <param name="receivers">The clients; not the one whose command runs.</param>
    /// <param name="message2">The message for those that speak RESP2.</param>
    /// <param name="message3">The message for those that speak RESP3.</param>
    public void Broadcast(List<ClientSession> receivers, in SharedRange message2, in SharedRange message3)
    {
        if (_receivers == receivers && _broadcast2.IsFollowedBy(message2) && _broadcast3.IsFollowedBy(message3))
        {
            _broadcast2 = _broadcast2 with { Length = _broadcast2.Length + message2.Length };
            _broadcast3 = _broadcast3 with { Length = _broadcast3.Length + message3.Length };
            return;
        }
        HandOut();
        _receivers = receivers;
        _broadcast2 = message2;
        _broadcast3 = message3;
        message2.Block.Retain();
        message3.Block.Retain();
    }

    /// <summary>Writes what was broadcast to each of its receivers.</summary>
    public void HandOut()
    {
        if (_receivers is not { } receivers) return;
        _receivers = null;
        for (int i = 0; i < receivers.Count; i++)
        {
            ClientSession client = receivers[i];
            Send(client, client.Reply.IsResp3 ? _broadcast3 : _broadcast2);
        }
        _broadcast2.Block.Release();
        _broadcast3.Block.Release();
    }

    /// <summary>Sends a client a message that others may get too.</summary>
    public void Send(ClientSession client, in SharedRange message)
    {
        if (client.TakesNoMore) return;
        OutputQueue queue = Open(client);
        if (message.Length < CopyMax && client.Connection is { WaitsForOutput: true }) queue.AppendCopy(message.Bytes);
        else queue.AppendShared(message);
        if (_limits.MayExceed(client)) _limits.Check(client);
    }

    /// <summary>Begins something that is written through the client's <see cref="ClientSession.Reply"/>.</summary>
    /// <param name="client">The client.</param>
    /// <param name="isReply">Whether it answers an earlier command: a client that wants no replies does not get it.</param>
    /// <returns>For <see cref="End"/>: how things were.</returns>
    public PushState Begin(ClientSession client, bool isReply = false)
    {
        OutputQueue queue = Open(client);
        client.Reply.Flush();
        var before = new PushState(client.Reply.UseOutput(queue), client.Reply.Muted);
        if (!isReply) client.Reply.Muted = false;
        return before;
    }

    /// <summary>Ends what was begun.</summary>
    public static void End(ClientSession client, in PushState before)
    {
        client.Reply.Flush();
        client.Reply.UseOutput(before.Output);
        client.Reply.Muted = before.WasMuted;
    }

    /// <summary>Something will be written for the executing client once its command is over, before <see cref="EndCommand"/>.</summary>
    public void ExpectOwn() => HasOwn = true;

    /// <summary>The command of the executing client is over: what was kept for it follows its reply.</summary>
    public void EndCommand(ClientSession client)
    {
        HasOwn = false;
        client.Reply.Flush();
        if (client.TakesNoMore) _own.Clear();
        else client.WritableOutput.TakeFrom(_own);
    }

    /// <summary>Sends what was written, all of a client's at once, to as many clients as a turn may. At the end of a turn.</summary>
    /// <param name="mayDefer">
    /// Whether the turn may leave clients to the next ones: not while I/O threads send, who have to know what a client is told
    /// before it goes on.
    /// </param>
    public void Deliver(bool mayDefer)
    {
        HandOut();
        bool all = _isUrgent || !mayDefer;
        _isUrgent = false;
        for (int sent = 0; IsBehind && (all || sent < SendsPerTurn); sent++)
        {
            if (_delivering.Count == 0) (_written, _delivering) = (_delivering, _written);
            ClientSession client = _delivering[_delivered++];
            client.HasUnsent = false;
            client.SendWritten();
            if (_delivered < _delivering.Count) continue;
            _delivering.Clear();
            _delivered = 0;
        }
    }

    /// <summary>Releases buffers.</summary>
    public void Dispose()
    {
        if (_receivers is not null)
        {
            _broadcast2.Block.Release();
            _broadcast3.Block.Release();
            _receivers = null;
        }
        _own.Clear();
        _pool.Dispose();
    }

    /// <summary>The queue that a client's next message belongs to.</summary>
    private OutputQueue Open(ClientSession client)
    {
        HandOut();
        if (!client.HasUnsent)
        {
            client.HasUnsent = true;
            _written.Add(client);
        }
        else if (_limits.IsMuch(client))
        {
            _isUrgent = true;
        }
        if (client != Executing) return client.WritableOutput;
        HasOwn = true;
        return _own;
    }
}

/// <summary>Where a client's writer wrote, and whether, before something else was written.</summary>
internal readonly record struct PushState(OutputQueue Output, bool WasMuted);
