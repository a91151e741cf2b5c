using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Sigrun.Network.Platform;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network;

/// <summary>
/// One thread's connections, served through epoll.
/// </summary>
/// <remarks>
/// A turn waits for events, receives once from every readable connection, lets the sessions parse, hands
/// all that have something to execute to the host together (so that it can prefetch across
/// connections), then sends. A session that has work left is not received from again but stands in a
/// queue for the next turn: nobody waits behind an endless pipeline, and its input stays bounded.
/// Connections close only at the end of a turn, so that nothing refers to a reused descriptor.
/// Everything but <see cref="Post"/> and <see cref="Stop"/> belongs to the loop's thread.
/// </remarks>
public sealed unsafe class EventLoop : IDisposable
{
    private const int EventsMax = 256;
    private const int AcceptsPerTurn = 1000;
    private const ulong WakeTag = ulong.MaxValue;
    private const ulong ListenerTag = 1UL << 62;

    private readonly IEventLoopHost _host;
    private readonly int _epoll;
    private readonly int _wake;
    private readonly LinuxSyscalls.EpollEvent* _events;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly List<Listener> _listeners = [];
    private readonly Stack<int> _freeSlots = new();
    private readonly List<Connection> _closing = [];
    private readonly List<Connection> _flushes = [];
    private readonly List<ConnectionSession> _queued = [];
    private Connection?[] _connections = new Connection?[64];
    private ConnectionSession[] _ready = new ConnectionSession[EventsMax];
    private int _readyCount;
    private int _slotCount;
    private volatile bool _stopping;

    /// <summary>Creates a loop for <paramref name="host"/>; the pool serves its connections.</summary>
    public EventLoop(IEventLoopHost host, BufferPool pool)
    {
        _host = host;
        Pool = pool;
        _epoll = LinuxSyscalls.epoll_create1(LinuxSyscalls.EPOLL_CLOEXEC);
        _wake = LinuxSyscalls.eventfd(0, LinuxSyscalls.EFD_NONBLOCK | LinuxSyscalls.EFD_CLOEXEC);
        if (_epoll < 0 || _wake < 0) throw new IOException("Cannot create an epoll instance: " + LinuxSyscalls.ErrorText(LinuxSyscalls.LastError));
        _events = (LinuxSyscalls.EpollEvent*)NativeMemory.Alloc(EventsMax, (nuint)sizeof(LinuxSyscalls.EpollEvent));
        Watch(LinuxSyscalls.EPOLL_CTL_ADD, _wake, LinuxSyscalls.EPOLLIN, WakeTag);
    }

    /// <summary>Input buffers and output segments of this loop's connections.</summary>
    public BufferPool Pool { get; }

    /// <summary>Open connections.</summary>
    public int ConnectionCount { get; private set; }

    /// <summary>Serves connections until <see cref="Stop"/>.</summary>
    public void Run()
    {
        while (!_stopping) RunTurn();
    }

    /// <summary>One turn; waits at most as long as the host allows.</summary>
    public void RunTurn()
    {
        _host.OnTurn();
        int count = Wait();
        for (int i = 0; i < count; i++) Serve(ref _events[i]);
        TakeQueued();
        if (_readyCount > 0) ExecuteReady();
        FlushRequested();
        CloseRequested();
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
        _ = LinuxSyscalls.close(_epoll);
        _ = LinuxSyscalls.close(_wake);
        NativeMemory.Free(_events);
    }

    internal void CloseLater(Connection connection)
    {
        if (connection.IsClosing) return;
        connection.IsClosing = true;
        _closing.Add(connection);
    }

    internal void QueueFlush(Connection connection)
    {
        if (connection.IsFlushQueued) return;
        connection.IsFlushQueued = true;
        _flushes.Add(connection);
    }

    private int Wait()
    {
        bool poll = _queued.Count > 0 || _flushes.Count > 0 || _closing.Count > 0;
        int timeout = poll ? 0 : _host.NextTimeoutMs;
        return timeout == 0
            ? LinuxSyscalls.epoll_poll(_epoll, _events, EventsMax, 0)
            : LinuxSyscalls.epoll_wait(_epoll, _events, EventsMax, timeout);
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
        else
        {
            Accept((int)(uint)tag);
        }
    }

    private void ServeConnection(Connection connection, uint events)
    {
        if (connection.IsClosing) return;
        ConnectionSession session = connection.Session;
        if ((events & LinuxSyscalls.EPOLLOUT) != 0) Flush(connection);
        if ((events & ~LinuxSyscalls.EPOLLOUT) == 0 || session.IsQueued || session.CloseAfterOutput) return;
        int received = connection.Receive(Pool);
        if (received < 0) CloseLater(connection);
        else if (received > 0 && session.Parse()) AddReady(session);
        else if (received > 0) Settle(connection);
    }

    private void TakeQueued()
    {
        int count = _queued.Count;
        for (int i = 0; i < count; i++)
        {
            ConnectionSession session = _queued[i];
            session.IsQueued = false;
            if (session.Connection is { IsClosing: false } && session.Parse()) AddReady(session);
        }
        _queued.RemoveRange(0, count);
    }

