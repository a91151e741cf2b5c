using System.Buffers.Binary;
using System.Globalization;
using Sigrun.Configuration;
using Sigrun.Network;
using Sigrun.Network.Pipes;
using Sigrun.Observability;
using Sigrun.Persistence;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Storage.Files;

namespace Sigrun;

/// <summary>An engine, its event loop and its listeners, put together; what else there is, its surroundings know.</summary>
internal sealed class ServerInstance : IDisposable
{
    private readonly ServerConfiguration _configuration;
    private readonly IServerEnvironment _environment;
    private readonly ServerLog _log;
    private readonly Engine _engine;
    private readonly EngineHost _host;
    private readonly Listeners _listeners;
    private Exception? _failure;

    /// <summary>Makes the engine; nothing listens yet.</summary>
    public ServerInstance(ServerConfiguration configuration, IClock clock, ServerLog log, IServerEnvironment environment, IFileSystem? files = null)
    {
        _configuration = configuration;
        _environment = environment;
        _log = log;
        _engine = new Engine(configuration.Settings, clock, log, RandomSeed(), files: files)
        {
            Configuration = configuration,
            BackgroundProcessors = environment.BackgroundProcessors,
            SupervisorName = environment.SupervisorName,
            TellSupervisor = message => environment.TellSupervisor(message),
        };
        if (environment.OutlivesFailures) _engine.Threads.OnFailure = OnThreadFailed;
        _host = new EngineHost(_engine);
        _engine.ShutdownRequested = Stop;
        _engine.AppendOnlyFile = new AppendOnlyFile(_engine) { OnFatal = () => environment.OnFatal(log) };
        _listeners = new Listeners(_host.Loop, configuration.Settings, _engine.Tls.Acceptor, log) { IsNeeded = environment.NeedsListener };
        Crash = new CrashReport(_engine);
        _engine.Listening = _listeners.Groups;
        RegisterAppliers();
        ApplyAccepting();
        _engine.Ldap.Apply();
    }

    /// <summary>Opens the listeners; false, with the reason in the log, when that fails.</summary>
    public bool Listen()
    {
        if (_configuration.Settings.Tls.Port != 0 && !_engine.Tls.TryConfigure())
        {
            _log.Warning("Failed to configure TLS. Check logs for more info.");
            return false;
        }
        return _listeners.Open();
    }

    /// <summary>Has a port chosen that is free, where it is 0, instead of listening on none.</summary>
    public bool ChoosesPort
    {
        init => _listeners.ChoosesPort = value;
    }

    /// <summary>Leaves alone what is in the way of the Unix socket, and does not start, unless it is a socket without a server.</summary>
    public bool SparesFiles
    {
        init => _listeners.SparesFiles = value;
    }

    /// <summary>Connects a client of this process; from any thread.</summary>
    public PipeEnd Connect() => _host.Connect();

    /// <summary>Runs something on the engine's thread; from any thread.</summary>
    public void Post(Action action) => _host.Loop.Post(action);

    /// <summary>The engine's figures. Engine's thread.</summary>
    public SigrunStatistics ReadStatistics()
    {
        ServerStatistics statistics = _engine.Statistics;
        LoopTotals io = IoTotals.Read(_engine).Since(statistics.IoBefore).All;
        long keys = 0;
        foreach (Keyspace.Database database in _engine.Databases) keys += database.Keys.Count;
        bool hasFailed = _engine.Snapshots.HasFailed || _engine.AppendOnlyFile is { IsHealthy: false } or { Rewrite.HasFailed: true };
        return new SigrunStatistics
        {
            ConnectedClients = _engine.Clients.Count,
            Keys = keys,
            UsedMemoryBytes = MemoryFigures.UsedBytes(_engine),
            CommandsProcessed = statistics.Commands.TotalCalls,
            ErrorReplies = statistics.ErrorReplies,
            KeyspaceHits = statistics.KeyspaceHits,
            KeyspaceMisses = statistics.KeyspaceMisses,
            ExpiredKeys = statistics.ExpiredKeys,
            EvictedKeys = statistics.EvictedKeys,
            BytesReceived = io.BytesReceived,
            BytesSent = io.BytesSent,
            LastSaveSucceeded = !hasFailed,
        };
    }

