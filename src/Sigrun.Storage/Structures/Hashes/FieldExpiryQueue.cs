using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sigrun.Storage.Defragmentation;

namespace Sigrun.Storage.Structures.Hashes;

/// <summary>The fields of one hash that expire, the next to expire in front: the state of the queue, a block of its own.</summary>
/// <remarks>
/// <para>A heap with four children per place: the first place holds the earliest, adding in the order of time moves
/// nothing, adding or removing at random moves a logarithm of them. An index without an order would have to look at all
/// fields to find the one that is due; a list per span of time takes more memory where the spans hold few.</para>
/// <para>A place has thirteen bytes: eight of time, five of reference. The field knows its place and not its time, which
/// lies here only: what a hash pays for a field that expires is seventeen bytes. Places lie in segments of 1024, so that growth copies nothing; a queue with fewer has one block
/// that doubles. The state hangs at the header of the hash's table (<see cref="TableHeader.Attachment"/>); a hash
/// none of whose fields expires has none.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FieldExpiryQueue
{
    /// <summary>Means no expiry.</summary>
    public const long Never = -1;

    private const int PlaceBytes = sizeof(long) + ReferenceBytes;
    private const int ReferenceBytes = 5;
    private const int SegmentShift = 10;
    private const int SegmentPlaces = 1 << SegmentShift;
    private const int FirstPlaces = 4;
    private const int FirstDirectory = 8;
    private const int Children = 4;

    private byte** _directory;
    private readonly byte* _heapBase;
    private uint _capacity;
    private int _directoryCapacity;

    /// <summary>The only segment, to which the directory points while there is no other.</summary>
    public byte* OnlySegment;

    /// <summary>How many fields are in it.</summary>
    public uint Count;

    /// <summary>Whether the key's table knows of it.</summary>
    public bool IsRegistered;

    private FieldExpiryQueue(byte* heapBase) => _heapBase = heapBase;

    /// <summary>The field that expires first, of a queue that is not empty.</summary>
    public readonly byte* First => _heapBase + (ReferenceAt(Place(0)) << 2);

    /// <summary>When it does.</summary>
    public readonly long FirstTime => TimeAt(Place(0));

    /// <summary>The bytes of state and places.</summary>
    public readonly long UsedBytes(Heap heap)
    {
        long bytes = (long)Heap.RoundedSize((nuint)sizeof(FieldExpiryQueue));
        for (int i = 0; i < Segments; i++) bytes += (long)heap.UsableSize(_directory[i]);
        return _directoryCapacity > 1 ? bytes + (long)heap.UsableSize((byte*)_directory) : bytes;
    }

    /// <summary>Makes an empty queue.</summary>
    public static FieldExpiryQueue* Create(Heap heap)
    {
        var queue = (FieldExpiryQueue*)heap.Allocate((nuint)sizeof(FieldExpiryQueue));
        *queue = new FieldExpiryQueue(heap.Base);
        queue->_directory = &queue->OnlySegment;
        queue->_directoryCapacity = 1;
        return queue;
    }

    /// <summary>Frees the queue, not the fields.</summary>
    public static void Free<TFreer>(in TFreer freer, FieldExpiryQueue* queue) where TFreer : struct, IBlockFreer
    {
        for (int i = 0; i < queue->Segments; i++) freer.Free(queue->_directory[i]);
        if (queue->_directoryCapacity > 1) freer.Free((byte*)queue->_directory);
        freer.Free((byte*)queue);
    }

    /// <summary>Moves the blocks of a queue but for its segments; returns where it is.</summary>
    public static FieldExpiryQueue* MoveFrame(BlockMover blocks, FieldExpiryQueue* queue)
    {
        if (blocks.Move(ref queue) && queue->_directoryCapacity == 1) queue->_directory = &queue->OnlySegment;
        if (queue->_directoryCapacity > 1) blocks.Move(ref *(byte**)&queue->_directory);
        return queue;
    }

    /// <summary>Moves a segment; false when there is none of that number.</summary>
    public readonly bool MoveSegment(BlockMover blocks, ulong number)
    {
        if (number >= (ulong)Segments) return false;
        blocks.Move(ref _directory[number]);
        return true;
    }

    /// <summary>Makes sure that the next <see cref="Add"/> cannot fail.</summary>
    public void Reserve(Heap heap)
    {
        if (Count < _capacity) return;
        if (_capacity < SegmentPlaces)
        {
            ResizeOnly(heap, Math.Max(FirstPlaces, _capacity * 2));
            return;
        }
        int segments = Segments;
        if (segments == _directoryCapacity) GrowDirectory(heap);
        _directory[segments] = heap.Allocate(SegmentPlaces * PlaceBytes);
        _capacity += SegmentPlaces;
    }

    /// <summary>When a field expires, −1 for never.</summary>
    /// <param name="queue">The queue of its hash; may be null where no field expires.</param>
    /// <param name="field">The field.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ExpiryOf(FieldExpiryQueue* queue, byte* field) => HashField.IsExpiring(field) ? queue->TimeOf(field) : Never;

    /// <summary>Whether a field has expired; −1 is before all times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsExpired(FieldExpiryQueue* queue, byte* field, long nowMs) =>
        HashField.IsExpiring(field) && queue->TimeOf(field) < nowMs;

    /// <summary>When a field in the queue expires.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly long TimeOf(byte* field) => TimeAt(Place(HashField.QueueIndex(field)));

    /// <summary>Adds a field.</summary>
    public void Add(byte* field, long expiryMs) => Rise(Count++, ReferenceOf(field), expiryMs);

    /// <summary>Takes the field at a place out, which is not looked at.</summary>
    public void RemoveAt(Heap heap, uint index)
    {
        byte* last = Place(--Count);
        if (index != Count) Settle(index, ReferenceAt(last), TimeAt(last));
        Shrink(heap);
    }

    /// <summary>Notes that the field at a place has another time, or lies elsewhere in memory.</summary>
    public readonly void Update(uint index, byte* field, long expiryMs) => Settle(index, ReferenceOf(field), expiryMs);

    /// <summary>Notes where a field in the queue lies that was moved.</summary>
    public readonly void Follow(byte* field)
    {
        byte* place = Place(HashField.QueueIndex(field));
        SetReference(place, ReferenceOf(field));
    }

    private readonly int Segments => (int)((_capacity + SegmentPlaces - 1) >> SegmentShift);

    private readonly ulong ReferenceOf(byte* field) => (ulong)(field - _heapBase) >> 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly byte* Place(uint index) => _directory[index >> SegmentShift] + (index & (SegmentPlaces - 1)) * PlaceBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long TimeAt(byte* place) => Unsafe.ReadUnaligned<long>(place);

    private static ulong ReferenceAt(byte* place) => Unsafe.ReadUnaligned<uint>(place + 8) | (ulong)place[12] << 32;

    private readonly void Put(uint index, ulong reference, long time)
    {
        byte* place = Place(index);
        Unsafe.WriteUnaligned(place, time);
        SetReference(place, reference);
        HashField.SetQueueIndex(_heapBase + (reference << 2), index);
    }

    private static void SetReference(byte* place, ulong reference)
    {
        Unsafe.WriteUnaligned(place + sizeof(long), (uint)reference);
        place[12] = (byte)(reference >> 32);
    }

    /// <summary>Puts a field where it belongs from a place on, whichever way that is.</summary>
    private readonly void Settle(uint index, ulong reference, long time)
    {
        if (index > 0 && TimeAt(Place((index - 1) / Children)) > time) Rise(index, reference, time);
        else Sink(index, reference, time);
    }

    private readonly void Rise(uint index, ulong reference, long time)
    {
        while (index > 0)
        {
            uint parent = (index - 1) / Children;
            byte* above = Place(parent);
            long aboveTime = TimeAt(above);
            if (aboveTime <= time) break;
            Put(index, ReferenceAt(above), aboveTime);
            index = parent;
        }
        Put(index, reference, time);
    }

    private readonly void Sink(uint index, ulong reference, long time)
    {
        for (; ; )
        {
            ulong first = (ulong)index * Children + 1;
            if (first >= Count) break;
            uint best = (uint)first;
            long bestTime = TimeAt(Place(best));
            for (uint i = best + 1; i < Math.Min((uint)first + Children, Count); i++)
            {
                long candidate = TimeAt(Place(i));
                if (candidate >= bestTime) continue;
                (best, bestTime) = (i, candidate);
            }
            if (bestTime >= time) break;
            Put(index, ReferenceAt(Place(best)), bestTime);
            index = best;
        }
        Put(index, reference, time);
    }

    /// <summary>Gives back a segment when one and a half are empty, or half of the only one when a quarter is used.</summary>
    private void Shrink(Heap heap)
    {
        if (_capacity > SegmentPlaces)
        {
            if (Count + SegmentPlaces + SegmentPlaces / 2 > _capacity) return;
            _capacity -= SegmentPlaces;
            heap.Free(_directory[Segments]);
            return;
        }
        if (_capacity <= FirstPlaces || Count >= _capacity / 4) return;
        try
        {
            ResizeOnly(heap, _capacity / 2);
        }
        catch (HeapExhaustedException)
        {
            // The larger block serves as well.
        }
    }

    private void ResizeOnly(Heap heap, uint capacity)
    {
        byte* segment = heap.Allocate(capacity * PlaceBytes);
        byte* old = _directory[0];
        if (_capacity > 0)
        {
            Unsafe.CopyBlockUnaligned(segment, old, Math.Min(Count, capacity) * PlaceBytes);
            heap.Free(old);
        }
        _directory[0] = segment;
        _capacity = capacity;
    }

    private void GrowDirectory(Heap heap)
    {
        int capacity = Math.Max(FirstDirectory, _directoryCapacity * 2);
        var directory = (byte**)heap.Allocate((nuint)capacity * (nuint)sizeof(byte*));
        for (int i = 0; i < _directoryCapacity; i++) directory[i] = _directory[i];
        if (_directoryCapacity > 1) heap.Free((byte*)_directory);
        _directory = directory;
        _directoryCapacity = capacity;
    }
}
