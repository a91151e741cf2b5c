namespace Sigrun.Storage.Snapshots;

/// <summary>A string of more than a megabyte: its parts are stretches of bytes.</summary>
internal sealed unsafe class PinnedString : PinnedValue
{
    private const int PartBytes = 32 << 10;

    private readonly PartCopies<int> _copies = new();
    private readonly Heap _heap;
    private readonly BigValue _value;
    private readonly int _length;
    private int _next;

    public PinnedString(SnapshotQueue queue, Heap heap, BigValue value) : base(queue, heap)
    {
        _heap = heap;
        _value = value;
        _length = value.Length;
        value.Retain();
        value.IsPinned = true;
        queue.WriteLongString(_length);
    }

    /// <inheritdoc/>
    public override nint Address => (nint)_value.Block;

    /// <summary>Called before bytes of the string are overwritten where they are.</summary>
    public void BeforeWrite(long from, long to)
    {
        to = Math.Min(to, _length);
        for (int part = (int)Math.Max(_next, from / PartBytes); (long)part * PartBytes < to; part++)
        {
            if (!_copies.Contains(part)) _copies.Add(part, Part(part));
        }
    }

    /// <inheritdoc/>
    public override bool Advance()
    {
        ReadOnlySpan<byte> part = Part(_next);
        byte* copy = _copies.Take(_next++);
        Queue.WriteRaw(copy == null ? part : new ReadOnlySpan<byte>(copy, part.Length));
        PartCopies<int>.Free(copy);
        if ((long)_next * PartBytes < _length) return false;
        Queue.WriteEnd();
        return true;
    }

    /// <inheritdoc/>
    public override void End()
    {
        _copies.FreeAll();
        _value.IsPinned = false;
        _value.Release(_heap);
    }

    private ReadOnlySpan<byte> Part(int part)
    {
        int start = part * PartBytes;
        return new ReadOnlySpan<byte>(_value.Block + BigValue.HeaderBytes + start, Math.Min(PartBytes, _length - start));
    }
}
