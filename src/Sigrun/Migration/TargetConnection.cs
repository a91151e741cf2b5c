using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sigrun.Migration;

/// <summary>How a call on a connection to another server ended.</summary>
internal enum TargetResult : byte
{
    /// <summary>Well.</summary>
    Done,

    /// <summary>The connection is gone.</summary>
    Broken,

    /// <summary>Nothing moved for as long as one was willing to wait.</summary>
    TimedOut,
}

/// <summary>A connection to the server that keys are moved to, on which the engine's thread itself waits.</summary>
/// <remarks>
/// Moving a key is atomic for clients here, so nobody is served meanwhile: waiting costs no one more than the time it
/// takes, and an event loop would only be in the way. Every wait for the socket has the same bound, so a target that
/// goes on sending a little may take longer than that in all.
/// </remarks>
internal sealed class TargetConnection : IDisposable
{
    /// <summary>What is kept of a line.</summary>
    public const int LineMax = 1023;

    private const int ReceiveBytes = 4096;

    private readonly Socket _socket;
    private readonly byte[] _received = new byte[ReceiveBytes];
    private int _next;
    private int _end;

    private TargetConnection(Socket socket, ReadOnlySpan<byte> host, ReadOnlySpan<byte> port)
    {
        _socket = socket;
        Host = host.ToArray();
        Port = port.ToArray();
    }

    /// <summary>The host as the command named it.</summary>
    public byte[] Host { get; }

    /// <summary>The port as the command named it.</summary>
    public byte[] Port { get; }

    /// <summary>The database that is selected there; −1 when that is not known.</summary>
    public long Database { get; set; } = -1;

    /// <summary>When it was last asked for, in seconds since 1970.</summary>
    public long LastUsedSeconds { get; set; }

    /// <summary>The longest wait for the socket in milliseconds.</summary>
    public int TimeoutMs { get; set; }

    /// <summary>Connects; null when that fails or takes too long.</summary>
    public static TargetConnection? TryConnect(ReadOnlySpan<byte> host, ReadOnlySpan<byte> port, int timeoutMs)
    {
        if (!TryReadPort(port, out int number)) return null;
        try
        {
            IPAddress[] addresses = AddressesOf(Encoding.Latin1.GetString(host));
            for (int i = 0; i < addresses.Length; i++)
            {
                TargetResult? result = TryConnect(new IPEndPoint(addresses[i], number), timeoutMs, out Socket socket);
                // A target that refuses is known by then, but clients are told of it, as by Valkey, when something is sent.
                bool isUsed = result == TargetResult.Done || (result == TargetResult.Broken && i == addresses.Length - 1);
                if (isUsed) return new TargetConnection(socket, host, port) { TimeoutMs = timeoutMs };
                socket.Dispose();
                if (result == TargetResult.TimedOut) return null;
            }
        }
        catch (Exception fault) when (fault is SocketException or ArgumentException)
        {
            // A name that nobody knows, or that is none.
        }
        return null;
    }

    /// <summary>Sends all of the bytes.</summary>
    public TargetResult Send(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                if (!_socket.Poll(Wait, SelectMode.SelectWrite)) return TargetResult.TimedOut;
                continue;
            }
            if (error != SocketError.Success) return ResultOf(error);
            bytes = bytes[sent..];
        }
        return TargetResult.Done;
    }

    /// <summary>Receives a line.</summary>
    /// <param name="line">Gets what comes before its end, as far as it fits.</param>
    /// <param name="length">The bytes that <paramref name="line"/> got.</param>
    public TargetResult ReadLine(Span<byte> line, out int length)
    {
        length = 0;
        for (; ; )
        {
            ReadOnlySpan<byte> there = _received.AsSpan(_next, _end - _next);
            int newLine = there.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = newLine < 0 ? there : there[..newLine];
            int kept = Math.Min(part.Length, line.Length - length);
            part[..kept].CopyTo(line[length..]);
            length += kept;
            if (newLine >= 0)
            {
                _next += newLine + 1;
                if (length > 0 && line[length - 1] == '\r') length--;
                return TargetResult.Done;
            }
            TargetResult result = Receive();
            if (result != TargetResult.Done) return result;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private TimeSpan Wait => TimeSpan.FromMilliseconds(TimeoutMs);

    /// <summary>Takes what is there in place of what was received before, all of which was read.</summary>
    private TargetResult Receive()
    {
        for (; ; )
        {
            int received = _socket.Receive(_received, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                if (!_socket.Poll(Wait, SelectMode.SelectRead)) return TargetResult.TimedOut;
                continue;
            }
            if (error != SocketError.Success) return ResultOf(error);
            (_next, _end) = (0, received);
            return received == 0 ? TargetResult.Broken : TargetResult.Done;
        }
    }

    /// <summary>
    /// Reads a port as Valkey does: the number that the text begins with, 0 for none, of which the network takes the lower
    /// 16 bits; a negative one leads nowhere.
    /// </summary>
    private static bool TryReadPort(ReadOnlySpan<byte> text, out int port)
    {
        text = text.TrimStart(" \t\n\v\f\r"u8);
        bool isTooLong = !Utf8Parser.TryParse(text, out long number, out _) && text.IndexOfAnyInRange((byte)'0', (byte)'9') == 0;
        port = (ushort)number;
        return !isTooLong && (int)number >= 0;
    }

    private static IPAddress[] AddressesOf(string host)
    {
        if (IPAddress.TryParse(host, out IPAddress? address)) return [address];
        // An empty name would stand for this machine.
        return host.Length == 0 ? [] : Dns.GetHostAddresses(host);
    }

    /// <summary>Connects; null when the system knows no way there.</summary>
    private static TargetResult? TryConnect(IPEndPoint target, int timeoutMs, out Socket socket)
    {
        socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false, NoDelay = true };
        try
        {
            socket.Connect(target);
            return TargetResult.Done;
        }
        catch (SocketException fault) when (fault.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            if (!socket.Poll(TimeSpan.FromMilliseconds(timeoutMs), SelectMode.SelectWrite)) return TargetResult.TimedOut;
            object? error = socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error);
            return error is 0 ? TargetResult.Done : TargetResult.Broken;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static TargetResult ResultOf(SocketError error) =>
        error == SocketError.TimedOut ? TargetResult.TimedOut : TargetResult.Broken;
}
