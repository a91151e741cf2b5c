namespace Sigrun.Storage.Buffers;

/// <summary>An address range to send; laid out like the system's iovec.</summary>
public readonly record struct OutputSlice(nint Address, nint Length);

/// <summary>
/// What a connection still has to send: a chain of segments. Writers append to the last one,
/// the transport sends from the first one and returns drained segments to the pool.
/// </summary>
public sealed unsafe class OutputQueue
{
    private BufferPool _pool;
    private OutputSegment? _head;
    private OutputSegment? _tail;
    private long _heldBytes;

    /// <summary>Creates an empty queue over a pool.</summary>
    public OutputQueue(BufferPool pool) => _pool = pool;

    /// <summary>The segment that is written to, or null.</summary>
    public OutputSegment? Tail => _tail;

    /// <summary>True when nothing is left to send.</summary>
    public bool IsEmpty => _head is null || (_head == _tail && _head.Length == 0);

    /// <summary>Segments in the chain.</summary>
    public int SegmentCount { get; private set; }

    /// <summary>Bytes that the chain holds: owned segments whole, of others what is left to send. From any thread, about.</summary>
    public long HeldBytes => Volatile.Read(ref _heldBytes);

    /// <summary>Says whose pool segments come from and go to: that of the thread that owns the queue now.</summary>
    public void UsePool(BufferPool pool) => _pool = pool;

    /// <summary>Makes sure that there is a segment to write to, so that whoever gets the queue next seldom needs another.</summary>
    public void EnsureSegment()
    {
        if (_tail is null) AppendSegment();
    }

    /// <summary>Appends an empty owned segment and returns it.</summary>
    public OutputSegment AppendSegment() => Append(_pool.RentSegment());

    /// <summary>Appends a part of a borrowed range; nothing is copied. The lender gets the address back.</summary>
    public void AppendBorrowed(byte* address, long offset, long length, IBorrowedBytes lender)
    {
        OutputSegment segment = _pool.RentBorrower();
        segment.Borrow(address, offset, length, lender);
        Append(segment);
    }

    /// <summary>Appends a message that other queues send too; nothing is copied.</summary>
    public void AppendShared(in SharedRange message)
    {
        _heldBytes += message.Length;
        if (_tail is { } tail && tail.TryExtend(message)) return;
        OutputSegment segment = _pool.RentBorrower();
        message.Block.Retain();
        segment.Borrow(message.Block.Data, message.Offset, message.Length, message.Block);
        Link(segment);
    }

    /// <summary>Appends a copy of bytes.</summary>
    public void AppendCopy(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            OutputSegment segment = _tail is { Capacity: > 0 } tail && tail.End < tail.Capacity ? tail : AppendSegment();
            int step = (int)Math.Min(segment.Capacity - segment.End, bytes.Length);
            bytes[..step].CopyTo(new Span<byte>(segment.Data + segment.End, step));
            segment.End += step;
            bytes = bytes[step..];
        }
    }

    /// <summary>Fills <paramref name="slices"/> from the front of the chain; returns how many were filled.</summary>
    public int Gather(Span<OutputSlice> slices)
    {
        int count = 0;
        for (OutputSegment? s = _head; s is not null && count < slices.Length; s = s.Next)
        {
            if (s.Length > 0) slices[count++] = new OutputSlice((nint)(s.Data + s.Start), (nint)s.Length);
        }
        return count;
    }

    /// <summary>Drops bytes that were sent and returns drained segments to the pool.</summary>
    public void Advance(long sent)
    {
        while (_head is { } segment)
        {
            long step = Math.Min(sent, segment.Length);
            segment.Start += step;
            sent -= step;
            if (segment.Capacity == 0) _heldBytes -= step;
            if (segment.Length > 0) return;
            RemoveHead(segment);
        }
    }

    /// <summary>Moves everything that another queue holds to the end of this one.</summary>
    public void TakeFrom(OutputQueue? other)
    {
        if (other?._head is null) return;
        if (_tail is null) _head = other._head;
        else _tail.Next = other._head;
        _tail = other._tail;
        SegmentCount += other.SegmentCount;
        // First there, then here: whoever adds both up meanwhile may see too little, never too much.
        long held = other._heldBytes;
        Volatile.Write(ref other._heldBytes, 0);
        Volatile.Write(ref _heldBytes, _heldBytes + held);
        other._head = other._tail = null;
        other.SegmentCount = 0;
    }

    /// <summary>Drops everything, sent or not.</summary>
    public void Clear()
    {
        while (_head is { } segment) RemoveHead(segment);
    }

    private OutputSegment Append(OutputSegment segment)
    {
        _heldBytes += segment.HeldBytes;
        return Link(segment);
    }

    private OutputSegment Link(OutputSegment segment)
    {
        if (_tail is null) _head = segment;
        else _tail.Next = segment;
        _tail = segment;
        SegmentCount++;
        return segment;
    }

    private void RemoveHead(OutputSegment segment)
    {
        _head = segment.Next;
        if (_head is null) _tail = null;
        SegmentCount--;
        _heldBytes -= segment.HeldBytes;
        _pool.Return(segment);
    }
}
