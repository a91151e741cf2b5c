using System.Collections.Concurrent;
using Sigrun.Network.Epoll;
using Sigrun.Network.Sockets;
using Sigrun.Network.Tls;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network;

/// <summary>
/// One thread's connections. How the loop waits for them, and how they receive and send, is the business of
/// <see cref="EpollLoop"/> and <see cref="SocketLoop"/>.
/// </summary>
/// <remarks>
/// <para>
/// A turn waits for events, receives once from every readable connection, lets the sessions parse, hands
/// all that have something to execute to the host together (so that it can prefetch across
/// connections), then sends. A session that has work left is not received from again but stands in a
/// queue for the next turn: nobody waits behind an endless pipeline, and its input stays bounded.
/// Connections close only at the end of a turn, so that nothing refers to a reused descriptor.
/// </para>
/// <para>What is not said to be for any thread belongs to the loop's.</para>
/// </remarks>
public abstract partial class EventLoop : IDisposable
{
    /// <summary>Steps of handshakes per turn of the engine's loop: some take a thousand times as long as a command.</summary>
    private const int HandshakeStepsMax = 4;

    private readonly IEventLoopHost _host;
    private readonly IoThread? _thread;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Lock _wakeGate = new();
    private readonly List<Listener> _listeners = [];
    private readonly Stack<int> _freeSlots = new();
    private readonly List<Connection> _closing = [];
    private readonly List<Connection> _readAgain = [];
    private readonly List<ConnectionSession> _queued = [];
    private Connection?[] _connections = new Connection?[64];
    private ConnectionSession[] _ready = new ConnectionSession[256];
    private int _readyCount;
    private int _slotCount;
    private int _threadId;
    private long _turns;
    private int _expected;
    private bool _isDisposed;
    private volatile bool _stopping;
    private TlsBuffers? _tls;
    private int _handshakeSteps;
    private bool _isBrief;

    private protected EventLoop(IEventLoopHost host, BufferPool pool, IoThread? thread)
    {
        _host = host;
        _thread = thread;
        Pool = pool;
        Placement = new LoopPlacement(this);
    }

    /// <summary>Creates a loop for <paramref name="host"/>; the pool serves its connections.</summary>
    /// <param name="transport">How it works.</param>
    /// <param name="host">What it works for.</param>
    /// <param name="pool">Buffers of its thread.</param>
    /// <param name="thread">The I/O thread that runs it; null for the engine's own.</param>
    public static EventLoop Create(Transport transport, IEventLoopHost host, BufferPool pool, IoThread? thread = null) =>
        transport == Transport.Epoll ? new EpollLoop(host, pool, thread) : new SocketLoop(host, pool, thread);

    /// <summary>Input buffers and output segments of this loop's connections.</summary>
    public BufferPool Pool { get; }

    /// <summary>What tells the loop of sockets.</summary>
    public abstract string Multiplexing { get; }

    /// <summary>Open connections.</summary>
    public int ConnectionCount { get; private set; }

    /// <summary>True when the loop has no connections and none is on its way to it; from any thread.</summary>
    public bool IsDeserted => Volatile.Read(ref _expected) == 0;

    /// <summary>What the loop has done so far; from any thread.</summary>
    public LoopTotals Totals => new(_turns, Reads, Writes, BytesReceived, BytesSent, Pool.Disposed);

    internal long Reads { get; set; }

    internal long Writes { get; set; }

    internal long BytesReceived { get; set; }

    internal long BytesSent { get; set; }

    /// <summary>Connections that are accepted per turn from a listener; those that are secured have a number of their own.</summary>
    public int AcceptsPerTurn { get; set; } = int.MaxValue;

    /// <summary>Chooses the loops that serve newly accepted connections, and those that move; this one alone at first.</summary>
    public LoopPlacement Placement { get; set; }

    /// <summary>Serves connections until <see cref="Stop"/>.</summary>
    public void Run()
    {
        _threadId = Environment.CurrentManagedThreadId;
        while (!_stopping) RunTurn();
        // What was asked for in the last moment may concern a connection that has moved on.
        RunPosted();
    }

    /// <summary>Serves what there is to serve and returns at once: for the owner's thread while it does something long before <see cref="Run"/>.</summary>
    /// <returns>False when the loop was told to stop.</returns>
    public bool RunBriefly()
    {
        _threadId = Environment.CurrentManagedThreadId;
        _isBrief = true;
        if (!_stopping) RunTurn();
        _isBrief = false;
        return !_stopping;
    }

    /// <summary>Makes <see cref="Run"/> return soon; from any thread.</summary>
    public void Stop()
    {
        _stopping = true;
        Wake();
    }

