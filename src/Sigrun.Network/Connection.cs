using Sigrun.Network.Platform;
using Sigrun.Network.Tls;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network;

/// <summary>One accepted socket: a non-blocking descriptor and the session it feeds.</summary>
public sealed unsafe class Connection
{
    private const int SlicesMax = 64;

    private readonly TlsChannel? _tls;

    internal Connection(EventLoop loop, int descriptor, string remoteAddress, string localAddress, TlsChannel? tls = null)
    {
        _tls = tls;
        Loop = loop;
        Descriptor = descriptor;
        RemoteAddress = remoteAddress;
        LocalAddress = localAddress;
    }

    /// <summary>The file descriptor; −1 once closed.</summary>
    public int Descriptor { get; private set; }

    /// <summary>The peer as <c>address:port</c>, or the path of the Unix socket with <c>:0</c>.</summary>
    public string RemoteAddress { get; }

    /// <summary>The local end, likewise.</summary>
    public string LocalAddress { get; }

    /// <summary>True when the peer is on this host.</summary>
    public bool IsLocal => RemoteAddress.StartsWith("127.", StringComparison.Ordinal)
        || RemoteAddress.StartsWith("[::1]", StringComparison.Ordinal)
        || RemoteAddress.StartsWith('/');

    /// <summary>Why the connection has ended, in the system's words; null while it has not, or when the peer has closed it.</summary>
    public string? Error { get; private set; }

    /// <summary>True once the descriptor is closed.</summary>
    public bool IsClosed => Descriptor < 0;

    /// <summary>True while the socket has to take what it has before it takes more output.</summary>
    public bool WaitsForOutput { get; internal set; }

    /// <summary>True when what is sent and received is encrypted.</summary>
    public bool IsSecured => _tls is not null;

    /// <summary>True while nothing can be sent or received because the two sides do not agree on how yet.</summary>
    internal bool IsHandshaking => _tls is { IsEstablished: false };

    internal EventLoop Loop { get; set; }

    /// <summary>Its place in the loop's table; −1 until the loop has adopted it.</summary>
    internal int Slot { get; set; } = -1;

    internal bool IsClosing { get; set; }

    /// <summary>In an edge-triggered loop: more may wait in the socket, and no event will say so.</summary>
    internal bool MayHaveInput { get; set; }

    /// <summary>In an edge-triggered loop: the peer has ended its side, which only receiving to the end tells again.</summary>
    internal bool IsPeerDone { get; set; }

    /// <summary>Another loop takes the connection over as soon as it is at rest.</summary>
    internal bool MustMove { get; set; }

    internal bool IsReadQueued { get; set; }

    /// <summary>In a level-triggered loop: input waits that nobody takes, and the loop does not want to hear of it.</summary>
    internal bool IsInputStopped { get; set; }

    internal ConnectionSession Session { get; set; } = null!;

    /// <summary>Closes the connection at the end of its loop's turn, dropping unsent output; from any thread.</summary>
    public void Close() => Loop.Close(this);

    /// <summary>Names in the certificate that the peer has shown; null when it has shown none. The thread that owns the session.</summary>
    public IReadOnlyList<byte[]>? PeerNames(PeerNameField field) => _tls?.PeerNames(field);

    /// <summary>Sends a few bytes if the socket takes them right away; for refusals, where no session exists.</summary>
    /// <remarks>A peer that waits for a handshake could not read them.</remarks>
    public void TrySendNow(ReadOnlySpan<byte> bytes)
    {
        if (IsSecured) return;
        fixed (byte* p = bytes)
        {
            _ = LinuxSyscalls.send(Descriptor, p, (nuint)bytes.Length, LinuxSyscalls.MSG_DONTWAIT | LinuxSyscalls.MSG_NOSIGNAL);
        }
    }

    /// <summary>Makes the system probe a silent peer after <paramref name="seconds"/>; three lost probes end the connection.</summary>
    public void SetKeepAlive(int seconds)
    {
        SetOption(LinuxSyscalls.SOL_SOCKET, LinuxSyscalls.SO_KEEPALIVE, 1);
        SetOption(LinuxSyscalls.IPPROTO_TCP, LinuxSyscalls.TCP_KEEPIDLE, seconds);
        SetOption(LinuxSyscalls.IPPROTO_TCP, LinuxSyscalls.TCP_KEEPINTVL, Math.Max(1, seconds / 3));
        SetOption(LinuxSyscalls.IPPROTO_TCP, LinuxSyscalls.TCP_KEEPCNT, 3);
    }

    internal void SetOption(int level, int option, int value) =>
        _ = LinuxSyscalls.setsockopt(Descriptor, level, option, &value, sizeof(int));

