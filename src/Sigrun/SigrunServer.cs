using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Storage.Files;

namespace Sigrun;

/// <summary>A server inside a program. Several may run at once; they share nothing.</summary>
/// <remarks>
/// <para>
/// Commands run on one thread of the server's own. All members may be used from any thread. Nothing of the process is touched:
/// its directory, signals, standard streams and exit code are the program's.
/// </para>
/// <para>
/// A failure on any of its threads, or an append-only file that can no longer be written, ends the server and not the program:
/// <see cref="Completion"/> fails then.
/// </para>
/// </remarks>
public sealed class SigrunServer : IAsyncDisposable, IServerEnvironment
{
    /// <summary>Directives of a process of its own, which a program is not.</summary>
    private static readonly string[] OfProcess =
    [
        "daemonize", "pidfile", "logfile", "supervised", "syslog-enabled", "oom-score-adj", "server-cpulist", "bio-cpulist",
        "oom-score-adj-values", "watchdog-period", "proc-title-template",
    ];

    /// <summary>Log lines that may wait for a slow receiver; those that come then are lost, and counted.</summary>
    private const int LinesMax = 10_000;

    private readonly SigrunServerOptions _options;
    private readonly ServerConfiguration _configuration = new(Environment.CurrentDirectory);
    private readonly ServerLog _log;
    private readonly ServerInstance _instance;
    private readonly BlockingCollection<(LogLevel Level, string Message)> _lines = new(LinesMax);
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _stopping = new();
    private TaskCompletionSource? _stopFailed;
    private Thread? _logWriter;
    private int _isStarted;
    private int _linesLost;
    private string _lastWarning = "The server could not start.";

    /// <summary>Makes a server; <see cref="StartAsync"/> starts it.</summary>
    /// <param name="options">What it is like; null for one without sockets and files.</param>
    /// <exception cref="SigrunServerException">An option is not valid.</exception>
    public SigrunServer(SigrunServerOptions? options = null)
        : this(options, new SystemClock(), new SystemFiles())
    {
    }

    /// <summary>Makes a server over another clock and other files, if it has any.</summary>
    internal SigrunServer(SigrunServerOptions? options, IClock clock, IFileSystem files)
    {
        options ??= new SigrunServerOptions();
        _options = options;
        Configure();
        _log = new ServerLog(_configuration.Settings.Observability, clock, new NoLogOutput()) { Copy = OnLogged };
        _configuration.Log = _log.Write;
        foreach (string name in OfProcess)
        {
            if (!_configuration.Find(name)!.Is(DirectiveFlags.Immutable)) _configuration.OnApply(() => $"'{name}' is for a server that is a process of its own.", name);
        }
        bool hasFiles = options.DataDirectory is not null;
        _instance = new ServerInstance(_configuration, clock, _log, this, hasFiles ? files : new NoFiles())
        {
            ChoosesPort = options.Port == 0,
            ShutdownCancelled = OnStopRefused,
        };
    }

    /// <summary>The TCP port that is listened on once the server has started; 0 when there is none.</summary>
    public int Port => _configuration.Settings.Network.Port;

    /// <summary>Completes when the server has ended, by <see cref="StopAsync"/>, by the command SHUTDOWN, or with a failure.</summary>
    public Task Completion => _completed.Task;

    /// <summary>Starts the server, which has loaded its data and serves when the task completes. A server starts once.</summary>
    /// <param name="cancellationToken">Ends a start that takes long; the server has ended then.</param>
    /// <exception cref="SigrunServerException">A socket cannot be had, or the data cannot be loaded.</exception>
    /// <exception cref="InvalidOperationException">The server was started before.</exception>
    /// <exception cref="OperationCanceledException">The start was ended.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref _isStarted, 1) != 0) throw new InvalidOperationException("A server starts once.");
        _logWriter = new Thread(WriteLines) { IsBackground = true, Name = "sigrun-log" };
        _logWriter.Start();
        new Thread(Run) { IsBackground = true, Name = "sigrun" }.Start();
        using (cancellationToken.Register(_instance.Stop))
        {
            try
            {
                await _started.Task.ConfigureAwait(false);
            }
            catch (SigrunServerException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
        }
    }

