using Sigrun.Clients;
using Sigrun.Observability;
using Sigrun.Persistence.AppendOnly;

namespace Sigrun;

/// <summary>What the engine does by time: <c>hz</c> times a second, and in small slices in between.</summary>
internal sealed class Cron
{
    /// <summary>Table lines merged per run in a database that has become sparse.</summary>
    private const int ShrinkLinesMax = 1024;

    /// <summary>Groups of blocks freed in the background that are taken back per turn.</summary>
    private const int AbsorbGroupsMax = 256;

    /// <summary>Units of 64 KB whose pages are given back to the system per run.</summary>
    private const int ReleaseUnitsMax = 64;

    /// <summary>Managed bytes allocated between two collections of the youngest generation.</summary>
    private const long GarbageBytesMax = 8 << 20;

    /// <summary>So much more managed memory than after the last full collection is worth another, or as much again as was alive.</summary>
    private const long ExcessBytesMin = 64 << 20;

    /// <summary>Clients that have gone since the last full collection and make another worth its few milliseconds.</summary>
    private const long GoneClientsMin = 1000;

    /// <summary>At most so many clients may have to wait for a full collection.</summary>
    private const int FewClients = 100;

    /// <summary>How long after the start the first run is: those who wait for the server are served before.</summary>
    private const long FirstRunDelayNs = 20_000_000;

    /// <summary>Nanoseconds between two looks at the pools of buffers.</summary>
    private const long PoolTrimPeriodNs = 500_000_000;

    /// <summary>Buffers disposed of that are worth the allocator's trouble.</summary>
    private const long DisposedBuffersMin = 64;

    private readonly Engine _engine;
    private long _nextNs;
    private uint _clientCursor;
    private long _collectedAtBytes;
    private long _collectedAtGone;
    private long _aliveBytes;
    private long _lastDisposed;
    private long _poolsTrimmedNs;
    private long _trimmedAtDisposed;

    /// <summary>Creates the cron of an engine.</summary>
    public Cron(Engine engine)
    {
        _engine = engine;
        _nextNs = engine.MonotonicNs + FirstRunDelayNs;
        _aliveBytes = GC.GetTotalMemory(forceFullCollection: false);
    }

    /// <summary>True while DEBUG PAUSE-CRON holds up what is done by time.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Called at the end of every run, also of one that is held up, for whoever runs the engine.</summary>
    public List<Action> AfterRun { get; } = [];

    /// <summary>Nanoseconds between two runs.</summary>
    public long PeriodNs => 1_000_000_000L / Math.Max(1, _engine.Settings.Process.Hz);

    /// <summary>Milliseconds until there is something to do.</summary>
    public int NextTimeoutMs
    {
        get
        {
            if (_engine.Eviction.IsUnfinished) return 0;
            if ((_engine.Expiry.IsRunning && !_engine.Pause.IsActive) || _engine.LazyFree.Pending > 0) return 1;
            long wait = (_nextNs - _engine.MonotonicNs + 999_999) / 1_000_000;
            return _engine.Pause.NextTimeoutMs(_engine.Blocked.NextTimeoutMs(_engine.Defrag.NextTimeoutMs((int)Math.Clamp(wait, 0, 1000))));
        }
    }

    /// <summary>Runs what is due; called once per turn of the event loop.</summary>
    public void OnTurn()
    {
        if (_engine.Loading is not null) return;
        _engine.Heap.AbsorbBackgroundFrees(AbsorbGroupsMax);
        _engine.Lender.FreeReturned();
        _engine.Pause.EndIfDue();
        if (!_engine.Pause.IsActive) _engine.Expiry.RunSlice();
        if (_engine.Eviction.IsUnfinished) _engine.Eviction.Run();
        ServeBlocked();
        if (_engine.MonotonicNs < _nextNs) return;
        if (!IsPaused)
        {
            long start = _engine.MonotonicNs;
            Run();
            _engine.Turns.AddCron(_engine.ReadNanoseconds() - start);
        }
        foreach (Action action in AfterRun) action();
        _nextNs = _engine.MonotonicNs + PeriodNs;
    }

