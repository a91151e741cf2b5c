using System.Buffers.Binary;

namespace Sigrun.Client;

/// <summary>
/// Hands TLS one record at a time. What has been decrypted is then always read at once, and whoever waits for the socket never
/// waits for bytes that TLS has taken already.
/// </summary>
internal sealed class TlsRecordStream(Stream inner) : Stream
{
    private const int HeaderBytes = 5;
    private const int LengthOffset = 3;

    private readonly byte[] _header = new byte[HeaderBytes];
    private int _headerServed = HeaderBytes;
    private int _bodyLeft;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        if (_headerServed == HeaderBytes && _bodyLeft == 0)
        {
            if (inner.ReadAtLeast(_header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes) return 0;
            _headerServed = 0;
            _bodyLeft = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(LengthOffset));
        }
        if (_headerServed < HeaderBytes)
        {
            int count = Math.Min(buffer.Length, HeaderBytes - _headerServed);
            _header.AsSpan(_headerServed, count).CopyTo(buffer);
            _headerServed += count;
            return count;
        }
        int read = inner.Read(buffer[..Math.Min(buffer.Length, _bodyLeft)]);
        _bodyLeft -= read;
        return read;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => inner.Write(buffer);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
