using Sigrun.Network.Platform;
using Sigrun.Network.Tls;

namespace Sigrun.Network.Epoll;

/// <summary>Connections that a program makes itself: served like those it accepts.</summary>
internal sealed unsafe partial class EpollLoop
{
    /// <inheritdoc/>
    public override bool TryConnect(ConnectionSession session, RemoteEndpoint endpoint, TlsConnector? tls, out string error)
    {
        int descriptor = endpoint.Connect(out error);
        if (descriptor < 0) return false;
        TlsChannel? channel = tls is null ? null : TlsChannel.TryConnect(tls);
        if (tls is not null && channel is null)
        {
            error = "Failed to create SSL object";
            _ = LinuxSyscalls.close(descriptor);
            return false;
        }
        var connection = endpoint.IsUnix
            ? new EpollConnection(this, descriptor, endpoint.Name) { Session = session }
            : new EpollConnection(this, descriptor, endpoint.Name, "", channel) { Session = session };
        session.Connection = connection;
        AddExpected();
        Entrust(session, this);
        if (connection.IsHandshaking)
        {
            // This side speaks first, even where the turn had no time left for it: as soon as the socket takes something.
            connection.WaitsForOutput = true;
            connection.UpdateInterest();
        }
        return true;
    }
}
