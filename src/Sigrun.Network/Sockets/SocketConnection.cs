using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Sigrun.Network.Tls;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network.Sockets;

/// <summary>One accepted socket of a <see cref="SocketLoop"/>.</summary>
/// <remarks>
/// <para>
/// The socket does not block. What is there the loop's thread receives into the session's buffer; when nothing is left, an empty
/// receive is under way, which ends when something comes and pins no memory. So, at any time, either a receive is under way or
/// there may be input.
/// </para>
/// <para>
/// Nothing tells that a full socket has room but a send that ends. So a piece of the output is copied and sent in the
/// background, and the rest waits for it, where output limits see it.
/// </para>
/// <para>
/// Input that waits hides its end. So that a peer that goes while its session waits is noticed, some input is taken out of the
/// socket meanwhile, and kept for the session.
/// </para>
/// </remarks>
internal sealed unsafe class SocketConnection : SecurableConnection
{
    private const int SlicesMax = 16;

    /// <summary>Input kept for a session that waits.</summary>
    private const int KeptBytesMax = 16 * 1024;

    /// <summary>Bytes sent in the background at a time.</summary>
    private const int PieceBytes = 64 * 1024;

    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _receive = new();
    private SocketAsyncEventArgs? _send;
    private byte[]? _piece;
    private byte[]? _kept;
    private int _keptStart;
    private int _keptEnd;
    private volatile bool _isReceiving;
    private volatile bool _isSending;

    private SocketConnection(EventLoop loop, Socket socket, string remoteAddress, string localAddress, TlsChannel? tls)
        : base(loop, remoteAddress, localAddress, tls)
    {
        _socket = socket;
        _socket.Blocking = false;
        _receive.SetBuffer(Memory<byte>.Empty);
        _receive.Completed += (_, _) =>
        {
            _isReceiving = false;
            Signal(Readiness.Input);
        };
    }

    /// <summary>Takes over an accepted socket.</summary>
    /// <param name="loop">The loop that will serve it.</param>
    /// <param name="socket">The socket.</param>
    /// <param name="path">The file of the Unix socket that it has come through; null for TCP.</param>
    /// <param name="tls">What secures it; null for nothing.</param>
    internal static SocketConnection Create(EventLoop loop, Socket socket, string? path, TlsChannel? tls)
    {
        if (path is not null) return new SocketConnection(loop, socket, UnixName(path), UnixName(path), tls) { IsUnix = true };
        TrySetOption(socket, SocketOptionLevel.Tcp, SocketOptionName.NoDelay, 1);
        return new SocketConnection(loop, socket, Format(socket, isRemote: true), Format(socket, isRemote: false), tls);
    }

    /// <inheritdoc/>
    public override int Descriptor => _socket.SafeHandle.IsClosed ? -1 : (int)_socket.Handle;

    /// <inheritdoc/>
    /// <remarks>A peer that waits for a handshake could not read them.</remarks>
    public override void TrySendNow(ReadOnlySpan<byte> bytes)
    {
        if (!IsSecured) _ = _socket.Send(bytes, SocketFlags.None, out _);
    }

