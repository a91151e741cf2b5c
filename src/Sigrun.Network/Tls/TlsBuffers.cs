using System.Runtime.InteropServices;
using Sigrun.Network.Platform;

namespace Sigrun.Network.Tls;

/// <summary>
/// What the secured connections of one event loop share: the place that encrypted input is received into, the library's
/// view of it, and a place to put short pieces of output together.
/// </summary>
/// <remarks>
/// The input that was received is decrypted at once and to its end, so that nothing of one connection is left when the
/// next one comes. What is not complete is kept by the library with the connection.
/// </remarks>
internal sealed unsafe class TlsBuffers : IDisposable
{
    /// <summary>Plain bytes in one record of the protocol.</summary>
    internal const int RecordMax = 16 * 1024;

    /// <summary>Encrypted bytes received at most at once.</summary>
    internal const int ReceiveMax = 128 * 1024;

    internal TlsBuffers()
    {
        Received = (byte*)NativeMemory.Alloc(ReceiveMax);
        Record = (byte*)NativeMemory.Alloc(RecordMax);
        Source = OpenSsl.BIO_new(OpenSsl.BIO_s_mem());
    }

    /// <summary>Where encrypted input is received.</summary>
    internal byte* Received { get; }

    /// <summary>Where a record is put together.</summary>
    internal byte* Record { get; }

    /// <summary>What connections read from.</summary>
    internal nint Source { get; }

    /// <summary>Received bytes that no connection has read.</summary>
    internal nint Pending => OpenSsl.BIO_ctrl(Source, OpenSsl.BioCtrlPending, 0, 0);

    /// <summary>Makes received bytes readable.</summary>
    internal void Offer(int count) => _ = OpenSsl.BIO_write(Source, Received, count);

    /// <summary>Drops what a connection that has failed did not read.</summary>
    internal void Drop() => _ = OpenSsl.BIO_ctrl(Source, OpenSsl.BioCtrlReset, 0, 0);

    /// <summary>Releases everything.</summary>
    public void Dispose()
    {
        _ = OpenSsl.BIO_free(Source);
        NativeMemory.Free(Received);
        NativeMemory.Free(Record);
    }
}
