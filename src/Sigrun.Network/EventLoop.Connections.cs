using Sigrun.Network.Platform;
using Sigrun.Network.Tls;

namespace Sigrun.Network;

/// <summary>How connections come to a loop, move on to another one, and leave.</summary>
public sealed unsafe partial class EventLoop
{
    /// <summary>Moves all connections, each as soon as it is at rest, to the loops that the placement chooses.</summary>
    public void MoveConnections()
    {
        foreach (Connection? connection in _connections.AsSpan(0, _slotCount))
        {
            if (connection is null || connection.IsClosing) continue;
            if (connection.Session.IsAtRest) Move(connection);
            else connection.MustMove = true;
        }
    }

    private void Accept(Listener listener)
    {
        byte* address = stackalloc byte[SocketAddress.SizeMax];
        int most = listener.Tls?.AcceptsPerTurn ?? AcceptsPerTurn;
        for (int i = 0; i < most; i++)
        {
            int size = SocketAddress.SizeMax;
            int fd = LinuxSyscalls.accept4(listener.Descriptor, address, &size, LinuxSyscalls.SOCK_NONBLOCK | LinuxSyscalls.SOCK_CLOEXEC);
            if (fd < 0)
            {
                int error = LinuxSyscalls.LastError;
                if (error is LinuxSyscalls.EAGAIN or LinuxSyscalls.EINTR) return;
                // The connection stays in the queue: without a pause the loop would do nothing but fail.
                WatchListeners(0);
                _host.OnAcceptFailed(LinuxSyscalls.ErrorText(error));
                return;
            }
            if (listener.Path is { } path)
            {
                Welcome(new Connection(Placement.Take(), fd, path));
                continue;
            }
            string remote = SocketAddress.Format(new ReadOnlySpan<byte>(address, SocketAddress.SizeMax));
            size = SocketAddress.SizeMax;
            _ = LinuxSyscalls.getsockname(fd, address, &size);
            string local = SocketAddress.Format(new ReadOnlySpan<byte>(address, SocketAddress.SizeMax));
            if (listener.Tls is null) Welcome(new Connection(Placement.Take(), fd, remote, local));
            else Secure(listener.Tls, fd, remote, local);
        }
    }

    private void Secure(TlsAcceptor acceptor, int descriptor, string remote, string local)
    {
        if (TlsChannel.TryAccept(acceptor, descriptor) is { } channel)
        {
            Welcome(new Connection(Placement.Take(), descriptor, remote, local, channel));
            return;
        }
        _ = LinuxSyscalls.close(descriptor);
    }

    private Listener? FindListener(int descriptor)
    {
        foreach (Listener listener in _listeners)
        {
            if (listener.Descriptor == descriptor) return listener;
        }
        return null;
    }

    /// <summary>Goes on with a connection's handshake; when it is done, the engine looks at who has come.</summary>
    private void Handshake(Connection connection)
    {
        // A level-triggered loop hears of those that are left for the next turn.
        if (!_edgeTriggered && ++_handshakeSteps > HandshakeStepsMax) return;
        ConnectionSession session = connection.Session;
        HandshakeState state = connection.Handshake(out string error);
        if (state == HandshakeState.Failed)
        {
            session.Failure = $"{error} (addr={connection.RemoteAddress} laddr={connection.LocalAddress})";
            CloseLater(connection);
            return;
        }
        bool waitsForOutput = state == HandshakeState.NeedsOutput;
        if (waitsForOutput != connection.WaitsForOutput)
        {
            connection.WaitsForOutput = waitsForOutput;
            if (!_edgeTriggered) WatchAgain(connection);
        }
        if (state != HandshakeState.Done) return;
        // What came behind the handshake is still in the socket.
        connection.MayHaveInput = true;
        _host.OnSecured(session);
        if (!session.IsAway) Settle(connection);
    }

    private void WatchListeners(uint events)
    {
        foreach (Listener listener in _listeners)
            Watch(LinuxSyscalls.EPOLL_CTL_MOD, listener.Descriptor, events, ListenerTag | (uint)listener.Descriptor);
    }

    private void Welcome(Connection connection)
    {
        if (!connection.IsUnix) connection.SetOption(LinuxSyscalls.IPPROTO_TCP, LinuxSyscalls.TCP_NODELAY, 1);
        if (_host.CreateSession(connection) is not { } session)
        {
            connection.CloseDescriptor();
            connection.Loop.RemoveExpected();
            return;
        }
        connection.Session = session;
        session.Connection = connection;
        Entrust(session, connection.Loop);
    }

    /// <summary>Lets a connection that no loop serves into one that it was counted for. Engine's thread.</summary>
    public static void Entrust(ConnectionSession session, EventLoop loop)
    {
        Connection connection = session.Connection!;
        session.Outbox?.MoveTo(session.Output);
        session.Outbox?.Readdress();
        session.Carrier = loop._thread;
        connection.Loop = loop;
        if (loop._thread is null) loop.Adopt(connection);
        else loop.Post(() => loop.Adopt(connection));
    }

    private void Adopt(Connection connection)
    {
        if (!_freeSlots.TryPop(out int slot)) slot = _slotCount++;
        if (slot == _connections.Length) Array.Resize(ref _connections, slot * 2);
        ConnectionSession session = connection.Session;
        connection.Slot = slot;
        connection.WaitsForOutput = false;
        session.Pool = Pool;
        session.Output.UsePool(Pool);
        _connections[slot] = connection;
        ConnectionCount++;
        connection.OnAdopted();
        uint events = _edgeTriggered ? Input | LinuxSyscalls.EPOLLOUT | LinuxSyscalls.EPOLLET : Input;
        Watch(LinuxSyscalls.EPOLL_CTL_ADD, connection.Descriptor, events, (uint)slot);
        if (connection.IsClosing)
        {
            _closing.Add(connection);
            return;
        }
        // The loop may have been taken out of use while the connection was on its way.
        connection.MustMove = !Placement.Uses(this);
        session.Outbox?.TakeHandedOver(session.Output);
        if (connection.IsHandshaking) Handshake(connection);
        else Settle(connection);
    }

    private void Move(Connection connection)
    {
        connection.MustMove = false;
        EventLoop target = Placement.Take();
        if (target == this)
        {
            RemoveExpected();
            return;
        }
        Watch(LinuxSyscalls.EPOLL_CTL_DEL, connection.Descriptor, 0, 0);
        Forget(connection);
        _host.OnMoving(connection.Session, target);
    }

    private void Forget(Connection connection)
    {
        _connections[connection.Slot] = null;
        _freeSlots.Push(connection.Slot);
        connection.Slot = -1;
        ConnectionCount--;
        RemoveExpected();
        if (!connection.IsReadQueued) return;
        _readAgain.Remove(connection);
        connection.IsReadQueued = false;
    }
}
