using Sigrun.Client;
using Sigrun.Network;
using Sigrun.Storage.Buffers;

namespace Sigrun.Benchmark;

/// <summary>Requests that were answered, and what their latencies add up to. Written by one thread, read by any.</summary>
internal sealed class RequestTotals
{
    private long _count;
    private long _latencyUs;

    /// <summary>Requests that were answered.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>The sum of their latencies.</summary>
    public long LatencyUs => Volatile.Read(ref _latencyUs);

    /// <summary>Adds requests of the same latency.</summary>
    public void Add(int count, long latencyUs)
    {
        Volatile.Write(ref _latencyUs, _latencyUs + (latencyUs * count));
        Volatile.Write(ref _count, _count + count);
    }
}

/// <summary>
/// One thread with its share of the connections. It shares two numbers with the others, those of the requests that are left
/// and that are due; its figures are its own until somebody asks.
/// </summary>
/// <remarks>
/// A client whose replies are complete sends its next requests at once, before another client's replies are looked at, so
/// that latencies are those of the server and not those of a turn of this loop.
/// </remarks>
internal sealed class LoadWorker : IEventLoopHost, IDisposable
{
    private readonly LoadRun _run;
    private readonly RequestTemplate _template;
    private readonly KeySource _keys;
    private readonly BufferPool _pool = new();
    private readonly EventLoop _loop;
    private readonly Thread _thread;
    private readonly List<LoadClient> _clients = [];
    private readonly Queue<LoadClient> _waiting = new();
    private long _wakeUs;
    private int _busy;
    private bool _isOver;

    /// <summary>Creates a worker without connections.</summary>
    public LoadWorker(LoadRun run, KeySource keys)
    {
        _run = run;
        _keys = keys;
        _template = run.Template.Copy();
        _loop = EventLoop.Create(Transport.Epoll, this, _pool);
        _thread = new Thread(Work) { Name = "load" };
        Latencies = run.NewHistogram();
    }

    /// <summary>Latencies of the requests that count, in microseconds.</summary>
    public Histogram Latencies { get; }

    /// <summary>Requests before any counted.</summary>
    public RequestTotals WarmedUp { get; } = new();

    /// <summary>Requests since then.</summary>
    public RequestTotals Measured { get; } = new();

    /// <summary>When the last reply came.</summary>
    public long LastReplyUs { get; private set; }

    /// <summary>Open connections.</summary>
    public int ConnectionCount => _loop.ConnectionCount;

    /// <summary>What every new connection says first.</summary>
    public CommandSequence Greeting => _run.Target.Greeting;

    /// <inheritdoc/>
    public int NextTimeoutMs => _waiting.Count == 0 ? -1 : (int)Math.Max(0, (_wakeUs - ToolClock.Microseconds + 999) / 1000);

    /// <summary>Adds a connection, before the thread runs.</summary>
    public void AddClient()
    {
        var client = new LoadClient(this, _pool);
        _clients.Add(client);
        Connect(client);
    }

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Makes the thread end; from any thread.</summary>
    public void Stop() => _loop.Stop();

    /// <summary>The run cannot go on.</summary>
    public void Fail(string message)
    {
        if (!_isOver) _run.Fail(message);
        _isOver = true;
    }

    /// <summary>All replies of a client are there.</summary>
    public void OnAnswered(LoadClient client, long latencyUs)
    {
        if (_isOver) return;
        LastReplyUs = ToolClock.Microseconds;
        if (client.Measured > 0) Latencies.Record(latencyUs, client.Measured);
        (client.Measured > 0 ? Measured : WarmedUp).Add(_template.Replies, latencyUs);
        if (_run.KeepsAlive) Next(client, LastReplyUs);
        else client.Reconnect();
    }

    /// <inheritdoc/>
    public void OnTurn()
    {
        if (_waiting.Count == 0) return;
        long now = ToolClock.Microseconds;
        while (_waiting.Count > 0 && now >= _wakeUs && TryAcquire(now)) Send(_waiting.Dequeue(), now);
    }

    /// <inheritdoc/>
    public void OnClosed(ConnectionSession session)
    {
        var client = (LoadClient)session;
        if (_isOver) return;
        if (client.IsReconnecting) Next(client, ToolClock.Microseconds);
        else Fail("Error: " + (client.Failure ?? client.LastConnection?.Error ?? "Server closed the connection"));
    }

    /// <inheritdoc/>
    public ConnectionSession? CreateSession(Connection connection) => null;

    /// <inheritdoc/>
    public void OnSecured(ConnectionSession session)
    {
    }

    /// <inheritdoc/>
    public void Execute(ReadOnlySpan<ConnectionSession> ready)
    {
    }

    /// <inheritdoc/>
    public void OnMoving(ConnectionSession session, EventLoop target)
    {
    }

    /// <inheritdoc/>
    public bool PrepareToSleep() => true;

    /// <inheritdoc/>
    public void OnAwake()
    {
    }

    /// <inheritdoc/>
    public void OnAcceptFailed(string error)
    {
    }

    /// <summary>Closes the connections, once the thread has ended.</summary>
    public void Dispose()
    {
        if (_thread.IsAlive) _thread.Join();
        _isOver = true;
        _loop.Dispose();
        _pool.Dispose();
    }

    private void Work()
    {
        _busy = _clients.Count;
        if (!_run.IsIdle)
        {
            foreach (LoadClient client in _clients) Next(client, ToolClock.Microseconds);
        }
        if (_busy > 0) _loop.Run();
        _run.OnWorkerDone();
    }

    /// <summary>A client may send its next requests as soon as the limit on requests per second allows.</summary>
    private void Next(LoadClient client, long nowUs)
    {
        if (_run.Limit is null || (_waiting.Count == 0 && TryAcquire(nowUs))) Send(client, nowUs);
        else _waiting.Enqueue(client);
    }

    private bool TryAcquire(long nowUs)
    {
        long waitUs = _run.Limit!.Acquire(_run.Pipeline, nowUs);
        if (waitUs > 0) _wakeUs = nowUs + waitUs;
        return waitUs == 0;
    }

    private void Send(LoadClient client, long nowUs)
    {
        if (!_run.TryClaim(nowUs, out int measured))
        {
            if (--_busy == 0) _loop.Stop();
            return;
        }
        _template.Fill(_keys);
        client.Begin(_template, measured);
        if (client.Connection is null) Connect(client);
        else client.SendWritten();
    }

    private void Connect(LoadClient client)
    {
        if (_loop.TryConnect(client, _run.Target.Endpoint, _run.Target.Tls, out string error)) client.OnConnecting();
        else Fail($"Could not connect to server at {_run.Target.Name}: {error}");
    }
}
