using Sigrun.Network.Tls;

namespace Sigrun.Network;

/// <summary>How connections come to a loop, move on to another one, and leave.</summary>
public abstract partial class EventLoop
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

    private Listener? Add(Listener? listener)
    {
        if (listener is null) return null;
        _listeners.Add(listener);
        StartAccepting(listener);
        return listener;
    }

    /// <summary>A connection could not be accepted.</summary>
    /// <remarks>It stays in the queue: without a pause the loop would do nothing but fail.</remarks>
    private protected void PauseAccepting(string error)
    {
        foreach (Listener listener in _listeners) StopAccepting(listener);
        _host.OnAcceptFailed(error);
    }

    /// <summary>Goes on with a connection's handshake; when it is done, the engine looks at who has come.</summary>
    private void Handshake(Connection connection)
    {
        if (connection.IsClosing) return;
        if (_thread is null && ++_handshakeSteps > HandshakeStepsMax)
        {
            // Of those that are left for the next turn a level-triggered loop hears again.
            if (!connection.IsLevelTriggered) ReadAgainNextTurn(connection);
            return;
        }
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
            if (connection.IsLevelTriggered) connection.UpdateInterest();
        }
        if (state != HandshakeState.Done) return;
        // What came behind the handshake no event tells of.
        connection.MayHaveInput = true;
        _host.OnSecured(session);
        if (!session.IsAway) Settle(connection);
    }

    /// <summary>Makes a session for a connection that was counted for its loop, and lets it in there.</summary>
    private protected void Welcome(Connection connection)
    {
        if (_host.CreateSession(connection) is not { } session)
        {
            connection.Dispose();
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
        connection.Attach();
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
        connection.Detach();
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