    /// <summary>
    /// Opens a connection that needs no socket. What is written to the stream are requests, what is read from it replies, both in
    /// Valkey's protocol. A reader that does not read is treated as one behind a socket: its replies wait, up to
    /// <c>client-output-buffer-limit</c>.
    /// </summary>
    /// <returns>The client's end; disposing of it closes the connection.</returns>
    /// <exception cref="InvalidOperationException">The server has not started, or has ended (<see cref="ObjectDisposedException"/>).</exception>
    public Stream Connect()
    {
        ThrowUnlessRunning();
        return new InProcessStream(_instance.Connect());
    }

    /// <summary>Reads the server's figures.</summary>
    /// <param name="cancellationToken">Ends the wait for the thread that executes commands.</param>
    /// <exception cref="InvalidOperationException">The server has not started, or has ended (<see cref="ObjectDisposedException"/>).</exception>
    public async Task<SigrunStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default)
    {
        ThrowUnlessRunning();
        var read = new TaskCompletionSource<SigrunStatistics>(TaskCreationOptions.RunContinuationsAsynchronously);
        _instance.Post(() => read.TrySetResult(_instance.ReadStatistics()));
        Task first = await Task.WhenAny(read.Task, Completion).WaitAsync(cancellationToken).ConfigureAwait(false);
        ObjectDisposedException.ThrowIf(first != read.Task, this);
        return await read.Task.ConfigureAwait(false);
    }

    /// <summary>Stops the server, after saving the data if it has a directory. Once it has stopped this does nothing.</summary>
    /// <param name="cancellationToken">Ends the wait, not the server's stop.</param>
    /// <exception cref="SigrunServerException">The data could not be saved: the server goes on, and the log says why.</exception>
    public Task StopAsync(CancellationToken cancellationToken = default) =>
        EndAsync(_options.DataDirectory is null ? ShutdownOptions.NoSave : ShutdownOptions.Save).WaitAsync(cancellationToken);

    /// <summary>Stops the server, after saving if that is possible, and releases everything.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync().ConfigureAwait(false);
        }
        catch (SigrunServerException)
        {
            await EndAsync(ShutdownOptions.NoSave | ShutdownOptions.Force).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    bool IServerEnvironment.NeedsListener => false;

    /// <inheritdoc/>
    bool IServerEnvironment.OutlivesFailures => true;

    /// <inheritdoc/>
    string? IServerEnvironment.BackgroundProcessors => null;

    /// <inheritdoc/>
    string IServerEnvironment.SupervisorName => "no";

    /// <inheritdoc/>
    void IServerEnvironment.TellSupervisor(string message)
    {
    }

    /// <inheritdoc/>
    void IServerEnvironment.OnListenersChanged()
    {
    }

    /// <inheritdoc/>
    string? IServerEnvironment.MakeRoomForClients(NetworkSettings settings, ServerLog log) => null;

    /// <inheritdoc/>
    void IServerEnvironment.EnterDirectory(string path)
    {
    }

    /// <inheritdoc/>
    void IServerEnvironment.OnFatal(ServerLog log) => throw EngineFailureException.Panic(_lastWarning);

    private void ThrowUnlessRunning()
    {
        ObjectDisposedException.ThrowIf(Completion.IsCompleted, this);
        if (!_started.Task.IsCompletedSuccessfully) throw new InvalidOperationException("The server has not started.");
    }

    private async Task EndAsync(ShutdownOptions options)
    {
        // One that was never started only has to be released.
        if (Interlocked.Exchange(ref _isStarted, 1) == 0) End(failure: null);
        TaskCompletionSource refused;
        lock (_stopping) refused = _stopFailed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!Completion.IsCompleted) _instance.Shutdown(() => options);
        Task first = await Task.WhenAny(Completion, refused.Task).ConfigureAwait(false);
        if (first == refused.Task) throw new SigrunServerException(_lastWarning);
    }

    private void OnStopRefused()
    {
        TaskCompletionSource? refused;
        lock (_stopping) (refused, _stopFailed) = (_stopFailed, null);
        refused?.TrySetResult();
    }

    /// <summary>The server's life, on its thread.</summary>
    private void Run()
    {
        // What it writes is read by programs.
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        Exception? failure = null;
        try
        {
            if (_instance.OpenLocale() && _instance.LoadUsers() && _instance.Listen() && _instance.TryLoad(out _))
            {
                _started.TrySetResult();
                _instance.Run();
            }
            failure = _instance.Failure;
        }
        catch (Exception fault)
        {
            // Whatever it is: the program goes on without the server.
            failure = fault;
        }
        if (failure is not null) _log.Warning("The server has failed: " + failure);
        End(failure);
    }

    private void End(Exception? failure)
    {
        try
        {
            _instance.RemoveSocketFile();
            _instance.Dispose();
        }
        catch (Exception fault)
        {
            // What has failed may not be able to release everything.
            _log.Warning("The server has failed to end: " + fault);
            failure ??= fault;
        }
        _log.Dispose();
        _lines.CompleteAdding();
        // Whoever learns that the server has ended has its whole log.
        _logWriter?.Join();
        _started.TrySetException(failure is null ? new SigrunServerException(_lastWarning) : new SigrunServerException(failure.Message, failure));
        if (failure is null) _completed.TrySetResult();
        else _completed.TrySetException(new SigrunServerException("The server has failed: " + failure.Message, failure));
    }

    private void OnLogged(LogLevel level, string message)
    {
        if (level >= LogLevel.Warning) _lastWarning = message;
        if (_options.Log is null) return;
        try
        {
            if (!_lines.TryAdd((level, message))) Interlocked.Increment(ref _linesLost);
        }
        catch (InvalidOperationException)
        {
            // The log has ended before a thread of the server.
        }
    }

    /// <summary>Hands lines on, so that a slow receiver never holds commands up.</summary>
    private void WriteLines()
    {
        foreach ((LogLevel level, string message) in _lines.GetConsumingEnumerable())
        {
            HandOn(level, message);
            if (Interlocked.Exchange(ref _linesLost, 0) is var lost and > 0) HandOn(LogLevel.Warning, $"{lost} lines of the log are lost: their receiver is too slow.");
        }
    }

    private void HandOn(LogLevel level, string message)
    {
        try
        {
            _options.Log?.Invoke((SigrunLogLevel)level, ConfigText.ToString(message));
        }
        catch (Exception)
        {
            // The receiver's own affair: the next line may fare better.
        }
    }

    private void Configure()
    {
        try
        {
            if (_options.ConfigurationFile is { } file) _configuration.Load(new CommandLine(ConfigText.FromString(file), FromStandardInput: false, ""), static () => "");
            _configuration.LoadText(Lines());
        }
        catch (ConfigurationException fault)
        {
            throw new SigrunServerException(ConfigText.ToString(fault.Message).Trim(), fault);
        }
        var defaults = new EngineSettings();
        foreach (string name in OfProcess)
        {
            Directive directive = _configuration.Find(name)!;
            if (directive.Get(_configuration.Settings) != directive.Get(defaults))
                throw new SigrunServerException($"'{name}' is for a server that is a process of its own.");
        }
    }

    /// <summary>The options as lines of a configuration file, which has the rules for all of them.</summary>
    private string Lines()
    {
        if (_options.DataDirectory is null && _options.AppendOnly) throw new SigrunServerException("An append-only file needs a data directory.");
        var lines = new StringBuilder();
        bool hasFile = _options.ConfigurationFile is not null;
        if (_options.Port is { } port) Add(lines, "port", port.ToString(CultureInfo.InvariantCulture));
        else if (!hasFile) Add(lines, "port", "0");
        if (!hasFile || _options.Port is not null) lines.Append("bind ").AppendJoin(' ', _options.BindAddresses.Select(ConfigText.FromString)).Append('\n');
        if (_options.UnixSocketPath is { } path) Add(lines, "unixsocket", Path.GetFullPath(path));
        if (_options.Password is { } password) Add(lines, "requirepass", password);
        if (_options.DataDirectory is { } directory) Add(lines, "dir", Path.GetFullPath(directory));
        else Add(lines, "save", "");
        if (_options.AppendOnly) Add(lines, "appendonly", "yes");
        if (_options.MaxMemoryBytes != 0) Add(lines, "maxmemory", _options.MaxMemoryBytes.ToString(CultureInfo.InvariantCulture));
        if (_options.IoThreads != 1) Add(lines, "io-threads", _options.IoThreads.ToString(CultureInfo.InvariantCulture));
        foreach ((string name, string value) in _options.Directives) Add(lines, name, value);
        return lines.ToString();
    }

    private static void Add(StringBuilder lines, string name, string value)
    {
        lines.Append(ConfigText.FromString(name)).Append(' ');
        ConfigurationLine.AppendQuoted(lines, ConfigText.FromString(value));
        lines.Append('\n');
    }
}
