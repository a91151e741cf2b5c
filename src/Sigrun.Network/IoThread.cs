using Sigrun.Storage.Buffers;

namespace Sigrun.Network;

/// <summary>What passes between an I/O thread and the engine.</summary>
/// <param name="Session">The session it is about.</param>
/// <param name="IsClosed">True when the session's connection is gone; else the session is handed over to be worked on.</param>
public readonly record struct IoMessage(ConnectionSession Session, bool IsClosed);

/// <summary>What the engine gives back to an I/O thread.</summary>
/// <param name="Session">The session.</param>
/// <param name="IsResumed">True when the thread has the session already, and its suspension ends.</param>
internal readonly record struct IoReturn(ConnectionSession Session, bool IsResumed);

/// <summary>
/// A thread that receives, parses and sends for its connections, while the engine's thread executes.
/// </summary>
/// <remarks>
/// A session has one owner at a time: this thread, or between handing over and return, the engine.
/// What arrives for a session that is away stays in its socket until it is back. Each session is at most
/// twice in either ring, so rings with room for every client twice are never full.
/// </remarks>
public sealed class IoThread : IEventLoopHost, IDisposable
{
    private const int SpinsBeforeSleep = 40;

    private readonly SpscRing<IoMessage> _toEngine;
    private readonly SpscRing<IoReturn> _fromEngine;
    private readonly SleepFlag _engineSleep;
    private readonly SleepFlag _sleep;
    private readonly Thread _thread;
    private int _spins;

    /// <summary>Creates and starts a thread.</summary>
    /// <param name="number">Its number, from 1.</param>
    /// <param name="pool">Buffers of its own.</param>
    /// <param name="clientsMax">The most connections it may have to serve.</param>
    /// <param name="engineSleep">Wakes the engine's thread.</param>
    /// <param name="placement">Chooses where connections go that leave the thread.</param>
    public IoThread(int number, BufferPool pool, int clientsMax, SleepFlag engineSleep, LoopPlacement placement)
    {
        // A session may be in the ring once to be executed, then, after its return, once as closed.
        _toEngine = new SpscRing<IoMessage>(clientsMax * 2);
        // And once as returned, then, having been suspended, as resumed.
        _fromEngine = new SpscRing<IoReturn>(clientsMax * 2);
        _engineSleep = engineSleep;
        Loop = new EventLoop(this, pool, edgeTriggered: true) { Placement = placement };
        _sleep = new SleepFlag(Loop);
        _thread = new Thread(Loop.Run) { IsBackground = true, Name = "io-" + number };
        _thread.Start();
    }

    /// <summary>The thread's loop.</summary>
    public EventLoop Loop { get; }

    /// <summary>True when sessions wait for the engine. Engine's thread.</summary>
    public bool HasMessages => !_toEngine.IsEmpty;

    /// <inheritdoc/>
    public int NextTimeoutMs => -1;

    /// <summary>Takes a session that was handed over. Engine's thread.</summary>
    public bool TryTake(out IoMessage message) => _toEngine.TryPop(out message);

    /// <summary>Notes that a session that was taken is the engine's. Engine's thread.</summary>
    public void Lend(ConnectionSession session)
    {
        session.Carrier = this;
        session.IsWithEngine = true;
    }

    /// <summary>Gives a session back after execution; <see cref="WakeIfAsleep"/> follows. Engine's thread.</summary>
    public void Return(ConnectionSession session)
    {
        session.IsWithEngine = false;
        Give(new IoReturn(session, IsResumed: false));
    }

    /// <summary>Ends the suspension of a session that was returned. Engine's thread.</summary>
    internal void Resume(ConnectionSession session)
    {
        Give(new IoReturn(session, IsResumed: true));
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
        if (_fromEngine.IsEmpty) return true;
        _sleep.Lower();
        return false;
    }

    /// <inheritdoc/>
    public void OnAwake() => _sleep.Lower();

    /// <inheritdoc/>
    public void OnTurn()
    {
        while (_fromEngine.TryPop(out IoReturn given))
        {
            _spins = 0;
            if (given.IsResumed) Loop.EndSuspension(given.Session);
            else Loop.TakeBack(given.Session);
        }
    }

    /// <inheritdoc/>
    public void Execute(ReadOnlySpan<ConnectionSession> ready)
    {
        foreach (ConnectionSession session in ready)
        {
            session.IsAway = true;
            session.Output.EnsureSegment();
            Tell(new IoMessage(session, IsClosed: false));
        }
        _engineSleep.WakeIfAsleep();
    }

    /// <inheritdoc/>
    public void OnClosed(ConnectionSession session)
    {
        Tell(new IoMessage(session, IsClosed: true));
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
    }

    private void Give(IoReturn given)
    {
        if (!_fromEngine.TryPush(given)) throw new InvalidOperationException("More sessions than clients are allowed.");
    }

    private void Tell(IoMessage message)
    {
        if (!_toEngine.TryPush(message)) throw new InvalidOperationException("More sessions than clients are allowed.");
    }
}
