using System.Buffers.Text;
using System.Text;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Differential;

/// <summary>A connection whose replies are kept as the bytes they are.</summary>
public sealed class RawConnection : IDisposable
{
    private readonly RespClient _client;
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;

    public RawConnection(int port) => _client = new RespClient(port);

    public void Send(byte[] requests) => _client.WriteRaw(requests);

    /// <summary>Sends one request and returns its reply.</summary>
    public byte[] Exchange(params string[] arguments)
    {
        Send(RespClient.Request(arguments));
        return ReadReply();
    }

    /// <summary>The next reply, all of it.</summary>
    public byte[] ReadReply()
    {
        int position = 0;
        Skip(ref position);
        byte[] reply = _buffer[_start..(_start + position)];
        _start += position;
        return reply;
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Moves <paramref name="position"/>, which counts from the unread start, behind one value.</summary>
    private void Skip(ref int position)
    {
        int lineStart = position;
        int lineEnd = LineEnd(lineStart);
        byte kind = _buffer[_start + lineStart];
        position = lineEnd + 2;
        if (kind is not ((byte)'$' or (byte)'=' or (byte)'!' or (byte)'*' or (byte)'~' or (byte)'>' or (byte)'%' or (byte)'|')) return;
        long count = Number(lineStart + 1, lineEnd);
        if (count < 0) return;
        if (kind is (byte)'$' or (byte)'=' or (byte)'!')
        {
            position += (int)count + 2;
            Await(position);
            return;
        }
        if (kind is (byte)'%' or (byte)'|') count *= 2;
        for (long i = 0; i < count; i++) Skip(ref position);
    }

    private long Number(int from, int to) =>
        Utf8Parser.TryParse(_buffer.AsSpan(_start + from, to - from), out long value, out int used) && used == to - from
            ? value
            : throw new InvalidDataException("Not a length: " + Encoding.Latin1.GetString(_buffer, _start + from, to - from));

    /// <summary>Where the line that begins at <paramref name="from"/> has its carriage return.</summary>
    private int LineEnd(int from)
    {
        int searched = from;
        for (; ; )
        {
            int found = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (found > 0) return searched + found - 1;
            searched = Math.Max(from, _end - _start - 1);
            Await(_end - _start + 1);
        }
    }

    /// <summary>Receives until that many unread bytes are there.</summary>
    private void Await(int bytes)
    {
        while (_end - _start < bytes)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
            }
            if (_end == _buffer.Length || bytes > _buffer.Length) Array.Resize(ref _buffer, Math.Max(bytes, _buffer.Length * 2));
            int received = _client.Socket.Receive(_buffer.AsSpan(_end));
            if (received == 0) throw new EndOfStreamException("The server closed the connection.");
            _end += received;
        }
    }
}
