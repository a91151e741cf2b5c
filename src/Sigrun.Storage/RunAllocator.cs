using System.Numerics;
using System.Runtime.InteropServices;

namespace Sigrun.Storage;

/// <summary>
/// Hands out runs of whole 64 KiB units from the heap's range: the slabs and the large blocks.
/// </summary>
/// <remarks>
/// Free runs hang in buckets by length: one bucket for each length up to 64 units, four per doubling
/// beyond, with a bitmap over the buckets. A request takes the smallest run of its own bucket that
/// fits (looking at no more than sixteen), else the first of the next bucket that has one, else
/// addresses beyond the frontier. A freed run joins its free neighbours at once: the first and the
/// last record of a free run both hold its length. Pages of free units stay resident until
/// <see cref="ReleasePages"/> gives them back in bounded steps, so that a unit which is soon used
/// again costs no page fault. Unit 0 is never handed out: reference 0 means null. Some units can be kept
/// back for those who must not fail.
/// </remarks>
internal sealed unsafe class RunAllocator : IDisposable
{
    private const int ExactBuckets = 64;
    private const int BucketCount = 192;
    private const int MaxLooks = 16;

    /// <summary>The longest run that is made resident at once: larger ones may never be filled.</summary>
    private const int ReadyUnitsMax = 4;

    /// <summary>No more than this part of the range is kept back.</summary>
    private const int KeptShareMax = 8;

    private readonly byte* _base;
    private readonly UnitInfo* _units;
    private readonly int _unitLimit;
    private readonly int _commitStepUnits;
    private readonly int _keptUnits;
    private readonly Func<bool>? _mayTakeKept;
    private readonly int* _buckets;
    private readonly ulong* _bucketBits;
    private int _frontier = 1;
    private int _committed;
    private int _releaseCursor = 1;

    public RunAllocator(byte* rangeBase, UnitInfo* units, int unitLimit, HeapOptions options)
    {
        _base = rangeBase;
        _units = units;
        _unitLimit = unitLimit;
        _commitStepUnits = (int)Math.Max(1, options.CommitStepBytes >> SizeClasses.UnitShift);
        _keptUnits = (int)Math.Min(options.KeptBackBytes >> SizeClasses.UnitShift, unitLimit / KeptShareMax);
        _mayTakeKept = options.MayUseKeptBack;
        _buckets = (int*)NativeMemory.AllocZeroed(BucketCount, sizeof(int));
        _bucketBits = (ulong*)NativeMemory.AllocZeroed(BucketCount / 64, sizeof(ulong));
    }

    /// <summary>Units in free runs.</summary>
    public int FreeUnits { get; private set; }

    /// <summary>Free units whose pages may still be resident.</summary>
    public int ResidentFreeUnits { get; private set; }

    /// <inheritdoc cref="Heap.ReadiesPages"/>
    public bool ReadiesPages { get; set; }

    /// <summary>The first unit that was never handed out.</summary>
    public int Frontier => _frontier;

    /// <summary>Takes a run; 0 when the range or the system has no more.</summary>
    public int Take(int count)
    {
        if (!MayTake(count))
            return 0;
        int unit = FindFree(count);
        if (unit != 0)
        {
            int length = (int)_units[unit].RunUnits;
            Unlink(unit, length);
            FreeUnits -= length;
            if (length > count)
                AddFree(unit + count, length - count);
            ForgetResidency(unit, count);
            return unit;
        }
        return TakeBeyondFrontier(count);
    }

    /// <summary>Whether such a run can be taken and leaves what is kept back.</summary>
    public bool HasRoomFor(int count)
    {
        if (!LeavesKept(count))
            return false;
        return FindFree(count) != 0 || (count <= _unitLimit - EndOfUsed && EnsureCommitted(EndOfUsed + count));
    }

