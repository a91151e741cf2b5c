using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Sigrun.Network.Platform;
using Sigrun.Network.Tls;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network;

/// <summary>
/// One thread's connections, served through epoll.
/// </summary>
/// <remarks>
/// <para>
/// A turn waits for events, receives once from every readable connection, lets the sessions parse, hands
/// all that have something to execute to the host together (so that it can prefetch across
/// connections), then sends. A session that has work left is not received from again but stands in a
/// queue for the next turn: nobody waits behind an endless pipeline, and its input stays bounded.
/// Connections close only at the end of a turn, so that nothing refers to a reused descriptor.
/// </para>
/// <para>
/// The engine's own loop is level-triggered. An I/O thread's is edge-triggered: its sessions are away at
/// the engine part of the time, and a level-triggered loop would spin on what arrives meanwhile.
/// </para>
/// <para>Everything but <see cref="Post"/>, <see cref="Close"/> and <see cref="Stop"/> belongs to the loop's thread.</para>
/// </remarks>
public sealed unsafe partial class EventLoop : IDisposable
{
    private const int EventsMax = 256;
    private const int AcceptsPerTurn = 1000;

    /// <summary>Steps of handshakes per turn of the engine's loop: some take a thousand times as long as a command.</summary>
    private const int HandshakeStepsMax = 4;

    private const ulong WakeTag = ulong.MaxValue;
    private const ulong ListenerTag = 1UL << 62;

    /// <summary>What tells of input and of its end.</summary>
    private const uint Input = LinuxSyscalls.EPOLLIN | LinuxSyscalls.EPOLLRDHUP;

    private readonly IEventLoopHost _host;
    private readonly IoThread? _thread;
    private readonly bool _edgeTriggered;
    private readonly int _epoll;
    private readonly int _wake;
    private readonly LinuxSyscalls.EpollEvent* _events;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Lock _wakeGate = new();
    private readonly List<Listener> _listeners = [];
    private readonly Stack<int> _freeSlots = new();
    private readonly List<Connection> _closing = [];
    private readonly List<Connection> _readAgain = [];
    private readonly List<ConnectionSession> _queued = [];
    private Connection?[] _connections = new Connection?[64];
    private ConnectionSession[] _ready = new ConnectionSession[EventsMax];
    private int _readyCount;
    private int _slotCount;
    private int _threadId;
    private int _expected;
    private bool _isDisposed;
    private volatile bool _stopping;
    private TlsBuffers? _tls;
    private int _handshakeSteps;
    private bool _isBrief;

    /// <summary>Creates a loop for <paramref name="host"/>; the pool serves its connections.</summary>
    public EventLoop(IEventLoopHost host, BufferPool pool, IoThread? thread = null)
    {
        _host = host;
        _thread = thread;
        _edgeTriggered = thread is not null;
        Pool = pool;
        Placement = new LoopPlacement(this);
        _epoll = LinuxSyscalls.epoll_create1(LinuxSyscalls.EPOLL_CLOEXEC);
        _wake = LinuxSyscalls.eventfd(0, LinuxSyscalls.EFD_NONBLOCK | LinuxSyscalls.EFD_CLOEXEC);
        if (_epoll < 0 || _wake < 0)
        {
            string error = LinuxSyscalls.ErrorText(LinuxSyscalls.LastError);
            _ = LinuxSyscalls.close(_epoll);
            _ = LinuxSyscalls.close(_wake);
            throw new IOException("Cannot create an epoll instance: " + error);
        }
        _events = (LinuxSyscalls.EpollEvent*)NativeMemory.Alloc(EventsMax, (nuint)sizeof(LinuxSyscalls.EpollEvent));
        Watch(LinuxSyscalls.EPOLL_CTL_ADD, _wake, LinuxSyscalls.EPOLLIN, WakeTag);
    }

    /// <summary>Input buffers and output segments of this loop's connections.</summary>
    public BufferPool Pool { get; }

    /// <summary>Open connections.</summary>
    public int ConnectionCount { get; private set; }

