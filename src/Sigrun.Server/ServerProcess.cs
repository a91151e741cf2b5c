using System.Buffers.Text;
using System.Runtime.InteropServices;
using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Storage.Files;

namespace Sigrun.Server;

/// <summary>The server as a process: configuration, log, files, signals, and the engine in the middle of it.</summary>
/// <remarks>
/// The order of the start is part of the interface: tools wait for its log lines. A fault before the engine runs is
/// exit code 1. Kept free of what is slow to set up in the runtime, since a start takes less time than one of those.
/// </remarks>
internal sealed class ServerProcess(string[] args) : IServerEnvironment
{
    private readonly ServerConfiguration _configuration = new(Environment.CurrentDirectory);
    private readonly IClock _clock = new SystemClock();
    private readonly StandardStream _output = StandardStream.Output();
    private readonly LocalTime _localTime = new();
    private string? _standardInput;
    private Supervisor? _supervisor;
    private ProcessTitle? _title;

    private EngineSettings Settings => _configuration.Settings;

    /// <summary>Runs the server to its end.</summary>
    /// <returns>The exit code.</returns>
    public int Run()
    {
        if (!LoadConfiguration()) return 1;
        using ServerLog log = OpenLog();
        _supervisor = new Supervisor(Settings.Process.Supervised, log);
        bool isDaemon = Settings.Process.Daemonize && !_supervisor.IsThere;
        if (isDaemon)
        {
            if (!Daemon.IsRunning)
            {
                Daemon.StartAgain(args, _standardInput);
                return 0;
            }

            Daemon.Detach();
            Settings.Process.PidFile ??= PidFile.Default;
        }

        return Serve(log, isDaemon);
    }

    /// <inheritdoc/>
    public bool NeedsListener => true;

    /// <inheritdoc/>
    public string? BackgroundProcessors => Processors.OfBackground(Settings.Process);

    /// <inheritdoc/>
    public string SupervisorName => _supervisor!.Name;

    /// <inheritdoc/>
    public void TellSupervisor(string message) => _supervisor!.Tell(message);

    /// <inheritdoc/>
    /// <remarks>The title may show what that is.</remarks>
    public void OnListenersChanged()
    {
        if (Settings.Process.SetProcessTitle) _title?.Show();
    }

    /// <inheritdoc/>
    public string? MakeRoomForClients(NetworkSettings settings, ServerLog log) => OpenFiles.Apply(settings, log);

    /// <inheritdoc/>
    public void EnterDirectory(string path) => Environment.CurrentDirectory = path;

    /// <inheritdoc/>
    public bool OutlivesFailures => false;

    /// <inheritdoc/>
    public void OnFatal(ServerLog log)
    {
        log.Flush();
        Environment.Exit(1);
    }

    private void RegisterAppliers(Watchdog watchdog, OomScore score)
    {
        _configuration.OnApply(watchdog.Apply, "watchdog-period");
        _configuration.OnApply(score.Apply, "oom-score-adj", "oom-score-adj-values");
        _configuration.OnApply(ApplyTitle, "proc-title-template");
    }

    private string? ApplyTitle()
    {
        _title!.Show();
        return null;
    }

    private bool LoadConfiguration()
    {
        try
        {
            _configuration.Load(CommandLine.Parse(args), ReadStandardInput);
            return true;
        }
        catch (ConfigurationException fault)
        {
            if (fault.IsLogLine)
            {
                using ServerLog log = OpenLog();
                log.Warning(ConfigText.ToString(fault.Message));
            }
            else
            {
                StandardStream.Error().Write(ConfigText.ToBytes(fault.Message));
            }

            return false;
        }
    }

