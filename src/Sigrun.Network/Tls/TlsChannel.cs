using System.Buffers;
using Sigrun.Network.Platform;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network.Tls;

/// <summary>How far a handshake is.</summary>
internal enum HandshakeState
{
    /// <summary>It goes on when something arrives.</summary>
    NeedsInput,

    /// <summary>It goes on when the way to the peer takes more.</summary>
    NeedsOutput,

    /// <summary>The connection is secured.</summary>
    Done,

    /// <summary>There will be no connection.</summary>
    Failed,
}

/// <summary>The TLS of one connection: handshake, decrypting, encrypting. Belongs to whichever thread owns the connection.</summary>
/// <remarks>
/// <para>
/// It knows bytes and no sockets: the library reads what the event loop has received from memory, and writes to memory what
/// the loop sends, so that one call of the system carries as many records as there are.
/// </para>
/// <para>
/// What comes behind a handshake waits here until the engine has looked at who has come: the connection may move to another
/// thread meanwhile.
/// </para>
/// </remarks>
internal sealed unsafe class TlsChannel
{
    private const int SlicesMax = 64;

    /// <summary>Plain bytes that are encrypted at most at once.</summary>
    private const int SealMax = 4 * TlsBuffers.RecordMax;

    private nint _ssl;
    private bool _hasFailed;
    private byte[]? _ahead;
    private int _aheadLength;

    private TlsChannel(nint ssl) => _ssl = ssl;

    /// <summary>True once the handshake is done.</summary>
    internal bool IsEstablished { get; private set; }

    /// <summary>True once nothing more will come from the peer.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>True while something waits that came behind the handshake.</summary>
    internal bool HasInputAhead => _ahead is not null;

    /// <summary>True while there is somebody to hear a farewell.</summary>
    internal bool CanSayFarewell => IsEstablished && !_hasFailed;

