namespace Sigrun.Persistence.Background;

/// <summary>Snapshots in the background, one at a time: when they start, how much of the engine's time they get, how they end.</summary>
internal sealed class BackgroundSnapshots(Engine engine) : IDisposable
{
    /// <summary>The longest that clients wait for the walk, in nanoseconds.</summary>
    private const long TurnNanosecondsMax = 20_000;

    private const long TurnNanosecondsMin = 2_000;

    /// <summary>While clients are served, the walk gets one part in so many of their time.</summary>
    private const int ShareDivisor = 3;

    private long _lastTurnEnd;
    private long _commandsSeen;

    /// <summary>The one that is under way.</summary>
    public BackgroundSnapshot? Current { get; private set; }

    /// <summary>Whether one is under way.</summary>
    public bool IsActive => Current is not null;

    /// <summary>Whether the walk could go on at once, so that the engine should not sleep.</summary>
    public bool HasWork { get; private set; }

    /// <summary>Makes the engine's thread take its next turn. Any thread may call it.</summary>
    public Action Wake { get; set; } = static () => { };

    /// <summary>Starts one; there must be none.</summary>
    /// <returns>False, with the reason in the log, when the system has no room for it.</returns>
    public bool TryStart(SnapshotTarget target)
    {
        if (Current is not null) throw new InvalidOperationException("There is a snapshot already.");
        try
        {
            Current = new BackgroundSnapshot(engine, target, () => Wake());
        }
        catch (OutOfMemoryException fault)
        {
            engine.Log.Warning($"Can't start a snapshot in the background: {fault.Message}");
            return false;
        }
        HasWork = true;
        _lastTurnEnd = engine.ReadClock();
        return true;
    }

    /// <summary>Lets the walk go on for a while; called once per turn of the event loop.</summary>
    public void OnTurn()
    {
        if (Current is not { } snapshot) return;
        long now = engine.ReadClock();
        long end = now + Allowance(now);
        do
        {
            HasWork = snapshot.Step();
            _lastTurnEnd = engine.ReadClock();
        }
        while (HasWork && _lastTurnEnd < end);
        if (snapshot.HasEnded) End(snapshot);
    }

    /// <summary>Gives the one under way up and waits for its end, as before the process ends.</summary>
    public void Abort()
    {
        if (Current is not { } snapshot) return;
        snapshot.Abort();
        End(snapshot);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Current is not { } snapshot) return;
        snapshot.Abort();
        snapshot.Dispose();
        Current = null;
    }

    /// <summary>How long the walk may go on: a share of the time that clients took, or as long as they can wait.</summary>
    private long Allowance(long now)
    {
        long commands = engine.Statistics.Commands.TotalCalls;
        bool isIdle = commands == _commandsSeen;
        _commandsSeen = commands;
        return isIdle ? TurnNanosecondsMax : Math.Clamp((now - _lastTurnEnd) / ShareDivisor, TurnNanosecondsMin, TurnNanosecondsMax);
    }

    private void End(BackgroundSnapshot snapshot)
    {
        HasWork = false;
        Current = null;
        snapshot.Dispose();
        snapshot.Target.OnEnded(snapshot.Outcome, snapshot);
    }
}
