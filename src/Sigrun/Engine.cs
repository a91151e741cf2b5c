using Sigrun.Blocking;
using Sigrun.Clients;
using Sigrun.Commands;
using Sigrun.Configuration;
using Sigrun.Keyspace;
using Sigrun.Migration;
using Sigrun.Observability;
using Sigrun.Persistence;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Persistence.Background;
using Sigrun.Protocol;
using Sigrun.PubSub;
using Sigrun.Security;
using Sigrun.Security.Ldap;
using Sigrun.Storage;
using Sigrun.Storage.Files;
using Sigrun.Tracking;
using Sigrun.Transactions;
using Sigrun.Types.HyperLogLogs;
using Sigrun.Types.Sets;

namespace Sigrun;

/// <summary>
/// The data and everything that works on it, on one thread: databases, commands, clients, time.
/// Knows no sockets; <see cref="EngineHost"/> connects it with an event loop.
/// </summary>
internal sealed class Engine : IDisposable
{
    /// <summary>
    /// Memory for commands that have begun to write when there is no other: far more than one of <see cref="CommandExecutor.LargeRequestMin"/>
    /// can need, however many sizes its elements have.
    /// </summary>
    private const long KeptBackBytes = 4L << 20;

    private readonly IClock _clock;
    private readonly List<ClientSession> _resumed = [];
    private long _unixOffsetNs;
    private long _foreignProtocolMs;
    private bool _servesClients;

    /// <summary>Creates an engine with empty databases.</summary>
    /// <param name="settings">Its settings; read whenever they matter, so that changes are seen.</param>
    /// <param name="clock">Where it reads time.</param>
    /// <param name="log">Where it logs.</param>
    /// <param name="seed">What all its chance comes from: the hash key unless <c>hash-seed</c> is set, samples, choices.</param>
    /// <param name="heapOptions">How its memory behaves; null for the usual.</param>
    /// <param name="files">Where its data lives; null for the system's files.</param>
    public Engine(EngineSettings settings, IClock clock, ServerLog log, ulong seed, HeapOptions? heapOptions = null, IFileSystem? files = null)
    {
        Settings = settings;
        Log = log;
        _clock = clock;
        Latency = new LatencyMonitor(clock);
        Monitors = new MonitorFeed(this);
        Random = new RandomSource(seed);
        RunId = EngineIdentity.NewRunId(ref Random);
        ReplicationId = EngineIdentity.NewRunId(ref Random);
        Hasher = EngineIdentity.MakeHasher(settings.Process.HashSeed, ref Random);
        Heap = new Heap((heapOptions ?? new HeapOptions()) with
        {
            Hasher = Hasher,
            KeptBackBytes = KeptBackBytes,
            MayUseKeptBack = () => Executor is { MustNotFail: true },
        });
        LazyFree = new LazyFree(Heap, Threads);
        Lender = new BigValueLender(Heap);
        AccessClock = new AccessClock(Random.Next());
        SyncClock();
        StartedMs = NowMs;
        Databases = new DatabaseList(this, settings.Process.Databases);
        Dumps = new DumpPayload(settings);
        Files = files ?? new SystemFiles();
        Background = new BackgroundSnapshots(this);
        Saving = new BackgroundSaving(this);
        Snapshots = new Snapshots(this);
        Eviction = new KeyEviction(this);
        ClientMemory = new ClientMemory(this);
        Blocked = new BlockedClients(this);
        Pause = new ClientPause(this);
        Durability = new DurabilityWaits(this);
        WatchedKeys = new WatchedKeys(this);
        OutputLimits = new OutputLimits(this);
        Pushes = new ClientPushes(OutputLimits);
        PubSub = new Broker(this);
        Users = new AclUsers(this);
        AclFile = new AclFile(this);
        AclLog = new AclLog(this);
        Tls = new TlsIdentity(this);
        Ldap = new LdapAuthentication(this, clock);
        Tracking = new KeyTracking(this);
        Executor = new CommandExecutor(this);
        Expiry = new ActiveExpiry(this);
        Defrag = new ActiveDefrag(this);
        Cron = new Cron(this);
        SignalledShutdown = new SignalledShutdown(this);
        ApplySettings();
        StartupMemory = GC.GetTotalMemory(forceFullCollection: false);
        Eviction.UpdateLimit();
    }

    /// <summary>Chance for everything that is not security.</summary>
    public RandomSource Random;

