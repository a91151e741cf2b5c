using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Persistence.Background;
using Sigrun.Storage.Files;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>
/// Rewrites the append-only file: a new base takes the place of the one before and of all increments but the one that
/// began with it. The same gives a server with data its first base.
/// </summary>
/// <remarks>
/// Nothing that is named by a manifest changes before the new base is on the disk. Where recording waits for its first
/// base, it goes to a file that no manifest names yet.
/// </remarks>
internal sealed class AofRewrite(Engine engine, AppendOnlyFile file)
{
    /// <summary>From so many failures in a row on, pauses grow between attempts.</summary>
    private const int FailuresFree = 3;

    private const int PauseMinutesMax = 60;

    private int _pauseMinutes;
    private long _pausedUntilSeconds;

    /// <summary>Whether one is under way.</summary>
    public bool IsActive => engine.Background.Current?.Target is AofBaseSave;

    /// <summary>Whether one starts as soon as possible.</summary>
    public bool IsScheduled { get; private set; }

    /// <summary>How many were started.</summary>
    public long Count { get; private set; }

    /// <summary>Failures since the last success.</summary>
    public long ConsecutiveFailures { get; private set; }

    /// <summary>Whether the last one failed.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Seconds that the last one took; −1 when there was none.</summary>
    public long LastDurationSeconds { get; private set; } = -1;

    /// <summary>Bytes of copies that waited to be written, at their most, in the last one.</summary>
    public long LastBufferedBytes { get; private set; }

    private AofDirectory Directory => file.Directory;

    /// <summary>Starts one; there must be no other snapshot. False, with the reason in the log, when that is impossible.</summary>
    public bool TryStart()
    {
        if (!Directory.Ensure() || !file.TryBeginIncrement() || !engine.Background.TryStart(new AofBaseSave(engine, this, AofBase.NewJob(engine))))
        {
            HasFailed = true;
            if (file.IsWaitingForBase) file.DropIncrement();
            return false;
        }
        Count++;
        IsScheduled = false;
        engine.Log.Notice($"Background append only file rewriting started by pid {Environment.ProcessId}");
        return true;
    }

    /// <summary>Starts one as soon as there is no other snapshot.</summary>
    public void Schedule() => IsScheduled = true;

    /// <summary>Starts one on request, as soon as possible: the failures of others do not count.</summary>
    public void ScheduleOnRequest()
    {
        Schedule();
        ConsecutiveFailures = 0;
    }

    /// <summary>Gives up the one that is under way and waits for its end.</summary>
    public void Abort()
    {
        IsScheduled = false;
        if (!IsActive) return;
        engine.Log.Notice($"Killing running AOF rewrite child: {Environment.ProcessId}");
        engine.Background.Abort();
    }

    /// <summary>Starts one that was scheduled.</summary>
    public bool TryStartScheduled() => IsScheduled && !IsPaused() && TryStart();

    /// <summary>Starts one when the file has grown enough.</summary>
    public void StartByItself()
    {
        PersistenceSettings settings = engine.Settings.Persistence;
        if (!file.IsOn || settings.AutoAofRewritePercentage == 0 || file.CurrentSize <= settings.AutoAofRewriteMinBytes) return;
        long growth = file.CurrentSize * 100 / Math.Max(file.BaseSize, 1) - 100;
        if (growth < settings.AutoAofRewritePercentage || IsPaused()) return;
        engine.Log.Notice($"Starting automatic rewriting of AOF on {growth}% growth");
        TryStart();
    }

    /// <summary>A base is written, or could not be.</summary>
    public void OnEnded(SnapshotOutcome outcome, string temporary, BackgroundSnapshot snapshot, bool isSnapshot)
    {
        switch (outcome)
        {
            case SnapshotOutcome.Succeeded:
                engine.Log.Notice("Background AOF rewrite terminated with success");
                HasFailed = !TryInstall(temporary, isSnapshot);
                ConsecutiveFailures = HasFailed ? ConsecutiveFailures + 1 : 0;
                break;
            case SnapshotOutcome.Failed:
                HasFailed = true;
                ConsecutiveFailures++;
                engine.Log.Warning("Background AOF rewrite terminated with error");
                break;
            default:
                engine.Log.Warning("Background AOF rewrite cancelled");
                break;
        }
        engine.Files.TryDelete(temporary);
        LastDurationSeconds = engine.ReadUnixMicroseconds() / 1_000_000 - snapshot.StartedSeconds;
        LastBufferedBytes = snapshot.BufferedPeakBytes;
        if (!file.IsWaitingForBase) return;
        file.DropIncrement();
        Schedule();
    }

    private bool TryInstall(string temporary, bool isSnapshot)
    {
        AofManifest manifest = Directory.Manifest.WithNewBase(Directory.LogName, isSnapshot);
        AofFile made = manifest.Base!;
        manifest = file.IsWaitingForBase
            ? manifest.WithOldIncrementsAsHistory(0).WithNewIncrement(Directory.LogName)
            : manifest.WithOldIncrementsAsHistory(kept: file.IsOn ? 1 : 0);
        if (!TryRename("base", temporary, made)) return false;
        if (file.IsWaitingForBase && !TryRename("incr", Directory.TemporaryIncrement, manifest.Increments[^1]))
        {
            engine.Files.TryDelete(Directory.PathOf(made));
            return false;
        }
        if (!Directory.TryReplace(manifest))
        {
            if (Directory.Manifest != manifest) engine.Files.TryDelete(Directory.PathOf(made));
            return false;
        }
        file.OnRewritten(engine.Files.Length(Directory.PathOf(made)));
        Directory.DeleteHistory();
        engine.Log.Notice("Background AOF rewrite finished successfully");
        return true;
    }

    private bool TryRename(string kind, string from, AofFile to)
    {
        string name = Path.GetFileName(from);
        string newName = ConfigText.ToString(to.Name);
        long begun = engine.Latency.Begin();
        try
        {
            engine.Files.Rename(from, Directory.PathOf(to));
            engine.Latency.End(LatencyMonitor.AofRename, begun);
        }
        catch (FileSystemException fault)
        {
            engine.Log.Warning($"Error trying to rename the temporary AOF {kind} file {name} into {newName}: {fault.Message}");
            return false;
        }
        engine.Log.Notice($"Successfully renamed the temporary AOF {kind} file {name} into {newName}");
        return true;
    }

    /// <summary>Whether too many attempts in a row have failed for another one now.</summary>
    private bool IsPaused()
    {
        long now = engine.NowMs / 1000;
        if (ConsecutiveFailures < FailuresFree)
        {
            _pauseMinutes = 0;
            _pausedUntilSeconds = 0;
            return false;
        }
        if (_pausedUntilSeconds != 0)
        {
            if (now < _pausedUntilSeconds) return true;
            _pausedUntilSeconds = 0;
            return false;
        }
        _pauseMinutes = Math.Clamp(_pauseMinutes * 2, 1, PauseMinutesMax);
        _pausedUntilSeconds = now + _pauseMinutes * 60;
        engine.Log.Warning($"Background AOF rewrite has repeatedly failed and triggered the limit, will retry in {_pauseMinutes} minutes");
        return true;
    }
}
