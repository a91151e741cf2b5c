using System.Net;
using System.Net.Sockets;
using Sigrun.Network.Tls;

namespace Sigrun.Network.Sockets;

/// <summary>A listening socket of a <see cref="SocketLoop"/>. One connection is accepted at a time, and the loop told of it.</summary>
internal sealed class SocketListener : Listener
{
    private readonly SocketLoop _loop;
    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _accept = new();
    private bool _isAccepting;
    private bool _isStopped = true;
    private bool _isClosed;

    private SocketListener(SocketLoop loop, Socket socket)
    {
        _loop = loop;
        _socket = socket;
        _accept.Completed += (_, _) => _loop.Enqueue(this);
    }

    /// <summary>Binds a TCP socket and listens.</summary>
    internal static SocketListener? TryBind(SocketLoop loop, string address, int port, ListenOptions options, TlsAcceptor? tls, out ListenFailure failure)
    {
        if (options.IsMultipath)
        {
            failure = new ListenFailure("the transport 'sockets' has no MPTCP");
            return null;
        }
        if (Resolve(address) is not { } ip)
        {
            failure = ListenFailure.UnknownHost;
            return null;
        }
        Socket? socket = TryOpen(ip.AddressFamily, ProtocolType.Tcp, "unable to bind socket", out failure);
        if (socket is null) return null;
        if (ip.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false;
        if (!TryBind(socket, new IPEndPoint(ip, port), out failure) || !TryListen(socket, options.Backlog, out failure)) return null;
        if (options.Mark != 0) TryMark(socket, options.Mark);
        return new SocketListener(loop, socket) { Port = ((IPEndPoint)socket.LocalEndPoint!).Port, Tls = tls };
    }

    /// <summary>Makes a Unix socket in place of whatever file has its name, and listens.</summary>
    internal static SocketListener? TryBind(SocketLoop loop, UnixSocketFile file, int backlog, out ListenFailure failure)
    {
        // The framework has no word of its own for a directory that is missing.
        if ((file.Complaint ?? (file.HasDirectory ? null : "bind: No such file or directory")) is { } complaint)
        {
            failure = new ListenFailure(complaint);
            return null;
        }
        file.RemoveLeftover();
        Socket? socket = TryOpen(AddressFamily.Unix, ProtocolType.Unspecified, "creating socket", out failure);
        if (socket is null || !TryBind(socket, new UnixDomainSocketEndPoint(file.Name), out failure)) return null;
        if (file.TryProtect() is { } error)
        {
            failure = new ListenFailure(error);
            socket.Dispose();
            return null;
        }
        return TryListen(socket, backlog, out failure) ? new SocketListener(loop, socket) { Path = file.Path } : null;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _isClosed = true;
        _accept.AcceptSocket?.Dispose();
        _socket.Dispose();
        _accept.Dispose();
    }

    /// <summary>Accepts connections from now on.</summary>
    internal void Start()
    {
        _isStopped = false;
        if (!_isAccepting && TryAcceptNext()) _loop.Enqueue(this);
    }

    /// <summary>Accepts no more, but for one that is under way.</summary>
    internal void Stop() => _isStopped = true;

    /// <summary>What was accepted; null when there is none after all.</summary>
    /// <param name="error">Why none could be; success otherwise.</param>
    internal Socket? TryTake(out SocketError error)
    {
        error = SocketError.Success;
        if (_isClosed || !_isAccepting) return null;
        _isAccepting = false;
        Socket? socket = _accept.AcceptSocket;
        _accept.AcceptSocket = null;
        if (_accept.SocketError == SocketError.Success) return socket;
        socket?.Dispose();
        // One that has gone before it was accepted is no reason to pause.
        if (_accept.SocketError is not (SocketError.ConnectionAborted or SocketError.ConnectionReset)) error = _accept.SocketError;
        return null;
    }

    /// <summary>Begins to accept another one; true when there is one already.</summary>
    internal bool TryAcceptNext()
    {
        if (_isClosed || _isStopped) return false;
        _isAccepting = true;
        return !_socket.AcceptAsync(_accept);
    }

    private static void TryMark(Socket socket, uint mark)
    {
        // Numbers of Linux, which alone has such marks.
        const int SocketLevel = 1;
        const int Mark = 36;
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            socket.SetRawSocketOption(SocketLevel, Mark, BitConverter.GetBytes(mark));
        }
        catch (SocketException)
        {
            // It takes a privilege.
        }
    }

    private static Socket? TryOpen(AddressFamily family, ProtocolType protocol, string what, out ListenFailure failure)
    {
        try
        {
            failure = default;
            return new Socket(family, SocketType.Stream, protocol);
        }
        catch (SocketException e)
        {
            failure = Failure(what, e);
            return null;
        }
    }

    private static bool TryBind(Socket socket, EndPoint endPoint, out ListenFailure failure)
    {
        try
        {
            socket.Bind(endPoint);
            failure = default;
            return true;
        }
        catch (SocketException e)
        {
            return Fail(socket, "bind", e, out failure);
        }
    }

    private static bool TryListen(Socket socket, int backlog, out ListenFailure failure)
    {
        try
        {
            socket.Listen(backlog);
            failure = default;
            return true;
        }
        catch (SocketException e)
        {
            return Fail(socket, "listen", e, out failure);
        }
    }

    private static bool Fail(Socket socket, string call, SocketException error, out ListenFailure failure)
    {
        failure = Failure(call, error);
        socket.Dispose();
        return false;
    }

    private static ListenFailure Failure(string call, SocketException error) => new($"{call}: {error.Message}", error.SocketErrorCode switch
    {
        SocketError.AddressNotAvailable => ListenFailureCause.AddressNotHere,
        SocketError.AddressFamilyNotSupported or SocketError.ProtocolNotSupported or SocketError.ProtocolFamilyNotSupported
            or SocketError.SocketNotSupported or SocketError.ProtocolOption => ListenFailureCause.FamilyNotHere,
        _ => ListenFailureCause.Other,
    });
}