    /// <summary>Says in the log where there are sockets.</summary>
    public void AnnounceSockets()
    {
        foreach (ListenerGroup group in _listeners.Groups)
        {
            if (group.Open.Count > 0) _log.Notice("Listening: " + ConfigText.ToString(group.Describe()));
        }
    }

    /// <summary>Tells tools that the server serves.</summary>
    public void AnnounceReady()
    {
        foreach (ListenerGroup group in _listeners.Groups)
        {
            if (group.IsInUse) _log.Notice("Ready to accept connections " + group.Name);
        }
    }

    /// <summary>Removes the file of the Unix socket because the server ends.</summary>
    public void RemoveSocketFile() => _listeners.RemoveFile();

    /// <summary>Opens the locale; false, with the reason in the log, when there is none of the name.</summary>
    public bool OpenLocale()
    {
        if (_engine.TryApplyLocale()) return true;
        string? name = _configuration.Settings.Process.LocaleCollate;
        if (string.IsNullOrEmpty(name))
        {
            _log.Warning("Warning: Failed to configure LOCALE derived from the environment variables, using the default locale 'C'.");
            return true;
        }
        _log.Warning($"Failed to configure LOCALE for invalid locale name: '{ConfigText.ToString(name)}'.");
        return false;
    }

    /// <summary>Makes the users; false, with the reason in the log, when that fails.</summary>
    public bool LoadUsers() => _engine.AclFile.TryLoadAtStart();

    /// <summary>
    /// Loads the data, from the append-only file where it is on, else from the snapshot file, while clients are told to
    /// wait; false, with the reason in the log, when it cannot be loaded, or the server shall stop.
    /// </summary>
    public bool TryLoad(out bool isStopped)
    {
        if (!_engine.AppendOnlyFile!.Start(_host.Loop.RunBriefly, out isStopped)) return false;
        return _engine.AppendOnlyFile.IsOn || TryLoadSnapshot(out isStopped);
    }

    /// <summary>
    /// Whether there is a snapshot that would not be loaded, since the append-only file is on but not there. What is recorded from
    /// then on would take its place.
    /// </summary>
    public bool LosesSnapshot => _configuration.Settings.Persistence.AppendOnly && !_engine.AppendOnlyFile!.Directory.IsThere
        && _engine.Files.FileExists(Path.Combine(_configuration.Settings.Persistence.Directory, _engine.Snapshots.FileName));

    /// <summary>Has something called after every run of what is done by time.</summary>
    public void AfterCron(Action action) => _engine.Cron.AfterRun.Add(action);

    /// <summary>True while data is loaded; from any thread.</summary>
    public bool IsLoading => _engine.Loading is not null;

    /// <summary>Ends the engine because of a signal, in its own time; from any thread.</summary>
    /// <param name="options">How it is to end, asked when it does.</param>
    public void Shutdown(Func<ShutdownOptions> options) => _host.Loop.Post(() => _engine.SignalledShutdown.Request(options));

    /// <summary>Ends the engine because its program wants that, soon and so that no client can call it off; from any thread.</summary>
    /// <param name="end">How, asked on the engine's thread.</param>
    /// <param name="refused">Called there when the data could not be saved, so that the engine goes on.</param>
    public void End(Func<ShutdownOptions> end, Action refused) => Post(() =>
    {
        if (!_engine.HasEnded && !_engine.TryShutdown(end())) refused();
    });

    /// <summary>Called when the server goes on after all.</summary>
    public Action? ShutdownCancelled
    {
        set => _engine.SignalledShutdown.Cancelled = value;
    }

    /// <summary>Deletes what is half written because the process ends at once; from any thread.</summary>
    public void DeleteTemporaryFiles() => TemporaryFiles.Delete(_engine.Files, _configuration.Settings.Persistence.Directory);

