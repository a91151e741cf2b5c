using Sigrun.Storage.Buffers;

namespace Sigrun.Network.Tls;

/// <summary>
/// A connection that can be secured: what TLS does between the bytes of a socket, which the derived class moves, and those of
/// the session.
/// </summary>
internal abstract unsafe class SecurableConnection : Connection
{
    /// <summary>What OpenSSL says of a peer that ends the connection without a word.</summary>
    private const string EndWithoutFarewell = "error:0A000126:SSL routines::unexpected eof while reading";

    private readonly TlsChannel? _tls;

    private protected SecurableConnection(EventLoop loop, string remoteAddress, string localAddress, TlsChannel? tls)
        : base(loop, remoteAddress, localAddress)
    {
        _tls = tls;
        IsSecured = IsHandshaking = tls is not null;
    }

    /// <inheritdoc/>
    public sealed override IReadOnlyList<byte[]>? PeerNames(PeerNameField field) => _tls?.PeerNames(field);

    /// <inheritdoc/>
    internal override int Receive(BufferPool pool)
    {
        ConnectionSession session = Session;
        InputBuffer input = session.Input ??= pool.RentInput();
        pool.EnsureSpace(input, session.WantedInputSpace);
        Loop.Reads++;
        if (IsSecured) return ReceiveSecured(input);
        int received = ReceiveBytes(input.ReceivePointer, input.ReceiveSpace);
        if (received <= 0) return received;
        input.Commit(received);
        CountReceived(received);
        return received;
    }

    /// <inheritdoc/>
    internal sealed override HandshakeState Handshake(out string error)
    {
        TlsChannel tls = _tls!;
        TlsBuffers buffers = Loop.Tls;
        HandshakeState state;
        do
        {
            error = "";
            if (HoldsOutput && !SendHeld()) return Fail(out error);
            if (HoldsOutput) return HandshakeState.NeedsOutput;
            MayHaveInput = false;
            int received = ReceiveBytes(buffers.Received, TlsBuffers.RecordMax);
            if (received < 0 && Error is not null) return Fail(out error);
            state = tls.Advance(buffers, received, out error);
            if (!SendSealed(buffers) && state != HandshakeState.Failed) return Fail(out error);
        }
        while (state == HandshakeState.NeedsInput && (MayHaveInput || HoldsOutput));
        if (state != HandshakeState.Done) return state;
        IsHandshaking = false;
        HoldsInput = tls.HasInputAhead;
        return state;
    }

    /// <summary>Receives at most so many bytes. Returns their number, 0 when there are none now, −1 when the peer is gone.</summary>
    private protected abstract int ReceiveBytes(byte* target, int most);

    /// <summary>Sends bytes, and holds those that are not taken now; called while none are held. False when the peer is gone.</summary>
    private protected abstract bool SendBytes(ReadOnlySpan<byte> bytes);

    /// <summary>Goes on with bytes that are held. False when the peer is gone.</summary>
    private protected abstract bool SendHeld();

    /// <summary>The connection is served by its loop from now on.</summary>
    private protected void UseLoopsBuffers() => _tls?.Use(Loop.Tls);

    /// <summary>Receives once and decrypts into the input of the session.</summary>
    private int ReceiveSecured(InputBuffer input)
    {
        TlsChannel tls = _tls!;
        TlsBuffers buffers = Loop.Tls;
        if (tls.HasEnded) return -1;
        int decrypted;
        if (HoldsInput)
        {
            HoldsInput = false;
            MayHaveInput = true;
            decrypted = tls.DecryptAhead(buffers, input);
        }
        else
        {
            int most = Math.Clamp(input.ReceiveSpace, TlsBuffers.RecordMax, TlsBuffers.ReceiveMax);
            int received = ReceiveBytes(buffers.Received, most);
            if (received < 0) Error ??= EndWithoutFarewell;
            if (received <= 0) return received;
            decrypted = tls.Decrypt(buffers, new ReadOnlySpan<byte>(buffers.Received, received), input);
        }
        // What the library has to say to that is an alert, if anything.
        if (!SendSealed(buffers)) tls.Fail();
        if (decrypted > 0) CountReceived(decrypted);
        // What the peer has said last is served first.
        if (tls.HasEnded) HoldsInput = MayHaveInput = IsPeerDone = true;
        return decrypted;
    }

    /// <summary>Whether the peer has ended the connection, asked while nothing is received: be it by a word of TLS alone.</summary>
    internal override bool HasPeerEnded()
    {
        if (_tls is not { IsEstablished: true } tls) return IsPeerDone;
        TlsBuffers buffers = Loop.Tls;
        while (!IsPeerDone && !HoldsInput && !tls.HasEnded)
        {
            int received = ReceiveBytes(buffers.Received, TlsBuffers.RecordMax);
            if (received == 0) break;
            if (received < 0) IsPeerDone = true;
            else if (tls.Peek(buffers, received)) HoldsInput = MayHaveInput = true;
            if (!SendSealed(buffers)) tls.Fail();
        }
        return IsPeerDone || tls.HasEnded;
    }

    /// <summary>Encrypts the output of the session and sends as much as is taken.</summary>
    private protected bool SendSecured()
    {
        TlsChannel tls = _tls!;
        OutputQueue output = Session.Output;
        while (true)
        {
            if (HoldsOutput && !SendHeld()) return false;
            // What somebody has for a peer that is not there yet leaves after the handshake.
            if (HoldsOutput || output.IsEmpty || !tls.IsEstablished) return true;
            Loop.Writes++;
            int taken = tls.Seal(Loop.Tls, output);
            bool isSent = SendSealed(Loop.Tls);
            if (taken < 0 || !isSent) return false;
            CountSent(taken);
        }
    }

    /// <summary>Says farewell where there is somebody to hear it, and releases what TLS has.</summary>
    private protected void EndSecurity()
    {
        if (_tls is null) return;
        if (_tls.CanSayFarewell)
        {
            _tls.SayFarewell();
            _ = SendSealed(Loop.Tls);
        }
        _tls.Close();
    }

    /// <summary>Sends what the library has written. False when the peer is gone, or does not take what it was sent before.</summary>
    private bool SendSealed(TlsBuffers buffers)
    {
        ReadOnlySpan<byte> bytes = buffers.TakeSealed();
        return bytes.IsEmpty || (!HoldsOutput && SendBytes(bytes));
    }

    private HandshakeState Fail(out string error)
    {
        _tls!.Fail();
        error = Error ?? "";
        return HandshakeState.Failed;
    }
}
