using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sigrun.Storage.Compression;
using Sigrun.Storage.Snapshots;
using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Storage;

/// <summary>
/// The memory of one engine: blocks of any size from one reserved range of addresses.
/// </summary>
/// <remarks>
/// <para>One range, so that a reference is an offset: 40 bits in units of four bytes instead of a
/// pointer of 64. The range is reserved once and never moves; memory is used as it is touched.</para>
/// <para>Blocks of up to 32 KiB are slots of slabs (see <see cref="SizeClasses"/>): allocation pops
/// the slab's free list or carves the next slot, freeing pushes; both touch the block, the slab's
/// side record and the class's state, and nothing else. Free lists are threaded through the dead
/// slots as 16-bit word offsets. A slab that becomes empty goes back to the <see cref="RunAllocator"/>
/// unless it is its class's last, which waits for <see cref="GiveBackEmptySlabs"/>. Sparse slabs may be
/// emptied on purpose (Heap.Evacuation.cs). Larger blocks are runs of whole units, accounted in pages.</para>
/// <para>One thread owns the heap and there are no locks. Another thread frees through a
/// <see cref="BackgroundFreeBatch"/>, whose chains the owner absorbs whole.</para>
/// <para>Invariants: <see cref="UsedBytes"/> is the sum of <see cref="UsableSize"/> over live blocks;
/// a block whose requested size is a multiple of 64 is 64-byte aligned; an allocation that fails
/// has changed nothing.</para>
/// </remarks>
public sealed unsafe partial class Heap : IDisposable
{
    private const nuint HugePageBytes = 2 << 20;
    private const long MinReserveBytes = 1L << 20;
    private const long DefaultReserveBytes = 64L << 30;

    private readonly byte* _reservation;
    private readonly nuint _reservationBytes;
    private readonly byte* _base;
    private readonly UnitInfo* _units;
    private readonly nuint _recordBytes;
    private readonly ClassState* _classes;
    private readonly RunAllocator _runs;
    private readonly HeapChecker? _checker;
    private readonly BackgroundFreeQueue _backgroundFrees = new();
    private long _usedBytes;
    private long _slabUnits;
    private readonly KeyHasher _hasher;
    private bool _disposed;

    /// <summary>Reserves the range; throws <see cref="HeapExhaustedException"/> when the system has no room for it.</summary>
    public Heap(HeapOptions? options = null)
    {
        StorageLayout.Verify();
        options ??= new HeapOptions();
        _hasher = options.Hasher;
        MovesOnWrite = options.Checking && options.MoveOnWrite;
        long wanted = options.ReserveBytes > 0 ? options.ReserveBytes : DefaultReserve();
        ReservedBytes = (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Clamp(wanted, MinReserveBytes, HeapOptions.MaxReserveBytes));
        _reservation = ReserveRange(options.ReserveBytes > 0 ? ReservedBytes : MinReserveBytes);
        _reservationBytes = (nuint)ReservedBytes + HugePageBytes;
        _base = (byte*)(((nuint)_reservation + HugePageBytes - 1) & ~(HugePageBytes - 1));
        int unitLimit = (int)(ReservedBytes >> SizeClasses.UnitShift);
        _recordBytes = ((nuint)unitLimit * (nuint)sizeof(UnitInfo) + 4095) & ~(nuint)4095;
        _units = (UnitInfo*)VirtualMemory.Reserve(_recordBytes);
        _runs = new RunAllocator(_base, _units, unitLimit, options);
        _classes = ClassState.MakeAll();
        if (_units == null || !_runs.CommitFirst())
        {
            Dispose();
            throw new HeapExhaustedException(ReservedBytes);
        }
        if (options.HugePages)
            VirtualMemory.AdviseHugePages(_base, (nuint)ReservedBytes);
        if (options.Checking)
            _checker = new HeapChecker(this, options.QuarantineBytes);
    }

