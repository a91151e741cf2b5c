namespace Sigrun.Persistence.Background;

/// <summary>How a snapshot in the background ended.</summary>
internal enum SnapshotOutcome
{
    /// <summary>It is complete.</summary>
    Succeeded,

    /// <summary>It could not be written; the log says why.</summary>
    Failed,

    /// <summary>It was not wanted any more.</summary>
    Cancelled,
}

/// <summary>What a snapshot is taken for: where its keys go, and what happens when they are there.</summary>
internal abstract class SnapshotTarget(RdbSaveJob job)
{
    /// <summary>What the snapshot says and how, as of its beginning.</summary>
    public RdbSaveJob Job { get; set; } = job;

    /// <summary>The processors that may write it; null for all.</summary>
    public abstract string? CpuList { get; }

    /// <summary>The name of the thread that writes it.</summary>
    public abstract string ThreadName { get; }

    /// <summary>Writes the keys, on a thread of its own; returns whether all went well. The log says what did not.</summary>
    /// <exception cref="OperationCanceledException">The snapshot was cancelled.</exception>
    public abstract bool Write(IRdbRecords records);

    /// <summary>Called on the engine's thread when the snapshot has ended.</summary>
    /// <param name="outcome">How.</param>
    /// <param name="snapshot">The snapshot.</param>
    public abstract void OnEnded(SnapshotOutcome outcome, BackgroundSnapshot snapshot);
}
