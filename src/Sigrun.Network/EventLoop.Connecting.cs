using Sigrun.Network.Platform;
using Sigrun.Network.Tls;

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
    /// <param name="tls">How the connection is secured; null when it is not.</param>
    /// <param name="error">The system's words when it has failed already.</param>
    public bool TryConnect(ConnectionSession session, RemoteEndpoint endpoint, TlsConnector? tls, out string error)
    {
        int descriptor = endpoint.Connect(out error);
        if (descriptor < 0) return false;
        TlsChannel? channel = tls is null ? null : TlsChannel.TryConnect(tls, descriptor);
        if (tls is not null && channel is null)
        {
            error = "Failed to create SSL object";
            _ = LinuxSyscalls.close(descriptor);
            return false;
        }
        var connection = new Connection(this, descriptor, endpoint.Name, "", channel) { Session = session };
        connection.SetOption(LinuxSyscalls.IPPROTO_TCP, LinuxSyscalls.TCP_NODELAY, 1);
        session.Connection = connection;
        AddExpected();
        Entrust(session, this);
        if (connection.IsHandshaking)
        {
            // This side speaks first, even where the turn had no time left for it: as soon as the socket takes something.
            connection.WaitsForOutput = true;
            WatchAgain(connection);
        }
        return true;
    }
}
