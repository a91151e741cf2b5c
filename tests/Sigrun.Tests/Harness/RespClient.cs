using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Sigrun.Tests.Harness;

/// <summary>A plain blocking client: sends requests, reads replies of either protocol version. One thread may send while another reads.</summary>
public sealed class RespClient : IDisposable
{
    private readonly Socket? _socket;
    private readonly IDisposable? _pipe;
    private readonly BufferedStream _stream;
    private readonly Stream? _secured;
    private readonly Stream? _output;

    /// <param name="port">The server's port.</param>
    /// <param name="address">Its address.</param>
    /// <param name="secure">Makes of the connection one that is encrypted.</param>
    public RespClient(int port, string address = "127.0.0.1", Func<Stream, Stream>? secure = null)
        : this(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
            new IPEndPoint(IPAddress.Parse(address), port), secure)
    {
    }

    /// <param name="path">The file of the server's Unix socket.</param>
    public RespClient(string path)
        : this(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint(path), null)
    {
    }

    private RespClient(Socket socket, EndPoint server, Func<Stream, Stream>? secure)
    {
        _socket = socket;
        _socket.ReceiveTimeout = 120_000;
        _socket.SendTimeout = 120_000;
        try
        {
            _socket.Connect(server);
            var plain = new NetworkStream(_socket);
            _secured = secure?.Invoke(plain);
            _output = _secured;
            _stream = new BufferedStream(_secured ?? plain, 64 * 1024);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <param name="pipe">A connection within the process.</param>
    public RespClient(IDuplexPipe pipe)
    {
        _pipe = pipe as IDisposable;
        _output = pipe.Output.AsStream();
        _stream = new BufferedStream(pipe.Input.AsStream(), 64 * 1024);
    }

    /// <summary>Its socket; there is none in a connection within the process.</summary>
    public Socket Socket => _socket!;

    /// <summary>What encrypts and decrypts; null when nothing does.</summary>
    public Stream? Secured => _secured;

    /// <summary>This end of the connection as the server shows it.</summary>
    public string LocalAddress => Socket.LocalEndPoint!.ToString()!;

    /// <summary>Says that nothing more will be sent; replies can still be read.</summary>
    public void EndOfRequests() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>Says so in terms of TLS, and leaves the connection open.</summary>
    public void Farewell() => ((SslStream)_secured!).ShutdownAsync().GetAwaiter().GetResult();

    /// <summary>Closes without the usual farewell: the server sees a reset.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Close();
    }

    /// <summary>Sends a request and reads its reply.</summary>
    public RespValue Send(params string[] arguments) => Send(arguments.Select(Encoding.Latin1.GetBytes).ToArray());

    public RespValue Send(params byte[][] arguments)
    {
        Write(arguments);
        return Read();
    }

    /// <summary>A line with blanks between the arguments, as one would type it; no quoting.</summary>
    public RespValue Line(string line) => Send(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Sends a request without waiting.</summary>
    public void Write(params byte[][] arguments) => WriteRaw(Request(arguments));

    /// <summary>The bytes of a request.</summary>
    public static byte[] Request(params byte[][] arguments)
    {
        using var request = new MemoryStream();
        request.Write(Encoding.ASCII.GetBytes($"*{arguments.Length}\r\n"));
        foreach (byte[] argument in arguments)
        {
            request.Write(Encoding.ASCII.GetBytes($"${argument.Length}\r\n"));
            request.Write(argument);
            request.Write("\r\n"u8);
        }
        return request.ToArray();
    }

    /// <summary>The bytes of a request.</summary>
    public static byte[] Request(params string[] arguments) => Request(arguments.Select(Encoding.Latin1.GetBytes).ToArray());

    public void Write(params string[] arguments) => Write(arguments.Select(Encoding.Latin1.GetBytes).ToArray());

    /// <summary>Sends bytes; another thread may read meanwhile.</summary>
    public void WriteRaw(byte[] bytes)
    {
        if (_output is not null)
        {
            _output.Write(bytes);
            _output.Flush();
            return;
        }
        for (int sent = 0; sent < bytes.Length;) sent += Socket.Send(bytes.AsSpan(sent));
    }

    public void WriteRaw(string text) => WriteRaw(Encoding.Latin1.GetBytes(text));

    public RespValue Read()
    {
        string line = ReadLine();
        string rest = line[1..];
        switch (line[0])
        {
            case '$' when rest == "-1":
            case '*' when rest == "-1":
                return RespValue.Scalar('_', []);
            case '$' or '=':
                return RespValue.Scalar(line[0], ReadBulk(int.Parse(rest)));
            case '*' or '~' or '>':
                return RespValue.Aggregate(line[0], ReadItems(int.Parse(rest)));
            case '%' or '|':
                return RespValue.Aggregate(line[0], ReadItems(int.Parse(rest) * 2));
            case '+' or '-' or ':' or ',' or '#' or '(' or '_':
                return RespValue.Scalar(line[0], Encoding.Latin1.GetBytes(rest));
            default:
                throw new InvalidDataException($"Not a reply: {line}");
        }
    }

    /// <summary>Reads bytes as they come.</summary>
    public void ReadExactly(Span<byte> bytes) => _stream.ReadExactly(bytes);

    /// <summary>Reads what has come, at least a byte.</summary>
    public int ReadSome(Span<byte> bytes) => _stream.Read(bytes);

    /// <summary>Receives and drops everything until the connection ends, in whichever way.</summary>
    public void DropToTheEnd()
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (Socket.Receive(buffer) > 0)
            {
                // Only the reading matters.
            }
        }
        catch (SocketException)
        {
            // What came in after the end was reset.
        }
    }

    /// <summary>Reads until the server closes the connection; throws when it does not within the receive timeout.</summary>
    public string ReadToEnd()
    {
        var text = new StringBuilder();
        try
        {
            for (int c = _stream.ReadByte(); c >= 0; c = _stream.ReadByte()) text.Append((char)c);
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            // A reset ends the stream as well.
        }
        return text.ToString();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket?.Dispose();
        _pipe?.Dispose();
    }

    private RespValue[] ReadItems(int count)
    {
        var items = new RespValue[count];
        for (int i = 0; i < count; i++) items[i] = Read();
        return items;
    }

    private byte[] ReadBulk(int length)
    {
        var bytes = new byte[length + 2];
        _stream.ReadExactly(bytes);
        return bytes[..length];
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        for (; ; )
        {
            int c = _stream.ReadByte();
            if (c < 0) throw new EndOfStreamException("The server closed the connection.");
            if (c == '\n') break;
            if (c != '\r') line.Append((char)c);
        }
        return line.ToString();
    }
}
