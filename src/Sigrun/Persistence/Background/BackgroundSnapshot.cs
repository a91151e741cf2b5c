using Sigrun.Storage;
using Sigrun.Storage.Snapshots;

namespace Sigrun.Persistence.Background;

/// <summary>
/// A snapshot while clients are served: the walk, which copies keys on the engine's thread, and the thread that encodes
/// and writes them.
/// </summary>
internal sealed class BackgroundSnapshot : IDisposable
{
    /// <summary>Lines or parts between two looks at the clock.</summary>
    private const int StepCount = 4;

    private readonly SnapshotPipe _pipe;
    private readonly SnapshotWalk _walk;
    private readonly WalkedRecords _records;
    private readonly SnapshotReader _reader;
    private readonly Thread _thread;
    private SnapshotOutcome _outcome = SnapshotOutcome.Failed;
    private volatile bool _hasWritten;
    private Decision _decision;

    /// <summary>Whether the result shall count: decided once, by whoever comes first.</summary>
    private enum Decision
    {
        Open,
        Committed,
        Cancelled,
    }

    /// <summary>Fixes the moment that the snapshot shows, and starts the thread.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="target">What it is for.</param>
    /// <param name="wake">Makes the engine's thread take its next turn; any thread may call it.</param>
    /// <exception cref="OutOfMemoryException">The system has no room for another thread; nothing has begun.</exception>
    public BackgroundSnapshot(Engine engine, SnapshotTarget target, Action wake)
    {
        Target = target;
        StartedSeconds = engine.ReadUnixMicroseconds() / 1_000_000;
        _pipe = new SnapshotPipe { HasRoom = wake };
        target.Job = target.Job with { Cancellation = _pipe.Cancellation, MayCommit = () => Decide(Decision.Committed) };
        _walk = new SnapshotWalk(engine.Heap, engine.Lender, engine.LazyFree, _pipe, target.Job.Version >= RdbFormat.LegacyVersion);
        var sizes = new Dictionary<int, (long Keys, long Expiring)>();
        foreach (Keyspace.Database database in engine.Databases)
        {
            _walk.Add(database.Index, database.Keys);
            sizes.Add(database.Index, (database.Keys.Count, database.Keys.ExpiringCount));
            KeysTotal += database.Keys.Count;
        }
        _reader = new SnapshotReader(_pipe, engine.Lender);
        _records = new WalkedRecords(_reader, sizes);
        _thread = engine.Threads.Start(target.ThreadName, () => Write(wake));
        _walk.Begin();
    }

    /// <summary>What it is for.</summary>
    public SnapshotTarget Target { get; }

    /// <summary>When it began, in seconds since 1970.</summary>
    public long StartedSeconds { get; }

    /// <summary>How many keys it has.</summary>
    public long KeysTotal { get; }

    /// <summary>How many of them are written.</summary>
    public long KeysWritten => _records.Keys;

    /// <summary>Bytes of copies that wait to be written.</summary>
    public long BufferedBytes => _pipe.Bytes;

    /// <summary>The most there were.</summary>
    public long BufferedPeakBytes => _pipe.PeakBytes;

    /// <summary>Whether nothing is left to do.</summary>
    public bool HasEnded => _walk.IsDone && _hasWritten;

    /// <summary>Whether it is not wanted any more.</summary>
    public bool IsCancelled => _decision == Decision.Cancelled;

    /// <summary>How it ended.</summary>
    public SnapshotOutcome Outcome => IsCancelled ? SnapshotOutcome.Cancelled : _outcome;

    /// <summary>Copies a little, as far as there is room; whether there is more to do at once.</summary>
    public bool Step() => _walk.Step(StepCount);

    /// <summary>
    /// Gives it up: it ends soon, and what it has written does not count. One that is complete but for taking the place
    /// of the one before does that first.
    /// </summary>
    public void Cancel()
    {
        if (Decide(Decision.Cancelled)) _walk.Cancel();
        else _thread.Join();
    }

    /// <summary>Gives it up and waits for its end.</summary>
    public void Abort()
    {
        if (Decide(Decision.Cancelled)) _walk.Cancel();
        while (!_walk.IsDone) _walk.Step(int.MaxValue);
        _thread.Join();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _thread.Join();
        _reader.GiveBackUnread();
        _pipe.Dispose();
    }

    private bool Decide(Decision decision)
    {
        Decision before = Interlocked.CompareExchange(ref _decision, decision, Decision.Open);
        return before == Decision.Open || before == decision;
    }

    private void Write(Action wake)
    {
        BackgroundPriority.Take();
        CpuList.Bind(Target.CpuList);
        try
        {
            if (Target.Write(_records)) _outcome = SnapshotOutcome.Succeeded;
        }
        catch (OperationCanceledException)
        {
            _outcome = SnapshotOutcome.Cancelled;
        }
        finally
        {
            _reader.Close();
            _hasWritten = true;
            wake();
        }
    }
}