    /// <summary>Serves until stopped.</summary>
    public void Run()
    {
        if (Failure is null) _host.Loop.Run();
        if (Failure is null) _engine.AppendOnlyFile!.TurnOff();
    }

    /// <summary>What a thread beside the engine's has failed with, which has ended <see cref="Run"/>; null while none has.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Ends <see cref="Run"/>; from any thread.</summary>
    public void Stop() => _host.Loop.Stop();

    /// <summary>What the log says should the process fail.</summary>
    public CrashReport Crash { get; }

    /// <summary>
    /// Runs an action while the engine stands still: on its thread, or here when that is held up for longer than
    /// <paramref name="patienceMs"/>.
    /// </summary>
    public void RunAside(Action action, int patienceMs)
    {
        int isTaken = 0;
        using ManualResetEventSlim isDone = new();
        _host.Loop.Post(() =>
        {
            if (Interlocked.Exchange(ref isTaken, 1) != 0) return;
            action();
            isDone.Set();
        });
        if (isDone.Wait(patienceMs)) return;
        if (Interlocked.Exchange(ref isTaken, 1) == 0) action();
        else isDone.Wait();
    }

    /// <summary>Closes everything.</summary>
    public void Dispose()
    {
        _host.Dispose();
        _engine.Dispose();
    }

    private bool OnThreadFailed(Exception failure)
    {
        // One that fails while the host is made finds no loop to stop, which does not run then.
        if (Interlocked.CompareExchange(ref _failure, failure, null) is null) _host?.Loop.Stop();
        return true;
    }

    private bool TryLoadSnapshot(out bool isStopped)
    {
        isStopped = false;
        long startNs = _engine.ReadClock();
        RdbLoadResult result = _engine.Snapshots.Load(new RdbLoadOptions { OnProgress = _host.Loop.RunBriefly });
        switch (result)
        {
            case RdbLoadResult.NotThere:
                return true;
            case RdbLoadResult.Loaded:
                double seconds = (_engine.ReadClock() - startNs) / 1e9;
                _log.Notice(string.Create(CultureInfo.InvariantCulture, $"DB loaded from disk: {seconds:F3} seconds"));
                return true;
            case RdbLoadResult.Abandoned:
                isStopped = true;
                return false;
            case RdbLoadResult.Failed:
                _log.Warning("Terminating server after rdb file reading failure.");
                break;
        }
        _log.Warning("Fatal error loading the DB, check server logs. Exiting.");
        return false;
    }

    private void RegisterAppliers()
    {
        NetworkSettings network = _configuration.Settings.Network;
        const string NoListener = "Unable to listen on this port. Check server logs.";
        _configuration.OnApply(() => Changed(_listeners.ReopenPlain() ? null : NoListener), "port");
        _configuration.OnApply(() => Changed(_engine.Tls.ApplyPort() ?? (_listeners.ReopenSecured() ? null : NoListener)), "tls-port");
        _engine.Tls.Follow(_configuration);
        _configuration.OnApply(() => Changed(_listeners.Reopen() ? null : "Failed to bind to specified addresses."), "bind");
        _configuration.OnApply(() => _engine.TryApplyLocale() ? null : "Invalid locale name", "locale-collate");
        _configuration.OnApply(ApplyAccepting, "max-new-connections-per-cycle");
        _configuration.OnApply(() => _environment.MakeRoomForClients(network, _log), "maxclients");
        _configuration.OnApply(ApplyDirectory, "dir");
        _configuration.OnApply(ApplyPassword, "requirepass");
        _configuration.OnApply(ApplySavePoints, "save");
        _configuration.OnApply(ApplyAppendOnly, "appendonly");
        _configuration.OnApply(DeleteHistory, "aof-disable-auto-gc");
        _configuration.OnApply(ApplyIoThreads, "io-threads");
        _configuration.OnApply(ApplyMaxMemory, "maxmemory");
        _configuration.OnApply(ApplyDefragmentation, "active-defrag-cycle-min", "active-defrag-cycle-max", "active-defrag-cycle-us",
            "active-defrag-threshold-upper");
        _configuration.OnApply(ApplyToEngine, "maxmemory-clients", "prefetch-batch-max-size", "commandlog-execution-slower-than",
            "commandlog-slow-execution-max-len", "commandlog-request-larger-than", "commandlog-large-request-max-len",
            "commandlog-reply-larger-than", "commandlog-large-reply-max-len", "latency-tracking", "latency-monitor-threshold", "maxmemory-policy",
            "lfu-log-factor", "lfu-decay-time", "stop-writes-on-bgsave-error", "client-output-buffer-limit", "notify-keyspace-events");
        RegisterLdapAppliers();
    }

