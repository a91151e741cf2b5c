using System.Runtime.InteropServices;

namespace Sigrun.Storage.Snapshots;

/// <summary>A string of more than a megabyte: its parts are stretches of bytes.</summary>
internal sealed unsafe class PinnedString : PinnedValue
{
    private const int PartBytes = 32 << 10;

    private readonly Dictionary<int, nint> _copies = [];
    private readonly Heap _heap;
    private readonly BigValue _value;
    private readonly int _length;
    private int _next;

    public PinnedString(SnapshotQueue queue, Heap heap, BigValue value) : base(queue)
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
            if (_copies.ContainsKey(part)) continue;
            ReadOnlySpan<byte> bytes = Part(part);
            byte* copy = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
            bytes.CopyTo(new Span<byte>(copy, bytes.Length));
            _copies.Add(part, (nint)copy);
        }
    }

    /// <inheritdoc/>
    public override bool Advance()
    {
        if (_copies.Remove(_next, out nint copy))
        {
            Queue.WriteRaw(new ReadOnlySpan<byte>((void*)copy, Part(_next).Length));
            NativeMemory.Free((void*)copy);
        }
        else
        {
            Queue.WriteRaw(Part(_next));
        }
        _next++;
        if ((long)_next * PartBytes < _length) return false;
        Queue.WriteEnd();
        return true;
    }

    /// <inheritdoc/>
    public override void End()
    {
        foreach (nint copy in _copies.Values) NativeMemory.Free((void*)copy);
        _copies.Clear();
        _value.IsPinned = false;
        _value.Release(_heap);
    }

    private ReadOnlySpan<byte> Part(int part)
    {
        int start = part * PartBytes;
        return new ReadOnlySpan<byte>(_value.Block + BigValue.HeaderBytes + start, Math.Min(PartBytes, _length - start));
    }
}