    /// <summary>True when the loop has no connections and none is on its way to it; from any thread.</summary>
    public bool IsDeserted => Volatile.Read(ref _expected) == 0;

    /// <summary>Turns so far.</summary>
    public long Turns { get; private set; }

    /// <summary>Receive calls so far.</summary>
    public long Reads { get; internal set; }

    /// <summary>Send calls so far.</summary>
    public long Writes { get; internal set; }

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

    /// <summary>Accepts connections from a listener.</summary>
    public void AddListener(Listener listener)
    {
        _listeners.Add(listener);
        Watch(LinuxSyscalls.EPOLL_CTL_ADD, listener.Descriptor, LinuxSyscalls.EPOLLIN, ListenerTag | (uint)listener.Descriptor);
    }

    /// <summary>Stops accepting from a listener and closes it.</summary>
    public void RemoveListener(Listener listener)
    {
        if (!_listeners.Remove(listener)) return;
        Watch(LinuxSyscalls.EPOLL_CTL_DEL, listener.Descriptor, 0, 0);
        listener.Dispose();
    }

    /// <summary>Accepts connections again after <see cref="IEventLoopHost.OnAcceptFailed"/>.</summary>
    public void ResumeAccepting() => WatchListeners(LinuxSyscalls.EPOLLIN);

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
            WatchAgain(connection);
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
    public void CloseAll()
    {
        foreach (Connection? connection in _connections)
        {
            if (connection is null) continue;
            connection.Send();
            CloseLater(connection);
        }
        CloseRequested();
        foreach (Listener listener in _listeners.ToArray()) RemoveListener(listener);
    }

    /// <summary>Releases the descriptors.</summary>
    public void Dispose()
    {
        CloseAll();
        lock (_wakeGate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            _ = LinuxSyscalls.close(_epoll);
            _ = LinuxSyscalls.close(_wake);
        }
        NativeMemory.Free(_events);
        _tls?.Dispose();
    }

    /// <summary>Ends the loop's wait; from any thread, even when the loop has ended: its descriptor may be a client's by then.</summary>
    internal void Wake()
    {
        ulong one = 1;
        lock (_wakeGate)
        {
            if (!_isDisposed) _ = LinuxSyscalls.write(_wake, &one, sizeof(ulong));
        }
    }

    /// <summary>What secured connections of this loop share; made when the first one comes.</summary>
    internal TlsBuffers Tls => _tls ??= new TlsBuffers();

    /// <summary>Counts a connection that will be this loop's.</summary>
    internal void AddExpected() => Interlocked.Increment(ref _expected);

    private void RemoveExpected() => Interlocked.Decrement(ref _expected);

    private void RunTurn()
    {
        Turns++;
        _handshakeSteps = 0;
        _host.OnTurn();
        int count = Wait();
        for (int i = 0; i < count; i++) Serve(ref _events[i]);
        ServeReadAgain();
        TakeQueued();
        if (_readyCount > 0) ExecuteReady();
        CloseRequested();
    }

    private int Wait()
    {
        bool busy = _isBrief || _queued.Count > 0 || _readAgain.Count > 0 || _closing.Count > 0;
        int timeout = busy ? 0 : _host.NextTimeoutMs;
        if (timeout == 0 || !_host.PrepareToSleep()) return LinuxSyscalls.epoll_poll(_epoll, _events, EventsMax, 0);
        int count = LinuxSyscalls.epoll_wait(_epoll, _events, EventsMax, timeout);
        _host.OnAwake();
        return count;
    }

    private void Serve(ref LinuxSyscalls.EpollEvent e)
    {
        ulong tag = e.Data;
        if (tag < ListenerTag)
        {
            if (_connections[tag] is { } connection) ServeConnection(connection, e.Events);
        }
        else if (tag == WakeTag)
        {
            ServeWake();
        }
        else if (FindListener((int)(uint)tag) is { } listener)
        {
            Accept(listener);
        }
    }

