using Sigrun.Configuration;

namespace Sigrun.Persistence.Background;

/// <summary>When the snapshot file is saved in the background: on request, by the save points, as soon as another snapshot is done.</summary>
internal sealed class BackgroundSaving(Engine engine)
{
    /// <summary>Seconds after a failure before a snapshot is tried again by itself.</summary>
    private const long RetryDelaySeconds = 5;

    private long _lastTrySeconds;

    /// <summary>Whether the snapshot that is under way is one of these.</summary>
    public bool IsActive => engine.Background.Current?.Target is RdbFileSave;

    /// <summary>Whether one starts as soon as possible.</summary>
    public bool IsScheduled { get; private set; }

    /// <summary>Seconds that the last one took; -1 when there was none.</summary>
    public long LastDurationSeconds { get; private set; } = -1;

    /// <summary>Bytes of copies that waited to be written, at their most, in the last one.</summary>
    public long LastBufferedBytes { get; private set; }

    /// <summary>Starts one; there must be no other snapshot. False, with the reason in the log, when that is impossible.</summary>
    public bool TryStart()
    {
        engine.Snapshots.Saves++;
        _lastTrySeconds = NowSeconds;
        if (!engine.Background.TryStart(new RdbFileSave(engine)))
        {
            engine.Snapshots.NoteOutcome(hasFailed: true);
            return false;
        }
        engine.Log.Notice($"Background saving started by pid {Environment.ProcessId}");
        return true;
    }

    /// <summary>Starts one as soon as there is no other snapshot.</summary>
    public void Schedule() => IsScheduled = true;

    /// <summary>Takes back what was scheduled.</summary>
    public void Unschedule() => IsScheduled = false;

    /// <summary>Gives up the one that is under way, if there is one: it changes no file any more.</summary>
    public void Cancel()
    {
        if (!IsActive) return;
        engine.Log.Notice($"Killing running RDB child: {Environment.ProcessId}");
        engine.Background.Current!.Cancel();
    }

    /// <summary>Starts one when a save point is reached.</summary>
    public bool TryStartByItself()
    {
        if (!MayRetry) return false;
        foreach (SavePoint point in engine.Settings.Persistence.SavePoints)
        {
            if (engine.Dirty < point.Changes || NowSeconds - engine.Snapshots.LastSaveSeconds <= point.Seconds) continue;
            engine.Log.Notice($"{point.Changes} changes in {point.Seconds} seconds. Saving...");
            return TryStart();
        }
        return false;
    }

    /// <summary>Starts one that was scheduled.</summary>
    public void StartScheduled()
    {
        if (IsScheduled && MayRetry && TryStart()) IsScheduled = false;
    }

    /// <summary>Notes the figures of one that has ended.</summary>
    public void OnEnded(BackgroundSnapshot snapshot)
    {
        LastDurationSeconds = engine.ReadUnixMicroseconds() / 1_000_000 - snapshot.StartedSeconds;
        LastBufferedBytes = snapshot.BufferedPeakBytes;
    }

    private bool MayRetry => !engine.Snapshots.HasFailed || NowSeconds - _lastTrySeconds > RetryDelaySeconds;

    private long NowSeconds => engine.NowMs / 1000;
}