    /// <summary>Receives once. Returns the number of bytes, 0 when there are none now, −1 when the peer is gone.</summary>
    internal int Receive(BufferPool pool)
    {
        ConnectionSession session = Session;
        InputBuffer input = session.Input ??= pool.RentInput();
        pool.EnsureSpace(input, session.WantedInputSpace);
        Loop.Reads++;
        if (_tls is not null) return ReceiveEncrypted(_tls, input);
        nint received = LinuxSyscalls.recv(Descriptor, input.ReceivePointer, (nuint)input.ReceiveSpace, LinuxSyscalls.MSG_DONTWAIT);
        if (received <= 0) return OnNothingReceived(received);
        MayHaveInput = received == input.ReceiveSpace || IsPeerDone;
        input.Commit((int)received);
        session.BytesReceived += received;
        return (int)received;
    }

    private int ReceiveEncrypted(TlsChannel tls, InputBuffer input)
    {
        TlsBuffers buffers = Loop.Tls;
        int most = Math.Clamp(input.ReceiveSpace, TlsBuffers.RecordMax, TlsBuffers.ReceiveMax);
        nint received = LinuxSyscalls.recv(Descriptor, buffers.Received, (nuint)most, LinuxSyscalls.MSG_DONTWAIT);
        if (received <= 0) return OnNothingReceived(received);
        MayHaveInput = received == most || IsPeerDone;
        int decrypted = tls.Decrypt(buffers, (int)received, input);
        if (decrypted <= 0) return decrypted;
        Session.BytesReceived += decrypted;
        // What the peer has said last is served first; then the socket tells that it was the last.
        if (tls.HasEnded) _ = LinuxSyscalls.shutdown(Descriptor, LinuxSyscalls.SHUT_RD);
        return decrypted;
    }

    private int OnNothingReceived(nint result)
    {
        if (result == 0) return -1;
        MayHaveInput = false;
        return IsTransient(LinuxSyscalls.ImmediateError) ? 0 : -1;
    }

    private bool IsTransient(int error)
    {
        if (error is LinuxSyscalls.EAGAIN or LinuxSyscalls.EINTR) return true;
        Error = LinuxSyscalls.ErrorText(error);
        return false;
    }

    /// <summary>Sends as much as the socket takes. False when the peer is gone.</summary>
    internal bool Send()
    {
        OutputQueue output = Session.Output;
        OutputSlice* slices = stackalloc OutputSlice[SlicesMax];
        while (!output.IsEmpty)
        {
            Loop.Writes++;
            int count = output.Gather(new Span<OutputSlice>(slices, SlicesMax));
            if (_tls is not null)
            {
                // What somebody has for a peer that is not there yet leaves after the handshake.
                if (!_tls.IsEstablished) return true;
                int encrypted = _tls.Encrypt(Loop.Tls, new ReadOnlySpan<OutputSlice>(slices, count));
                if (encrypted <= 0) return encrypted == 0;
                Session.BytesSent += encrypted;
                output.Advance(encrypted);
                continue;
            }
            nint wanted = 0;
            for (int i = 0; i < count; i++) wanted += slices[i].Length;
            nint sent = count == 1
                ? LinuxSyscalls.send(Descriptor, (byte*)slices->Address, (nuint)slices->Length, LinuxSyscalls.MSG_DONTWAIT | LinuxSyscalls.MSG_NOSIGNAL)
                : SendMany(slices, count);
            if (sent < 0) return IsTransient(LinuxSyscalls.ImmediateError);
            Session.BytesSent += sent;
            output.Advance(sent);
            if (sent < wanted) return true;
        }
        return true;
    }

    /// <summary>Goes on with the handshake.</summary>
    internal HandshakeState Handshake(out string error)
    {
        HandshakeState state = _tls!.Advance(out error);
        if (state == HandshakeState.Done) _tls.ReadFrom(Loop.Tls);
        return state;
    }

    /// <summary>The connection is another loop's now.</summary>
    internal void OnAdopted()
    {
        if (_tls is { IsEstablished: true }) _tls.ReadFrom(Loop.Tls);
    }

    internal void CloseDescriptor()
    {
        if (Descriptor < 0) return;
        _tls?.Close();
        _ = LinuxSyscalls.close(Descriptor);
        Descriptor = -1;
    }

    private nint SendMany(OutputSlice* slices, int count)
    {
        LinuxSyscalls.MessageHeader message = default;
        message.Slices = slices;
        message.SliceCount = (nuint)count;
        return LinuxSyscalls.sendmsg(Descriptor, &message, LinuxSyscalls.MSG_DONTWAIT | LinuxSyscalls.MSG_NOSIGNAL);
    }
}
