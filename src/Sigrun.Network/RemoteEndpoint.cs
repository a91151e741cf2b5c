using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sigrun.Network.Platform;
using SocketAddress = Sigrun.Network.Epoll.SocketAddress;

namespace Sigrun.Network;

/// <summary>Where a program connects to, in the kernel's form, so that it is worked out once for many connections.</summary>
public sealed unsafe class RemoteEndpoint
{
    /// <summary>Bytes of a Unix socket's path, its ending zero included.</summary>
    private const int PathMax = 108;

    private readonly byte[] _address;
    private readonly int _family;
    private readonly int _protocol;

    private RemoteEndpoint(string name, ReadOnlySpan<byte> address, int family, int protocol)
    {
        Name = name;
        _address = address.ToArray();
        _family = family;
        _protocol = protocol;
    }

    /// <summary>The endpoint as connections show it.</summary>
    internal string Name { get; }

    /// <summary>Whether it is a Unix socket.</summary>
    internal bool IsUnix => _family == LinuxSyscalls.AF_UNIX;

    /// <summary>A TCP port.</summary>
    /// <param name="address">The address.</param>
    /// <param name="port">The port.</param>
    /// <param name="isMultipath">Whether connections may use several paths (MPTCP).</param>
    public static RemoteEndpoint Tcp(IPAddress address, int port, bool isMultipath)
    {
        Span<byte> target = stackalloc byte[SocketAddress.SizeMax];
        int size = SocketAddress.Write(target, address, port);
        int family = address.AddressFamily == AddressFamily.InterNetwork ? LinuxSyscalls.AF_INET : LinuxSyscalls.AF_INET6;
        return new RemoteEndpoint(SocketAddress.Format(target), target[..size], family, isMultipath ? LinuxSyscalls.IPPROTO_MPTCP : 0);
    }

    /// <summary>A Unix socket; null when the path is too long for one.</summary>
    public static RemoteEndpoint? TryUnix(string path)
    {
        byte[] name = Encoding.UTF8.GetBytes(path);
        if (name.Length >= PathMax) return null;
        Span<byte> target = stackalloc byte[sizeof(ushort) + PathMax];
        target.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(target, LinuxSyscalls.AF_UNIX);
        name.CopyTo(target[sizeof(ushort)..]);
        return new RemoteEndpoint(path, target, LinuxSyscalls.AF_UNIX, 0);
    }

    /// <summary>Starts to connect; a TCP connection may fail later. Returns the descriptor, −1 with the system's words when it has failed.</summary>
    internal int Connect(out string error)
    {
        // Whoever listens on a Unix socket takes a connection at once, or lets the caller wait.
        int flags = _family == LinuxSyscalls.AF_UNIX ? LinuxSyscalls.SOCK_CLOEXEC : LinuxSyscalls.SOCK_CLOEXEC | LinuxSyscalls.SOCK_NONBLOCK;
        int descriptor = LinuxSyscalls.socket(_family, LinuxSyscalls.SOCK_STREAM | flags, _protocol);
        error = descriptor < 0 ? LinuxSyscalls.ErrorText(LinuxSyscalls.LastError) : "";
        if (descriptor < 0) return -1;
        int result;
        fixed (byte* address = _address) result = LinuxSyscalls.connect(descriptor, address, _address.Length);
        if (result == 0 || LinuxSyscalls.LastError == LinuxSyscalls.EINPROGRESS) return descriptor;
        error = LinuxSyscalls.ErrorText(LinuxSyscalls.LastError);
        _ = LinuxSyscalls.close(descriptor);
        return -1;
    }
}