    /// <summary>Clients whose time is over, and those that wait for the removal of keys that have expired.</summary>
    private void ServeBlocked()
    {
        if (_engine.Blocked.Count == 0) return;
        _engine.Blocked.EndOverdue();
        _engine.Blocked.ServeReadyKeys();
    }

    private void Run()
    {
        _engine.SyncClock();
        _engine.Statistics.Sample(_engine);
        _engine.Expiry.StartCycle();
        _engine.Defrag.Monitor();
        foreach (Keyspace.Database database in _engine.Databases) database.Keys.ShrinkStep(ShrinkLinesMax);
        _engine.Heap.GiveBackEmptySlabs();
        _engine.Heap.ReleaseFreePages(ReleaseUnitsMax);
        CollectGarbage();
        TrimBuffers();
        CheckClients();
        StartSnapshots();
        _engine.Tracking.EnforceLimit();
        _engine.Migrator?.CloseIdle();
        _engine.Tls.OnCron();
        _engine.SignalledShutdown.Run();
    }

    private void StartSnapshots()
    {
        if (_engine.Background.IsActive) return;
        AofRewrite? rewrite = _engine.AppendOnlyFile?.Rewrite;
        if (rewrite is not null && rewrite.TryStartScheduled()) return;
        if (_engine.Saving.TryStartByItself()) return;
        rewrite?.StartByItself();
        if (!_engine.Background.IsActive) _engine.Saving.StartScheduled();
    }

    /// <summary>After a burst of clients, once it is over, makes the system's allocator let go of what it took.</summary>
    private void TrimBuffers()
    {
        if (_engine.MonotonicNs - _poolsTrimmedNs > PoolTrimPeriodNs)
        {
            _engine.Io.TrimPools();
            _poolsTrimmedNs = _engine.MonotonicNs;
        }
        long disposed = IoTotals.Read(_engine).All.BuffersDisposed;
        if (disposed - _trimmedAtDisposed < DisposedBuffersMin) return;
        if (disposed != _lastDisposed)
        {
            _lastDisposed = disposed;
            return;
        }
        _trimmedAtDisposed = disposed;
        _engine.LazyFree.TrimBuffers();
    }

    /// <summary>
    /// Collects what connections and administrative commands have left behind. The runtime would wait until
    /// its budget is used up, which follows the size of the processor's cache and reaches 100 MB.
    /// </summary>
    private void CollectGarbage()
    {
        bool burstIsOver = _engine.Clients.Gone - _collectedAtGone >= GoneClientsMin && _engine.Clients.Count <= FewClients;
        if (burstIsOver || GC.GetTotalMemory(forceFullCollection: false) - _aliveBytes > Math.Max(ExcessBytesMin, _aliveBytes))
        {
            // What lived through earlier collections, sessions and large tables, is in the oldest generation.
            _collectedAtGone = _engine.Clients.Gone;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            _aliveBytes = GC.GetTotalMemory(forceFullCollection: false);
        }
        long allocated = GC.GetTotalAllocatedBytes();
        if (allocated - _collectedAtBytes < GarbageBytesMax) return;
        _collectedAtBytes = allocated;
        GC.Collect(0, GCCollectionMode.Forced, blocking: true);
    }

    /// <summary>Looks at a share of the clients, so that all are seen about once a second.</summary>
    private void CheckClients()
    {
        IReadOnlyList<ClientSession> clients = _engine.Clients.All;
        if (clients.Count == 0) return;
        int count = Math.Max(5, clients.Count / Math.Max(1, _engine.Settings.Process.Hz));
        for (int i = 0; i < Math.Min(count, clients.Count); i++)
        {
            ClientSession client = clients[(int)(_clientCursor++ % (uint)clients.Count)];
            if (IsIdle(client))
            {
                _engine.Log.Verbose("Closing idle client");
                client.Connection?.Close();
                continue;
            }
            _engine.ClientMemory.Count(client);
            _engine.OutputLimits.CheckByTime(client);
        }
    }

    private bool IsIdle(ClientSession client)
    {
        int timeoutSeconds = _engine.Settings.Network.IdleTimeoutSeconds;
        return timeoutSeconds != 0 && _engine.NowMs - client.LastInteractionMs > timeoutSeconds * 1000L && !client.IsSuspended && !client.IsSubscriber && !client.IsMonitor;
    }
}
