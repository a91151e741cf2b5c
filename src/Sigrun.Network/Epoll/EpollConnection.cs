using Sigrun.Network.Platform;
using Sigrun.Network.Tls;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network.Epoll;

/// <summary>One accepted socket of an <see cref="EpollLoop"/>: a non-blocking descriptor.</summary>
internal sealed unsafe class EpollConnection : Connection
{
    private const int SlicesMax = 64;

    private readonly TlsChannel? _tls;
    private int _descriptor;

    internal EpollConnection(EventLoop loop, int descriptor, string remoteAddress, string localAddress, TlsChannel? tls = null)
        : base(loop, remoteAddress, localAddress)
    {
        _descriptor = descriptor;
        _tls = tls;
        IsSecured = IsHandshaking = tls is not null;
        SetOption(LinuxSyscalls.IPPROTO_TCP, LinuxSyscalls.TCP_NODELAY, 1);
    }

    /// <summary>A connection through a Unix socket: both ends have the name of its file.</summary>
    internal EpollConnection(EventLoop loop, int descriptor, string name)
        : base(loop, name, name)
    {
        _descriptor = descriptor;
        IsUnix = true;
    }

    /// <inheritdoc/>
    public override int Descriptor => _descriptor < 0 ? ~_descriptor : _descriptor;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]>? PeerNames(PeerNameField field) => _tls?.PeerNames(field);

    /// <inheritdoc/>
    /// <remarks>A peer that waits for a handshake could not read them.</remarks>
    public override void TrySendNow(ReadOnlySpan<byte> bytes)
    {
        if (IsSecured) return;
        fixed (byte* p = bytes)
        {
            _ = LinuxSyscalls.send(_descriptor, p, (nuint)bytes.Length, LinuxSyscalls.MSG_DONTWAIT | LinuxSyscalls.MSG_NOSIGNAL);
        }
    }

    /// <inheritdoc/>
    public override void SetKeepAlive(int seconds)
    {
        if (IsUnix) return;
        SetOption(LinuxSyscalls.SOL_SOCKET, LinuxSyscalls.SO_KEEPALIVE, 1);
        SetOption(LinuxSyscalls.IPPROTO_TCP, LinuxSyscalls.TCP_KEEPIDLE, seconds);
        SetOption(LinuxSyscalls.IPPROTO_TCP, LinuxSyscalls.TCP_KEEPINTVL, Math.Max(1, seconds / 3));
        SetOption(LinuxSyscalls.IPPROTO_TCP, LinuxSyscalls.TCP_KEEPCNT, 3);
    }

    private void SetOption(int level, int option, int value) =>
        _ = LinuxSyscalls.setsockopt(_descriptor, level, option, &value, sizeof(int));

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_descriptor < 0) return;
        _tls?.Close();
        _ = LinuxSyscalls.close(_descriptor);
        _descriptor = ~_descriptor;
    }

    /// <inheritdoc/>
    internal override int Receive(BufferPool pool)
    {
        ConnectionSession session = Session;
        InputBuffer input = session.Input ??= pool.RentInput();
        pool.EnsureSpace(input, session.WantedInputSpace);
        Loop.Reads++;
        if (_tls is not null) return ReceiveEncrypted(_tls, input);
        nint received = LinuxSyscalls.recv(_descriptor, input.ReceivePointer, (nuint)input.ReceiveSpace, LinuxSyscalls.MSG_DONTWAIT);
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
        nint received = LinuxSyscalls.recv(_descriptor, buffers.Received, (nuint)most, LinuxSyscalls.MSG_DONTWAIT);
        if (received <= 0) return OnNothingReceived(received);
        MayHaveInput = received == most || IsPeerDone;
        int decrypted = tls.Decrypt(buffers, (int)received, input);
        if (decrypted <= 0) return decrypted;
        Session.BytesReceived += decrypted;
        // What the peer has said last is served first; then the socket tells that it was the last.
        if (tls.HasEnded) _ = LinuxSyscalls.shutdown(_descriptor, LinuxSyscalls.SHUT_RD);
        return decrypted;
    }

    private int OnNothingReceived(nint result)
    {
        if (result == 0) return -1;
        MayHaveInput = false;
        int error = LinuxSyscalls.ImmediateError;
        if (IsTransient(error)) return 0;
        ReceiveError = LinuxSyscalls.ErrorText(error);
        return -1;
    }

    /// <inheritdoc/>
    internal override bool Send()
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
                ? LinuxSyscalls.send(_descriptor, (byte*)slices->Address, (nuint)slices->Length, LinuxSyscalls.MSG_DONTWAIT | LinuxSyscalls.MSG_NOSIGNAL)
                : SendMany(slices, count);
            if (sent < 0) return IsTransient(LinuxSyscalls.ImmediateError);
            Session.BytesSent += sent;
            output.Advance(sent);
            if (sent < wanted) return true;
        }
        return true;
    }

    /// <inheritdoc/>
    internal override void Attach()
    {
        if (_tls is { IsEstablished: true }) _tls.ReadFrom(Loop.Tls);
        // An I/O thread's sessions are away at the engine part of the time: level-triggered, it would spin on what comes meanwhile.
        IsLevelTriggered = !Loop.IsThreaded;
        uint events = IsLevelTriggered ? EpollLoop.Input : EpollLoop.Input | LinuxSyscalls.EPOLLOUT | LinuxSyscalls.EPOLLET;
        Watch(LinuxSyscalls.EPOLL_CTL_ADD, events);
    }

    /// <inheritdoc/>
    internal override void Detach() => Watch(LinuxSyscalls.EPOLL_CTL_DEL, 0);

    /// <inheritdoc/>
    internal override void UpdateInterest()
    {
        uint events = WaitsForOutput ? LinuxSyscalls.EPOLLOUT : 0;
        if (!Session.CloseAfterOutput) events |= IsInputStopped ? LinuxSyscalls.EPOLLRDHUP : EpollLoop.Input;
        Watch(LinuxSyscalls.EPOLL_CTL_MOD, events);
    }

    /// <inheritdoc/>
    internal override HandshakeState Handshake(out string error)
    {
        HandshakeState state = _tls!.Advance(out error);
        if (state != HandshakeState.Done) return state;
        IsHandshaking = false;
        _tls.ReadFrom(Loop.Tls);
        return state;
    }

    private void Watch(int operation, uint events) => ((EpollLoop)Loop).Watch(operation, _descriptor, events, (uint)Slot);

    private nint SendMany(OutputSlice* slices, int count)
    {
        LinuxSyscalls.MessageHeader message = default;
        message.Slices = slices;
        message.SliceCount = (nuint)count;
        return LinuxSyscalls.sendmsg(_descriptor, &message, LinuxSyscalls.MSG_DONTWAIT | LinuxSyscalls.MSG_NOSIGNAL);
    }

    private bool IsTransient(int error)
    {
        if (error is LinuxSyscalls.EAGAIN or LinuxSyscalls.EINTR) return true;
        Error = LinuxSyscalls.ErrorText(error);
        return false;
    }
}