    /// <summary>The settings.</summary>
    public EngineSettings Settings { get; }

    /// <summary>The log.</summary>
    public ServerLog Log { get; }

    /// <summary>The files of its data.</summary>
    public IFileSystem Files { get; }

    /// <summary>Whether there are any.</summary>
    public bool HasFiles => Files is not NoFiles;

    /// <summary>Starts all threads beside the engine's own.</summary>
    public BackgroundThreads Threads { get; } = new();

    /// <summary>The memory of all stored data.</summary>
    public Heap Heap { get; }

    /// <summary>The keyed hash of this engine's tables.</summary>
    public KeyHasher Hasher { get; }

    /// <summary>The databases by index.</summary>
    public DatabaseList Databases { get; }

    /// <summary>The order of texts in SORT, as <c>locale-collate</c> says; null for that of their bytes.</summary>
    public Collation? Collation { get; private set; }

    /// <summary>What the server listens on, by kind.</summary>
    public ListenerGroup[] Listening { get; set; } = [];

    /// <summary>The clients.</summary>
    public ClientTable Clients { get; } = new();

    /// <summary>Counters for INFO.</summary>
    public ServerStatistics Statistics { get; } = new();

    /// <summary>Commands that took long, in microseconds.</summary>
    public CommandLog SlowLog { get; } = new();

    /// <summary>Requests that were large, in bytes.</summary>
    public CommandLog LargeRequests { get; } = new();

    /// <summary>Commands with large replies, in bytes.</summary>
    public CommandLog LargeReplies { get; } = new();

    /// <summary>True while keys do not expire and are not evicted by themselves, since the source of an import tells which go (<c>import-mode</c>).</summary>
    public bool IsImporting => Settings.Memory.ImportMode;

    /// <summary>True while a command of such a source runs: to it nothing has expired.</summary>
    public bool IsExecutingImport => IsImporting && Pushes.Executing is { IsImportSource: true };

    /// <summary>The clients that are told of every command.</summary>
    public MonitorFeed Monitors { get; }

    /// <summary>What has held the engine up.</summary>
    public LatencyMonitor Latency { get; }

    /// <summary>The log of effects.</summary>
    public EffectLog Effects { get; } = new();

    /// <summary>Keyspace events.</summary>
    public KeyspaceNotifier Events { get; } = new();

    /// <summary>Those who follow individual keys.</summary>
    public KeyObservers Observers { get; } = new();

    /// <summary>The clock of entries' access bits.</summary>
    public AccessClock AccessClock { get; }

    /// <summary>Frees large things on another thread.</summary>
    public LazyFree LazyFree { get; }

    /// <summary>Lends large values to replies that are sent from where they are stored.</summary>
    public BigValueLender Lender { get; }

    /// <summary>Makes and opens the payloads of DUMP and RESTORE.</summary>
    public DumpPayload Dumps { get; }

    /// <summary>Moves keys to other servers; null before the first is moved.</summary>
    public Migrator? Migrator { get; set; }

    /// <summary>The snapshot file.</summary>
    public Snapshots Snapshots { get; }

    /// <summary>Snapshots in the background.</summary>
    public BackgroundSnapshots Background { get; }

    /// <summary>Saving the snapshot file in the background.</summary>
    public BackgroundSaving Saving { get; }

    /// <summary>True while some commands are refused whoever sends them, so that each has to be looked at; see <see cref="CommandGate"/>.</summary>
    public bool IsGated { get; private set; }

    /// <summary>Keeps memory below its limit.</summary>
    public KeyEviction Eviction { get; }

    /// <summary>What the clients take, and their limit.</summary>
    public ClientMemory ClientMemory { get; }

    /// <summary>Clients that wait for keys.</summary>
    public BlockedClients Blocked { get; }

    /// <summary>CLIENT PAUSE.</summary>
    public ClientPause Pause { get; }

    /// <summary>Clients that wait for the disk.</summary>
    public DurabilityWaits Durability { get; }

    /// <summary>Keys that transactions depend on.</summary>
    public WatchedKeys WatchedKeys { get; }

    /// <summary>How much output may wait for a client.</summary>
    public OutputLimits OutputLimits { get; }

    /// <summary>Writes to clients what they have not just asked for.</summary>
    public ClientPushes Pushes { get; }

    /// <summary>Channels and their subscribers.</summary>
    public Broker PubSub { get; }

    /// <summary>Users and what they may do.</summary>
    public AclUsers Users { get; }

