using System.Net;
using Sigrun.Network.Platform;
using Sigrun.Network.Tls;

namespace Sigrun.Network;

/// <summary>A listening TCP socket.</summary>
public sealed unsafe class Listener : IDisposable
{
    private Listener(int descriptor, string address, int port)
    {
        Descriptor = descriptor;
        Address = address;
        Port = port;
    }

    /// <summary>The address it is bound to, as configured.</summary>
    public string Address { get; }

    /// <summary>The port it listens on; the one the system chose when 0 was asked for.</summary>
    public int Port { get; }

    /// <summary>How connections are secured; null for those that are not.</summary>
    public TlsAcceptor? Tls { get; init; }

    internal int Descriptor { get; private set; }

    /// <summary>Binds and listens.</summary>
    /// <param name="address">An IP address, a host name, or <c>*</c> / <c>::*</c> for all of a family.</param>
    /// <param name="port">The port; 0 lets the system choose.</param>
    /// <param name="backlog">Connections that may wait to be accepted.</param>
    /// <param name="error">The system's words when the result is null.</param>
    /// <param name="tls">How connections are secured; null when they are not.</param>
    public static Listener? TryBind(string address, int port, int backlog, out string error, TlsAcceptor? tls = null)
    {
        IPAddress? ip = address switch
        {
            "*" => IPAddress.Any,
            "::*" => IPAddress.IPv6Any,
            _ => IPAddress.TryParse(address, out IPAddress? parsed) ? parsed : Resolve(address),
        };
        if (ip is null)
        {
            error = "Name or service not known";
            return null;
        }
        return TryBind(address, ip, port, backlog, tls, out error);
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose()
    {
        if (Descriptor < 0) return;
        _ = LinuxSyscalls.close(Descriptor);
        Descriptor = -1;
    }

    private static IPAddress? Resolve(string host)
    {
        try
        {
            return Dns.GetHostAddresses(host) is [var first, ..] ? first : null;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    private static Listener? TryBind(string address, IPAddress ip, int port, int backlog, TlsAcceptor? tls, out string error)
    {
        byte* buffer = stackalloc byte[SocketAddress.SizeMax];
        var span = new Span<byte>(buffer, SocketAddress.SizeMax);
        int size = SocketAddress.Write(span, ip, port);
        bool v6 = ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        int fd = LinuxSyscalls.socket(
            v6 ? LinuxSyscalls.AF_INET6 : LinuxSyscalls.AF_INET,
            LinuxSyscalls.SOCK_STREAM | LinuxSyscalls.SOCK_NONBLOCK | LinuxSyscalls.SOCK_CLOEXEC,
            0);
        if (fd < 0)
        {
            error = LinuxSyscalls.ErrorText(LinuxSyscalls.LastError);
            return null;
        }
        int on = 1;
        _ = LinuxSyscalls.setsockopt(fd, LinuxSyscalls.SOL_SOCKET, LinuxSyscalls.SO_REUSEADDR, &on, sizeof(int));
        if (v6) _ = LinuxSyscalls.setsockopt(fd, LinuxSyscalls.IPPROTO_IPV6, LinuxSyscalls.IPV6_V6ONLY, &on, sizeof(int));
        if (LinuxSyscalls.bind(fd, buffer, size) < 0 || LinuxSyscalls.listen(fd, backlog) < 0)
        {
            error = LinuxSyscalls.ErrorText(LinuxSyscalls.LastError);
            _ = LinuxSyscalls.close(fd);
            return null;
        }
        size = SocketAddress.SizeMax;
        _ = LinuxSyscalls.getsockname(fd, buffer, &size);
        error = "";
        return new Listener(fd, address, SocketAddress.Port(span)) { Tls = tls };
    }
}