    /// <summary>The start of the range: reference 0, never part of a block.</summary>
    public byte* Base
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _base;
    }

    /// <summary>The keyed hash of the tables in this heap.</summary>
    public ref readonly KeyHasher Hasher
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _hasher;
    }

    /// <summary>Compresses values that are kept compressed; for the heap's owner only.</summary>
    internal LzfCompressor Compressor { get; } = new();

    /// <summary>Slot sizes of all live blocks, large ones in whole pages: exact.</summary>
    public long UsedBytes => _checker is null ? _usedBytes : _checker.UsedBytes;

    /// <summary>Bytes that slabs, large blocks and not yet released free units may keep resident.</summary>
    public long CommittedBytes => (long)(_runs.Frontier - 1 - _runs.FreeUnits + _runs.ResidentFreeUnits) << SizeClasses.UnitShift;

    /// <summary>Bytes of slabs that no live block occupies.</summary>
    public long FreeBytesInSlabs
    {
        get
        {
            long used = 0;
            for (int i = 0; i < SizeClasses.Count; i++)
                used += _classes[i].UsedSlots * _classes[i].SlotBytes;
            return (_slabUnits << SizeClasses.UnitShift) - used;
        }
    }

    /// <summary>Bytes of free units whose pages were not given back yet.</summary>
    public long FreeBytesInRuns => (long)_runs.ResidentFreeUnits << SizeClasses.UnitShift;

    /// <summary>The size of the reserved range.</summary>
    public long ReservedBytes { get; private set; }

    /// <summary>Whether every write to an entry must move it (a checking mode).</summary>
    public bool MovesOnWrite { get; }

    /// <summary>
    /// Whether memory that was never used is made resident as it is taken, a slab at a time: cheaper than a page at a
    /// time where all of it will be used, and wasteful elsewhere.
    /// </summary>
    public bool ReadiesPages
    {
        get => _runs.ReadiesPages;
        set => _runs.ReadiesPages = value;
    }

    /// <summary>Whether blocks are checked for misuse.</summary>
    public bool IsChecking => _checker is not null;

    /// <summary>The snapshot that is being copied; null when there is none.</summary>
    internal SnapshotWalk? Walk { get; set; }

    /// <summary>How many snapshots have begun. What was made, or copied for one, since the last began bears this number.</summary>
    internal uint SnapshotCount { get; set; }

    /// <summary>Where the walk that moves blocks goes on in a large list.</summary>
    internal ListBookmark Bookmark;

    internal BackgroundFreeQueue BackgroundFrees => _backgroundFrees;

    internal UnitInfo* Units => _units;

    /// <summary>A block of at least that size, its content undefined.</summary>
    /// <exception cref="HeapExhaustedException">No memory; nothing was changed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Allocate(nuint size) => _checker is null ? AllocateBlock(size) : _checker.Allocate(size);

    /// <summary>Ends a block's life.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Free(byte* block)
    {
        if (_checker is null)
            FreeBlock(block);
        else
            _checker.Free(block);
    }

    /// <summary>Makes a large block larger where it lies; false when it cannot be, and nothing was changed.</summary>
    public bool TryExtend(byte* block, nuint size)
    {
        UnitInfo* head = _units + ((nuint)(block - _base) >> SizeClasses.UnitShift);
        if (_checker is not null || head->Kind != UnitKind.Large || size > (nuint)ReservedBytes)
            return false;
        int count = (int)head->RunUnits;
        int wanted = (int)((size + SizeClasses.UnitBytes - 1) >> SizeClasses.UnitShift);
        uint pages = (uint)((size + 4095) >> 12);
        if (pages <= head->LargePages)
            return true;
        if (wanted > count && !_runs.TryExtend((int)(head - _units), count, wanted))
            return false;
        for (int i = count; i < wanted; i++)
            head[i].Kind = UnitKind.LargeTail;
        head->RunUnits = (uint)wanted;
        _usedBytes += (long)(pages - head->LargePages) << 12;
        head->LargePages = pages;
        return true;
    }

    /// <summary>Whether these many bytes can be taken, in one block or in many, and leave what is kept back.</summary>
    public bool HasRoomFor(long bytes)
    {
        if (bytes <= ReservedBytes && _runs.HasRoomFor((int)((bytes + SizeClasses.UnitBytes - 1) >> SizeClasses.UnitShift)))
            return true;
        if (_checker is null || !_checker.TryDrainQuarantine())
            return false;
        return HasRoomFor(bytes);
    }

    /// <summary>Throws <see cref="HeapExhaustedException"/> where there is no such room.</summary>
    public void RequireRoomFor(long bytes)
    {
        if (!HasRoomFor(bytes)) throw new HeapExhaustedException(bytes);
    }

    /// <summary>The bytes of a block that may be used: its slot, at least what was asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nuint UsableSize(byte* block) => _checker is null ? BlockSize(block) : _checker.UsableSize(block);

    /// <summary>Whether a value that takes that much now stays where it is: it fits, and another block would save next to nothing.</summary>
    internal bool MayStay(byte* block, nuint size)
    {
        if (MovesOnWrite)
            return false;
        nuint usable = UsableSize(block);
        return size <= usable && usable - RoundedSize(size) <= Math.Max(4, usable >> 4);
    }

    /// <summary>What a request of that size would occupy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint RoundedSize(nuint size) => SizeClasses.Rounded(size);

    /// <summary>The 40-bit reference of a block; null gives 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ToRef(byte* block) => block == null ? 0 : (ulong)(block - _base) >> 2;

    /// <summary>Takes over what background threads have freed, at most that many slab groups; returns how many.</summary>
    public int AbsorbBackgroundFrees(int maxGroups)
    {
        int absorbed = 0;
        while (absorbed < maxGroups && _backgroundFrees.TryTake(out FreedGroup group))
        {
            if (group.IsSingleBlock)
                Free(_base + group.BlockOffset);
            else
                AbsorbGroup(group);
            absorbed++;
        }
        return absorbed;
    }

    /// <summary>Gives pages of at most that many free units back to the system; returns how many.</summary>
    /// <param name="maxUnits">The most units.</param>
    /// <param name="maxRuns">The most runs of neighbours: each is a system call, which may cost more than the units of a run.</param>
    public int ReleaseFreePages(int maxUnits, int maxRuns = int.MaxValue) => _runs.ReleasePages(maxUnits, maxRuns);

    /// <summary>The live blocks, known in checking mode only.</summary>
    public IReadOnlyList<HeapBlock> LiveBlocks() => _checker?.LiveBlocks() ?? [];

    /// <summary>How many slabs there are of each slot size in use, and how full they are; looks at all units.</summary>
    public IReadOnlyList<SlabFigures> GetSlabFigures()
    {
        (int Slabs, long Used)[] classes = new (int Slabs, long Used)[SizeClasses.Count];
        for (int i = 1; i < _runs.Frontier; i++)
        {
            if (_units[i].Kind != UnitKind.Slab)
                continue;
            classes[_units[i].SizeClass].Slabs++;
            classes[_units[i].SizeClass].Used += _units[i].Used;
        }
        List<SlabFigures> figures = [];
        for (int i = 0; i < classes.Length; i++)
        {
            if (classes[i].Slabs > 0)
                figures.Add(new SlabFigures((int)_classes[i].SlotBytes, classes[i].Slabs, classes[i].Used, (long)classes[i].Slabs * _classes[i].SlabSlots - classes[i].Used));
        }
        return figures;
    }

    /// <summary>Throws when a block is alive; in checking mode also looks through the quarantine.</summary>
    public void AssertEmpty()
    {
        _checker?.DrainQuarantine();
        if (UsedBytes != 0)
            throw new HeapCorruptionException($"{UsedBytes} bytes are still in use. {_checker?.Describe()}");
    }

    /// <summary>Ends the reservation; every block is gone.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        NativeMemory.Free(_classes);
        _runs.Dispose();
        if (_units != null)
            VirtualMemory.Release((byte*)_units, _recordBytes);
        VirtualMemory.Release(_reservation, _reservationBytes);
    }

    internal byte* AllocateBlock(nuint size)
    {
        if (size > SizeClasses.LargestSlot)
            return AllocateLarge(size);
        int sizeClass = SizeClasses.IndexOf((uint)size);
        ClassState* state = _classes + sizeClass;
        UnitInfo* slab = state->Current;
        if (slab == null)
            slab = AddSlab(sizeClass);
        byte* start = _base + ((nuint)(slab - _units) << SizeClasses.UnitShift);
        byte* block;
        if (slab->FreeHead != UnitInfo.NoSlot)
        {
            block = start + ((nuint)slab->FreeHead << 2);
            slab->FreeHead = *(ushort*)block;
        }
        else
        {
            block = start + ((nuint)slab->Carved << 2);
            slab->Carved += state->SlotBytes >> 2;
        }
        if (++slab->Used == state->SlabSlots)
            LeaveList(state, slab);
        _usedBytes += state->SlotBytes;
        state->UsedSlots++;
        return block;
    }

    internal void FreeBlock(byte* block)
    {
        UnitInfo* slab = _units + ((nuint)(block - _base) >> SizeClasses.UnitShift);
        if (slab->Kind != UnitKind.Slab)
        {
            if (slab->Kind == UnitKind.SlabTail)
            {
                slab -= slab->HeadDistance;
            }
            else
            {
                FreeLarge(slab, resident: true);
                return;
            }
        }
        byte* start = _base + ((nuint)(slab - _units) << SizeClasses.UnitShift);
        *(ushort*)block = slab->FreeHead;
        slab->FreeHead = (ushort)((nuint)(block - start) >> 2);
        TakeBack(slab, 1);
    }

    internal nuint BlockSize(byte* block)
    {
        UnitInfo* unit = _units + ((nuint)(block - _base) >> SizeClasses.UnitShift);
        return unit->Kind is UnitKind.Slab or UnitKind.SlabTail
            ? _classes[unit->SizeClass].SlotBytes
            : (nuint)unit->LargePages << 12;
    }

    private byte* AllocateLarge(nuint size)
    {
        if (size > (nuint)ReservedBytes)
            throw new HeapExhaustedException((long)Math.Min(size, long.MaxValue));
        int count = (int)((size + SizeClasses.UnitBytes - 1) >> SizeClasses.UnitShift);
        int unit = _runs.Take(count);
        if (unit == 0)
            throw new HeapExhaustedException((long)size);
        UnitInfo* head = _units + unit;
        head->Kind = UnitKind.Large;
        head->RunUnits = (uint)count;
        head->LargePages = (uint)((size + 4095) >> 12);
        for (int i = 1; i < count; i++)
            head[i].Kind = UnitKind.LargeTail;
        _usedBytes += (long)head->LargePages << 12;
        return _base + ((nuint)unit << SizeClasses.UnitShift);
    }

    private void FreeLarge(UnitInfo* head, bool resident)
    {
        if (head->Kind != UnitKind.Large)
            throw new HeapCorruptionException("The address is not the start of a live block.");
        _usedBytes -= (long)head->LargePages << 12;
        _runs.Give((int)(head - _units), (int)head->RunUnits, resident);
    }

    private void AbsorbGroup(in FreedGroup group)
    {
        UnitInfo* slab = _units + group.Unit;
        if (slab->Kind == UnitKind.Large)
        {
            FreeLarge(slab, resident: false);
            return;
        }
        byte* start = _base + ((nuint)group.Unit << SizeClasses.UnitShift);
        *(ushort*)(start + ((nuint)group.Tail << 2)) = slab->FreeHead;
        slab->FreeHead = group.Head;
        TakeBack(slab, group.Count);
    }

    /// <summary>Accounts for slots that were just put on the slab's free list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TakeBack(UnitInfo* slab, int count)
    {
        ClassState* state = _classes + slab->SizeClass;
        _usedBytes -= (long)state->SlotBytes * count;
        state->UsedSlots -= count;
        bool wasFull = slab->Used == state->SlabSlots;
        slab->Used -= (ushort)count;
        if (wasFull && !slab->IsLeaving)
            JoinList(state, slab);
        if (slab->Used == 0)
            EmptySlab(state, slab);
    }

    private UnitInfo* AddSlab(int sizeClass)
    {
        ClassState* state = _classes + sizeClass;
        int unit = _runs.Take(state->SlabUnits);
        if (unit == 0)
            return FirstKept(state);
        UnitInfo* slab = _units + unit;
        for (int i = 0; i < state->SlabUnits; i++)
        {
            slab[i].Kind = i == 0 ? UnitKind.Slab : UnitKind.SlabTail;
            slab[i].SizeClass = (byte)sizeClass;
            slab[i].HeadDistance = (byte)i;
        }
        slab->FreeHead = UnitInfo.NoSlot;
        slab->Used = 0;
        slab->Carved = 0;
        _slabUnits += state->SlabUnits;
        state->Slabs++;
        JoinList(state, slab);
        return slab;
    }

    /// <summary>Starts the slab afresh; gives it away unless its class would be left without one.</summary>
    private void EmptySlab(ClassState* state, UnitInfo* slab)
    {
        slab->FreeHead = UnitInfo.NoSlot;
        slab->Carved = 0;
        if (slab->IsLeaving)
            EndLeaving(slab);
        else if (slab->Next == (int)(slab - _units))
            return;
        else
            LeaveList(state, slab);
        state->Slabs--;
        _slabUnits -= state->SlabUnits;
        _runs.Give((int)(slab - _units), state->SlabUnits, resident: true);
    }

    /// <summary>
    /// Puts a slab at the end of its class's ring of slabs with free slots: a slab that has just
    /// lost one block may lose more before it is allocated from.
    /// </summary>
    private void JoinList(ClassState* state, UnitInfo* slab)
    {
        int unit = (int)(slab - _units);
        if (state->Current == null)
        {
            (slab->Next, slab->Previous) = (unit, unit);
            state->Current = slab;
            return;
        }
        int first = (int)(state->Current - _units);
        int last = state->Current->Previous;
        (slab->Next, slab->Previous) = (first, last);
        _units[last].Next = unit;
        state->Current->Previous = unit;
    }

    private void LeaveList(ClassState* state, UnitInfo* slab)
    {
        if (slab->Next == (int)(slab - _units))
        {
            state->Current = null;
            return;
        }
        _units[slab->Previous].Next = slab->Next;
        _units[slab->Next].Previous = slab->Previous;
        if (state->Current == slab)
            state->Current = _units + slab->Next;
    }

    private byte* ReserveRange(long smallestBytes)
    {
        for (; ; ReservedBytes >>= 1)
        {
            byte* range = VirtualMemory.Reserve((nuint)ReservedBytes + HugePageBytes);
            if (range != null)
                return range;
            if (ReservedBytes <= smallestBytes)
                throw new HeapExhaustedException(ReservedBytes);
        }
    }

    private static long DefaultReserve() =>
        Math.Max(DefaultReserveBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * 4);

    /// <summary>What the heap knows of one slot size.</summary>
    private struct ClassState
    {
        /// <summary>The slab that is allocated from: the head of the ring of slabs with free slots.</summary>
        public UnitInfo* Current;
        public uint SlotBytes;
        public ushort SlabSlots;
        public ushort SlabUnits;
        public int Slabs;

        /// <summary>Live slots of all slabs.</summary>
        public long UsedSlots;

        /// <summary>The classes, and behind them the ring of slabs that are leaving, whatever their class.</summary>
        public static ClassState* MakeAll()
        {
            ClassState* states = (ClassState*)NativeMemory.AllocZeroed(SizeClasses.Count + 1, (nuint)sizeof(ClassState));
            for (int i = 0; i < SizeClasses.Count; i++)
            {
                states[i].SlotBytes = SizeClasses.SlotBytes(i);
                states[i].SlabUnits = (ushort)SizeClasses.SlabUnits(i);
                states[i].SlabSlots = (ushort)(((uint)states[i].SlabUnits << SizeClasses.UnitShift) / states[i].SlotBytes);
            }
            return states;
        }
    }
}

/// <summary>The slabs of one slot size.</summary>
/// <param name="SlotBytes">The size.</param>
/// <param name="Slabs">How many there are.</param>
/// <param name="UsedSlots">Slots with a live block.</param>
/// <param name="FreeSlots">Slots without.</param>
public readonly record struct SlabFigures(int SlotBytes, int Slabs, long UsedSlots, long FreeSlots);
