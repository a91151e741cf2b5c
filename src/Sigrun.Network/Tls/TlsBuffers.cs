using System.Runtime.InteropServices;
using Sigrun.Network.Platform;

namespace Sigrun.Network.Tls;

/// <summary>
/// What the secured connections of one event loop share: where encrypted bytes are received and sent from, the library's view
/// of both, and a place to put short pieces of output together.
/// </summary>
/// <remarks>
/// Input that was received is taken in before the next connection comes, and what the library has to send leaves or is kept
/// by the connection. What is not a complete record yet is kept by the library with the connection.
/// </remarks>
internal sealed unsafe class TlsBuffers : IDisposable
{
    /// <summary>Plain bytes in one record of the protocol.</summary>
    internal const int RecordMax = 16 * 1024;

    /// <summary>Encrypted bytes received at most at once.</summary>
    internal const int ReceiveMax = 128 * 1024;

    private byte* _sealed;
    private int _sealedSize;

    internal TlsBuffers()
    {
        Received = (byte*)NativeMemory.Alloc(ReceiveMax);
        Record = (byte*)NativeMemory.Alloc(RecordMax);
        Source = OpenSsl.BIO_new(OpenSsl.BIO_s_mem());
        Sink = OpenSsl.BIO_new(OpenSsl.BIO_s_mem());
    }

    /// <summary>Where encrypted input is received.</summary>
    internal byte* Received { get; }

    /// <summary>Where a record is put together.</summary>
    internal byte* Record { get; }

    /// <summary>What connections read from.</summary>
    internal nint Source { get; }

    /// <summary>What connections write to.</summary>
    internal nint Sink { get; }

    /// <summary>Received bytes that no connection has read.</summary>
    internal int Pending => (int)OpenSsl.BIO_ctrl(Source, OpenSsl.BioCtrlPending, 0, 0);

    /// <summary>Makes received bytes readable.</summary>
    internal void Offer(ReadOnlySpan<byte> received)
    {
        fixed (byte* data = received) _ = OpenSsl.BIO_write(Source, data, received.Length);
    }

    /// <summary>Whether whoever reads all learns that nothing more will come.</summary>
    internal void SetEnd(bool isAtEnd) => _ = OpenSsl.BIO_ctrl(Source, OpenSsl.BioCtrlSetEndResult, isAtEnd ? 0 : -1, 0);

    /// <summary>Takes out what no connection has read.</summary>
    internal void TakePending(Span<byte> target)
    {
        fixed (byte* data = target) _ = OpenSsl.BIO_read(Source, data, target.Length);
    }

    /// <summary>Drops what a connection that has failed did not read.</summary>
    internal void Drop() => _ = OpenSsl.BIO_ctrl(Source, OpenSsl.BioCtrlReset, 0, 0);

    /// <summary>Takes what the library has to send; it stays valid until the next time.</summary>
    internal ReadOnlySpan<byte> TakeSealed()
    {
        int length = (int)OpenSsl.BIO_ctrl(Sink, OpenSsl.BioCtrlPending, 0, 0);
        if (length == 0) return default;
        if (length > _sealedSize)
        {
            _sealed = (byte*)NativeMemory.Realloc(_sealed, (nuint)length);
            _sealedSize = length;
        }
        return new ReadOnlySpan<byte>(_sealed, OpenSsl.BIO_read(Sink, _sealed, length));
    }

    /// <summary>Releases everything.</summary>
    public void Dispose()
    {
        _ = OpenSsl.BIO_free(Source);
        _ = OpenSsl.BIO_free(Sink);
        NativeMemory.Free(Received);
        NativeMemory.Free(Record);
        NativeMemory.Free(_sealed);
    }
}