    private string ReadStandardInput()
    {
        using (ServerLog log = OpenLog()) log.Notice("Reading config from stdin");
        using FileStream input = new(new Microsoft.Win32.SafeHandles.SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        using MemoryStream bytes = new();
        input.CopyTo(bytes);
        _standardInput = ConfigText.FromBytes(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        return _standardInput;
    }

    private ServerLog OpenLog()
    {
        ILogOutput output = Settings.Observability.LogFile is { Length: > 0 } file
            ? new FileLogOutput(Path.GetFullPath(ConfigText.ToString(file), Settings.Persistence.Directory))
            : _output;
        SystemLog? systemLog = Settings.Observability.SyslogEnabled ? new SystemLog(Settings.Observability) : null;
        return new ServerLog(Settings.Observability, _clock, output, _localTime.UtcOffsetSeconds) { Copy = systemLog is null ? null : systemLog.Write };
    }

    /// <summary>Makes the engine; null where settings, such as <c>databases</c>, ask for more memory than there is.</summary>
    private ServerInstance? TryCreate(ServerLog log)
    {
        try
        {
            return new ServerInstance(_configuration, _clock, log, this);
        }
        catch (OutOfMemoryException)
        {
            log.Warning("There is not enough memory to start with this configuration. Exiting.");
            return null;
        }
    }

    private int Serve(ServerLog log, bool isDaemon)
    {
        _configuration.Log = log.Write;
        Banner.Starting(log, Environment.GetCommandLineArgs()[0], args.Length > 0);
        foreach (string note in _configuration.Notes()) log.Warning(note);
        if (!OpenFiles.Fit(Settings.Network, log)) return 1;
        EnterDirectory();

        using ServerInstance? instance = TryCreate(log);
        if (instance is null) return 1;
        PidFile? pidFile = PidFile.Write(Settings, log);
        using CrashHandler crashes = new(log, Settings, isDaemon ? pidFile : null, instance);
        OomScore score = new(Settings, log);
        Watchdog watchdog = new(Settings);
        instance.AfterCron(watchdog.Restart);
        _title = new ProcessTitle(Settings, _configuration.ConfigFile);
        RegisterAppliers(watchdog, score);
        OnListenersChanged();
        if (!instance.OpenLocale()) return 1;
        Banner.Show(log, Settings, _output.IsTerminal);
        WarnOfShortBacklog(log);
        if (!instance.LoadUsers() || !instance.Listen()) return 1;
        log.Notice("Server initialized");
        using (new StopSignals(log, instance, OptionsOf))
        {
            if (instance.TryLoad(out bool isStopped))
            {
                instance.AnnounceReady();
                TellSupervisor("STATUS=Ready to accept connections\n");
                TellSupervisor("READY=1\n");
                if (Settings.Memory.MaxMemoryBytes is > 0 and < 1 << 20)
                {
                    log.Warning("WARNING: You specified a maxmemory value that is less than 1MB (current value is "
                        + $"{Settings.Memory.MaxMemoryBytes} bytes). Are you sure this is what you really want?");
                }
                log.StartWriter(BackgroundProcessors);
                Processors.Take(Settings.Process);
                _ = score.Apply();
                CompilerThread? compiler = CompilerThread.Watch();
                if (compiler is not null) instance.AfterCron(compiler.Look);
                instance.Run();
            }
            else if (!isStopped)
            {
                pidFile?.RemoveQuietly();
                return 1;
            }
        }
        pidFile?.Remove();
        instance.RemoveSocketFile();
        log.Warning(ServerIdentity.Name + " is now ready to exit, bye bye...");
        return 0;
    }

    private ShutdownOptions OptionsOf(PosixSignal signal) =>
        signal == PosixSignal.SIGINT ? Settings.Process.ShutdownOnSigint : Settings.Process.ShutdownOnSigterm;

    /// <summary>The process lives where the data lives: core files end up there, and relative names mean the same to both.</summary>
    private void EnterDirectory()
    {
        if (Settings.Persistence.Directory != Environment.CurrentDirectory)
            Environment.CurrentDirectory = Settings.Persistence.Directory;
        Settings.Persistence.Directory = Environment.CurrentDirectory;
    }

    private void WarnOfShortBacklog(ServerLog log)
    {
        ReadOnlySpan<byte> most = SystemReport.TryRead("/proc/sys/net/core/somaxconn"u8);
        if (Utf8Parser.TryParse(most, out int length, out _) && length > 0 && length < Settings.Network.TcpBacklog)
        {
            log.Warning($"WARNING: The TCP backlog setting of {Settings.Network.TcpBacklog} cannot be enforced because "
                + $"/proc/sys/net/core/somaxconn is set to the lower value of {length}.");
        }
    }
}