    /// <summary>Starts to secure a connection that was accepted; null when that is not possible.</summary>
    internal static TlsChannel? TryAccept(TlsAcceptor acceptor)
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
        OpenSsl.SSL_set_accept_state(ssl);
        return new TlsChannel(ssl);
    }

    /// <summary>Starts to secure a connection that this program makes; null when that is not possible.</summary>
    internal static TlsChannel? TryConnect(TlsConnector connector)
    {
        nint ssl = connector.NewConnection();
        if (ssl == 0) return null;
        OpenSsl.SSL_set_connect_state(ssl);
        return new TlsChannel(ssl);
    }

    /// <summary>Makes the connection read and write where the loop that serves it from now on receives and sends.</summary>
    internal void Use(TlsBuffers buffers)
    {
        _ = OpenSsl.BIO_up_ref(buffers.Source);
        OpenSsl.SSL_set0_rbio(_ssl, buffers.Source);
        _ = OpenSsl.BIO_up_ref(buffers.Sink);
        OpenSsl.SSL_set0_wbio(_ssl, buffers.Sink);
    }

    /// <summary>Goes on with the handshake.</summary>
    /// <param name="buffers">Those of the loop.</param>
    /// <param name="received">How many bytes were received into them; −1 when the peer has ended its side.</param>
    /// <param name="error">Why it failed, if it did.</param>
    internal HandshakeState Advance(TlsBuffers buffers, int received, out string error)
    {
        error = "";
        if (received > 0) buffers.Offer(new ReadOnlySpan<byte>(buffers.Received, received));
        buffers.SetEnd(received < 0);
        OpenSsl.ERR_clear_error();
        int result = OpenSsl.SSL_do_handshake(_ssl);
        buffers.SetEnd(false);
        if (result > 0)
        {
            IsEstablished = true;
            KeepPending(buffers);
            return HandshakeState.Done;
        }
        if (OpenSsl.SSL_get_error(_ssl, result) == OpenSsl.ErrorWantRead) return HandshakeState.NeedsInput;
        error = OpenSsl.TakeError();
        Fail();
        buffers.Drop();
        return HandshakeState.Failed;
    }

    /// <summary>Decrypts what was received into <paramref name="input"/>. Returns the number of bytes, −1 when the peer is gone.</summary>
    internal int Decrypt(TlsBuffers buffers, ReadOnlySpan<byte> received, InputBuffer input)
    {
        buffers.Offer(received);
        return Decrypt(buffers, input);
    }

    /// <summary>
    /// Looks, while nobody takes input, whether something is behind what was received: true when it is input, which is kept then.
    /// </summary>
    internal bool Peek(TlsBuffers buffers, int received)
    {
        buffers.Offer(new ReadOnlySpan<byte>(buffers.Received, received));
        OpenSsl.ERR_clear_error();
        byte first;
        int count = OpenSsl.SSL_peek(_ssl, &first, 1);
        if (count <= 0)
        {
            _ = CanGoOn(count, buffers);
            return false;
        }
        KeepPending(buffers);
        return true;
    }

    /// <summary>Decrypts what was kept, behind the handshake or since, likewise.</summary>
    internal int DecryptAhead(TlsBuffers buffers, InputBuffer input)
    {
        buffers.Offer(_ahead.AsSpan(0, _aheadLength));
        DropAhead();
        return Decrypt(buffers, input);
    }

    /// <summary>
    /// Encrypts as much from the front of the output as is sent at once. Returns the number of bytes that have left it, −1 when
    /// the connection cannot go on.
    /// </summary>
    internal int Seal(TlsBuffers buffers, OutputQueue output)
    {
        OpenSsl.ERR_clear_error();
        OutputSlice* slices = stackalloc OutputSlice[SlicesMax];
        int total = 0;
        do
        {
            int count = output.Gather(new Span<OutputSlice>(slices, SlicesMax));
            int written = count == 1 || slices->Length >= TlsBuffers.RecordMax
                ? OpenSsl.SSL_write(_ssl, (byte*)slices->Address, (int)Math.Min(slices->Length, TlsBuffers.RecordMax))
                : OpenSsl.SSL_write(_ssl, buffers.Record, PutTogether(buffers.Record, new ReadOnlySpan<OutputSlice>(slices, count)));
            if (written <= 0)
            {
                Fail();
                return -1;
            }
            output.Advance(written);
            total += written;
        }
        while (!output.IsEmpty && total <= SealMax - TlsBuffers.RecordMax);
        return total;
    }

    /// <summary>Nothing more can be sent or received.</summary>
    internal void Fail() => _hasFailed = HasEnded = true;

    /// <summary>Names that the peer's certificate gives; null when it showed none.</summary>
    internal IReadOnlyList<byte[]>? PeerNames(PeerNameField field)
    {
        nint certificate = OpenSsl.SSL_get_verify_result(_ssl) == 0 ? OpenSsl.SSL_get0_peer_certificate(_ssl) : 0;
        return certificate == 0 ? null : PeerCertificate.Names(certificate, field);
    }

    /// <summary>Puts a farewell among what is to be sent.</summary>
    internal void SayFarewell()
    {
        OpenSsl.ERR_clear_error();
        _ = OpenSsl.SSL_shutdown(_ssl);
    }

    /// <summary>Releases everything.</summary>
    internal void Close()
    {
        OpenSsl.SSL_free(_ssl);
        _ssl = 0;
        DropAhead();
    }

    private int Decrypt(TlsBuffers buffers, InputBuffer input)
    {
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
        _hasFailed = error is OpenSsl.ErrorSsl or OpenSsl.ErrorSyscall;
        buffers.Drop();
        return false;
    }

    private void KeepPending(TlsBuffers buffers)
    {
        _aheadLength = buffers.Pending;
        if (_aheadLength == 0) return;
        _ahead = ArrayPool<byte>.Shared.Rent(_aheadLength);
        buffers.TakePending(_ahead.AsSpan(0, _aheadLength));
    }

    private void DropAhead()
    {
        if (_ahead is not null) ArrayPool<byte>.Shared.Return(_ahead);
        _ahead = null;
    }
}