    /// <summary>How long turns of the event loop take.</summary>
    public TurnFigures Turns { get; } = new();

    /// <summary>What commands are called by.</summary>
    public CommandNames CommandNames => Settings.Security.CommandNames;

    /// <summary>The file of users.</summary>
    public AclFile AclFile { get; }

    /// <summary>Whom the server shows itself as, and whom it believes, over TLS.</summary>
    public TlsIdentity Tls { get; }

    /// <summary>What was refused to users.</summary>
    public AclLog AclLog { get; }

    /// <summary>Asks directories about users.</summary>
    public LdapAuthentication Ldap { get; }

    /// <summary>Tells clients that keep keys in caches of their own which of them change.</summary>
    public KeyTracking Tracking { get; }

    /// <summary>Runs requests.</summary>
    public CommandExecutor Executor { get; }

    /// <summary>Removes expired keys that nobody asks for.</summary>
    public ActiveExpiry Expiry { get; }

    /// <summary>Moves blocks together, so that memory goes back.</summary>
    public ActiveDefrag Defrag { get; }

    /// <summary>Where scans collect what they find.</summary>
    public ScanBuffer ScanBuffer { get; } = new();

    /// <summary>The sets that a command works on together.</summary>
    public SetOperands SetOperands { get; } = new();

    /// <summary>Where HyperLogLogs are changed, merged and counted.</summary>
    public HyperLogLogBuffer HyperLogLogs { get; } = new();

    /// <summary>What happens by time.</summary>
    public Cron Cron { get; }

    /// <summary>Forty hexadecimal digits that name this run.</summary>
    public string RunId { get; }

    /// <summary>Forty hexadecimal digits that name the history of this data set.</summary>
    public string ReplicationId { get; private set; }

    /// <summary>Bytes of the managed heap when the engine was made: what the process takes without data.</summary>
    public long StartupMemory { get; }

    /// <summary>Bytes that are used besides the heap, clients as they were last counted.</summary>
    public long BytesBesideHeap => StartupMemory + ClientMemory.Total + PubSub.MemoryBytes;

    /// <summary>What the I/O threads have done.</summary>
    public IoFigures Io { get; set; } = IoFigures.None;

    /// <summary>When the engine started, in milliseconds since 1970.</summary>
    public long StartedMs { get; }

    /// <summary>Milliseconds since 1970, as of the last reading of the clock: constant while a command runs.</summary>
    public long NowMs { get; private set; }

    /// <summary>Nanoseconds of the monotonic clock, as of its last reading.</summary>
    public long MonotonicNs { get; private set; }

    /// <summary>Changes to the data since the start.</summary>
    public long Dirty { get; set; }

    /// <summary>Longest argument of a request (<c>proto-max-bulk-len</c>).</summary>
    public long BulkLengthMax => Settings.Network.ProtoMaxBulkBytes;

    /// <summary>Requests whose keys are prefetched together; 0 when switched off.</summary>
    public int PrefetchWindow { get; private set; }

    /// <summary>True when a connection must log in first.</summary>
    public bool RequiresLogin => Users.RequiresLogin;

    /// <summary>The directives, which read and write <see cref="Settings"/>; null where nothing configures the engine at run time.</summary>
    public ServerConfiguration? Configuration { get; init; }

    /// <summary>The append-only file; null where there is none and none can be switched on.</summary>
    public AppendOnlyFile? AppendOnlyFile { get; set; }

    /// <summary>How far loading is; null while nothing is loaded.</summary>
    public LoadProgress? Loading
    {
        get;
        set
        {
            field = value;
            UpdateGate();
        }
    }

    /// <summary>True while commands of an append-only file run: nothing expires, nothing waits, and nothing is refused.</summary>
    public bool IsReplaying
    {
        get;
        set
        {
            field = value;
            UpdateGate();
        }
    }

    /// <summary>What a signal has asked for.</summary>
    public SignalledShutdown SignalledShutdown { get; }

    /// <summary>Called when SHUTDOWN, or a signal, ends the engine: everything is saved by then.</summary>
    public Action? ShutdownRequested { get; set; }

    /// <summary>True once the engine was shut down: no command runs any more, since its change would be in no file.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Reads the clock that never goes back, nanoseconds; from any thread.</summary>
    public long ReadNanoseconds() => _clock.MonotonicNanoseconds;

