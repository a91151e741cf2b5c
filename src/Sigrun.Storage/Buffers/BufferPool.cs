using System.Diagnostics.CodeAnalysis;

namespace Sigrun.Storage.Buffers;

/// <summary>
/// The input buffers and output segments of one thread: last in, first out, so that what is rented
/// next is what the cache still holds. Not thread-safe by design: each I/O thread has its own.
/// </summary>
/// <param name="depot">Where it exchanges segments with the pools of other threads; null where there are none.</param>
public class BufferPool(SegmentDepot? depot = null) : IDisposable
{
    /// <summary>Of each kind: as many as one turn of an event loop can have in use.</summary>
    private const int PooledMax = 256;

    /// <summary>Input buffers that have grown this far or further are kept as they are: their pages cost more than all the rest of a request.</summary>
    private const long GrownMin = 256 * 1024;

    /// <summary>Bytes of such buffers that are kept.</summary>
    private const long GrownBytesMax = 64L << 20;

    private int _unusedInputs;
    private int _unusedGrown;
    private long _grownBytes;
    private readonly Stack<InputBuffer> _grown = new();
    private int _unusedSegments;
    private readonly Stack<InputBuffer> _inputs = new(PooledMax);
    private readonly Stack<OutputSegment> _segments = new(PooledMax);
    private readonly Stack<OutputSegment> _borrowers = new(PooledMax);

    /// <summary>Buffers and segments that were returned and found no place, so far.</summary>
    public long Disposed { get; private set; }

    /// <summary>An empty input buffer.</summary>
    public InputBuffer RentInput()
    {
        if (!_inputs.TryPop(out InputBuffer? buffer)) return new InputBuffer();
        _unusedInputs = Math.Min(_unusedInputs, _inputs.Count);
        return buffer;
    }

    /// <summary>Makes room for more in a buffer, no more than that where it is much.</summary>
    public void EnsureSpace(InputBuffer buffer, long bytes)
    {
        if (buffer.Capacity - buffer.End >= bytes) return;
        if (buffer.End + bytes < GrownMin) buffer.EnsureSpace(bytes);
        else if (!TryExchange(buffer, buffer.End + bytes)) buffer.EnsureExactSpace(bytes);
    }

    /// <summary>Takes an input buffer back.</summary>
    public void Return(InputBuffer buffer)
    {
        if (TryKeep(buffer)) return;
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
    public OutputSegment RentSegment()
    {
        if (!TryPop(_segments, areOwned: true, out OutputSegment? segment)) return new OutputSegment(OutputSegment.DefaultCapacity);
        _unusedSegments = Math.Min(_unusedSegments, _segments.Count);
        return segment;
    }

    /// <summary>A segment to carry a borrowed range.</summary>
    public OutputSegment RentBorrower() => TryPop(_borrowers, areOwned: false, out OutputSegment? segment) ? segment : new OutputSegment(0);

    /// <summary>Takes a segment back, releasing what it borrowed.</summary>
    public void Return(OutputSegment segment)
    {
        segment.Reset();
        Stack<OutputSegment> stack = segment.Capacity == 0 ? _borrowers : _segments;
        if (stack.Count < PooledMax || (depot is not null && depot.TryGive(stack, areOwned: segment.Capacity > 0)))
        {
            // What was given away is no more there to be trimmed.
            _unusedSegments = Math.Min(_unusedSegments, _segments.Count);
            stack.Push(segment);
            return;
        }
        segment.Dispose();
        Disposed++;
    }

    private bool TryKeep(InputBuffer buffer)
    {
        if (buffer.Capacity < GrownMin || _grownBytes + buffer.Capacity > GrownBytesMax) return false;
        buffer.Clear();
        _grown.Push(buffer);
        _grownBytes += buffer.Capacity;
        return true;
    }

    /// <summary>Gives a buffer the block of one that has grown before, if the last one that was returned is large enough.</summary>
    private bool TryExchange(InputBuffer buffer, long capacity)
    {
        if (!_grown.TryPeek(out InputBuffer? grown) || grown.Capacity < capacity) return false;
        TakeGrown();
        _unusedGrown = Math.Min(_unusedGrown, _grown.Count);
        buffer.Exchange(grown);
        Return(grown);
        return true;
    }

    private InputBuffer TakeGrown()
    {
        InputBuffer grown = _grown.Pop();
        _grownBytes -= grown.Capacity;
        return grown;
    }

    /// <summary>Disposes of what nobody has needed since the last call, so that a burst is forgotten.</summary>
    public void Trim()
    {
        for (int i = 0; i < _unusedInputs; i++, Disposed++) _inputs.Pop().Dispose();
        for (int i = 0; i < _unusedSegments; i++, Disposed++) _segments.Pop().Dispose();
        for (int i = 0; i < _unusedGrown; i++, Disposed++) TakeGrown().Dispose();
        _unusedInputs = _inputs.Count;
        _unusedGrown = _grown.Count;
        _unusedSegments = _segments.Count;
    }

    /// <summary>True when there is something to trim; may be read from any thread.</summary>
    public bool HasPooled => _inputs.Count + _segments.Count + _grown.Count > 0;

    private bool TryPop(Stack<OutputSegment> stack, bool areOwned, [MaybeNullWhen(false)] out OutputSegment segment) =>
        stack.TryPop(out segment) || (depot is not null && depot.TryTake(stack, areOwned) && stack.TryPop(out segment));

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
        while (_grown.TryPop(out InputBuffer? grown)) grown.Dispose();
        while (_segments.TryPop(out OutputSegment? segment)) segment.Dispose();
        while (_borrowers.TryPop(out OutputSegment? borrower)) borrower.Dispose();
    }
}
