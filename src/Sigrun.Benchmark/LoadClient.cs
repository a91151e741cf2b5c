using Sigrun.Client;
using Sigrun.Network;
using Sigrun.Protocol;
using Sigrun.Storage.Buffers;

namespace Sigrun.Benchmark;

/// <summary>One connection: sends a pipeline of requests, waits for all replies, and begins again.</summary>
/// <remarks>
/// All requests of a pipeline have the same latency, from just before the first is sent until the first bytes of a reply are
/// there: what it takes to count replies is not the server's time.
/// </remarks>
internal sealed class LoadClient : ConnectionSession
{
    private readonly LoadWorker _worker;
    private ReplyCounter _replies;
    private bool _hasGreeted;
    private int _pending;
    private long _startUs;
    private long _latencyUs;

    /// <summary>Creates a client that is not connected.</summary>
    public LoadClient(LoadWorker worker, BufferPool pool)
        : base(pool) => _worker = worker;

    /// <summary>Requests of the pipeline under way that count.</summary>
    public int Measured { get; private set; }

    /// <summary>Its connection; stays there when it is closed.</summary>
    public Connection? LastConnection { get; private set; }

    /// <summary>True when the connection has been closed on purpose.</summary>
    public bool IsReconnecting { get; private set; }

    /// <inheritdoc/>
    public override bool HasWork => false;

    /// <inheritdoc/>
    public override long WantedInputSpace => 1;

    /// <summary>A connection has been made, or is about to be there.</summary>
    public void OnConnecting()
    {
        LastConnection = Connection;
        IsReconnecting = false;
    }

    /// <summary>Has requests to send, after what every new connection says first.</summary>
    /// <param name="template">The requests.</param>
    /// <param name="measured">How many of them count.</param>
    public void Begin(RequestTemplate template, int measured)
    {
        _pending = template.Replies;
        if (!_hasGreeted)
        {
            Output.AppendCopy(_worker.Greeting.Request);
            _pending += _worker.Greeting.Count;
            _hasGreeted = true;
        }
        Output.AppendCopy(template.Bytes);
        Measured = measured;
        _latencyUs = -1;
        _startUs = ToolClock.Microseconds;
    }

    /// <summary>Closes the connection; the worker makes another one.</summary>
    public void Reconnect()
    {
        IsReconnecting = true;
        _hasGreeted = false;
        _replies = default;
        Connection!.Close();
    }

    /// <inheritdoc/>
    public override bool Parse()
    {
        // A server may also talk to somebody who has not asked.
        bool isAwaited = _pending > 0;
        if (isAwaited && _latencyUs < 0) _latencyUs = ToolClock.Microseconds - _startUs;
        InputBuffer input = Input!;
        while (input.Length > 0)
        {
            ReadOnlySpan<byte> received = input.Peek(int.MaxValue);
            // What comes beyond what was asked for, as several replies to one command do, is of no interest.
            _pending = Math.Max(0, _pending - _replies.Count(received));
            input.ConsumeTo(input.Start + received.Length);
        }
        if (_replies.Error is { } error) _worker.Fail($"Error from server: {error}");
        else if (_replies.Unexpected is { } type) _worker.Fail($"Error: Protocol error, got \"{(char)type}\" as reply type byte");
        else if (isAwaited && _pending == 0) _worker.OnAnswered(this, _latencyUs);
        return false;
    }

    /// <inheritdoc/>
    public override void ReleaseIdleInput()
    {
        if (Input is null) return;
        Pool.Return(Input);
        Input = null;
    }
}
