using System.Runtime.CompilerServices;

namespace Sigrun.Storage;

/// <content>Slabs that are emptied on purpose: those who know who refers to a block move it out of them, block by block.</content>
/// <remarks>
/// A slab that is leaving is in no ring that is allocated from, so what moves out of it lands in the fuller ones, and the
/// slab goes back to the system when its last block has gone. Which slabs leave is chosen by <see cref="Defragmentation.SlabChoice"/>.
/// Large blocks are runs of units of their own: what is free between them takes addresses and no memory, and stays.
/// </remarks>
public sealed unsafe partial class Heap
{
    /// <summary>What slabs take that would be empty if live blocks lay as close together as they can.</summary>
    public long ReclaimableBytes
    {
        get
        {
            long units = 0;
            for (int i = 0; i < SizeClasses.Count; i++)
                units += SpareSlabs(i) * _classes[i].SlabUnits;
            return units << SizeClasses.UnitShift;
        }
    }

    /// <summary>Gives back slabs without live blocks that classes have kept as their last.</summary>
    /// <remarks>A class keeps one so that a block that comes and goes does not cost a slab every time; a table that has grown has passed through many.</remarks>
    public void GiveBackEmptySlabs()
    {
        for (int i = 0; i < SizeClasses.Count; i++)
        {
            UnitInfo* slab = _classes[i].Current;
            if (slab == null || slab->Used > 0)
                continue;
            BeginLeaving(slab);
            EmptySlab(_classes + i, slab);
        }
    }

    /// <summary>The units that may be anything but untouched.</summary>
    internal int UsedUnits => _runs.Frontier;

    private ClassState* Leaving => _classes + SizeClasses.Count;

    /// <summary>How many slabs of a class the others have room for.</summary>
    internal long SpareSlabs(int sizeClass)
    {
        ClassState* state = _classes + sizeClass;
        return ((long)state->Slabs * state->SlabSlots - state->UsedSlots) / state->SlabSlots;
    }

    /// <summary>The slots of a class's slab.</summary>
    internal int SlotsOf(int sizeClass) => _classes[sizeClass].SlabSlots;

    /// <summary>Whether the slab of a block is being emptied, so that the block is worth moving.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsLeaving(byte* block) => _units[(nuint)(block - _base) >> SizeClasses.UnitShift].IsLeaving;

    /// <summary>Puts a block's bytes into another block of the same size and frees it; where they are now, which is where they were when memory is short.</summary>
    internal byte* Relocate(byte* block)
    {
        nuint bytes = UsableSize(block);
        byte* fresh;
        try
        {
            fresh = Allocate(bytes);
        }
        catch (HeapExhaustedException)
        {
            return block;
        }
        Unsafe.CopyBlockUnaligned(fresh, block, (uint)bytes);
        Free(block);
        return fresh;
    }

    /// <summary>Begins to empty a slab.</summary>
    internal void BeginLeaving(UnitInfo* slab)
    {
        ClassState* state = _classes + slab->SizeClass;
        if (slab->Used < state->SlabSlots)
            LeaveList(state, slab);
        MarkLeaving(slab, true);
        JoinList(Leaving, slab);
    }

    /// <summary>Keeps the slabs that have not become empty: they are allocated from again.</summary>
    internal void KeepLeaving()
    {
        while (Leaving->Current != null)
        {
            UnitInfo* slab = Leaving->Current;
            ClassState* state = _classes + slab->SizeClass;
            EndLeaving(slab);
            if (slab->Used < state->SlabSlots)
                JoinList(state, slab);
        }
    }

    private void EndLeaving(UnitInfo* slab)
    {
        LeaveList(Leaving, slab);
        MarkLeaving(slab, false);
    }

    private void MarkLeaving(UnitInfo* slab, bool isLeaving)
    {
        for (int i = 0; i < _classes[slab->SizeClass].SlabUnits; i++)
            slab[i].IsLeaving = isLeaving;
    }

    /// <summary>A slab with a free slot when there is no memory for another one: keeping those that are leaving may give one.</summary>
    private UnitInfo* FirstKept(ClassState* state)
    {
        KeepLeaving();
        return state->Current != null ? state->Current : throw new HeapExhaustedException(state->SlotBytes);
    }
}
