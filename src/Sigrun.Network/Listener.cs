using System.Net;
using System.Net.Sockets;
using Sigrun.Network.Tls;

namespace Sigrun.Network;

/// <summary>A listening socket of an event loop.</summary>
public abstract class Listener : IDisposable
{
    /// <summary>The TCP port it listens on; the one the system chose when 0 was asked for.</summary>
    public int Port { get; private protected init; }

    /// <summary>The file of a Unix socket, as configured; null for TCP.</summary>
    public string? Path { get; private protected init; }

    /// <summary>How connections are secured; null for those that are not.</summary>
    public TlsAcceptor? Tls { get; private protected init; }

    /// <summary>Closes the socket.</summary>
    public abstract void Dispose();

    /// <summary>The address of a name, of the family that it is written in; null when there is none.</summary>
    private protected static IPAddress? Resolve(string name)
    {
        if (name == "*") return IPAddress.Any;
        if (name == "::*") return IPAddress.IPv6Any;
        if (IPAddress.TryParse(name, out IPAddress? address)) return address;
        try
        {
            return Dns.GetHostAddresses(name, AddressFamily.InterNetwork) is [var first, ..] ? first : null;
        }
        catch (Exception fault) when (fault is SocketException or ArgumentException)
        {
            // Nobody has that name, or nobody can.
            return null;
        }
    }
}