    private void RegisterLdapAppliers()
    {
        _configuration.OnApply(() => ApplyLdap(reconnects: true), "ldap.servers", "ldap.use_starttls", "ldap.tls_ca_cert_path", "ldap.tls_cert_path",
            "ldap.tls_key_path", "ldap.tls_skip_verify", "ldap.timeout_connection");
        _configuration.OnApply(() => ApplyLdap(reconnects: false), "ldap.auth_mode", "ldap.bind_dn_prefix", "ldap.bind_dn_suffix",
            "ldap.search_bind_dn", "ldap.search_bind_passwd", "ldap.search_base", "ldap.search_filter", "ldap.search_attribute",
            "ldap.search_scope", "ldap.search_dn_attribute", "ldap.connection_pool_size", "ldap.failure_detector_interval",
            "ldap.timeout_ldap_operation");
    }

    private string? ApplyAccepting()
    {
        _host.Loop.AcceptsPerTurn = (int)_configuration.Settings.Network.MaxNewConnectionsPerCycle;
        return null;
    }

    private string? Changed(string? error)
    {
        _environment.OnListenersChanged();
        return error;
    }

    private string? ApplyLdap(bool reconnects)
    {
        _engine.Ldap.Apply(reconnects);
        return null;
    }

    private string? ApplyIoThreads()
    {
        _host.SetIoThreads(_configuration.Settings.Network.IoThreads);
        return null;
    }

    private string? ApplyDefragmentation()
    {
        _engine.Defrag.OnConfigured();
        return null;
    }

    private string? ApplyPassword()
    {
        _engine.Users.SetDefaultPassword(_configuration.Settings.Security.RequirePass);
        return null;
    }

    private string? ApplyAppendOnly()
    {
        AppendOnlyFile file = _engine.AppendOnlyFile!;
        if (_configuration.Settings.Persistence.AppendOnly == file.IsEnabled) return null;
        if (!_engine.HasFiles) return NoFiles.Reason;
        if (!file.IsEnabled) return file.TurnOn() ? null : "Unable to turn on AOF. Check server logs.";
        file.TurnOff();
        return null;
    }

    private string? ApplySavePoints() => _engine.HasFiles || !_engine.Snapshots.HasSavePoints ? ApplyToEngine() : NoFiles.Reason;

    /// <summary>Files that were kept only because of the directive go when it is switched off.</summary>
    private string? DeleteHistory()
    {
        _engine.AppendOnlyFile!.Directory.DeleteHistory();
        return null;
    }

    private string? ApplyMaxMemory()
    {
        _engine.ApplySettings();
        _engine.Eviction.OnLimitSet();
        return null;
    }

    private string? ApplyToEngine()
    {
        _engine.ApplySettings();
        return null;
    }

    private string? ApplyDirectory()
    {
        if (!_engine.HasFiles) return NoFiles.Reason;
        try
        {
            _environment.EnterDirectory(_configuration.Settings.Persistence.Directory);
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return "Permission denied";
        }
        catch (IOException fault)
        {
            return fault.Message;
        }
    }

    /// <summary>Chance from the system. The cryptography classes would load a library for these eight bytes.</summary>
    private static ulong RandomSeed()
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.NewGuid().TryWriteBytes(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
    }
}
