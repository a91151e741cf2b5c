using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Storage.Defragmentation;

namespace Sigrun.Keyspace;

/// <summary>
/// <c>activedefrag</c>: when blocks are moved together so that memory can go back to the system, and how much of the
/// time that may take.
/// </summary>
/// <remarks>
/// <para>A pass over everything begins when what it can win exceeds a share of what is used
/// (<c>active-defrag-threshold-lower</c>) and a number of bytes. The greater the share, the more of the time the pass
/// gets. It works in slices of <c>active-defrag-cycle-us</c> between turns of the event loop, and rests in between as
/// long as the share of time demands; when the loop comes back late the next slice is longer, but not without limit.</para>
/// <para>What counts is what moving blocks can win and not all that is free in slabs, of which a rest stays in every size:
/// a small data set would be worked on for ever.</para>
/// <para>While a snapshot is taken there is a pause, and what is left to be emptied is allocated from again.</para>
/// </remarks>
internal sealed class ActiveDefrag(Engine engine)
{
    /// <summary>No slice is prolonged further than this after a late turn, in nanoseconds.</summary>
    private const long LateSliceMax = 5_000_000;

    /// <summary>Neighbouring units of 64 KB whose pages are given back to the system in one step.</summary>
    private const int ReleaseUnits = 16;

    private readonly Defragmenter _blocks = new(engine.Heap);
    private int _database;
    private long _releaseLeft;
    private bool _isPaused;
    private bool _isConfigured;
    private long _startNs;
    private long _sliceEndNs;
    private long _nextNs;
    private long _overageNs;
    private long _movedBefore;
    private long _totalNs;

    /// <summary>The share of the time that is spent, in percent; 0 when nothing is moved.</summary>
    public int CpuPercent { get; private set; }

    /// <summary>Blocks that were moved, and that were looked at and stayed; and the same of keys.</summary>
    public Defragmenter Blocks => _blocks;

    /// <summary>How long passes have taken, the present one included.</summary>
    public long TotalMs => (_totalNs + CurrentNs) / 1_000_000;

    /// <summary>How long the present pass takes.</summary>
    public long CurrentMs => CurrentNs / 1_000_000;

    private MemorySettings Settings => engine.Settings.Memory;

    private bool IsRunning => CpuPercent > 0;

    private long CurrentNs => IsRunning ? engine.MonotonicNs - _startNs : 0;

    /// <summary>The present pass looks at changed settings.</summary>
    public void OnConfigured() => _isConfigured = true;

    /// <summary>Milliseconds until there is something to do, at most so many.</summary>
    public int NextTimeoutMs(int max)
    {
        if (!IsRunning || _isPaused) return max;
        return (int)Math.Clamp((_nextNs - engine.MonotonicNs + 999_999) / 1_000_000, 0, max);
    }

    /// <summary>Begins a pass where that is worth it, and adjusts its share of the time; called by the cron.</summary>
    public void Monitor()
    {
        if (!Settings.ActiveDefrag || engine.Background.IsActive || !_blocks.MayMove) return;
        long wonBytes = engine.Heap.ReclaimableBytes;
        double percent = wonBytes * 100.0 / Math.Max(1, engine.Heap.UsedBytes);
        if (!IsRunning && (percent < Settings.ActiveDefragThresholdLowerPercent || wonBytes < Settings.ActiveDefragIgnoreBytes)) return;
        int share = ShareFor(percent);
        // It never becomes less by success, so that a pass ends as it has begun.
        if (share <= CpuPercent && !_isConfigured) return;
        _isConfigured = false;
        engine.Log.Verbose(FormattableString.Invariant(
            $"{(IsRunning ? "Changing active defrag CPU" : "Starting active defrag")}, frag={percent:F0}%, frag_bytes={wonBytes}, cpu={share}%"));
        if (!IsRunning) Begin();
        // What was computed for another share does not count.
        _sliceEndNs = 0;
        _nextNs = Math.Min(_nextNs, engine.MonotonicNs);
        CpuPercent = share;
    }

    /// <summary>Works for one slice if it is time to; called once per turn of the event loop.</summary>
    public void OnTurn()
    {
        if (!IsRunning || engine.Loading is not null) return;
        if (!Settings.ActiveDefrag)
        {
            End();
            return;
        }
        if (Pauses()) return;
        long start = engine.ReadClock();
        if (start < _nextNs) return;
        long end = start + SliceNs(start);
        bool isLeft;
        long now;
        do
        {
            isLeft = Step();
            now = engine.ReadClock();
        }
        while (isLeft && now < end);
        engine.Latency.Note(LatencyMonitor.ActiveDefragCycle, now - start);
        Rest(now, end);
        if (isLeft) return;
        End();
        Monitor();
    }

