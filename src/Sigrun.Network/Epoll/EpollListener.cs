using System.Net.Sockets;
using Sigrun.Network.Platform;
using Sigrun.Network.Tls;

namespace Sigrun.Network.Epoll;

/// <summary>A listening socket of an <see cref="EpollLoop"/>.</summary>
internal sealed unsafe class EpollListener : Listener
{
    private EpollListener(int descriptor) => Descriptor = descriptor;

    internal int Descriptor { get; private set; }

    /// <summary>Binds a TCP socket and listens.</summary>
    internal static EpollListener? TryBind(string address, int port, ListenOptions options, TlsAcceptor? tls, out ListenFailure failure)
    {
        if (Resolve(address) is not { } ip)
        {
            failure = ListenFailure.UnknownHost;
            return null;
        }
        bool v6 = ip.AddressFamily == AddressFamily.InterNetworkV6;
        int descriptor = Open(v6 ? LinuxSyscalls.AF_INET6 : LinuxSyscalls.AF_INET, options.IsMultipath ? LinuxSyscalls.IPPROTO_MPTCP : LinuxSyscalls.IPPROTO_TCP);
        if (descriptor < 0)
        {
            int error = LinuxSyscalls.LastError;
            failure = new ListenFailure($"unable to bind socket, errno: {error}", CauseOf(error));
            return null;
        }
        int on = 1;
        _ = LinuxSyscalls.setsockopt(descriptor, LinuxSyscalls.SOL_SOCKET, LinuxSyscalls.SO_REUSEADDR, &on, sizeof(int));
        if (v6) _ = LinuxSyscalls.setsockopt(descriptor, LinuxSyscalls.IPPROTO_IPV6, LinuxSyscalls.IPV6_V6ONLY, &on, sizeof(int));
        byte* name = stackalloc byte[SocketAddress.SizeMax];
        var span = new Span<byte>(name, SocketAddress.SizeMax);
        int size = SocketAddress.Write(span, ip, port);
        if (LinuxSyscalls.bind(descriptor, name, size) < 0) return Fail(descriptor, "bind", out failure);
        if (LinuxSyscalls.listen(descriptor, options.Backlog) < 0) return Fail(descriptor, "listen", out failure);
        int mark = (int)options.Mark;
        if (mark != 0) _ = LinuxSyscalls.setsockopt(descriptor, LinuxSyscalls.SOL_SOCKET, LinuxSyscalls.SO_MARK, &mark, sizeof(int));
        size = SocketAddress.SizeMax;
        _ = LinuxSyscalls.getsockname(descriptor, name, &size);
        failure = default;
        return new EpollListener(descriptor) { Port = SocketAddress.Port(span), Tls = tls };
    }

    /// <summary>Makes a Unix socket in place of whatever file has its name, and listens.</summary>
    internal static EpollListener? TryBind(UnixSocketFile file, int backlog, out ListenFailure failure)
    {
        if (file.Complaint is { } complaint)
        {
            failure = new ListenFailure(complaint);
            return null;
        }
        file.RemoveLeftover();
        int descriptor = Open(LinuxSyscalls.AF_UNIX, protocol: 0);
        if (descriptor < 0) return Fail(descriptor, "creating socket", out failure);
        byte* name = stackalloc byte[SocketAddress.SizeMax];
        int size = SocketAddress.Write(new Span<byte>(name, SocketAddress.SizeMax), file.NameBytes);
        if (LinuxSyscalls.bind(descriptor, name, size) < 0) return Fail(descriptor, "bind", out failure);
        if (file.TryProtect() is { } error)
        {
            failure = new ListenFailure(error);
            _ = LinuxSyscalls.close(descriptor);
            return null;
        }
        if (LinuxSyscalls.listen(descriptor, backlog) < 0) return Fail(descriptor, "listen", out failure);
        failure = default;
        return new EpollListener(descriptor) { Path = file.Path };
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (Descriptor < 0) return;
        _ = LinuxSyscalls.close(Descriptor);
        Descriptor = -1;
    }

    private static int Open(int family, int protocol) =>
        LinuxSyscalls.socket(family, LinuxSyscalls.SOCK_STREAM | LinuxSyscalls.SOCK_NONBLOCK | LinuxSyscalls.SOCK_CLOEXEC, protocol);

    private static EpollListener? Fail(int descriptor, string call, out ListenFailure failure)
    {
        int error = LinuxSyscalls.LastError;
        failure = new ListenFailure($"{call}: {LinuxSyscalls.ErrorText(error)}", CauseOf(error));
        if (descriptor >= 0) _ = LinuxSyscalls.close(descriptor);
        return null;
    }

    private static ListenFailureCause CauseOf(int error) => error switch
    {
        LinuxSyscalls.EADDRNOTAVAIL => ListenFailureCause.AddressNotHere,
        LinuxSyscalls.ENOPROTOOPT or LinuxSyscalls.EPROTONOSUPPORT or LinuxSyscalls.ESOCKTNOSUPPORT or LinuxSyscalls.EPFNOSUPPORT
            or LinuxSyscalls.EAFNOSUPPORT => ListenFailureCause.FamilyNotHere,
        _ => ListenFailureCause.Other,
    };
}
