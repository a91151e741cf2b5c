using System.Net.Sockets;
using System.Text;

namespace Sigrun.Client;

/// <summary>A connection to a server: commands go out, replies come in, one thread at a time, waiting for each other.</summary>
public sealed class ServerConnection : IDisposable
{
    private readonly ReplyParser _parser = new();
    private readonly RequestBuffer _requests = new();
    private readonly Stream _stream;

    private ServerConnection(Socket socket, Stream stream)
    {
        Socket = socket;
        _stream = stream;
    }

    /// <summary>What the connection uses, for waiting on several things at once.</summary>
    public Socket Socket { get; }

    /// <summary>Gets the messages that answer no command; without it they are replies like all others.</summary>
    public Action<Reply>? OnPush { get; set; }

    /// <summary>What ended the connection; null while it can be used.</summary>
    public ConnectionException? Failure { get; private set; }

    /// <summary>Connects, and makes the connection secure where that is wanted; nobody is logged in yet.</summary>
    /// <exception cref="ConnectionException">The server cannot be reached.</exception>
    /// <exception cref="TlsSetupException">The options on TLS cannot be used.</exception>
    public static ServerConnection Open(ConnectionOptions options)
    {
        Socket socket = SocketConnector.Open(options);
        try
        {
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            return new ServerConnection(socket, options.UseTls ? TlsHandshake.Run(stream, options.Tls) : stream);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Adds a command to those that go out before the next reply is read.</summary>
    public void Append(params ReadOnlySpan<byte[]> command) => _requests.Append(command);

    /// <summary>Sends what has been added.</summary>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    public void Flush()
    {
        if (_requests.Bytes.IsEmpty) return;
        Send(_requests.Bytes);
        _requests.Clear();
    }

    /// <summary>Sends bytes as they are.</summary>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        ThrowIfBroken();
        try
        {
            _stream.Write(bytes);
        }
        catch (Exception e) when (Translate(e) is { } failure)
        {
            throw Failure = failure;
        }
    }

    /// <summary>Waits for the next reply; messages that answer no command go to whoever listens for them.</summary>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    public Reply Read()
    {
        Flush();
        while (true)
        {
            if (!TryTake(out Reply? reply)) Receive();
            else if (reply!.Type == ReplyType.Push && OnPush is { } listener) listener(reply);
            else return reply;
        }
    }

    /// <summary>The next reply of any kind if it has come already, without waiting.</summary>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    public bool TryTake(out Reply? reply)
    {
        ThrowIfBroken();
        try
        {
            return _parser.TryRead(out reply);
        }
        catch (ConnectionException e)
        {
            throw Failure = e;
        }
    }

    /// <summary>Waits for bytes.</summary>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    public void Receive()
    {
        int count;
        try
        {
            count = _stream.Read(_parser.Room().Span);
        }
        catch (Exception e) when (Translate(e) is { } failure)
        {
            throw Failure = failure;
        }
        if (count == 0) throw Failure = new ConnectionException(ConnectionFault.Closed, "Server closed the connection");
        _parser.Advance(count);
    }

    /// <summary>Passes over replies that have come and are a line or a number; returns how many there were.</summary>
    public int Skip()
    {
        int skipped = 0;
        while (_parser.TrySkipLine()) skipped++;
        return skipped;
    }

    /// <summary>Sends a command and waits for its reply.</summary>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    public Reply Call(params ReadOnlySpan<byte[]> command)
    {
        Append(command);
        return Read();
    }

    /// <summary>Sends a command that is text and waits for its reply.</summary>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    public Reply Call(params string[] command) => Call(Array.ConvertAll(command, Encoding.UTF8.GetBytes).AsSpan());

    /// <summary>Wakes a thread that waits for the server; the connection cannot be used any more. Any thread may call this.</summary>
    public void Interrupt()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        Socket.Dispose();
    }

    private void ThrowIfBroken()
    {
        if (Failure is not null) throw Failure;
    }

    private static ConnectionException? Translate(Exception e) => e switch
    {
        ConnectionException known => known,
        IOException { InnerException: SocketException inner } => new ConnectionException(ConnectionFault.Io, SocketConnector.Describe(inner)),
        IOException => new ConnectionException(ConnectionFault.Io, e.Message),
        ObjectDisposedException => new ConnectionException(ConnectionFault.Io, "Bad file descriptor"),
        _ => null,
    };
}