    /// <summary>Makes a run longer where it lies; false when what follows it is in use.</summary>
    public bool TryExtend(int unit, int count, int wanted)
    {
        int next = unit + count;
        int extra = wanted - count;
        if (!MayTake(extra))
            return false;
        if (next == _frontier)
            return TakeBeyondFrontier(extra) != 0;
        int free = _units[next].Kind == UnitKind.Free ? (int)_units[next].RunUnits : 0;
        if (free < extra)
            return free != 0 && next + free == _frontier && TakeBeyondFrontier(extra) != 0;
        Unlink(next, free);
        FreeUnits -= free;
        if (free > extra)
            AddFree(next + extra, free - extra);
        ForgetResidency(next, extra);
        return true;
    }

    /// <summary>Gives a run back. <paramref name="resident"/> is false when its pages were discarded already.</summary>
    public void Give(int unit, int count, bool resident)
    {
        for (int i = unit; i < unit + count; i++)
        {
            _units[i].Kind = UnitKind.Free;
            _units[i].Resident = resident;
        }
        if (resident)
            ResidentFreeUnits += count;
        if (_units[unit - 1].Kind == UnitKind.Free)
        {
            int before = (int)_units[unit - 1].RunUnits;
            unit -= before;
            count += before;
            Unlink(unit, before);
            FreeUnits -= before;
        }
        if (unit + count < _frontier && _units[unit + count].Kind == UnitKind.Free)
        {
            int after = (int)_units[unit + count].RunUnits;
            Unlink(unit + count, after);
            FreeUnits -= after;
            count += after;
        }
        AddFree(unit, count);
    }

    /// <summary>Discards the pages of at most <paramref name="maxUnits"/> free units in so many runs; returns how many.</summary>
    public int ReleasePages(int maxUnits, int maxRuns)
    {
        int released = 0;
        int looks = Math.Max(4096, maxUnits * 16);
        while (released < maxUnits && maxRuns > 0 && ResidentFreeUnits > 0 && looks-- > 0)
        {
            if (_releaseCursor >= _frontier)
                _releaseCursor = 1;
            int unit = _releaseCursor;
            if (_units[unit].Kind != UnitKind.Free || !_units[unit].Resident)
            {
                _releaseCursor += _units[unit].Kind == UnitKind.Large ? (int)_units[unit].RunUnits : 1;
                continue;
            }
            int end = unit;
            while (end < _frontier && end - unit < maxUnits - released && _units[end].Kind == UnitKind.Free && _units[end].Resident)
                _units[end++].Resident = false;
            VirtualMemory.Discard(_base + ((nuint)unit << SizeClasses.UnitShift), (nuint)(end - unit) << SizeClasses.UnitShift);
            ResidentFreeUnits -= end - unit;
            released += end - unit;
            maxRuns--;
            _releaseCursor = end;
        }
        return released;
    }

    public void Dispose()
    {
        NativeMemory.Free(_buckets);
        NativeMemory.Free(_bucketBits);
    }

    private bool MayTake(int count) => LeavesKept(count) || _mayTakeKept is null || _mayTakeKept();

    /// <summary>Whether so many units can go and as many as are kept back are left, wherever they are.</summary>
    private bool LeavesKept(int count)
    {
        long needed = (long)count + _keptUnits - FreeUnits;
        return needed <= _committed - _frontier || (needed <= _unitLimit - _frontier && EnsureCommitted((int)(_frontier + needed)));
    }

    private int FindFree(int count)
    {
        int bucket = BucketOf(count);
        int best = 0;
        uint bestLength = uint.MaxValue;
        int looks = MaxLooks;
        for (int unit = _buckets[bucket]; unit != 0 && looks-- > 0; unit = _units[unit].Next)
        {
            uint length = _units[unit].RunUnits;
            if (length < count || length >= bestLength)
                continue;
            (best, bestLength) = (unit, length);
            if (length == count)
                break;
        }
        return best != 0 ? best : FirstOfBucketAbove(bucket);
    }

