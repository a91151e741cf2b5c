using System.Runtime.InteropServices;

namespace Sigrun.Cli.Platform;

/// <summary>
/// The standard input, byte for byte: the console's own stream reads whole lines from a terminal and changes its settings.
/// </summary>
internal sealed class StandardInput : Stream
{
    private const int Descriptor = 0;
    private const int BufferBytes = 64 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

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
        while (true)
        {
            nint count = Libc.Read(Descriptor, Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0), Math.Min(buffer.Length, BufferBytes));
            if (count >= 0)
            {
                _buffer.AsSpan(0, (int)count).CopyTo(buffer);
                return (int)count;
            }
            int error = Marshal.GetLastSystemError();
            if (error != Libc.Interrupted) throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
