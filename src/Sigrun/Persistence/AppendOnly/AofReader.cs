namespace Sigrun.Persistence.AppendOnly;

/// <summary>Reads an append-only file from the front: lines, and runs of bytes of known length.</summary>
internal sealed class AofReader : IDisposable
{
    /// <summary>The longest piece of a line that <see cref="TryReadLine"/> gives at once, its end included.</summary>
    public const int LineMax = 1023;

    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[1 << 18];
    private int _start;
    private int _end;

    /// <summary>Reads a stream from a position on; the stream is the reader's from now on.</summary>
    public AofReader(Stream stream, long position)
    {
        _stream = stream;
        Position = position;
        Length = stream.Length;
    }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>Bytes of the file that were read.</summary>
    public long Position { get; private set; }

    /// <summary>The next line with its end, cut at <see cref="LineMax"/> bytes or at the end of the file; false at that end.</summary>
    /// <remarks>Valid until the next call.</remarks>
    public bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        int length = FindLineEnd();
        if (length < 0 && _end - _start < LineMax)
        {
            Fill(LineMax);
            length = FindLineEnd();
        }
        if (length < 0) length = Math.Min(LineMax, _end - _start);
        line = _buffer.AsSpan(_start, length);
        _start += length;
        Position += length;
        return length > 0;
    }

    /// <summary>Fills a span; false when the file ends before.</summary>
    public bool TryRead(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            if (_start == _end) Fill(1);
            int step = Math.Min(target.Length, _end - _start);
            if (step == 0) return false;
            _buffer.AsSpan(_start, step).CopyTo(target);
            target = target[step..];
            _start += step;
            Position += step;
        }
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private int FindLineEnd()
    {
        int index = _buffer.AsSpan(_start, Math.Min(LineMax, _end - _start)).IndexOf((byte)'\n');
        return index < 0 ? -1 : index + 1;
    }

    private void Fill(int least)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        while (_end - _start < least)
        {
            int count = _stream.Read(_buffer.AsSpan(_end));
            if (count == 0) return;
            _end += count;
        }
    }
}