    /// <summary>The processors that threads in the background may use; null for those of the thread that starts them.</summary>
    public string? BackgroundProcessors
    {
        get;
        init
        {
            field = value;
            LazyFree.Processors = value;
        }
    }

    /// <summary>Who has started the process and waits to hear from it, as INFO names it.</summary>
    public string SupervisorName { get; init; } = "no";

    /// <summary>Tells whoever that is how far the end of the server is.</summary>
    public Action<string>? TellSupervisor { get; init; }

    /// <summary>Reads the clock; returns the monotonic time in nanoseconds.</summary>
    public long ReadClock()
    {
        long now = _clock.MonotonicNanoseconds;
        MonotonicNs = now;
        NowMs = (now + _unixOffsetNs) / 1_000_000;
        return now;
    }

    /// <summary>Microseconds since 1970, read now.</summary>
    public long ReadUnixMicroseconds() => _clock.UnixMicroseconds;

    /// <summary>Follows the calendar clock, should it have been set.</summary>
    public void SyncClock()
    {
        const long GapNanosecondsMax = 100_000;
        const int TriesMax = 5;
        bool isExact = false;
        for (int i = 0; i < TriesMax && !isExact; i++)
        {
            long before = _clock.MonotonicNanoseconds;
            long unix = _clock.UnixMicroseconds;
            long after = _clock.MonotonicNanoseconds;
            _unixOffsetNs = unix * 1000 - after;
            // A thread that stood still in between would set the time back by as much.
            isExact = after - before < GapNanosecondsMax;
        }
        ReadClock();
        AccessClock.Update(NowMs);
    }

    /// <summary>Finds out anew whether some commands are refused.</summary>
    public void UpdateGate()
    {
        bool refusesSome = Loading is not null || Snapshots.RefusesWrites || AppendOnlyFile is { RefusesWrites: true } || Eviction.IsStuck;
        IsGated = (refusesSome || Monitors.IsActive) && (!IsReplaying || _servesClients);
    }

    /// <summary>Serves clients between two commands of an append-only file: what these may not do is refused again.</summary>
    /// <param name="turn">Serves them.</param>
    /// <returns>What it returns.</returns>
    public bool ServeWhileReplaying(Func<bool> turn)
    {
        _servesClients = true;
        UpdateGate();
        bool result = turn();
        _servesClients = false;
        UpdateGate();
        return result;
    }

    /// <summary>Takes over <c>locale-collate</c>; false when there is no such locale.</summary>
    public bool TryApplyLocale()
    {
        if (!Collation.TryOpen(ConfigText.ToString(Settings.Process.LocaleCollate ?? ""), out Collation? collation)) return false;
        Collation?.Dispose();
        Collation = collation;
        return true;
    }

    /// <summary>Takes over settings that the engine keeps in another form.</summary>
    public void ApplySettings()
    {
        UpdateGate();
        OutputLimits.Apply();
        PubSub.UpdateEvents();
        PrefetchWindow = Settings.Network.PrefetchBatchMaxSize > 1 ? Settings.Network.PrefetchBatchMaxSize : 0;
        ObservabilitySettings observability = Settings.Observability;
        SlowLog.Apply(observability.SlowLogThresholdMicros, observability.SlowLogMaxLength);
        LargeRequests.Apply(observability.LargeRequestThresholdBytes, observability.LargeRequestLogMaxLength);
        LargeReplies.Apply(observability.LargeReplyThresholdBytes, observability.LargeReplyLogMaxLength);
        Latency.ThresholdMs = observability.LatencyMonitorThresholdMs;
        Statistics.Commands.TracksLatency = observability.LatencyTracking;
        AccessClock.IsLfu = Settings.Memory.Policy is MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu;
        AccessClock.LogFactor = Settings.Memory.LfuLogFactor;
        AccessClock.DecayMinutes = Settings.Memory.LfuDecayMinutes;
        ClientMemory.Apply();
        Eviction.Apply();
    }

    /// <summary>
    /// A command failed in a way it did not foresee, before it changed anything: the client gets an error,
    /// the log the details.
    /// </summary>
    public void OnCommandException(ClientSession client, Exception exception)
    {
        if (exception is HeapExhaustedException)
        {
            client.Reply.Error(CommandGate.OutOfMemory);
            return;
        }
        Log.Warning($"A command failed unexpectedly: {exception}");
        client.Reply.Error("ERR internal error"u8);
    }

