namespace Sigrun.Storage.Buffers;

/// <summary>
/// The input buffers and output segments of one thread: last in, first out, so that what is rented
/// next is what the cache still holds. Not thread-safe by design: each I/O thread has its own.
/// </summary>
public class BufferPool : IDisposable
{
    /// <summary>Of each kind: as many as one turn of an event loop can have in use.</summary>
    private const int PooledMax = 256;

    private readonly Stack<InputBuffer> _inputs = new(PooledMax);
    private readonly Stack<OutputSegment> _segments = new(PooledMax);
    private readonly Stack<OutputSegment> _borrowers = new(PooledMax);

    /// <summary>Buffers and segments that were returned and found no place, so far.</summary>
    public long Disposed { get; private set; }

    /// <summary>An empty input buffer.</summary>
    public InputBuffer RentInput() => _inputs.TryPop(out InputBuffer? buffer) ? buffer : new InputBuffer();

    /// <summary>Takes an input buffer back.</summary>
    public void Return(InputBuffer buffer)
    {
        buffer.Reset();
        if (_inputs.Count < PooledMax)
        {
            _inputs.Push(buffer);
            return;
        }
        buffer.Dispose();
        Disposed++;
    }

    /// <summary>An empty owned segment.</summary>
    public OutputSegment RentSegment() =>
        _segments.TryPop(out OutputSegment? segment) ? segment : new OutputSegment(OutputSegment.DefaultCapacity);

    /// <summary>A segment to carry a borrowed range.</summary>
    public OutputSegment RentBorrower() => _borrowers.TryPop(out OutputSegment? segment) ? segment : new OutputSegment(0);

    /// <summary>Takes a segment back, releasing what it borrowed.</summary>
    public void Return(OutputSegment segment)
    {
        segment.Reset();
        Stack<OutputSegment> stack = segment.Capacity == 0 ? _borrowers : _segments;
        if (stack.Count < PooledMax)
        {
            stack.Push(segment);
            return;
        }
        segment.Dispose();
        Disposed++;
    }

    /// <summary>Releases everything that is pooled.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases everything that is pooled.</summary>
    protected virtual void Dispose(bool disposing)
    {
        while (_inputs.TryPop(out InputBuffer? buffer)) buffer.Dispose();
        while (_segments.TryPop(out OutputSegment? segment)) segment.Dispose();
        while (_borrowers.TryPop(out OutputSegment? borrower)) borrower.Dispose();
    }
}
