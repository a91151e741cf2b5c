using System.Runtime.CompilerServices;
using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Storage;

namespace Sigrun.Keyspace;

/// <summary>maxmemory: keys go, or commands that need memory are refused, while more is used than may be.</summary>
/// <remarks>
/// <para>
/// Everything but the heap changes once a turn at most, so the limit is kept as what is left of it for the heap; what a
/// command costs while memory is below it is one comparison. Above it keys are evicted before the command runs, for as
/// long as <c>maxmemory-eviction-tenacity</c> says; what is then left to do is done between commands.
/// </para>
/// <para>
/// Memory that comes back by itself, since a thread frees it or a snapshot still copies it, counts as free: otherwise one
/// key after the other would go until it is there.
/// </para>
/// </remarks>
internal sealed class KeyEviction
{
    /// <summary>Keys evicted between two looks at the clock.</summary>
    private const int KeysBetweenClocks = 16;

    /// <summary>Groups of blocks freed in the background that are taken back before keys are evicted.</summary>
    private const int AbsorbGroupsMax = 4096;

    private readonly Engine _engine;
    private readonly EvictionPool _pool;
    private long _heapBytesMax = long.MaxValue;
    private int _lastDatabase;
    private long _exceededSinceNs;
    private long _exceededNs;

    /// <summary>Creates the eviction of an engine.</summary>
    public KeyEviction(Engine engine)
    {
        _engine = engine;
        _pool = new EvictionPool(engine);
    }

    private enum Outcome
    {
        /// <summary>Memory is below the limit, or must not be looked after now.</summary>
        Enough,

        /// <summary>The time is used up; more is to be evicted.</summary>
        Unfinished,

        /// <summary>There is nothing that may be evicted.</summary>
        Stuck,
    }