    private int FirstOfBucketAbove(int bucket)
    {
        int from = bucket + 1;
        for (int word = from >> 6; word < BucketCount / 64; word++)
        {
            ulong bits = _bucketBits[word];
            if (word == from >> 6)
                bits &= ulong.MaxValue << (from & 63);
            if (bits != 0)
                return _buckets[(word << 6) + BitOperations.TrailingZeroCount(bits)];
        }
        return 0;
    }

    /// <summary>The first unit with nothing but free ones behind it.</summary>
    private int EndOfUsed => _units[_frontier - 1].Kind == UnitKind.Free ? _frontier - (int)_units[_frontier - 1].RunUnits : _frontier;

    private int TakeBeyondFrontier(int count)
    {
        int start = EndOfUsed;
        if (count > _unitLimit - start || !EnsureCommitted(start + count))
            return 0;
        if (start < _frontier)
        {
            int length = _frontier - start;
            Unlink(start, length);
            FreeUnits -= length;
            ForgetResidency(start, length);
        }
        _frontier = start + count;
        if (ReadiesPages && count <= ReadyUnitsMax)
            VirtualMemory.Ready(_base + ((nuint)start << SizeClasses.UnitShift), (nuint)count << SizeClasses.UnitShift);
        return start;
    }

    private bool EnsureCommitted(int units)
    {
        if (units <= _committed)
            return true;
        int target = (int)Math.Min(_unitLimit, ((long)units + _commitStepUnits - 1) / _commitStepUnits * _commitStepUnits);
        if (!CommitTo(target))
        {
            // The full step was refused: what is needed alone may still pass.
            target = units;
            if (!CommitTo(target))
                return false;
        }
        _committed = target;
        return true;
    }

    private bool CommitTo(int target)
    {
        nuint recordsFrom = (nuint)_committed * (nuint)sizeof(UnitInfo) & ~(nuint)4095;
        nuint recordsTo = ((nuint)target * (nuint)sizeof(UnitInfo) + 4095) & ~(nuint)4095;
        return VirtualMemory.Commit((byte*)_units + recordsFrom, recordsTo - recordsFrom)
            && VirtualMemory.Commit(
                _base + ((nuint)_committed << SizeClasses.UnitShift),
                (nuint)(target - _committed) << SizeClasses.UnitShift);
    }

    /// <summary>Makes the first records accessible, so that unit 0 and its neighbour can be looked at.</summary>
    public bool CommitFirst() => EnsureCommitted(1);

    private void ForgetResidency(int unit, int count)
    {
        for (int i = unit; i < unit + count; i++)
        {
            if (!_units[i].Resident)
                continue;
            _units[i].Resident = false;
            ResidentFreeUnits--;
        }
    }

    private void AddFree(int unit, int count)
    {
        _units[unit].RunUnits = (uint)count;
        _units[unit + count - 1].RunUnits = (uint)count;
        int bucket = BucketOf(count);
        int next = _buckets[bucket];
        _units[unit].Next = next;
        _units[unit].Previous = 0;
        if (next != 0)
            _units[next].Previous = unit;
        _buckets[bucket] = unit;
        _bucketBits[bucket >> 6] |= 1UL << (bucket & 63);
        FreeUnits += count;
    }

    private void Unlink(int unit, int count)
    {
        int bucket = BucketOf(count);
        (int next, int previous) = (_units[unit].Next, _units[unit].Previous);
        if (next != 0)
            _units[next].Previous = previous;
        if (previous != 0)
            _units[previous].Next = next;
        else
            _buckets[bucket] = next;
        if (_buckets[bucket] == 0)
            _bucketBits[bucket >> 6] &= ~(1UL << (bucket & 63));
    }

    private static int BucketOf(int count)
    {
        if (count <= ExactBuckets)
            return count - 1;
        int power = BitOperations.Log2((uint)count);
        return ExactBuckets + ((power - 6) << 2) + ((count >> (power - 2)) & 3);
    }
}
