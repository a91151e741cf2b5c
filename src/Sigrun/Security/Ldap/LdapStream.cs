using System.Net;
using System.Net.Sockets;

namespace Sigrun.Security.Ldap;

/// <summary>The bytes of a connection, with a deadline that holds however slowly they come.</summary>
/// <remarks>
/// The bound is on all that happens until the deadline, not on each wait: a server that sends a byte now and then
/// gains no time by it, the handshake of TLS over this stream included.
/// </remarks>
internal sealed class LdapStream : Stream
{
    private readonly IClock _clock;
    private readonly Socket _socket;
    private long _deadlineNs;

    private LdapStream(Socket socket, IClock clock, long deadlineNs)
    {
        _socket = socket;
        _clock = clock;
        _deadlineNs = deadlineNs;
    }

    /// <summary>Connects to the first address of a host that takes the connection.</summary>
    /// <exception cref="LdapException">None does in time.</exception>
    public static LdapStream Connect(LdapUrl url, IClock clock, int timeoutMs)
    {
        long deadlineNs = DeadlineIn(clock, timeoutMs);
        LdapException? failure = null;
        foreach (IPAddress address in AddressesOf(url.Host, timeoutMs))
        {
            failure = TryConnect(new IPEndPoint(address, url.Port), MillisecondsUntil(deadlineNs, clock), out Socket? socket);
            if (failure is null) return new LdapStream(socket!, clock, deadlineNs);
            socket?.Dispose();
        }
        throw failure ?? LdapException.Connection("the host has no address");
    }

    /// <summary>From now on there is so much time.</summary>
    public void SetDeadline(int timeoutMs) => _deadlineNs = DeadlineIn(_clock, timeoutMs);

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        _socket.ReceiveTimeout = RemainingMs();
        int received = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
        Check(error);
        return received;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            _socket.SendTimeout = RemainingMs();
            int sent = _socket.Send(buffer, SocketFlags.None, out SocketError error);
            Check(error);
            buffer = buffer[sent..];
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is kept back.
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _socket.Dispose();
        base.Dispose(disposing);
    }

    private static LdapException? TryConnect(IPEndPoint address, int timeoutMs, out Socket? socket)
    {
        socket = null;
        if (timeoutMs == 0) return LdapException.Timeout();
        try
        {
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, Blocking = false };
            socket.Connect(address);
        }
        catch (SocketException refusal) when (socket is null || refusal.SocketErrorCode is not (SocketError.WouldBlock or SocketError.InProgress))
        {
            return LdapException.Connection(refusal.Message);
        }
        catch (SocketException)
        {
            // Under way.
        }
        if (!socket!.Poll(TimeSpan.FromMilliseconds(timeoutMs), SelectMode.SelectWrite)) return LdapException.Timeout();
        var error = (SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        socket.Blocking = true;
        return error == SocketError.Success ? null : LdapException.Connection(new SocketException((int)error).Message);
    }

    private static IPAddress[] AddressesOf(string host, int timeoutMs)
    {
        if (IPAddress.TryParse(host, out IPAddress? address)) return [address];
        Task<IPAddress[]> answer = Dns.GetHostAddressesAsync(host);
        try
        {
            return answer.Wait(timeoutMs) ? answer.Result : throw LdapException.Timeout();
        }
        catch (AggregateException fault) when (fault.InnerException is SocketException reason)
        {
            throw LdapException.Connection(reason.Message);
        }
    }

    private static long DeadlineIn(IClock clock, int timeoutMs) => clock.MonotonicNanoseconds + timeoutMs * 1_000_000L;

    private static int MillisecondsUntil(long deadlineNs, IClock clock) =>
        (int)Math.Clamp((deadlineNs - clock.MonotonicNanoseconds + 999_999) / 1_000_000, 0, int.MaxValue);

    private int RemainingMs() => MillisecondsUntil(_deadlineNs, _clock) is var left and > 0 ? left : throw LdapException.Timeout();

    private static void Check(SocketError error)
    {
        if (error == SocketError.Success) return;
        throw error is SocketError.TimedOut or SocketError.WouldBlock ? LdapException.Timeout() : LdapException.Connection(new SocketException((int)error).Message);
    }
}