    /// <summary>True while something is to be done before the next command.</summary>
    public bool IsDue
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _engine.Heap.UsedBytes > _heapBytesMax || IsStuck;
    }

    /// <summary>True while more memory is used than may be and no key may go: commands that need memory are refused.</summary>
    public bool IsStuck { get; private set; }

    /// <summary>True while keys are to be evicted between commands.</summary>
    public bool IsUnfinished { get; private set; }

    /// <summary>Milliseconds for which more memory was used than may be since the counters were reset.</summary>
    public long ExceededMs => (_exceededNs + CurrentExceededNs) / 1_000_000;

    /// <summary>Milliseconds for which that has been so now; 0 while it is not.</summary>
    public long CurrentExceededMs => CurrentExceededNs / 1_000_000;

    private long CurrentExceededNs => _exceededSinceNs == 0 ? 0 : _engine.MonotonicNs - _exceededSinceNs;

    private MemorySettings Settings => _engine.Settings.Memory;

    /// <summary>Takes over the settings.</summary>
    public void Apply()
    {
        _pool.Clear();
        UpdateLimit();
        if (Settings.MaxMemoryBytes == 0) Run();
    }

    /// <summary>Finds out anew how much the heap may hold.</summary>
    public void UpdateLimit()
    {
        ulong max = Settings.MaxMemoryBytes;
        _heapBytesMax = max == 0 ? long.MaxValue : (long)Math.Min(max, long.MaxValue) - _engine.BytesBesideHeap;
    }

    /// <summary>The limit was set to another value: what has to go goes soon, though no command comes.</summary>
    public void OnLimitSet()
    {
        ulong max = Settings.MaxMemoryBytes;
        if (max == 0) return;
        long used = _engine.Heap.UsedBytes + _engine.BytesBesideHeap;
        if (max < (ulong)used)
        {
            _engine.Log.Warning($"WARNING: the new maxmemory value set via CONFIG SET ({max}) is smaller than the current memory usage ({used}). "
                + "This will result in key eviction and/or the inability to accept new write commands depending on the maxmemory-policy.");
        }
        IsUnfinished = true;
    }

    /// <summary>Evicts keys while too much memory is used, for a bounded time.</summary>
    public void Run()
    {
        long begun = _engine.Latency.Begin();
        Outcome outcome = MakeRoom();
        _engine.Latency.End(LatencyMonitor.EvictionCycle, begun);
        if (outcome != Outcome.Enough)
        {
            if (_exceededSinceNs == 0) _exceededSinceNs = _engine.MonotonicNs;
        }
        else if (_exceededSinceNs != 0)
        {
            _exceededNs += CurrentExceededNs;
            _exceededSinceNs = 0;
        }
        IsUnfinished = outcome == Outcome.Unfinished;
        if (IsStuck == (outcome == Outcome.Stuck)) return;
        IsStuck = !IsStuck;
        _engine.UpdateGate();
    }

    /// <summary>Sets the counters to zero.</summary>
    public void ResetCounters() => _exceededNs = _exceededSinceNs = 0;

    private Outcome MakeRoom()
    {
        if (_engine.Loading is not null || _engine.IsReplaying || _engine.Pause.IsActive || !IsOver()) return Outcome.Enough;
        MaxMemoryPolicy policy = Settings.Policy;
        if (policy == MaxMemoryPolicy.NoEviction || _engine.IsImporting) return Outcome.Stuck;
        long untilNs = _engine.MonotonicNs + TimeMaxNs(Settings.EvictionTenacity);
        for (int evicted = 1; IsOver(); evicted++)
        {
            if (!TryChoose(policy, out Database database, out KeyRef key)) return Outcome.Stuck;
            long begun = _engine.Latency.Begin();
            database.Evict(key);
            _engine.Latency.End(LatencyMonitor.EvictionDelete, begun);
            _engine.Effects.EndUnit();
            if (evicted % KeysBetweenClocks == 0 && _engine.ReadClock() > untilNs) return Outcome.Unfinished;
        }
        return Outcome.Enough;
    }

    private bool IsOver()
    {
        Heap heap = _engine.Heap;
        if (heap.UsedBytes <= _heapBytesMax) return false;
        // In this order: what comes back between the two may count twice, and is never missing.
        long awaited = _engine.LazyFree.AwaitedBytes;
        heap.AbsorbBackgroundFrees(AbsorbGroupsMax);
        return heap.UsedBytes - awaited > _heapBytesMax;
    }

    /// <summary>How long a run may take: half a millisecond at 10, and from there on 15 % more per step, without end at 100.</summary>
    private static long TimeMaxNs(int tenacity)
    {
        const int Linear = 10;
        const int Endless = 100;
        if (tenacity >= Endless) return long.MaxValue / 2;
        double micros = tenacity <= Linear ? 50 * tenacity : 500 * Math.Pow(1.15, tenacity - Linear);
        return (long)micros * 1000;
    }

    private bool TryChoose(MaxMemoryPolicy policy, out Database database, out KeyRef key) =>
        policy is MaxMemoryPolicy.AllKeysRandom or MaxMemoryPolicy.VolatileRandom
            ? TryChooseAny(policy, out database, out key)
            : TryChooseBest(policy, out database, out key);

    private bool TryChooseBest(MaxMemoryPolicy policy, out Database database, out KeyRef key)
    {
        bool hasKeys;
        do
        {
            hasKeys = false;
            foreach (Database next in _engine.Databases)
            {
                if (CandidateCount(next, policy) == 0) continue;
                hasKeys = true;
                _pool.Fill(next, policy);
            }
            if (_pool.TryTake(policy, out database, out key)) return true;
        }
        while (hasKeys);
        return false;
    }

    /// <summary>Any key of the next database that has some, so that all databases have their turn.</summary>
    private bool TryChooseAny(MaxMemoryPolicy policy, out Database database, out KeyRef key)
    {
        for (int i = 0; i < _engine.Databases.Length; i++)
        {
            _lastDatabase = (_lastDatabase + 1) % _engine.Databases.Length;
            if (_engine.Databases.Find(_lastDatabase) is not { } next || CandidateCount(next, policy) == 0) continue;
            EntryRef entry = EvictionPool.OnlyExpiring(policy)
                ? next.Keys.RandomExpiringKey(ref _engine.Random)
                : next.Keys.RandomKey(ref _engine.Random);
            database = next;
            key = new KeyRef(entry.Key, _engine.Hasher.Hash(entry.Key));
            return true;
        }
        database = null!;
        key = default;
        return false;
    }

    private static long CandidateCount(Database database, MaxMemoryPolicy policy) =>
        EvictionPool.OnlyExpiring(policy) ? database.Keys.ExpiringCount : database.Keys.Count;
}
