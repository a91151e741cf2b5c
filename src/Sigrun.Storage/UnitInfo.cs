using System.Runtime.InteropServices;

namespace Sigrun.Storage;

/// <summary>What a 64 KiB unit of the heap's range is used for.</summary>
internal enum UnitKind : byte
{
    /// <summary>Beyond the frontier: never handed out.</summary>
    Untouched,

    /// <summary>Part of a free run.</summary>
    Free,

    /// <summary>The first unit of a slab of equal slots.</summary>
    Slab,

    /// <summary>A later unit of a slab; <see cref="UnitInfo.HeadDistance"/> leads back.</summary>
    SlabTail,

    /// <summary>The first unit of a large block.</summary>
    Large,

    /// <summary>A later unit of a large block.</summary>
    LargeTail,
}

/// <summary>
/// The side record of one unit. Records lie outside the data so that a slab is nothing but slots and
/// a walk over records touches no data page. Which fields are valid depends on <see cref="Kind"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct UnitInfo
{
    /// <summary>Ends a slab's free list: no slot starts at the last word of a slab.</summary>
    public const ushort NoSlot = ushort.MaxValue;

    public UnitKind Kind;
    public byte SizeClass;
    public byte HeadDistance;

    /// <summary>A free unit whose pages may still be resident.</summary>
    public bool Resident;

    /// <summary>The first free slot of the slab, as a word offset.</summary>
    public ushort FreeHead;

    /// <summary>Live slots of the slab.</summary>
    public ushort Used;

    /// <summary>The word offset of the first slot that was never handed out.</summary>
    public uint Carved;

    /// <summary>Units in the run, in the first record of a large block and in both ends of a free run.</summary>
    public uint RunUnits;

    /// <summary>Neighbours in a ring of slabs or in a free-run list, as unit numbers.</summary>
    public int Next;

    /// <inheritdoc cref="Next"/>
    public int Previous;

    /// <summary>The accounted size of a large block, in 4 KiB pages.</summary>
    public uint LargePages;

    /// <summary>Part of a slab that is being emptied (see <see cref="Heap.IsLeaving"/>): nothing new goes there.</summary>
    public bool IsLeaving;
}
