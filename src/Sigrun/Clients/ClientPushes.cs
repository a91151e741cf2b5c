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
/// Everything leaves at the end of the turn (<see cref="Deliver"/>), with one system call per client.
/// </para>
/// <para>
/// A message for many is laid out once (<see cref="SharedOutput"/>) and sent from there. A client that is slow gets a copy,
/// so that what it has not read does not keep a block that it fills but a small part of.
/// </para>
/// </remarks>
internal sealed class ClientPushes : IDisposable
{
    /// <summary>From this size on a message fills enough of its block to be kept there even for a slow client.</summary>
    private const int CopyMax = 16 * 1024;

    private readonly OutputLimits _limits;
    private readonly BufferPool _pool = new();
    private readonly OutputQueue _own;
    private List<ClientSession> _written = [];
    private List<ClientSession> _delivering = [];

    /// <summary>Creates the pushes of an engine.</summary>
    public ClientPushes(OutputLimits limits)
    {
        _limits = limits;
        _own = new OutputQueue(_pool);
    }

    /// <summary>The client whose command is running; null between commands.</summary>
    public ClientSession? Executing { get; set; }

    /// <summary>True when something waits for the reply of the running command to be complete.</summary>
    public bool HasOwn { get; private set; }

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

    /// <summary>The command of the executing client is over: what was kept for it follows its reply.</summary>
    public void EndCommand(ClientSession client)
    {
        HasOwn = false;
        client.Reply.Flush();
        if (client.TakesNoMore) _own.Clear();
        else client.WritableOutput.TakeFrom(_own);
    }

    /// <summary>Sends what was written, all of a client's at once. At the end of a turn.</summary>
    public void Deliver()
    {
        if (_written.Count == 0) return;
        (_written, _delivering) = (_delivering, _written);
        foreach (ClientSession client in _delivering)
        {
            client.HasUnsent = false;
            client.SendWritten();
        }
        _delivering.Clear();
    }

    /// <summary>Releases buffers.</summary>
    public void Dispose()
    {
        _own.Clear();
        _pool.Dispose();
    }

    /// <summary>The queue that a client's next message belongs to.</summary>
    private OutputQueue Open(ClientSession client)
    {
        if (!client.HasUnsent)
        {
            client.HasUnsent = true;
            _written.Add(client);
        }
        if (client != Executing) return client.WritableOutput;
        HasOwn = true;
        return _own;
    }
}

/// <summary>Where a client's writer wrote, and whether, before something else was written.</summary>
internal readonly record struct PushState(OutputQueue Output, bool WasMuted);
