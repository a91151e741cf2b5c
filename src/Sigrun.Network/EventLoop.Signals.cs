using Sigrun.Network.Pipes;

namespace Sigrun.Network;

/// <summary>What other threads tell a loop of its connections, and connections that come from the loop's own process.</summary>
public abstract partial class EventLoop
{
    private readonly object _signalGate = new();
    private readonly Queue<PipeConnection> _arriving = new();
    private List<Connection> _signalled = [];
    private List<Connection> _served = [];

    /// <summary>Connects the calling process; from any thread. When the loop has ended, the connection is closed at once.</summary>
    public PipeEnd Connect()
    {
        var connection = new PipeConnection(this);
        lock (_signalGate) _arriving.Enqueue(connection);
        Wake();
        if (Volatile.Read(ref _isDisposed)) RefuseArrivals();
        return connection.Peer;
    }

    /// <summary>A connection can go on; from any thread.</summary>
    /// <remarks>
    /// A connection that has moved meanwhile is left to its new loop, which looks at everything when it comes. One wake-up is
    /// enough for all that is told until the loop looks.
    /// </remarks>
    internal void Enqueue(Connection connection)
    {
        bool isFirst;
        lock (_signalGate)
        {
            isFirst = _signalled.Count == 0;
            _signalled.Add(connection);
        }
        if (isFirst) Wake();
    }

    private void ServeSignalled()
    {
        lock (_signalGate)
        {
            if (_signalled.Count == 0) return;
            (_signalled, _served) = (_served, _signalled);
        }
        foreach (Connection connection in _served)
        {
            if (connection.Loop == this && connection.Slot >= 0) Serve(connection, connection.TakeSignals());
        }
        _served.Clear();
    }

    private void ServeArrivals()
    {
        while (TryTakeArrival() is { } connection)
        {
            connection.Loop = Placement.Take();
            Welcome(connection);
        }
    }

    private void RefuseArrivals()
    {
        while (TryTakeArrival() is { } connection) connection.Dispose();
    }

    private PipeConnection? TryTakeArrival()
    {
        lock (_signalGate) return _arriving.TryDequeue(out PipeConnection? connection) ? connection : null;
    }
}