    /// <inheritdoc/>
    public override void SetKeepAlive(int seconds)
    {
        if (IsUnix) return;
        TrySetOption(_socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive, 1);
        TrySetOption(_socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds);
        TrySetOption(_socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Math.Max(1, seconds / 3));
        TrySetOption(_socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        EndSecurity();
        try
        {
            // Without this the framework would reset the connection because a receive is under way.
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer has gone.
        }
        _socket.Dispose();
        DropKept();
        _receive.Dispose();
        _send?.Dispose();
    }

    /// <inheritdoc/>
    internal override int Receive(BufferPool pool)
    {
        MayHaveInput = false;
        if (_isReceiving && _kept is null && !HoldsInput) return 0;
        return base.Receive(pool);
    }

    private protected override int ReceiveBytes(byte* target, int most)
    {
        if (_kept is not null) return TakeKept(new Span<byte>(target, most));
        if (_isReceiving) return 0;
        int received = _socket.Receive(new Span<byte>(target, most), SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
        {
            MayHaveInput = IsReadable();
            return 0;
        }
        if (error != SocketError.Success) NoteError(error);
        if (error != SocketError.Success || received == 0) return -1;
        MayHaveInput = received == most || IsReadable();
        return received;
    }

    /// <inheritdoc/>
    internal override bool HasPeerEnded()
    {
        if (IsSecured) return base.HasPeerEnded();
        while (!IsPeerDone && !_isReceiving && _keptEnd < KeptBytesMax)
        {
            _kept ??= ArrayPool<byte>.Shared.Rent(KeptBytesMax);
            int received = _socket.Receive(_kept.AsSpan(_keptEnd, KeptBytesMax - _keptEnd), SocketFlags.None, out SocketError error);
            if (error == SocketError.Success && received > 0) _keptEnd += received;
            else if (error != SocketError.WouldBlock) IsPeerDone = true;
            else if (!IsReadable()) break;
        }
        if (_keptEnd == 0) DropKept();
        MayHaveInput = _kept is not null;
        return IsPeerDone;
    }

    /// <inheritdoc/>
    internal override bool Send()
    {
        if (IsSecured) return SendSecured();
        if (HoldsOutput && !SendHeld()) return false;
        if (HoldsOutput) return true;
        OutputQueue output = Session.Output;
        OutputSlice* slices = stackalloc OutputSlice[SlicesMax];
        while (!output.IsEmpty)
        {
            int count = output.Gather(new Span<OutputSlice>(slices, SlicesMax));
            long taken = 0;
            SocketError error = SocketError.Success;
            for (int i = 0; i < count && error == SocketError.Success; i++)
            {
                Loop.Writes++;
                int length = (int)Math.Min(slices[i].Length, int.MaxValue);
                int sent = _socket.Send(new ReadOnlySpan<byte>((byte*)slices[i].Address, length), SocketFlags.None, out error);
                if (error != SocketError.Success) break;
                taken += sent;
                if (sent < length) error = SocketError.WouldBlock;
            }
            CountSent(taken);
            output.Advance(taken);
            if (error == SocketError.Success) continue;
            if (error != SocketError.WouldBlock) return false;
            if (!SendPiece(output, slices)) return true;
            if (!EndPiece()) return false;
        }
        return true;
    }

    private protected override bool SendBytes(ReadOnlySpan<byte> bytes)
    {
        int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
        {
            sent = 0;
        }
        else if (error != SocketError.Success)
        {
            NoteError(error);
            return false;
        }
        if (sent == bytes.Length) return true;
        _piece = ArrayPool<byte>.Shared.Rent(bytes.Length - sent);
        bytes[sent..].CopyTo(_piece);
        return !SendPiece(bytes.Length - sent) || EndPiece();
    }

    private protected override bool SendHeld() => _isSending || EndPiece();

    /// <inheritdoc/>
    internal override void Attach()
    {
        UseLoopsBuffers();
        _ = TakeSignals();
        MayHaveInput = true;
    }

    private void NoteError(SocketError error) => Error ??= new SocketException((int)error).Message;

    private int TakeKept(Span<byte> target)
    {
        int taken = Math.Min(_keptEnd - _keptStart, target.Length);
        _kept.AsSpan(_keptStart, taken).CopyTo(target);
        _keptStart += taken;
        if (_keptStart == _keptEnd) DropKept();
        MayHaveInput = true;
        return taken;
    }

    private void DropKept()
    {
        if (_kept is not null) ArrayPool<byte>.Shared.Return(_kept);
        _kept = null;
        _keptStart = _keptEnd = 0;
    }

    /// <summary>Begins an empty receive; true when there is something already.</summary>
    private bool IsReadable()
    {
        _isReceiving = true;
        if (_socket.ReceiveAsync(_receive)) return false;
        _isReceiving = false;
        return true;
    }

    /// <summary>Begins to send the front of the output in the background; true when that is done already.</summary>
    private bool SendPiece(OutputQueue output, OutputSlice* slices)
    {
        _piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        int count = output.Gather(new Span<OutputSlice>(slices, SlicesMax));
        int length = 0;
        for (int i = 0; i < count && length < PieceBytes; i++)
        {
            int step = (int)Math.Min(slices[i].Length, PieceBytes - length);
            new ReadOnlySpan<byte>((byte*)slices[i].Address, step).CopyTo(_piece.AsSpan(length));
            length += step;
        }
        output.Advance(length);
        CountSent(length);
        return SendPiece(length);
    }

    /// <summary>Begins to send the piece in the background; true when that is done already.</summary>
    private bool SendPiece(int length)
    {
        if (_send is null)
        {
            _send = new SocketAsyncEventArgs();
            _send.Completed += (_, _) =>
            {
                _isSending = false;
                Signal(Readiness.Output);
            };
        }
        _send.SetBuffer(_piece, 0, length);
        HoldsOutput = _isSending = true;
        if (_socket.SendAsync(_send)) return false;
        _isSending = false;
        return true;
    }

    /// <summary>A piece is sent; false when it could not be.</summary>
    private bool EndPiece()
    {
        HoldsOutput = false;
        bool isSent = _send!.SocketError == SocketError.Success && _send.BytesTransferred == _send.Count;
        _send.SetBuffer(null, 0, 0);
        ArrayPool<byte>.Shared.Return(_piece!);
        _piece = null;
        return isSent;
    }

    private static void TrySetOption(Socket socket, SocketOptionLevel level, SocketOptionName name, int value)
    {
        try
        {
            socket.SetSocketOption(level, name, value);
        }
        catch (SocketException)
        {
            // A system without the option, or a peer that has gone already.
        }
    }

    /// <summary>An IP endpoint as clients are shown it.</summary>
    private static string Format(Socket socket, bool isRemote)
    {
        try
        {
            return (isRemote ? socket.RemoteEndPoint : socket.LocalEndPoint) is IPEndPoint end ? end.ToString() : "?:0";
        }
        catch (SocketException)
        {
            return "?:0";
        }
    }
}
