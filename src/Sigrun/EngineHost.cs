using Sigrun.Clients;
using Sigrun.Configuration;
using Sigrun.Network;
using Sigrun.Network.Pipes;
using Sigrun.Observability;
using Sigrun.Security;
using Sigrun.Storage.Buffers;

namespace Sigrun;

/// <summary>
/// Connects an engine with event loops: accepts clients, places them on I/O threads, runs what they
/// have parsed, runs the cron.
/// </summary>
internal sealed class EngineHost : IEventLoopHost, IDisposable
{
    /// <summary>Sessions taken from the I/O threads per turn, so that timers and own connections get their turn.</summary>
    private const int TakenPerTurn = 256;

    /// <summary>How long no connection is accepted after one could not be.</summary>
    private const long AcceptPauseNs = 100_000_000;

    private readonly Engine _engine;
    private readonly SegmentDepot _depot = new();
    private readonly SessionResources _resources;
    private readonly SleepFlag _sleep;
    private readonly List<IoThread> _ioThreads = [];
    private readonly List<IoThread> _retired = [];
    private readonly ConnectionSession[] _taken = new ConnectionSession[TakenPerTurn];
    private readonly List<(IoThread Thread, ConnectionSession Session)> _served = [];
    private long _awakeSinceNs;
    private long _activeNs;
    private long _acceptFailedNs;

    /// <summary>What threads have worked that are no more, by their place.</summary>
    private long[] _pastActiveNs = [];

    /// <summary>What they have done.</summary>
    private LoopTotals _pastTotals;

    /// <summary>Creates the host of an engine and its event loop.</summary>
    public EngineHost(Engine engine)
    {
        _engine = engine;
        _resources = new SessionResources(_depot);
        engine.Io = new Figures(this);
        _awakeSinceNs = engine.MonotonicNs;
        Loop = EventLoop.Create(TransportOf(engine.Settings), this, _resources);
        engine.Ldap.Post = Loop.Post;
        engine.Background.Wake = () => Loop.Post(static () => { });
        _sleep = new SleepFlag(Loop);
        if (engine.Settings.Network.IoThreads > 1) ChangeIoThreads(engine.Settings.Network.IoThreads);
    }

    /// <summary>The loop that runs everything.</summary>
    public EventLoop Loop { get; }

    /// <inheritdoc/>
    public int NextTimeoutMs => HasMessages || _engine.Background.HasWork || _engine.Pushes.IsBehind ? 0 : _engine.Cron.NextTimeoutMs;

    /// <summary>Connects a client that lives in this process; from any thread.</summary>
    /// <remarks>It is a client like any other, from this host. When the engine has ended, the connection is closed at once.</remarks>
    public PipeEnd Connect() => Loop.Connect();

    /// <summary>
    /// Sets the number of threads that read, parse and write, the engine's own included: soon, since the
    /// caller may be a request from one of them.
    /// </summary>
    public void SetIoThreads(int count) => Loop.Post(() => ChangeIoThreads(count));

    /// <inheritdoc/>
    public ConnectionSession? CreateSession(Connection connection)
    {
        if (_engine.Log.IsEnabled(LogLevel.Verbose)) _engine.Log.Verbose("Accepted " + Origin(connection));
        if (_engine.Clients.Count >= _engine.Settings.Network.MaxClients)
        {
            return Refuse(connection, "-ERR max number of clients reached\r\n"u8);
        }
        if (!connection.IsSecured && IsProtectedFrom(connection))
        {
            return Refuse(connection, ProtectedMode.Refusal);
        }
        if (!connection.IsSecured) _engine.Statistics.ConnectionsReceived++;
        if (_engine.Settings.Network.TcpKeepaliveSeconds > 0) connection.SetKeepAlive(_engine.Settings.Network.TcpKeepaliveSeconds);
        var client = new ClientSession(_engine, _resources, _engine.Clients.NextId());
        _engine.Clients.Add(client);
        return client;
    }

    /// <inheritdoc/>
    /// <remarks>A client that connects with TLS counts, and is told why it may not, only now: it could not have read it before.</remarks>
    public void OnSecured(ConnectionSession session)
    {
        var client = (ClientSession)session;
        if (client.Connection is not { } connection || client.TakesNoMore) return;
        if (IsProtectedFrom(connection))
        {
            client.Output.AppendCopy(ProtectedMode.Refusal);
            client.CloseAfterOutput = true;
            _engine.Statistics.ConnectionsRejected++;
            return;
        }
        _engine.Statistics.ConnectionsReceived++;
        CertificateLogin.Apply(client);
    }

