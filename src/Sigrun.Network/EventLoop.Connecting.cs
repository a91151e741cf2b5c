using Sigrun.Network.Platform;

namespace Sigrun.Network;

/// <summary>Connections that a program makes itself: served like those it accepts.</summary>
public sealed partial class EventLoop
{
    /// <summary>
    /// Connects a session that is not connected. What it has to say is sent as soon as the connection is there; should none
    /// come about, the host hears that the session is closed. The loop's thread, or its maker's before it runs.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="endpoint">Where to connect to.</param>
    /// <param name="error">The system's words when it has failed already.</param>
    public bool TryConnect(ConnectionSession session, RemoteEndpoint endpoint, out string error)
    {
        int descriptor = endpoint.Connect(out error);
        if (descriptor < 0) return false;
        var connection = new Connection(this, descriptor, endpoint.Name, "") { Session = session };
        connection.SetOption(LinuxSyscalls.IPPROTO_TCP, LinuxSyscalls.TCP_NODELAY, 1);
        session.Connection = connection;
        AddExpected();
        Entrust(session, this);
        return true;
    }
}
