using System.Buffers;
using Sigrun.Network.Platform;
using Sigrun.Network.Tls;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network.Epoll;

/// <summary>One accepted socket of an <see cref="EpollLoop"/>: a non-blocking descriptor.</summary>
internal sealed unsafe class EpollConnection : SecurableConnection
{
    private const int SlicesMax = 64;

    private int _descriptor;
    private byte[]? _held;
    private int _heldStart;
    private int _heldEnd;

    internal EpollConnection(EventLoop loop, int descriptor, string remoteAddress, string localAddress, TlsChannel? tls = null)
        : base(loop, remoteAddress, localAddress, tls)
    {
        _descriptor = descriptor;
        SetOption(LinuxSyscalls.IPPROTO_TCP, LinuxSyscalls.TCP_NODELAY, 1);
    }

    /// <summary>A connection through a Unix socket: both ends have the name of its file.</summary>
    internal EpollConnection(EventLoop loop, int descriptor, string name)
        : base(loop, name, name, tls: null)
    {
        _descriptor = descriptor;
        IsUnix = true;
    }

    /// <inheritdoc/>
    public override int Descriptor => _descriptor < 0 ? ~_descriptor : _descriptor;

    /// <inheritdoc/>
    /// <remarks>A peer that waits for a handshake could not read them.</remarks>
    public override void TrySendNow(ReadOnlySpan<byte> bytes)
    {
        if (!IsSecured) _ = TrySend(bytes);
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
        EndSecurity();
        DropHeld();
        _ = LinuxSyscalls.close(_descriptor);
        _descriptor = ~_descriptor;
    }

    private protected override int ReceiveBytes(byte* target, int most)
    {
        nint received = LinuxSyscalls.recv(_descriptor, target, (nuint)most, LinuxSyscalls.MSG_DONTWAIT);
        if (received <= 0) return OnNothingReceived(received);
        MayHaveInput = received == most || IsPeerDone;
        return (int)received;
    }

    private int OnNothingReceived(nint result)
    {
        if (result == 0) return -1;
        MayHaveInput = false;
        return IsTransient(LinuxSyscalls.ImmediateError) ? 0 : -1;
    }

    /// <inheritdoc/>
    internal override bool Send()
    {
        if (IsSecured) return SendSecured();
        OutputQueue output = Session.Output;
        OutputSlice* slices = stackalloc OutputSlice[SlicesMax];
        while (!output.IsEmpty)
        {
            Loop.Writes++;
            int count = output.Gather(new Span<OutputSlice>(slices, SlicesMax));
            nint wanted = 0;
            for (int i = 0; i < count; i++) wanted += slices[i].Length;
            nint sent = count == 1
                ? LinuxSyscalls.send(_descriptor, (byte*)slices->Address, (nuint)slices->Length, LinuxSyscalls.MSG_DONTWAIT | LinuxSyscalls.MSG_NOSIGNAL)
                : SendMany(slices, count);
            if (sent < 0) return IsTransient(LinuxSyscalls.ImmediateError);
            CountSent(sent);
            output.Advance(sent);
            if (sent < wanted) return true;
        }
        return true;
    }

    private protected override bool SendBytes(ReadOnlySpan<byte> bytes)
    {
        int sent = TrySend(bytes);
        if (sent < 0 || sent == bytes.Length) return sent >= 0;
        _heldStart = 0;
        _heldEnd = bytes.Length - sent;
        _held = ArrayPool<byte>.Shared.Rent(_heldEnd);
        bytes[sent..].CopyTo(_held);
        HoldsOutput = true;
        return true;
    }

    private protected override bool SendHeld()
    {
        int sent = TrySend(_held.AsSpan(_heldStart, _heldEnd - _heldStart));
        if (sent < 0) return false;
        _heldStart += sent;
        if (_heldStart == _heldEnd) DropHeld();
        return true;
    }

    private void DropHeld()
    {
        if (_held is not null) ArrayPool<byte>.Shared.Return(_held);
        _held = null;
        HoldsOutput = false;
    }

    /// <summary>Sends what is taken now. Returns the number of bytes, −1 when the peer is gone.</summary>
    private int TrySend(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* data = bytes)
        {
            nint sent = LinuxSyscalls.send(_descriptor, data, (nuint)bytes.Length, LinuxSyscalls.MSG_DONTWAIT | LinuxSyscalls.MSG_NOSIGNAL);
            if (sent < 0) return IsTransient(LinuxSyscalls.ImmediateError) ? 0 : -1;
            return (int)sent;
        }
    }

    /// <inheritdoc/>
    internal override void Attach()
    {
        UseLoopsBuffers();
        // An I/O thread's sessions are away at the engine part of the time: level-triggered, it would spin on what comes meanwhile.
        IsLevelTriggered = !Loop.IsThreaded;
        uint events = IsLevelTriggered ? EpollLoop.Input : EpollLoop.Input | LinuxSyscalls.EPOLLOUT | LinuxSyscalls.EPOLLET;
        if (Watch(LinuxSyscalls.EPOLL_CTL_ADD, events)) return;
        // Nobody would ever hear of it.
        Error = LinuxSyscalls.ErrorText(LinuxSyscalls.LastError);
        IsClosing = true;
    }

    /// <inheritdoc/>
    internal override void Detach() => _ = Watch(LinuxSyscalls.EPOLL_CTL_DEL, 0);

    /// <inheritdoc/>
    internal override void UpdateInterest()
    {
        uint events = WaitsForOutput ? LinuxSyscalls.EPOLLOUT : 0;
        if (!Session.CloseAfterOutput) events |= IsInputStopped ? LinuxSyscalls.EPOLLRDHUP : EpollLoop.Input;
        _ = Watch(LinuxSyscalls.EPOLL_CTL_MOD, events);
    }

    private bool Watch(int operation, uint events) => ((EpollLoop)Loop).Watch(operation, _descriptor, events, (uint)Slot);

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
        Error ??= LinuxSyscalls.ErrorText(error);
        return false;
    }
}
