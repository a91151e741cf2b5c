using System.Runtime.InteropServices;

namespace Sigrun.Network;

/// <summary>A piece of an <see cref="SpscQueue{T}"/>: a bounded queue between exactly one producing and one consuming thread, without locks.</summary>
/// <remarks>
/// Each side owns one index, on a cache line of its own, and keeps a copy of the other's that it refreshes
/// only when it must; so a push or pop usually touches one shared line.
/// </remarks>
internal sealed class SpscRing<T>
{
    private readonly T[] _items;
    private readonly int _mask;
    private RingIndexes _indexes;
    private SpscRing<T>? _next;

    /// <summary>Creates a ring for at least <paramref name="capacity"/> items.</summary>
    public SpscRing(int capacity)
    {
        _items = new T[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity)];
        _mask = _items.Length - 1;
    }

    /// <summary>The items that a ring has room for.</summary>
    public int Capacity => _items.Length;

    /// <summary>The ring that is used since this one was full. The producer sets it, and pushes nothing here from then on.</summary>
    public SpscRing<T>? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }

    /// <summary>True when nothing is queued; exact for the consumer.</summary>
    public bool IsEmpty => Volatile.Read(ref _indexes.Head) == Volatile.Read(ref _indexes.Tail);

    /// <summary>Adds an item; false when the ring is full. Producer only.</summary>
    public bool TryPush(T item)
    {
        long tail = _indexes.Tail;
        if (tail - _indexes.SeenHead > _mask)
        {
            _indexes.SeenHead = Volatile.Read(ref _indexes.Head);
            if (tail - _indexes.SeenHead > _mask) return false;
        }
        _items[tail & _mask] = item;
        Volatile.Write(ref _indexes.Tail, tail + 1);
        return true;
    }

    /// <summary>Takes the oldest item; false when there is none. Consumer only.</summary>
    public bool TryPop(out T item)
    {
        long head = _indexes.Head;
        if (head == _indexes.SeenTail)
        {
            _indexes.SeenTail = Volatile.Read(ref _indexes.Tail);
            if (head == _indexes.SeenTail)
            {
                item = default!;
                return false;
            }
        }
        ref T slot = ref _items[head & _mask];
        item = slot;
        slot = default!;
        Volatile.Write(ref _indexes.Head, head + 1);
        return true;
    }
}

/// <summary>The two indexes of a ring, each on its owner's cache line.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct RingIndexes
{
    [FieldOffset(64)]
    public long Tail;

    [FieldOffset(72)]
    public long SeenHead;

    [FieldOffset(128)]
    public long Head;

    [FieldOffset(136)]
    public long SeenTail;
}
