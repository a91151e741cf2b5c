using System.Net.Sockets;
using System.Text;

namespace Sigrun.Tests.Harness;

/// <summary>A plain blocking client: sends requests, reads replies of either protocol version.</summary>
public sealed class RespClient : IDisposable
{
    private readonly TcpClient _client;
    private readonly BufferedStream _stream;

    public RespClient(int port)
    {
        _client = new TcpClient("127.0.0.1", port) { NoDelay = true, ReceiveTimeout = 30_000, SendTimeout = 30_000 };
        _stream = new BufferedStream(_client.GetStream(), 64 * 1024);
    }

    public Socket Socket => _client.Client;

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
    public void Write(params byte[][] arguments)
    {
        using var request = new MemoryStream();
        request.Write(Encoding.ASCII.GetBytes($"*{arguments.Length}\r\n"));
        foreach (byte[] argument in arguments)
        {
            request.Write(Encoding.ASCII.GetBytes($"${argument.Length}\r\n"));
            request.Write(argument);
            request.Write("\r\n"u8);
        }
        WriteRaw(request.ToArray());
    }

    public void Write(params string[] arguments) => Write(arguments.Select(Encoding.Latin1.GetBytes).ToArray());

    public void WriteRaw(byte[] bytes)
    {
        _stream.Write(bytes);
        _stream.Flush();
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
        _client.Dispose();
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
