using Sigrun.Storage;
using Sigrun.Storage.Buffers;

namespace Sigrun.Network;

/// <summary>What an I/O thread tells the engine.</summary>
public enum IoNews
{
    /// <summary>The session is handed over to be worked on.</summary>
    HasWork,

    /// <summary>The session is handed over because its connection's handshake is done.</summary>
    IsSecured,

    /// <summary>The session's connection is gone.</summary>
    IsClosed,

    /// <summary>The session leaves the thread for another loop.</summary>
    IsMoving,
}

/// <summary>What passes between an I/O thread and the engine.</summary>
/// <param name="Session">The session it is about.</param>
/// <param name="News">What about it.</param>
/// <param name="Target">Where a session goes that is moving.</param>
public readonly record struct IoMessage(ConnectionSession Session, IoNews News, EventLoop? Target = null);

/// <summary>What the engine tells an I/O thread.</summary>
internal enum IoOrder
{
    /// <summary>A session that was handed over is given back.</summary>
    TakeBack,

    /// <summary>A session that the thread has goes on after its suspension.</summary>
    Resume,

    /// <summary>Something lies in the session's outbox.</summary>
    Deliver,
}

/// <summary>What passes between the engine and an I/O thread.</summary>
/// <param name="Session">The session it is about.</param>
/// <param name="Order">What to do with it.</param>
internal readonly record struct IoReturn(ConnectionSession Session, IoOrder Order);

/// <summary>
/// A thread that receives, parses and sends for its connections, while the engine's thread executes.
/// </summary>
/// <remarks>
/// A session has one owner at a time: this thread, or between handing over and return, the engine.
/// What arrives for a session that is away stays in its socket until it is back. Each session is in either queue a
/// few times at most.
/// </remarks>
public sealed class IoThread : IEventLoopHost, IDisposable
{
    private const int SpinsBeforeSleep = 40;

    /// <summary>Messages that queues have room for at first.</summary>
    private const int QueuedMin = 256;

    private readonly SpscQueue<IoMessage> _toEngine = new(QueuedMin);
    private readonly SpscQueue<IoReturn> _fromEngine = new(QueuedMin);
    private readonly SleepFlag _engineSleep;
    private readonly SleepFlag _sleep;
    private readonly Thread _thread;
    private readonly Func<long> _readNanoseconds;
    private int _spins;
    private long _awakeSinceNs;
    private long _activeNs;

    /// <summary>Creates and starts a thread.</summary>
    /// <param name="number">Its number, from 1.</param>
    /// <param name="transport">How its loop works.</param>
    /// <param name="pool">Buffers of its own.</param>
    /// <param name="engineSleep">Wakes the engine's thread.</param>
    /// <param name="placement">Chooses where connections go that leave the thread.</param>
    /// <param name="processors">The processors that it may use; null for all.</param>
    /// <param name="readNanoseconds">Reads a clock that never goes back; from any thread.</param>
    /// <param name="threads">Starts it.</param>
    public IoThread(int number, Transport transport, BufferPool pool, SleepFlag engineSleep, LoopPlacement placement, string? processors,
        Func<long> readNanoseconds, BackgroundThreads threads)
    {
        _readNanoseconds = readNanoseconds;
        _awakeSinceNs = readNanoseconds();
        _engineSleep = engineSleep;
        Loop = EventLoop.Create(transport, this, pool, this);
        Loop.Placement = placement;
        _sleep = new SleepFlag(Loop);
        _thread = threads.Start("io-" + number, () => Run(processors));
    }

    /// <summary>The thread's loop.</summary>
    public EventLoop Loop { get; }

    /// <summary>True while the thread does not wait for events; from any thread.</summary>
    public bool IsAwake => !_sleep.IsRaised;

    /// <summary>Nanoseconds in which the thread has not waited for events, up to its last wait; from any thread.</summary>
    public long ActiveNanoseconds => Volatile.Read(ref _activeNs);

    /// <summary>True when sessions wait for the engine. Engine's thread.</summary>
    public bool HasMessages => !_toEngine.IsEmpty;

    /// <inheritdoc/>
    public int NextTimeoutMs => -1;

    /// <summary>Takes a session that was handed over. Engine's thread.</summary>
    public bool TryTake(out IoMessage message) => _toEngine.TryPop(out message);