    /// <summary>Sets the figures to zero.</summary>
    public void ResetFigures()
    {
        _blocks.ResetFigures();
        _movedBefore = 0;
        _totalNs = 0;
        _startNs = engine.MonotonicNs;
    }

    private int ShareFor(double percent)
    {
        int lower = Settings.ActiveDefragThresholdLowerPercent;
        int upper = Settings.ActiveDefragThresholdUpperPercent;
        int min = Settings.ActiveDefragCycleMinPercent;
        int max = Settings.ActiveDefragCycleMaxPercent;
        double share = lower == upper ? max : min + (percent - lower) * (max - min) / (upper - lower);
        // As it is between the two, whichever is greater.
        return share < min ? min : share > max ? max : (int)share;
    }

    private void Begin()
    {
        _blocks.Begin();
        _database = 0;
        _releaseLeft = -1;
        _isPaused = false;
        _startNs = engine.MonotonicNs;
        _nextNs = _startNs;
        _overageNs = 0;
        _movedBefore = _blocks.Moved;
    }

    private void End()
    {
        _blocks.End();
        long wonBytes = engine.Heap.ReclaimableBytes;
        double percent = wonBytes * 100.0 / Math.Max(1, engine.Heap.UsedBytes);
        engine.Log.Verbose(FormattableString.Invariant(
            $"Active defrag done in {CurrentMs}ms, reallocated={_blocks.Moved - _movedBefore}, frag={percent:F0}%, frag_bytes={wonBytes}"));
        _totalNs += CurrentNs;
        CpuPercent = 0;
    }

    /// <summary>While a snapshot is under way nothing moves; afterwards it goes on where it was, with slabs chosen anew.</summary>
    private bool Pauses()
    {
        bool pauses = engine.Background.IsActive || !_blocks.MayMove;
        if (pauses == _isPaused) return pauses;
        _isPaused = pauses;
        if (pauses)
        {
            _blocks.End();
            return true;
        }
        _blocks.Resume();
        _sliceEndNs = 0;
        return false;
    }

    /// <summary>How long a slice is: as long as it takes to get the share of the time since the last one, at least the usual.</summary>
    private long SliceNs(long start)
    {
        long usual = Settings.ActiveDefragCycleMicros * 1000L;
        if (_sliceEndNs == 0)
        {
            _overageNs = 0;
            return usual;
        }
        long due = CpuPercent * (start - _sliceEndNs) / (100 - CpuPercent) - _overageNs;
        // It is never shorter, since every slice costs something of its own: what is too much is rested afterwards.
        _overageNs = Math.Max(0, usual - due);
        return Math.Clamp(due, usual, Math.Max(usual, LateSliceMax));
    }

    private void Rest(long now, long end)
    {
        long usual = Settings.ActiveDefragCycleMicros * 1000L;
        _sliceEndNs = now;
        _overageNs = Math.Max(0, _overageNs + now - end);
        long rest = usual * 100 / CpuPercent - usual + _overageNs * (100 - CpuPercent) / 100;
        _nextNs = now + rest;
    }

    /// <summary>Takes a step of a few microseconds; false when everything was walked over.</summary>
    private bool Step()
    {
        while (_database < engine.Databases.Length && engine.Databases.Find(_database) is null) _database++;
        if (_database < engine.Databases.Length)
        {
            if (!_blocks.Step(engine.Databases[_database].Keys, Settings.ActiveDefragMaxScanFields)) _database++;
            return true;
        }
        if (_releaseLeft < 0)
        {
            if (engine.Tracking.Keys is { } keys && _blocks.Step(keys)) return true;
            _releaseLeft = engine.Heap.FreeBytesInRuns;
        }
        return Release();
    }

    /// <summary>Gives back pages of what has become free, most of it at the end of the walk; false when that was all.</summary>
    private bool Release()
    {
        int units = engine.Heap.ReleaseFreePages(ReleaseUnits, maxRuns: 1);
        _releaseLeft -= (long)units << 16;
        return units > 0 && _releaseLeft > 0;
    }
}