    /// <inheritdoc/>
    public void Execute(ReadOnlySpan<ConnectionSession> ready)
    {
        _engine.Executor.Execute(ready);
        EndTurn();
    }

    /// <inheritdoc/>
    public void OnClosed(ConnectionSession session)
    {
        if (session.Failure is { } failure) _engine.Log.Warning("Error accepting a client connection: " + failure);
        if (session.Ended is { } ended && _engine.Log.IsEnabled(LogLevel.Verbose)) TellEnd((ClientSession)session, ended);
        _engine.OnClientClosed((ClientSession)session);
    }

    /// <inheritdoc/>
    public void OnMoving(ConnectionSession session, EventLoop target) => EventLoop.Entrust(session, target);

    /// <inheritdoc/>
    public void OnAcceptFailed(string error)
    {
        _engine.Log.Warning($"Error accepting a client connection: {error}");
        _acceptFailedNs = _engine.MonotonicNs;
    }

    /// <inheritdoc/>
    public void OnTurn()
    {
        _engine.Turns.Next(_engine.ReadClock(), _engine.Statistics.Commands.TotalCalls);
        _engine.Cron.OnTurn();
        if (_acceptFailedNs != 0 && _engine.MonotonicNs - _acceptFailedNs > AcceptPauseNs) ResumeAccepting();
        foreach (IoThread thread in _ioThreads) Serve(thread);
        for (int i = _retired.Count - 1; i >= 0; i--) ServeRetired(_retired[i]);
        EndTurn();
        _engine.Background.OnTurn();
        _engine.Defrag.OnTurn();
    }

    /// <summary>
    /// Puts on record what was executed, and only then lets replies leave: gives sessions of I/O threads, all together, back
    /// to them. Those of the loop itself are executed later in its turn, and send when this returns.
    /// </summary>
    private void EndTurn()
    {
        _engine.EndTurn();
        if (_served.Count == 0) return;
        foreach ((IoThread thread, ConnectionSession session) in _served) thread.Return(session);
        _served.Clear();
        foreach (IoThread thread in _ioThreads) thread.WakeIfAsleep();
        foreach (IoThread thread in _retired) thread.WakeIfAsleep();
    }

    /// <inheritdoc/>
    public bool PrepareToSleep()
    {
        _sleep.Raise();
        if (!HasMessages)
        {
            _activeNs += _engine.MonotonicNs - _awakeSinceNs;
            return true;
        }
        _sleep.Lower();
        return false;
    }

    /// <inheritdoc/>
    public void OnAwake()
    {
        _sleep.Lower();
        _awakeSinceNs = _engine.ReadClock();
        _engine.Turns.Resume(_awakeSinceNs);
    }

    /// <summary>Closes all connections, ends the I/O threads and releases buffers.</summary>
    public void Dispose()
    {
        foreach (IoThread thread in _ioThreads) thread.Dispose();
        foreach (IoThread thread in _retired) thread.Dispose();
        Loop.Dispose();
        _resources.Dispose();
    }

    private void ResumeAccepting()
    {
        _acceptFailedNs = 0;
        Loop.ResumeAccepting();
    }

    private void ChangeIoThreads(int count)
    {
        int wanted = count - 1;
        if (wanted == _ioThreads.Count) return;
        var before = new List<IoThread>(_ioThreads);
        while (_ioThreads.Count > wanted)
        {
            int last = _ioThreads.Count - 1;
            if (last >= _pastActiveNs.Length) Array.Resize(ref _pastActiveNs, last + 1);
            _pastActiveNs[last] += _ioThreads[last].ActiveNanoseconds;
            _retired.Add(_ioThreads[last]);
            _ioThreads.RemoveAt(last);
        }
        while (_ioThreads.Count < wanted && TryAddIoThread())
        {
            // One thread more.
        }
        Loop.Placement.Use(_ioThreads.Count == 0 ? [Loop] : [.. _ioThreads.Select(static thread => thread.Loop)]);
        Loop.Post(Loop.MoveConnections);
        foreach (IoThread thread in before) thread.Loop.Post(thread.Loop.MoveConnections);
    }

    /// <summary>Starts another thread; without one, which is said in the log, those that are there do the work.</summary>
    private bool TryAddIoThread()
    {
        try
        {
            _ioThreads.Add(new IoThread(_ioThreads.Count + 1, TransportOf(_engine.Settings), new SessionResources(_depot), _sleep,
                Loop.Placement, _engine.Settings.Process.ServerCpuList, _engine.ReadNanoseconds, _engine.Threads));
            return true;
        }
        catch (IOException exception)
        {
            _engine.Log.Warning($"Cannot start another I/O thread, {_ioThreads.Count + 1} do the work: {exception.Message}");
            _engine.Settings.Network.IoThreads = _ioThreads.Count + 1;
            return false;
        }
    }

