using Sigrun.Configuration;
using Sigrun.Network;
using Sigrun.Observability;
using Sigrun.Storage;

namespace Sigrun.Tests.Harness;

/// <summary>A server inside the test process, on a port of its own, with a clock that the test can move.</summary>
internal sealed class TestServer : IDisposable
{
    private readonly Thread _thread;
    private readonly EngineHost _host;

    /// <param name="configure">Changes settings before the start.</param>
    /// <param name="checking">Whether the heap checks every block and moves entries on every write.</param>
    /// <param name="seed">What all chance comes from.</param>
    public TestServer(Action<EngineSettings>? configure = null, bool checking = false, ulong seed = 1)
    {
        var settings = new EngineSettings();
        configure?.Invoke(settings);
        var heap = new HeapOptions { Checking = checking, MoveOnWrite = checking, ReserveBytes = 8L << 30 };
        Engine = new Engine(settings, Clock, new ServerLog(settings.Observability, Clock, new NoLogOutput()), seed, heap);
        _host = new EngineHost(Engine);
        Listener listener = Listener.TryBind("127.0.0.1", 0, 511, out string error) ?? throw new IOException(error);
        Port = listener.Port;
        _host.Loop.AddListener(listener);
        _thread = new Thread(_host.Loop.Run) { IsBackground = true, Name = "engine" };
        _thread.Start();
    }

    public Engine Engine { get; }

    public TestClock Clock { get; } = new();

    public int Port { get; }

    public RespClient Connect() => new(Port);

    /// <summary>Runs something on the engine's thread and waits for it.</summary>
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
        return done.Task.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        _host.Loop.Stop();
        _thread.Join();
        _host.Dispose();
        Engine.Dispose();
    }
}