    /// <summary>Notes that a session that was taken is the engine's. Engine's thread.</summary>
    public static void Lend(ConnectionSession session)
    {
        session.IsWithEngine = true;
        session.Outbox?.MoveTo(session.Output);
    }

    /// <summary>The connection of a session is gone: nobody but the engine knows it any more. Engine's thread.</summary>
    public static void Forget(ConnectionSession session) => session.Carrier = null;

    /// <summary>Gives a session back after execution; <see cref="WakeIfAsleep"/> follows. Engine's thread.</summary>
    public void Return(ConnectionSession session)
    {
        session.IsWithEngine = false;
        _fromEngine.Push(new IoReturn(session, IoOrder.TakeBack));
    }

    /// <summary>Ends the suspension of a session that was returned. Engine's thread.</summary>
    internal void Resume(ConnectionSession session)
    {
        _fromEngine.Push(new IoReturn(session, IoOrder.Resume));
        WakeIfAsleep();
    }

    /// <summary>Tells the thread to look into the outbox of a session. Engine's thread.</summary>
    internal void Deliver(ConnectionSession session)
    {
        _fromEngine.Push(new IoReturn(session, IoOrder.Deliver));
        WakeIfAsleep();
    }

    /// <summary>Wakes the thread if it sleeps. Engine's thread.</summary>
    public void WakeIfAsleep() => _sleep.WakeIfAsleep();

    /// <inheritdoc/>
    public bool PrepareToSleep()
    {
        // A session at the engine is usually back sooner than the thread could fall asleep and wake up.
        if (_spins++ < SpinsBeforeSleep && Environment.ProcessorCount > 2)
        {
            Thread.SpinWait(20);
            return false;
        }
        _spins = 0;
        _sleep.Raise();
        if (_fromEngine.IsEmpty)
        {
            Volatile.Write(ref _activeNs, _activeNs + _readNanoseconds() - _awakeSinceNs);
            return true;
        }
        _sleep.Lower();
        return false;
    }

    /// <inheritdoc/>
    public void OnAwake()
    {
        _sleep.Lower();
        _awakeSinceNs = _readNanoseconds();
    }

    /// <inheritdoc/>
    public void OnTurn()
    {
        while (_fromEngine.TryPop(out IoReturn given))
        {
            _spins = 0;
            switch (given.Order)
            {
                case IoOrder.TakeBack:
                    Loop.TakeBack(given.Session);
                    break;
                case IoOrder.Resume:
                    Loop.EndSuspension(given.Session);
                    break;
                case IoOrder.Deliver:
                    Loop.Deliver(given.Session);
                    break;
            }
        }
    }

    /// <inheritdoc/>
    public void Execute(ReadOnlySpan<ConnectionSession> ready)
    {
        foreach (ConnectionSession session in ready)
        {
            session.IsAway = true;
            session.Output.EnsureSegment();
            _toEngine.Push(new IoMessage(session, IoNews.HasWork));
        }
        _engineSleep.WakeIfAsleep();
    }

    /// <inheritdoc/>
    public void OnSecured(ConnectionSession session)
    {
        session.IsAway = true;
        _toEngine.Push(new IoMessage(session, IoNews.IsSecured));
        _engineSleep.WakeIfAsleep();
    }

    /// <inheritdoc/>
    public void OnClosed(ConnectionSession session)
    {
        _toEngine.Push(new IoMessage(session, IoNews.IsClosed));
        _engineSleep.WakeIfAsleep();
    }

    /// <inheritdoc/>
    public void OnMoving(ConnectionSession session, EventLoop target)
    {
        _toEngine.Push(new IoMessage(session, IoNews.IsMoving, target));
        _engineSleep.WakeIfAsleep();
    }

    /// <inheritdoc/>
    public ConnectionSession? CreateSession(Connection connection) =>
        throw new InvalidOperationException("I/O threads do not accept connections.");

    /// <inheritdoc/>
    public void OnAcceptFailed(string error) => throw new InvalidOperationException("I/O threads do not accept connections.");

    /// <summary>Ends the thread; its connections are closed.</summary>
    public void Dispose()
    {
        Loop.Stop();
        _thread.Join();
        Loop.Dispose();
        Loop.Pool.Dispose();
    }

    private void Run(string? processors)
    {
        CpuList.Bind(processors);
        Loop.Run();
    }
}