    private void ServeConnection(Connection connection, uint events)
    {
        ConnectionSession session = connection.Session;
        if (_edgeTriggered && (events & ~LinuxSyscalls.EPOLLOUT) != 0) connection.MayHaveInput = true;
        if ((events & LinuxSyscalls.EPOLLOUT) != 0 && _edgeTriggered) connection.WaitsForOutput = false;
        if ((events & ~(LinuxSyscalls.EPOLLIN | LinuxSyscalls.EPOLLOUT)) != 0) connection.IsPeerDone = true;
        if (connection.IsClosing || session.IsAway) return;
        if (connection.IsHandshaking)
        {
            Handshake(connection);
            return;
        }
        if ((events & ~LinuxSyscalls.EPOLLIN) != 0) Flush(connection);
        if (session.IsSuspended) ServeSuspended(connection);
        else if ((events & ~LinuxSyscalls.EPOLLOUT) != 0) Receive(connection);
    }

    private void ServeSuspended(Connection connection)
    {
        if (connection.IsPeerDone)
        {
            CloseLater(connection);
        }
        else if (!_edgeTriggered && !connection.IsInputStopped)
        {
            connection.IsInputStopped = true;
            WatchAgain(connection);
        }
    }

    private void ServeReadAgain()
    {
        int count = _readAgain.Count;
        for (int i = 0; i < count; i++)
        {
            Connection connection = _readAgain[i];
            connection.IsReadQueued = false;
            if (!connection.Session.IsAway) Receive(connection);
        }
        _readAgain.RemoveRange(0, count);
    }

    private void Receive(Connection connection)
    {
        ConnectionSession session = connection.Session;
        if (connection.IsClosing || session.IsQueued || session.IsReady || session.IsSuspended || session.CloseAfterOutput) return;
        int received = connection.Receive(Pool);
        if (received < 0) CloseLater(connection);
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
            if (connection.IsPeerDone) CloseLater(connection);
            return;
        }
        if (session.HasWork && !session.CloseAfterOutput)
        {
            session.IsQueued = true;
            _queued.Add(session);
            return;
        }
        ReleaseBuffers(session);
        if (connection.MayHaveInput && _edgeTriggered && !connection.IsReadQueued)
        {
            connection.IsReadQueued = true;
            _readAgain.Add(connection);
        }
        else if (connection.MustMove && session.IsAtRest)
        {
            Move(connection);
        }
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
        bool empty = session.Output.IsEmpty;
        if (empty && session.CloseAfterOutput) CloseLater(connection);
        if (empty != connection.WaitsForOutput) return;
        connection.WaitsForOutput = !empty;
        if (!_edgeTriggered) WatchAgain(connection);
    }

    /// <summary>In a level-triggered loop: asks for the events that the connection now cares about.</summary>
    private void WatchAgain(Connection connection)
    {
        uint events = connection.WaitsForOutput ? LinuxSyscalls.EPOLLOUT : 0;
        if (!connection.Session.CloseAfterOutput) events |= connection.IsInputStopped ? LinuxSyscalls.EPOLLRDHUP : Input;
        Watch(LinuxSyscalls.EPOLL_CTL_MOD, connection.Descriptor, events, (uint)connection.Slot);
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
            connection.CloseDescriptor();
            ConnectionSession session = connection.Session;
            session.Connection = null;
            session.Output.Clear();
            ReleaseBuffers(session);
            _host.OnClosed(session);
        }
        _closing.Clear();
    }

    private void ServeWake()
    {
        ulong ignored;
        _ = LinuxSyscalls.read(_wake, &ignored, sizeof(ulong));
        RunPosted();
    }

    private void RunPosted()
    {
        while (_posted.TryDequeue(out Action? action)) action();
    }

    private void Watch(int operation, int descriptor, uint events, ulong tag)
    {
        LinuxSyscalls.EpollEvent change = new() { Events = events, Data = tag };
        _ = LinuxSyscalls.epoll_ctl(_epoll, operation, descriptor, &change);
    }
}