    private void AddReady(ConnectionSession session)
    {
        if (_readyCount == _ready.Length) Array.Resize(ref _ready, _ready.Length * 2);
        _ready[_readyCount++] = session;
    }

    private void ExecuteReady()
    {
        int count = _readyCount;
        _readyCount = 0;
        _host.Execute(new ReadOnlySpan<ConnectionSession>(_ready, 0, count));
        for (int i = 0; i < count; i++)
        {
            if (_ready[i].Connection is { } connection) Settle(connection);
        }
    }

    /// <summary>After execution: send, close when that was asked for, queue what is left, give the input back.</summary>
    private void Settle(Connection connection)
    {
        ConnectionSession session = connection.Session;
        Flush(connection);
        if (connection.IsClosing) return;
        if (session.HasWork && !session.CloseAfterOutput)
        {
            session.IsQueued = true;
            _queued.Add(session);
        }
        else
        {
            session.ReleaseIdleInput(Pool);
        }
    }

    private void Flush(Connection connection)
    {
        if (connection.IsClosing) return;
        if (!connection.Send())
        {
            CloseLater(connection);
            return;
        }
        bool empty = connection.Session.Output.IsEmpty;
        if (empty && connection.Session.CloseAfterOutput) CloseLater(connection);
        if (empty != connection.WaitsForOutput) return;
        connection.WaitsForOutput = !empty;
        uint events = LinuxSyscalls.EPOLLIN | (empty ? 0 : LinuxSyscalls.EPOLLOUT);
        Watch(LinuxSyscalls.EPOLL_CTL_MOD, connection.Descriptor, events, (uint)connection.Slot);
    }

    private void FlushRequested()
    {
        foreach (Connection connection in _flushes)
        {
            connection.IsFlushQueued = false;
            Flush(connection);
        }
        _flushes.Clear();
    }

    private void CloseRequested()
    {
        for (int i = 0; i < _closing.Count; i++)
        {
            Connection connection = _closing[i];
            _connections[connection.Slot] = null;
            _freeSlots.Push(connection.Slot);
            ConnectionCount--;
            connection.CloseDescriptor();
            ConnectionSession session = connection.Session;
            session.Connection = null;
            session.Output.Clear();
            session.OnClosed();
            session.ReleaseIdleInput(Pool);
        }
        _closing.Clear();
    }

    private void ServeWake()
    {
        ulong ignored;
        _ = LinuxSyscalls.read(_wake, &ignored, sizeof(ulong));
        while (_posted.TryDequeue(out Action? action)) action();
    }

    private void Accept(int listener)
    {
        byte* address = stackalloc byte[SocketAddress.SizeMax];
        for (int i = 0; i < AcceptsPerTurn; i++)
        {
            int size = SocketAddress.SizeMax;
            int fd = LinuxSyscalls.accept4(listener, address, &size, LinuxSyscalls.SOCK_NONBLOCK | LinuxSyscalls.SOCK_CLOEXEC);
            if (fd < 0)
            {
                int error = LinuxSyscalls.LastError;
                if (error is not (LinuxSyscalls.EAGAIN or LinuxSyscalls.EINTR)) _host.OnAcceptFailed(LinuxSyscalls.ErrorText(error));
                return;
            }
            string remote = SocketAddress.Format(new ReadOnlySpan<byte>(address, SocketAddress.SizeMax));
            size = SocketAddress.SizeMax;
            _ = LinuxSyscalls.getsockname(fd, address, &size);
            AddConnection(fd, remote, SocketAddress.Format(new ReadOnlySpan<byte>(address, SocketAddress.SizeMax)));
        }
    }

    private void AddConnection(int descriptor, string remote, string local)
    {
        if (!_freeSlots.TryPop(out int slot)) slot = _slotCount++;
        if (slot == _connections.Length) Array.Resize(ref _connections, slot * 2);
        var connection = new Connection(this, descriptor, slot, remote, local);
        connection.SetOption(LinuxSyscalls.IPPROTO_TCP, LinuxSyscalls.TCP_NODELAY, 1);
        if (_host.CreateSession(connection) is not { } session)
        {
            connection.CloseDescriptor();
            _freeSlots.Push(slot);
            return;
        }
        connection.Session = session;
        session.Connection = connection;
        _connections[slot] = connection;
        ConnectionCount++;
        Watch(LinuxSyscalls.EPOLL_CTL_ADD, descriptor, LinuxSyscalls.EPOLLIN, (uint)slot);
    }

    private void Watch(int operation, int descriptor, uint events, ulong tag)
    {
        LinuxSyscalls.EpollEvent change = new() { Events = events, Data = tag };
        _ = LinuxSyscalls.epoll_ctl(_epoll, operation, descriptor, &change);
    }

    private void Wake()
    {
        ulong one = 1;
        _ = LinuxSyscalls.write(_wake, &one, sizeof(ulong));
    }
}
