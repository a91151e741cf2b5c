using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Tracking;

namespace Sigrun.Storage.Defragmentation;

/// <summary>
/// Moves live blocks together, so that slabs become empty and go back to the system: a walk over tables of keys, in
/// steps of some microseconds between commands.
/// </summary>
/// <remarks>
/// <para>First it is chosen which slabs leave (<see cref="SlabChoice"/>). Then everything that has blocks is walked over,
/// and what lies in such a slab is moved (<see cref="BlockMover"/>): each type knows what leads to its blocks
/// (<see cref="StructureMoves"/>). A value of many parts is put aside by its key's hash and continued step by step.</para>
/// <para>Nothing outside the tables leads to a key's blocks between two commands, with two exceptions: strings that are
/// lent stay where they are, and while a snapshot is copied nothing moves at all.</para>
/// </remarks>
public sealed unsafe class Defragmenter
{
    /// <summary>Units looked at per step while slabs are chosen.</summary>
    private const int UnitsPerStep = 2048;

    private readonly Heap _heap;
    private readonly BlockMover _blocks;
    private readonly SlabChoice _choice;
    private ulong[] _later = new ulong[16];
    private int _laterCount;
    private MovePlace _laterPlace;
    private int _stage;
    private ulong _cursor;

    /// <summary>Makes one that is idle.</summary>
    public Defragmenter(Heap heap)
    {
        ArgumentNullException.ThrowIfNull(heap);
        _heap = heap;
        _blocks = new BlockMover(heap);
        _choice = new SlabChoice(heap);
    }

    /// <summary>Blocks that were moved.</summary>
    public long Moved => _blocks.Moved;

    /// <summary>Blocks that were looked at and stayed.</summary>
    public long Stayed => _blocks.Stayed;

    /// <summary>Keys of which a block was moved; a value that takes several steps counts at each.</summary>
    public long KeysMoved { get; private set; }

    /// <summary>Keys of which none was moved.</summary>
    public long KeysStayed { get; private set; }

    /// <summary>Whether blocks may be moved: not while a snapshot is copied.</summary>
    public bool MayMove => _heap.Walk is null;

    /// <summary>Begins a walk over all tables: chooses the slabs that leave, which the next steps do.</summary>
    public void Begin()
    {
        _choice.Begin();
        BeginTable();
    }

    /// <summary>Goes on after a pause with slabs that are chosen anew.</summary>
    public void Resume() => _choice.Begin();

    /// <summary>Ends the walk, or interrupts it: slabs that are not empty are used again.</summary>
    public void End() => _choice.Cancel();

    /// <summary>Takes the next step with a table; false when that was the last one, and the next step is the first of another table.</summary>
    /// <param name="keys">The table.</param>
    /// <param name="partsMax">Values of more parts are moved in several steps.</param>
    public bool Step(KeyTable keys, long partsMax)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (_choice.IsUnfinished) _choice.Step(UnitsPerStep);
        else if (_laterCount > 0) ContinueValue(keys, partsMax);
        else if (!StepTables(keys, partsMax)) return false;
        return true;
    }

    /// <summary>Likewise takes the next step with a register of clients' keys.</summary>
    public bool Step(KeyClients clients)
    {
        ArgumentNullException.ThrowIfNull(clients);
        if (_choice.IsUnfinished)
        {
            _choice.Step(UnitsPerStep);
            return true;
        }
        if (_stage == 0) clients.MoveFrame(_blocks);
        else _cursor = clients.Move(_blocks, _cursor);
        if (_stage++ == 0 || _cursor != 0) return true;
        BeginTable();
        return false;
    }

    /// <summary>Sets the figures to zero.</summary>
    public void ResetFigures() => _blocks.Moved = _blocks.Stayed = KeysMoved = KeysStayed = 0;

    private void BeginTable()
    {
        _stage = 0;
        _cursor = 0;
        _laterCount = 0;
    }

    private bool StepTables(KeyTable keys, long partsMax)
    {
        switch (_stage)
        {
            case 0:
                keys.MoveFrames(_blocks);
                break;
            case 1:
                var entries = new KeyMover(this, keys, partsMax);
                _cursor = keys.MoveKeys(_blocks, _cursor, ref entries);
                break;
            case 2:
                _cursor = keys.MoveExpiryLines(_blocks, _cursor);
                break;
            case 3:
                _cursor = keys.MoveFieldExpiryLines(_blocks, _cursor);
                break;
            default:
                BeginTable();
                return false;
        }
        if (_cursor == 0) _stage++;
        return true;
    }

    /// <summary>Moves a key's entry, and its value unless that has many parts.</summary>
    private byte* MoveKey(KeyTable keys, byte* entry, long partsMax)
    {
        long before = _blocks.Moved;
        entry = keys.MoveEntry(_blocks, entry);
        if (!StructureMoves.HasParts(entry)) StructureMoves.MoveWhole(_blocks, entry);
        else if (new EntryRef(entry).FreeEffort() > partsMax) PutAside(keys.Hash(KeyLayout.Key(entry)));
        else MoveParts(entry, partsMax);
        Count(before);
        return entry;
    }

    private void MoveParts(byte* entry, long partsMax)
    {
        MovePlace place = default;
        while (StructureMoves.Step(_blocks, entry, ref place, partsMax))
        {
            // The next part.
        }
    }

    private void PutAside(ulong hash)
    {
        if (_laterCount == _later.Length) Array.Resize(ref _later, 2 * _laterCount);
        _later[_laterCount++] = hash;
    }

    /// <summary>Moves the next parts of the value that was put aside last; it may be gone, or be another one.</summary>
    private void ContinueValue(KeyTable keys, long partsMax)
    {
        long before = _blocks.Moved;
        byte* entry = keys.FindHash(_later[_laterCount - 1]);
        if (entry == null || !StructureMoves.HasParts(entry) || !StructureMoves.Step(_blocks, entry, ref _laterPlace, partsMax))
        {
            _laterCount--;
            _laterPlace = default;
        }
        Count(before);
    }

    private void Count(long movedBefore)
    {
        if (_blocks.Moved != movedBefore) KeysMoved++;
        else KeysStayed++;
    }

    private readonly struct KeyMover(Defragmenter owner, KeyTable keys, long partsMax) : IEntryMover
    {
        public byte* Move(BlockMover blocks, byte* entry) => owner.MoveKey(keys, entry, partsMax);
    }
}
