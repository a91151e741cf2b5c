using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Defragmentation;

/// <summary>Moves blocks out of slabs that are being emptied, and counts them.</summary>
/// <remarks>Whether a block is worth moving is asked of its slab's record: blocks that stay are not touched.</remarks>
internal sealed unsafe class BlockMover(Heap heap)
{
    /// <summary>The heap of the blocks.</summary>
    public Heap Heap { get; } = heap;

    /// <summary>Blocks that were moved.</summary>
    public long Moved { get; set; }

    /// <summary>Blocks that were looked at and stayed.</summary>
    public long Stayed { get; set; }

    /// <summary>Moves a block if that is worth it; returns where it is now. A block that has moved is gone: whatever led to it must lead there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Move(byte* block)
    {
        if (Heap.IsLeaving(block)) return MoveAway(block);
        Stayed++;
        return block;
    }

    /// <summary>Moves the block that a pointer leads to; whether it lies elsewhere now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Move<T>(ref T* pointer) where T : unmanaged
    {
        var before = (byte*)pointer;
        byte* after = Move(before);
        pointer = (T*)after;
        return after != before;
    }

    private byte* MoveAway(byte* block)
    {
        byte* moved = Heap.Relocate(block);
        if (moved != block) Moved++;
        else Stayed++;
        return moved;
    }
}
