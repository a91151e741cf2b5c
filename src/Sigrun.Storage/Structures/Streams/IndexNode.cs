using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sigrun.Storage.Structures.Streams;

/// <summary>One place of an index's node: a key, or the beginning of one, and what it leads to.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IndexSlot
{
    public ulong High;
    public ulong Low;

    /// <summary>In a leaf what the index holds, else the child.</summary>
    public byte* Item;

    /// <summary>The key as an ID.</summary>
    public readonly StreamId Id => new(High, Low);
}

/// <summary>A node of an <see cref="OrderedIndex"/>; its slots follow it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IndexNode
{
    /// <summary>Slots of every node but a root that is a leaf, which may have fewer: 1, 3, 7, 15, 31.</summary>
    public const int SlotsMax = 63;

    public byte Count;
    public byte Capacity;

    /// <summary>Distance from the leaves.</summary>
    public ushort Level;

    /// <summary>The snapshot during which the node was made, or copied: it waits for the node no more.</summary>
    public uint Snapshot;

    /// <summary>The leaf in front of this one.</summary>
    public IndexNode* Previous;

    /// <summary>The leaf behind this one.</summary>
    public IndexNode* Next;

    public readonly bool IsFull => Count == Capacity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static IndexSlot* Slots(IndexNode* node) => (IndexSlot*)(node + 1);

    public static IndexNode* Child(IndexNode* node, int index) => (IndexNode*)Slots(node)[index].Item;

    /// <summary>The block of a node with that many slots: a size without waste.</summary>
    public static nuint BlockBytes(int capacity) => (nuint)sizeof(IndexNode) + (nuint)capacity * (nuint)sizeof(IndexSlot);

    public static IndexNode* Create(Heap heap, int capacity, int level)
    {
        IndexNode* node = (IndexNode*)heap.Allocate(BlockBytes(capacity));
        *node = new IndexNode { Capacity = (byte)capacity, Level = (ushort)level, Snapshot = heap.SnapshotCount };
        return node;
    }

    /// <summary>Puts a slot in front of the one at a place; there is room.</summary>
    public static void Insert(IndexNode* node, int at, in IndexSlot slot)
    {
        IndexSlot* place = Slots(node) + at;
        Copy(place, place + 1, node->Count - at);
        *place = slot;
        node->Count++;
    }

    public static void Remove(IndexNode* node, int at)
    {
        IndexSlot* place = Slots(node) + at;
        node->Count--;
        Copy(place + 1, place, node->Count - at);
    }

    /// <summary>Moves the slots from a place on to the end of another node.</summary>
    public static void MoveTail(IndexNode* from, int at, IndexNode* to)
    {
        int count = from->Count - at;
        Copy(Slots(from) + at, Slots(to) + to->Count, count);
        from->Count = (byte)at;
        to->Count += (byte)count;
    }

    private static void Copy(IndexSlot* from, IndexSlot* to, int count)
    {
        long bytes = (long)count * sizeof(IndexSlot);
        Buffer.MemoryCopy(from, to, bytes, bytes);
    }
}
