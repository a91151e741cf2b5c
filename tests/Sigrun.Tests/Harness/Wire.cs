namespace Sigrun.Tests.Harness;

/// <summary>What lies between a client's encryption and its socket: a test may look at what is sent, delay it and cut it up.</summary>
internal sealed class Wire(Stream inner) : Stream
{
    private MemoryStream? _held;

    /// <summary>True when every byte is sent alone.</summary>
    public bool Trickles { get; init; }

    /// <summary>True when all but what is sent first waits for <see cref="Release"/>.</summary>
    public bool HoldsAllButFirst { get; init; }

    /// <summary>What was sent, one by one.</summary>
    public List<byte[]> Sent { get; } = [];

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Sends nothing until <see cref="Release"/>.</summary>
    public void Hold() => _held = new MemoryStream();

    /// <summary>Sends at once what was held.</summary>
    public void Release()
    {
        byte[] bytes = _held!.ToArray();
        _held = null;
        Write(bytes);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_held is not null)
        {
            _held.Write(buffer);
            return;
        }
        Sent.Add(buffer.ToArray());
        if (HoldsAllButFirst && Sent.Count == 1) Hold();
        int step = Trickles ? 1 : Math.Max(1, buffer.Length);
        for (int i = 0; i < buffer.Length; i += step) inner.Write(buffer.Slice(i, step));
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override int Read(Span<byte> buffer) => inner.Read(buffer);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
