using Sigrun.Clients;
using Sigrun.Configuration;
using Sigrun.Network;
using Sigrun.Network.Pipes;
using Sigrun.Observability;
using Sigrun.Storage;
using Sigrun.Storage.Files;

namespace Sigrun.Tests.Harness;

/// <summary>A server inside the test process, on a port of its own, with a clock that the test can move.</summary>
internal sealed class TestServer : IDisposable
{
    private readonly Thread _thread;
    private readonly EngineHost _host;
    private readonly ServerLog _log;
    private long _connects;

    /// <param name="configure">Changes settings before the start.</param>
    /// <param name="checking">Whether the heap checks every block and moves entries on every write.</param>
    /// <param name="seed">What all chance comes from.</param>
    /// <param name="address">The address to listen on.</param>
    /// <param name="reserveBytes">How much the heap can hold.</param>
    /// <param name="files">Where its data lives; null for files in memory that end with it.</param>
    public TestServer(
        Action<EngineSettings>? configure = null, bool checking = false, ulong seed = 1, string address = "127.0.0.1", long reserveBytes = 8L << 30,
        IFileSystem? files = null)
    {
        Configuration = new ServerConfiguration(Path.GetTempPath());
        EngineSettings settings = Configuration.Settings;
        settings.Network.Transport = DefaultTransport;
        configure?.Invoke(settings);
        var heap = new HeapOptions { Checking = checking, MoveOnWrite = checking, ReserveBytes = reserveBytes };
        _log = new ServerLog(settings.Observability, Clock, LogLines);
        Engine = new Engine(settings, Clock, _log, seed, heap, files ?? new MemoryFiles()) { Configuration = Configuration };
        _host = new EngineHost(Engine);
        Listener listener = _host.Loop.TryListen(address, 0, new ListenOptions(511), out ListenFailure failure) ?? throw new IOException(failure.Text);
        Port = listener.Port;
        if (settings.Tls.Port != 0) TlsPort = ListenSecured(address);
        _thread = new Thread(_host.Loop.Run) { IsBackground = true, Name = "engine" };
        _thread.Start();
    }

    /// <summary>How tests reach their servers: through what the variable SIGRUN_TEST_TRANSPORT names.</summary>
    private static TransportChoice DefaultTransport =>
        Enum.Parse<TransportChoice>(Environment.GetEnvironmentVariable("SIGRUN_TEST_TRANSPORT") ?? nameof(TransportChoice.Auto), ignoreCase: true);

    public Engine Engine { get; }

    public ServerConfiguration Configuration { get; }

    public TestClock Clock { get; } = new();

    /// <summary>What the server has logged.</summary>
    public LogLines LogLines { get; } = new();

    public int Port { get; }

    /// <summary>The port for clients that connect with TLS; there is one when the settings have any.</summary>
    public int TlsPort { get; }

    /// <summary>A server with that many threads for input and output, the engine's own included.</summary>
    public static TestServer WithIoThreads(int count) => new(settings => settings.Network.IoThreads = count);

    public RespClient Connect()
    {
        _connects++;
        return new RespClient(Port);
    }

    /// <summary>A connection within the process.</summary>
    public PipeEnd ConnectInProcess() => _host.Connect();

    /// <summary>Runs something on the engine's thread and waits for it, for a minute at most.</summary>
    public T OnEngine<T>(Func<Engine, T> action)
    {
        var done = new TaskCompletionSource<T>();
        _host.Loop.Post(() =>
        {
            try
            {
                done.SetResult(action(Engine));
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task.WaitAsync(TimeSpan.FromMinutes(1)).GetAwaiter().GetResult();
    }

    /// <summary>Runs an action on the engine's thread, soon.</summary>
    public void Post(Action action) => _host.Loop.Post(action);

    /// <summary>Sets the number of threads for input and output, soon.</summary>
    public void SetIoThreads(int count) => _host.SetIoThreads(count);

    /// <summary>Connected clients.</summary>
    public int ClientCount => OnEngine(engine => engine.Clients.Count);

    /// <summary>
    /// Waits until the server has taken that many bytes from the client's socket. False when it has closed
    /// the connection instead.
    /// </summary>
    public bool WaitUntilReceived(RespClient client, long bytes)
    {
        string address = client.LocalAddress;
        bool open = false;
        TestClock.WaitUntil(
            () =>
            {
                (long received, long accepted) = OnEngine(engine => (ReceivedFrom(engine, address), engine.Statistics.ConnectionsReceived));
                open = received >= 0 || accepted < _connects;
                return !open || received >= bytes;
            },
            $"{bytes} bytes from {address}");
        return open;
    }

    /// <summary>Bytes that the server has taken from the client's socket.</summary>
    public long BytesReceived(RespClient client)
    {
        string address = client.LocalAddress;
        long received = 0;
        TestClock.WaitUntil(() => (received = OnEngine(engine => ReceivedFrom(engine, address))) >= 0, "connection of " + address);
        return received;
    }

    public void Dispose()
    {
        _host.Loop.Stop();
        _thread.Join();
        _host.Dispose();
        Engine.Dispose();
        _log.Dispose();
    }

    private int ListenSecured(string address)
    {
        if (!Engine.Tls.TryConfigure()) throw new InvalidOperationException("TLS cannot be configured: " + LogLines);
        Engine.Tls.Follow(Configuration);
        return (_host.Loop.TryListen(address, 0, new ListenOptions(511), out ListenFailure failure, Engine.Tls.Acceptor) ?? throw new IOException(failure.Text)).Port;
    }

    private static long ReceivedFrom(Engine engine, string address)
    {
        foreach (ClientSession client in engine.Clients.All)
        {
            if (client.Connection?.RemoteAddress == address) return client.BytesReceived;
        }
        return -1;
    }
}
