using Sigrun.Network.Platform;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network.Tls;

/// <summary>How far a handshake is.</summary>
internal enum HandshakeState
{
    /// <summary>It goes on when something arrives.</summary>
    NeedsInput,

    /// <summary>It goes on when the socket takes more.</summary>
    NeedsOutput,

    /// <summary>The connection is secured.</summary>
    Done,

    /// <summary>There will be no connection.</summary>
    Failed,
}

/// <summary>The TLS of one connection: handshake, decrypting, encrypting. Belongs to whichever thread owns the connection.</summary>
/// <remarks>
/// <para>
/// During the handshake the library reads from the socket itself and takes no byte more than it needs, so that it may
/// stop at any point and go on elsewhere. Afterwards the event loop receives, as much as there is with one call, and the
/// library reads from memory. Output it sends itself, record by record: what the socket did not take it keeps.
/// </para>
/// <para>
/// Decrypting never has to send anything, since peers cannot start another handshake and what new keys ask for leaves with
/// the next output; so it needs no more than input.
/// </para>
/// </remarks>
internal sealed unsafe class TlsChannel
{
    private nint _ssl;
    private bool _hasFailed;

    private TlsChannel(nint ssl) => _ssl = ssl;

    /// <summary>True once the handshake is done.</summary>
    internal bool IsEstablished { get; private set; }

    /// <summary>True once nothing more will come from the peer.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>Starts to secure an accepted socket; null when that is not possible.</summary>
    internal static TlsChannel? TryAccept(TlsAcceptor acceptor, int descriptor)
    {
        nint ssl = acceptor.Context?.NewConnection() ?? 0;
        if (ssl == 0) return null;
        int verify = acceptor.PeerCheck switch
        {
            PeerCheck.None => OpenSsl.VerifyNone,
            PeerCheck.IfShown => OpenSsl.VerifyPeer,
            _ => OpenSsl.VerifyPeer | OpenSsl.VerifyFailIfNoPeerCertificate,
        };
        OpenSsl.SSL_set_verify(ssl, verify, 0);
        _ = OpenSsl.SSL_set_fd(ssl, descriptor);
        OpenSsl.SSL_set_accept_state(ssl);
        return new TlsChannel(ssl);
    }

    /// <summary>Starts to secure a socket that this program connects; null when that is not possible.</summary>
    internal static TlsChannel? TryConnect(TlsConnector connector, int descriptor)
    {
        nint ssl = connector.NewConnection();
        if (ssl == 0) return null;
        _ = OpenSsl.SSL_set_fd(ssl, descriptor);
        OpenSsl.SSL_set_connect_state(ssl);
        return new TlsChannel(ssl);
    }

    /// <summary>Goes on with the handshake.</summary>
    /// <param name="error">Why it failed, if it did.</param>
    internal HandshakeState Advance(out string error)
    {
        error = "";
        OpenSsl.ERR_clear_error();
        int result = OpenSsl.SSL_do_handshake(_ssl);
        int systemError = LinuxSyscalls.LastError;
        if (result > 0)
        {
            IsEstablished = true;
            return HandshakeState.Done;
        }
        switch (OpenSsl.SSL_get_error(_ssl, result))
        {
            case OpenSsl.ErrorWantRead:
                return HandshakeState.NeedsInput;
            case OpenSsl.ErrorWantWrite:
                return HandshakeState.NeedsOutput;
            case OpenSsl.ErrorSyscall:
                error = LinuxSyscalls.ErrorText(systemError);
                break;
            default:
                error = OpenSsl.TakeError();
                break;
        }
        _hasFailed = true;
        return HandshakeState.Failed;
    }

    /// <summary>Makes a secured connection read from what the loop receives.</summary>
    internal void ReadFrom(TlsBuffers buffers)
    {
        _ = OpenSsl.BIO_up_ref(buffers.Source);
        OpenSsl.SSL_set0_rbio(_ssl, buffers.Source);
    }

    /// <summary>Decrypts what was received into <paramref name="input"/>. Returns the number of bytes, −1 when the peer is gone.</summary>
    internal int Decrypt(TlsBuffers buffers, int received, InputBuffer input)
    {
        if (HasEnded) return -1;
        buffers.Offer(received);
        OpenSsl.ERR_clear_error();
        int total = 0;
        do
        {
            // A record may hold more than what somebody had made exact room for.
            if (input.ReceiveSpace == 0) input.EnsureExactSpace(TlsBuffers.RecordMax);
            int count = OpenSsl.SSL_read(_ssl, input.ReceivePointer, input.ReceiveSpace);
            if (count <= 0) return CanGoOn(count, buffers) ? total : total > 0 ? total : -1;
            input.Commit(count);
            total += count;
        }
        while (OpenSsl.SSL_pending(_ssl) > 0 || buffers.Pending > 0);
        return total;
    }

    /// <summary>Encrypts and sends a record or more from the front of the output; 0 when the socket takes nothing now, −1 when the peer is gone.</summary>
    internal int Encrypt(TlsBuffers buffers, ReadOnlySpan<OutputSlice> slices)
    {
        OpenSsl.ERR_clear_error();
        OutputSlice first = slices[0];
        int written = slices.Length == 1 || first.Length >= TlsBuffers.RecordMax
            ? OpenSsl.SSL_write(_ssl, (byte*)first.Address, (int)Math.Min(first.Length, int.MaxValue))
            : OpenSsl.SSL_write(_ssl, buffers.Record, PutTogether(buffers.Record, slices));
        if (written > 0) return written;
        if (OpenSsl.SSL_get_error(_ssl, written) == OpenSsl.ErrorWantWrite) return 0;
        _hasFailed = true;
        return -1;
    }

    /// <summary>Names that the peer's certificate gives; null when it showed none.</summary>
    internal IReadOnlyList<byte[]>? PeerNames(PeerNameField field)
    {
        nint certificate = OpenSsl.SSL_get_verify_result(_ssl) == 0 ? OpenSsl.SSL_get0_peer_certificate(_ssl) : 0;
        return certificate == 0 ? null : PeerCertificate.Names(certificate, field);
    }

    /// <summary>Says farewell where there is somebody to hear it, and releases everything.</summary>
    internal void Close()
    {
        if (_ssl == 0) return;
        OpenSsl.ERR_clear_error();
        if (IsEstablished && !_hasFailed) _ = OpenSsl.SSL_shutdown(_ssl);
        OpenSsl.SSL_free(_ssl);
        _ssl = 0;
    }

    private static int PutTogether(byte* record, ReadOnlySpan<OutputSlice> slices)
    {
        int length = 0;
        foreach (OutputSlice slice in slices)
        {
            int step = (int)Math.Min(slice.Length, TlsBuffers.RecordMax - length);
            new ReadOnlySpan<byte>((byte*)slice.Address, step).CopyTo(new Span<byte>(record + length, step));
            length += step;
            if (length == TlsBuffers.RecordMax) break;
        }
        return length;
    }

    /// <summary>Whether a connection from which nothing could be read just needs more input.</summary>
    private bool CanGoOn(int result, TlsBuffers buffers)
    {
        int error = OpenSsl.SSL_get_error(_ssl, result);
        if (error == OpenSsl.ErrorWantRead) return true;
        HasEnded = true;
        _hasFailed = error is OpenSsl.ErrorSsl or OpenSsl.ErrorSyscall or OpenSsl.ErrorWantWrite;
        buffers.Drop();
        return false;
    }
}