    /// <summary>
    /// Somebody makes a browser send requests here: the connection ends before anything of it runs as a command.
    /// </summary>
    public void OnForeignProtocol(ClientSession client)
    {
        client.CloseAfterOutput = true;
        if (_foreignProtocolMs != 0 && NowMs - _foreignProtocolMs <= 60_000) return;
        _foreignProtocolMs = NowMs;
        Log.Warning("Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to "
            + $"{ServerIdentity.Name}. This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your "
            + $"{ServerIdentity.Name} instance. Connection from {ClientReport.Address(client)} aborted.");
    }

    /// <summary>A client has sent what is no request: it is told, and will be closed.</summary>
    public void OnProtocolError(ClientSession client, ProtocolError error)
    {
        if (Log.IsEnabled(LogLevel.Verbose))
            Log.Verbose($"Protocol error ({error.LogText}) from client: {ClientReport.LogLine(client)}. Query buffer: {ClientReport.UnparsedSample(client)}");
        client.Reply.Error("ERR " + error.Text);
        Statistics.CountError("ERR"u8);
    }

    /// <summary>A client has sent more than its query buffer may hold. May run on an I/O thread.</summary>
    public void OnQueryBufferLimit(ClientSession client)
    {
        Log.Warning($"Closing client that reached max query buffer length: {ClientReport.LogLine(client)} (qbuf initial bytes: {ClientReport.InputStart(client)})");
        Statistics.CountQueryBufferDisconnection();
        client.Connection?.Close();
    }

    /// <summary>
    /// Ends a client's wait. What it is told may belong to an I/O thread from then on, so that it leaves at the end of
    /// the turn only, when the changes that led to it are on record.
    /// </summary>
    public void Resume(ClientSession client)
    {
        if (client.IsOnEngineThread) client.Resume();
        else _resumed.Add(client);
    }

    /// <summary>Whether all that a client has changed is on the disk.</summary>
    public bool IsDurable(ClientSession client) => AppendOnlyFile is { IsOn: true } file && file.DurableOffset >= client.WriteOffset;

    /// <summary>Ends a turn: puts changes on record, then lets go of the clients that wait no longer.</summary>
    public void EndTurn()
    {
        Effects.EndUnit();
        if (ClientMemory.IsOver) ClientMemory.Evict();
        if (AppendOnlyFile is { IsOn: true } file) FlushTimed(file);
        if (Durability.Count > 0) Durability.Serve();
        Tracking.Broadcast();
        Pushes.Deliver(mayDefer: !Io.HasThreads);
        foreach (ClientSession client in _resumed) client.Resume();
        _resumed.Clear();
    }

    private void FlushTimed(AppendOnlyFile file)
    {
        long start = ReadNanoseconds();
        file.Flush(isForced: false);
        Turns.AddAof(ReadNanoseconds() - start);
    }

    /// <summary>Gives the history of the data set another name.</summary>
    public void ChangeReplicationId() => ReplicationId = EngineIdentity.NewRunId(ref Random);

    /// <summary>Ends the engine, after saving if that is wanted.</summary>
    /// <param name="options">What is wanted.</param>
    /// <param name="client">Who wants it; null for a signal.</param>
    /// <returns>False when saving has failed, so that the engine goes on; the log says why.</returns>
    public bool TryShutdown(ShutdownOptions options, ClientSession? client = null)
    {
        Log.Notice(client is null
            ? "User requested shutdown..."
            : $"User requested shutdown... (user request from '{ClientReport.LogIdentity(client)}')");
        TellSupervisor?.Invoke("STOPPING=1\n");
        if (!LastSave.TryRun(this, options))
        {
            Log.Warning("Errors trying to shut down the server. Check the logs for more information.");
            return false;
        }
        HasEnded = true;
        ShutdownRequested?.Invoke();
        return true;
    }

    /// <summary>A client's connection is gone.</summary>
    public void OnClientClosed(ClientSession client)
    {
        Clients.Remove(client);
        client.OnClosed();
    }

    /// <summary>Releases all memory.</summary>
    public void Dispose()
    {
        Ldap.Dispose();
        Collation?.Dispose();
        Background.Dispose();
        AppendOnlyFile?.Dispose();
        Migrator?.Dispose();
        Executor.Dispose();
        Pushes.Dispose();
        PubSub.Dispose();
        Tracking.Dispose();
        Monitors.Dispose();
        LazyFree.Dispose();
        Heap.Dispose();
        Tls.Dispose();
    }
}