    /// <summary>Runs an action on the loop's thread; from any thread.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        Wake();
    }

    /// <summary>Closes a connection at the end of a turn; from any thread.</summary>
    public void Close(Connection connection)
    {
        if (connection.Loop != this) connection.Loop.Close(connection);
        else if (Environment.CurrentManagedThreadId == _threadId) CloseLater(connection);
        else Post(() => Close(connection));
    }

    /// <summary>Listens on a TCP port and accepts connections from it; null when that is not possible.</summary>
    /// <param name="address">An IP address, a host name, or <c>*</c> / <c>::*</c> for all of a family.</param>
    /// <param name="port">The port; 0 lets the system choose.</param>
    /// <param name="options">What the socket is like.</param>
    /// <param name="failure">Why the result is null.</param>
    /// <param name="tls">How connections are secured; null when they are not.</param>
    public Listener? TryListen(string address, int port, ListenOptions options, out ListenFailure failure, TlsAcceptor? tls = null) =>
        Add(TryBind(address, port, options, tls, out failure));

    /// <summary>Listens on a Unix socket, in place of whatever file has its name; null when that is not possible.</summary>
    /// <param name="file">Its file.</param>
    /// <param name="backlog">Connections that may wait to be accepted.</param>
    /// <param name="failure">Why the result is null.</param>
    public Listener? TryListen(UnixSocketFile file, int backlog, out ListenFailure failure) => Add(TryBind(file, backlog, out failure));

    /// <summary>Stops accepting from a listener and closes it.</summary>
    public void RemoveListener(Listener listener)
    {
        if (!_listeners.Remove(listener)) return;
        StopAccepting(listener);
        listener.Dispose();
    }

    /// <summary>Accepts connections again after <see cref="IEventLoopHost.OnAcceptFailed"/>.</summary>
    public void ResumeAccepting()
    {
        foreach (Listener listener in _listeners) StartAccepting(listener);
    }

    /// <summary>A session that was handed on is back: sends what it has to say and receives what came meanwhile.</summary>
    public void TakeBack(ConnectionSession session)
    {
        session.IsAway = false;
        session.Output.UsePool(Pool);
        if (session.Connection is not { } connection) return;
        if (connection.IsClosing) _closing.Add(connection);
        else Settle(connection);
    }

    /// <summary>A suspended session of this loop goes on. The loop's thread, which is the engine's.</summary>
    internal void Resume(Connection connection)
    {
        ConnectionSession session = connection.Session;
        session.EndSuspension();
        if (connection.IsInputStopped)
        {
            connection.IsInputStopped = false;
            connection.UpdateInterest();
        }
        if (connection.IsClosing || session.IsQueued || session.IsReady) return;
        session.IsQueued = true;
        _queued.Add(session);
    }

    /// <summary>A suspended session goes on. The thread of the loop.</summary>
    internal void EndSuspension(ConnectionSession session)
    {
        session.EndSuspension();
        if (session.Connection is { IsClosing: false } connection) Settle(connection);
    }

    /// <summary>Sends what the engine has written to a session of this loop. The loop's thread, which is the engine's.</summary>
    internal void SendWritten(Connection connection) => Flush(connection);

    /// <summary>Sends what the engine has left in a session's outbox. The thread of the loop.</summary>
    internal void Deliver(ConnectionSession session)
    {
        // A session that is away, or on its way, gets it from whoever owns it next; that of a connection that is gone is
        // the engine's to clear.
        bool isHere = !session.IsAway && session.Connection is { IsClosing: false, Slot: >= 0 } && session.Connection.Loop == this;
        session.Outbox!.Answer(isHere ? session.Output : null);
        if (isHere && session.Connection is { WaitsForOutput: false } connection) Settle(connection);
    }

    /// <summary>Sends what all connections still have to send, as far as the sockets take it, and closes everything.</summary>
    /// <remarks>No session can be away or become so any more; those that are will not come back.</remarks>
    public void CloseAll()
    {
        // A turn that has failed may have left some here that are closed.
        _closing.Clear();
        foreach (Connection? connection in _connections)
        {
            if (connection is null) continue;
            connection.Send();
            connection.IsClosing = true;
            _closing.Add(connection);
        }
        CloseRequested();
        foreach (Listener listener in _listeners.ToArray()) RemoveListener(listener);
    }

    /// <summary>Closes everything.</summary>
    public void Dispose()
    {
        CloseAll();
        lock (_wakeGate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            Release();
        }
        RefuseArrivals();
        _tls?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends the loop's wait; from any thread, even when the loop has ended: its descriptor may be a client's by then.</summary>
    internal void Wake()
    {
        lock (_wakeGate)
        {
            if (!_isDisposed) Interrupt();
        }
    }

    /// <summary>True when an I/O thread runs the loop.</summary>
    internal bool IsThreaded => _thread is not null;

    /// <summary>What secured connections of this loop share; made when the first one comes.</summary>
    internal TlsBuffers Tls => _tls ??= new TlsBuffers();

    /// <summary>Counts a connection that will be this loop's.</summary>
    internal void AddExpected() => Interlocked.Increment(ref _expected);

    private void RemoveExpected() => Interlocked.Decrement(ref _expected);

    /// <summary>
    /// Connects a session that is not connected. What it has to say is sent as soon as the connection is there; should none
    /// come about, the host hears that the session is closed. The loop's thread, or its maker's before it runs. With epoll only.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="endpoint">Where to connect to.</param>
    /// <param name="tls">How the connection is secured; null when it is not.</param>
    /// <param name="error">The system's words when it has failed already.</param>
    public virtual bool TryConnect(ConnectionSession session, RemoteEndpoint endpoint, TlsConnector? tls, out string error) =>
        throw new NotSupportedException("Connections are made with epoll only.");

    /// <summary>Binds a TCP socket; null when that is not possible.</summary>
    private protected abstract Listener? TryBind(string address, int port, ListenOptions options, TlsAcceptor? tls, out ListenFailure failure);

    /// <summary>Binds a Unix socket; null when that is not possible.</summary>
    private protected abstract Listener? TryBind(UnixSocketFile file, int backlog, out ListenFailure failure);

    /// <summary>From now on the loop is told of those who connect to a listener.</summary>
    private protected abstract void StartAccepting(Listener listener);

    /// <summary>The loop is not to be told of them any more.</summary>
    private protected abstract void StopAccepting(Listener listener);

    /// <summary>Waits that many milliseconds at most for something to serve, for ever with −1. Returns how much there is.</summary>
    private protected abstract int Wait(int timeoutMs);

    /// <summary>Serves what the last wait has found.</summary>
    private protected abstract void Serve(int count);

    /// <summary>Ends a wait, or the next one; from any thread.</summary>
    private protected abstract void Interrupt();

    /// <summary>Releases what the loop waits with.</summary>
    private protected abstract void Release();

    private void RunTurn()
    {
        _turns++;
        _handshakeSteps = 0;
        _host.OnTurn();
        Serve(Wait());
        ServeReadAgain();
        TakeQueued();
        if (_readyCount > 0) ExecuteReady();
        CloseRequested();
    }

    private int Wait()
    {
        bool busy = _isBrief || _queued.Count > 0 || _readAgain.Count > 0 || _closing.Count > 0;
        int timeout = busy ? 0 : _host.NextTimeoutMs;
        if (timeout == 0 || !_host.PrepareToSleep()) return Wait(0);
        int count = Wait(timeout);
        _host.OnAwake();
        return count;
    }

    /// <summary>The connection at a place in the loop's table.</summary>
    private protected Connection? ConnectionAt(int slot) => _connections[slot];

    /// <summary>Goes on with a connection.</summary>
    private protected void Serve(Connection connection, Readiness ready)
    {
        ConnectionSession session = connection.Session;
        if (!connection.IsLevelTriggered)
        {
            if ((ready & ~Readiness.Output) != 0) connection.MayHaveInput = true;
            if ((ready & Readiness.Output) != 0) connection.WaitsForOutput = false;
        }
        if ((ready & Readiness.PeerDone) != 0) connection.IsPeerDone = true;
        if (connection.IsClosing || session.IsAway) return;
        if (connection.IsHandshaking)
        {
            Handshake(connection);
            return;
        }
        if ((ready & ~Readiness.Input) != 0) Flush(connection);
        if (session.IsSuspended) ServeSuspended(connection);
        else if ((ready & ~Readiness.Output) != 0) Receive(connection);
    }

    private void ServeSuspended(Connection connection)
    {
        if (connection.HasPeerEnded())
        {
            CloseEnded(connection);
        }
        // Of a connection that is secured input was taken aside, and more may come, such as its end.
        else if (connection.IsLevelTriggered && !connection.IsInputStopped && (!connection.IsSecured || connection.HoldsInput))
        {
            connection.IsInputStopped = true;
            connection.UpdateInterest();
        }
    }

    private void ServeReadAgain()
    {
        int count = _readAgain.Count;
        for (int i = 0; i < count; i++)
        {
            Connection connection = _readAgain[i];
            connection.IsReadQueued = false;
            if (connection.Session.IsAway) continue;
            if (connection.IsHandshaking) Handshake(connection);
            else Receive(connection);
        }
        _readAgain.RemoveRange(0, count);
    }

    private void Receive(Connection connection)
    {
        ConnectionSession session = connection.Session;
        if (connection.IsClosing || session.IsQueued || session.IsReady || session.IsSuspended || session.CloseAfterOutput) return;
        int received = connection.Receive(Pool);
        if (received < 0) CloseEnded(connection);
        else if (received > 0 && session.Parse()) AddReady(session);
        else Settle(connection);
    }

    private void TakeQueued()
    {
        int count = _queued.Count;
        for (int i = 0; i < count; i++)
        {
            ConnectionSession session = _queued[i];
            session.IsQueued = false;
            if (session.Connection is not { IsClosing: false } connection) continue;
            if (session.Parse()) AddReady(session);
            else Settle(connection);
        }
        _queued.RemoveRange(0, count);
    }

    private void AddReady(ConnectionSession session)
    {
        if (_readyCount == _ready.Length) Array.Resize(ref _ready, _ready.Length * 2);
        session.IsReady = true;
        _ready[_readyCount++] = session;
    }

    private void ExecuteReady()
    {
        int count = 0;
        for (int i = 0; i < _readyCount; i++)
        {
            ConnectionSession session = _ready[i];
            session.IsReady = false;
            if (session.Connection is { IsClosing: false }) _ready[count++] = session;
        }
        _readyCount = 0;
        _host.Execute(new ReadOnlySpan<ConnectionSession>(_ready, 0, count));
        for (int i = 0; i < count; i++)
        {
            ConnectionSession session = _ready[i];
            if (!session.IsAway && session.Connection is { } connection) Settle(connection);
        }
    }

    /// <summary>After execution: send, close when that was asked for, queue what is left, give the input back.</summary>
    private void Settle(Connection connection)
    {
        ConnectionSession session = connection.Session;
        Flush(connection);
        if (connection.IsClosing || session.IsQueued) return;
        if (session.IsSuspended)
        {
            ReleaseBuffers(session);
            if (connection.HasPeerEnded()) CloseEnded(connection);
            return;
        }
        if (session.HasWork && !session.CloseAfterOutput)
        {
            session.IsQueued = true;
            _queued.Add(session);
            return;
        }
        ReleaseBuffers(session);
        if (connection.MayHaveInput && (!connection.IsLevelTriggered || connection.HoldsInput))
        {
            ReadAgainNextTurn(connection);
        }
        else if (connection.MustMove && session.IsAtRest)
        {
            Move(connection);
        }
    }

    private void ReadAgainNextTurn(Connection connection)
    {
        if (connection.IsReadQueued) return;
        connection.IsReadQueued = true;
        _readAgain.Add(connection);
    }

    private static void ReleaseBuffers(ConnectionSession session)
    {
        if (session.Output.IsEmpty) session.Output.Clear();
        session.ReleaseIdleInput();
    }

    private void Flush(Connection connection)
    {
        if (connection.IsClosing) return;
        if (!connection.Send())
        {
            CloseLater(connection);
            return;
        }
        ConnectionSession session = connection.Session;
        bool empty = session.Output.IsEmpty & !connection.HoldsOutput;
        if (empty && session.CloseAfterOutput) CloseLater(connection);
        if (empty != connection.WaitsForOutput) return;
        connection.WaitsForOutput = !empty;
        if (connection.IsLevelTriggered) connection.UpdateInterest();
    }

    private void CloseEnded(Connection connection)
    {
        connection.HasEnded = true;
        CloseLater(connection);
    }

    private void CloseLater(Connection connection)
    {
        if (connection.IsClosing) return;
        connection.IsClosing = true;
        // A session that is away is closed when it is back, a connection on its way here when it arrives.
        if (!connection.Session.IsAway && connection.Slot >= 0) _closing.Add(connection);
    }

    private void CloseRequested()
    {
        for (int i = 0; i < _closing.Count; i++)
        {
            Connection connection = _closing[i];
            Forget(connection);
            connection.Dispose();
            ConnectionSession session = connection.Session;
            session.Connection = null;
            if (connection.HasEnded) session.Ended = connection;
            session.Output.Clear();
            ReleaseBuffers(session);
            _host.OnClosed(session);
        }
        _closing.Clear();
    }

    /// <summary>Does what other threads have asked for.</summary>
    private protected void ServeRequests()
    {
        RunPosted();
        ServeSignalled();
        ServeArrivals();
    }

    private void RunPosted()
    {
        while (_posted.TryDequeue(out Action? action)) action();
    }
}
