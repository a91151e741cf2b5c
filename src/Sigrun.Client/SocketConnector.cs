using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using Sigrun.Client.Platform;

namespace Sigrun.Client;

/// <summary>Opens the socket to a server.</summary>
internal static class SocketConnector
{
    private const int KeepAliveSeconds = 15;

    /// <exception cref="ConnectionException">It cannot be reached.</exception>
    public static Socket Open(ConnectionOptions options)
    {
        if (options.UnixSocket is { } path)
        {
            // .NET has another error for this.
            if (!File.Exists(path)) throw new ConnectionException(ConnectionFault.Io, "No such file or directory");
            var local = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            Connect(local, PathEndPoint(path), options.ConnectTimeout);
            return local;
        }

        ConnectionException? failure = null;
        foreach (IPAddress address in Resolve(options))
        {
            Socket socket = options.Multipath ? MultipathSocket.Create(address.AddressFamily) : new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                Connect(socket, new IPEndPoint(address, options.Port), options.ConnectTimeout);
            }
            catch (ConnectionException e)
            {
                failure = e;
                continue;
            }
            socket.NoDelay = true;
            // Notices servers that have gone, also during long commands.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds / 3);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            return socket;
        }
        throw failure ?? new ConnectionException(ConnectionFault.Other, "Name or service not known");
    }

    /// <summary>The message that the system has for an error.</summary>
    public static string Describe(SocketException e) => new Win32Exception(e.NativeErrorCode).Message;

    private static void Connect(Socket socket, EndPoint target, TimeSpan timeout)
    {
        try
        {
            if (timeout == TimeSpan.Zero) socket.Connect(target);
            else if (!socket.ConnectAsync(target).Wait(timeout)) throw new ConnectionException(ConnectionFault.Io, "Connection timed out");
        }
        catch (AggregateException e) when (e.InnerException is SocketException inner)
        {
            socket.Dispose();
            throw new ConnectionException(ConnectionFault.Io, Describe(inner));
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new ConnectionException(ConnectionFault.Io, Describe(e));
        }
        catch (ConnectionException)
        {
            socket.Dispose();
            throw;
        }
    }

    private static UnixDomainSocketEndPoint PathEndPoint(string path)
    {
        try
        {
            return new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentException)
        {
            throw new ConnectionException(ConnectionFault.Other, "File name too long");
        }
    }

    /// <summary>The addresses of one family: the preferred one, or the other where it has none.</summary>
    private static IPAddress[] Resolve(ConnectionOptions options)
    {
        if (IPAddress.TryParse(options.Host, out IPAddress? literal)) return [literal];
        (AddressFamily first, AddressFamily second) = options.PreferIPv6
            ? (AddressFamily.InterNetworkV6, AddressFamily.InterNetwork)
            : (AddressFamily.InterNetwork, AddressFamily.InterNetworkV6);
        IPAddress[] addresses = Resolve(options.Host, first, out _);
        if (addresses.Length > 0) return addresses;
        addresses = Resolve(options.Host, second, out SocketException? error);
        if (addresses.Length > 0) return addresses;
        throw new ConnectionException(ConnectionFault.Other, error?.SocketErrorCode == SocketError.TryAgain ? "Temporary failure in name resolution" : "Name or service not known");
    }

    private static IPAddress[] Resolve(string host, AddressFamily family, out SocketException? error)
    {
        error = null;
        try
        {
            return Dns.GetHostAddresses(host, family);
        }
        catch (SocketException e)
        {
            error = e;
            return [];
        }
        catch (ArgumentException)
        {
            return [];
        }
    }
}