    private bool HasMessages
    {
        get
        {
            foreach (IoThread thread in _ioThreads)
            {
                if (thread.HasMessages) return true;
            }
            foreach (IoThread thread in _retired)
            {
                if (thread.HasMessages) return true;
            }
            return false;
        }
    }

    /// <summary>Executes what an I/O thread has handed over, and gives it back.</summary>
    private void Serve(IoThread thread)
    {
        int count = 0;
        while (count < TakenPerTurn && thread.TryTake(out IoMessage message))
        {
            if (message.News == IoNews.HasWork) _taken[count++] = message.Session;
            else if (message.News == IoNews.IsSecured) Welcome(thread, message.Session);
            else OnNews(message);
        }
        if (count == 0) return;
        for (int i = 0; i < count; i++)
        {
            _taken[i].Output.UsePool(_resources);
            IoThread.Lend(_taken[i]);
        }
        _engine.Executor.Execute(_taken.AsSpan(0, count));
        for (int i = 0; i < count; i++) _served.Add((thread, _taken[i]));
    }

    private void Welcome(IoThread thread, ConnectionSession session)
    {
        session.Output.UsePool(_resources);
        IoThread.Lend(session);
        OnSecured(session);
        _served.Add((thread, session));
    }

    private void OnNews(in IoMessage message)
    {
        ConnectionSession session = message.Session;
        if (message.News == IoNews.IsMoving)
        {
            session.Output.UsePool(_resources);
            EventLoop.Entrust(session, message.Target!);
            return;
        }
        IoThread.Forget(session);
        OnClosed(session);
    }

    /// <summary>Serves a thread whose connections move away; ends it when the last one is gone.</summary>
    private void ServeRetired(IoThread thread)
    {
        Serve(thread);
        if (!thread.Loop.IsDeserted || thread.HasMessages) return;
        _retired.Remove(thread);
        thread.Dispose();
        _pastTotals += thread.Loop.Totals;
        // Its last words may be about connections that it closed.
        Serve(thread);
    }

    private sealed class Figures(EngineHost host) : IoFigures
    {
        public override string Multiplexing => host.Loop.Multiplexing;

        public override bool HasThreads => host._ioThreads.Count + host._retired.Count > 0;

        public override bool AreThreadsActive => host._ioThreads.Exists(static thread => thread.IsAwake);

        public override IReadOnlyList<long> ThreadsActiveNanoseconds =>
            [.. host._ioThreads.Select((thread, index) => thread.ActiveNanoseconds + host._pastActiveNs.ElementAtOrDefault(index))];

        public override LoopTotals Own => host.Loop.Totals;

        public override LoopTotals Threaded
        {
            get
            {
                LoopTotals totals = host._pastTotals;
                foreach (IoThread thread in host._ioThreads) totals += thread.Loop.Totals;
                foreach (IoThread thread in host._retired) totals += thread.Loop.Totals;
                return totals;
            }
        }

        public override void TrimPools()
        {
            host._resources.Trim();
            host._depot.Trim();
            foreach (IoThread thread in host._ioThreads)
            {
                if (thread.Loop.Pool.HasPooled) thread.Loop.Post(thread.Loop.Pool.Trim);
            }
        }

        public override long ActiveNanoseconds => host._activeNs + host._engine.MonotonicNs - host._awakeSinceNs;
    }

    private static Transport TransportOf(EngineSettings settings) => settings.Network.Transport switch
    {
        TransportChoice.Epoll => Transport.Epoll,
        TransportChoice.Sockets => Transport.Sockets,
        _ => OperatingSystem.IsLinux() ? Transport.Epoll : Transport.Sockets,
    };

    private void TellEnd(ClientSession client, Connection connection) => _engine.Log.Verbose(connection.Error is { } error
        ? "Reading from client: " + error
        : "Client closed connection " + ClientReport.LogLine(client));

    private string Origin(Connection connection) => connection.IsUnix
        ? "connection to " + ConfigText.ToString(_engine.Settings.Network.UnixSocket!)
        : connection.RemoteAddress.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);

    private bool IsProtectedFrom(Connection connection) =>
        _engine.Settings.Network.ProtectedMode && _engine.Users.Default.NeedsNoPassword && !connection.IsLocal;

    private ConnectionSession? Refuse(Connection connection, ReadOnlySpan<byte> error)
    {
        connection.TrySendNow(error);
        _engine.Statistics.ConnectionsRejected++;
        return null;
    }
}
