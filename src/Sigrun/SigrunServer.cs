using System.Globalization;
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
public sealed class SigrunServer : IAsyncDisposable, IDisposable, IServerEnvironment
{
    private readonly SigrunServerOptions _options;
    private readonly IClock _clock;
    private readonly IFileSystem _files;
    private readonly ServerConfiguration _configuration;
    private readonly ServerLog _log;
    private readonly RecentWarnings _warnings = new();
    private readonly LogReceiver? _receiver;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private ServerInstance? _instance;
    private bool _isStarted;

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
        _options = options?.Copy() ?? new SigrunServerOptions();
        _clock = clock;
        _files = _options.DataDirectory is null ? new NoFiles() : files;
        _configuration = OptionsReader.Read(_options);
        if (_options.Log is { } receive) _receiver = new LogReceiver(receive);
        _log = new ServerLog(_configuration.Settings.Observability, clock, new NoLogOutput()) { Copy = OnLogged };
        _configuration.Log = _log.Write;
    }

    /// <summary>The TCP port that is listened on once the server has started; 0 when there is none.</summary>
    public int Port => _configuration.Settings.Network.Port;

    /// <summary>
    /// Completes when the server has ended, by <see cref="StopAsync"/> or by the command SHUTDOWN; fails with a
    /// <see cref="SigrunServerException"/> when it could not start or has failed.
    /// </summary>
    public Task Completion => _completed.Task;

    /// <summary>Starts the server, which has loaded its data and serves when the task completes. A server starts once.</summary>
    /// <param name="cancellationToken">
    /// Ends a start that takes long; the server has ended then. When it is cancelled already nothing happens, and the server can
    /// still be started.
    /// </param>
    /// <exception cref="SigrunServerException">A socket cannot be had, or the data cannot be loaded, or the server was stopped meanwhile.</exception>
    /// <exception cref="InvalidOperationException">The server was started or disposed of before.</exception>
    /// <exception cref="OperationCanceledException">The start was ended.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ServerInstance instance = Begin();
        _receiver?.Start();
        new Thread(() => Run(instance)) { IsBackground = true, Name = "sigrun" }.Start();
        using (cancellationToken.Register(instance.Stop))
        {
            try
            {
                await _started.Task.ConfigureAwait(false);
                // Both came at the same time: it stops already.
                if (cancellationToken.IsCancellationRequested) await Completion.ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
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
    /// <remarks>
    /// It is a client like any other: with a <see cref="SigrunServerOptions.Password"/> it has to send AUTH first, and beyond
    /// <c>maxclients</c> its first reply is an error and then the end. Writing to it fails with an <see cref="IOException"/> once
    /// the server has closed it.
    /// </remarks>
    /// <returns>The client's end; disposing of it closes the connection.</returns>
    /// <exception cref="InvalidOperationException">
    /// The server has not started, or has ended (<see cref="ObjectDisposedException"/>, which says why if it has failed).
    /// </exception>
    public Stream Connect() => new InProcessStream(Running().Connect());

    /// <summary>Reads the server's figures.</summary>
    /// <param name="cancellationToken">Ends the wait for the thread that executes commands.</param>
    /// <exception cref="InvalidOperationException">
    /// The server has not started, or has ended (<see cref="ObjectDisposedException"/>, which says why if it has failed).
    /// </exception>
    public async Task<SigrunStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default)
    {
        ServerInstance instance = Running();
        var read = new TaskCompletionSource<SigrunStatistics>(TaskCreationOptions.RunContinuationsAsynchronously);
        instance.Post(() => read.TrySetResult(instance.ReadStatistics()));
        Task first = await Task.WhenAny(read.Task, Completion).WaitAsync(cancellationToken).ConfigureAwait(false);
        return first == read.Task ? await read.Task.ConfigureAwait(false) : throw Ended();
    }

    /// <summary>
    /// Stops the server, after saving the data if it has a directory; no client can call that off. Once it has stopped this does
    /// nothing.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait, not the server's stop.</param>
    /// <exception cref="SigrunServerException">The data could not be saved, for the reason it says: the server goes on.</exception>
    public Task StopAsync(CancellationToken cancellationToken = default) => EndAsync(LastSaveOptions).WaitAsync(cancellationToken);

    /// <summary>Stops the server, after saving if that is possible, and releases everything.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await EndAsync(LastSaveOptions).ConfigureAwait(false);
        }
        catch (SigrunServerException)
        {
            await EndAsync(static () => ShutdownOptions.NoSave | ShutdownOptions.Force).ConfigureAwait(false);
        }
    }

    /// <summary>Does what <see cref="DisposeAsync"/> does, and waits for it.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

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
    void IServerEnvironment.OnFatal(ServerLog log) => throw EngineFailureException.Panic(_warnings.Text("The append-only file cannot be written."));

    /// <summary>What a directory is for: the data is there when the server has ended, in the append-only file or in a snapshot.</summary>
    private ShutdownOptions LastSaveOptions()
    {
        if (_options.DataDirectory is null) return ShutdownOptions.NoSave;
        return _configuration.Settings.Persistence.AppendOnly ? ShutdownOptions.Default : ShutdownOptions.Save;
    }

    /// <summary>Makes what a server needs only once it starts.</summary>
    private ServerInstance Begin()
    {
        lock (_gate)
        {
            if (_isStarted) throw new InvalidOperationException("A server starts once.");
            _instance = new ServerInstance(_configuration, _clock, _log, this, _files) { ChoosesPort = _options.Port == 0, SparesFiles = true };
            _isStarted = true;
            return _instance;
        }
    }

    private ServerInstance Running()
    {
        if (Completion.IsCompleted) throw Ended();
        return _started.Task.IsCompletedSuccessfully ? _instance! : throw new InvalidOperationException("The server has not started.");
    }

    private ObjectDisposedException Ended() => Completion.Exception?.InnerException is { } failure
        ? new ObjectDisposedException(failure.Message, failure)
        : new ObjectDisposedException(nameof(SigrunServer), "The server has ended.");

    private async Task EndAsync(Func<ShutdownOptions> options)
    {
        _receiver?.OnEndAwaited();
        if (!TakeStart())
        {
            // One that was never started only has to be released.
            End(failure: null);
            return;
        }
        var refused = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _instance?.End(() => Prepare(options), () => refused.TrySetResult(_warnings.Text("The data could not be saved.")));
        Task first = await Task.WhenAny(Completion, refused.Task).ConfigureAwait(false);
        if (first == refused.Task) throw new SigrunServerException(await refused.Task.ConfigureAwait(false));
    }

    private ShutdownOptions Prepare(Func<ShutdownOptions> options)
    {
        _warnings.Clear();
        return options();
    }

    /// <summary>Whether the server was started, or released; if not, it cannot be any more.</summary>
    private bool TakeStart()
    {
        lock (_gate)
        {
            bool wasStarted = _isStarted;
            _isStarted = true;
            return wasStarted;
        }
    }

    /// <summary>The server's life, on its thread.</summary>
    private void Run(ServerInstance instance)
    {
        // What it writes is read by programs.
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        Exception? failure = null;
        try
        {
            if (TryStart(instance, out bool isStopped))
            {
                instance.AnnounceSockets();
                instance.AnnounceReady();
                _started.TrySetResult();
                instance.Run();
            }
            else if (!isStopped)
            {
                failure = new SigrunServerException(_warnings.Text("The server could not start."));
            }
            failure = Wrap(instance.Failure) ?? failure;
        }
        catch (Exception fault)
        {
            // Whatever it is: the program goes on without the server.
            failure = Wrap(fault);
        }
        End(failure);
    }

    private bool TryStart(ServerInstance instance, out bool isStopped)
    {
        isStopped = false;
        if (instance.LosesSnapshot)
        {
            _log.Warning($"{nameof(_options.DataDirectory)} has a snapshot and no append-only file, so that {nameof(_options.AppendOnly)} would lose the data: "
                + "start without it once, send CONFIG SET appendonly yes, and stop when aof_rewrite_in_progress is 0");
            return false;
        }
        return instance.OpenLocale() && instance.LoadUsers() && instance.Listen() && instance.TryLoad(out isStopped);
    }

    private SigrunServerException? Wrap(Exception? fault)
    {
        if (fault is null) return null;
        _log.Warning("The server has failed: " + fault);
        return new SigrunServerException("The server has failed: " + fault.Message, fault);
    }

    private void End(Exception? failure)
    {
        try
        {
            _instance?.RemoveSocketFile();
            _instance?.Dispose();
        }
        catch (Exception fault)
        {
            // What has failed may not be able to release everything.
            _log.Warning("The server has failed to end: " + fault);
            failure ??= new SigrunServerException("The server has failed to end: " + fault.Message, fault);
        }
        _log.Dispose();
        // Whoever learns that the server has ended has its whole log.
        _receiver?.End();
        _started.TrySetException(failure ?? new SigrunServerException("The server was stopped before it had started."));
        if (failure is null) _completed.TrySetResult();
        else _completed.TrySetException(failure);
        // Nobody has to look at either of them.
        _ = (_started.Task.Exception, _completed.Task.Exception);
    }

    private void OnLogged(LogLevel level, string message)
    {
        if (level >= LogLevel.Warning) _warnings.Add(message);
        _receiver?.Add(level, message);
    }
}
