namespace Sigrun.Persistence.Background;

/// <summary>One save of the snapshot file in the background.</summary>
internal sealed class RdbFileSave : SnapshotTarget
{
    private readonly Engine _engine;
    private readonly string _directory;
    private readonly string _name;
    private readonly long _dirtyBefore;

    /// <summary>A save of the data as it is now, to the file that the settings name now.</summary>
    public RdbFileSave(Engine engine) : base(engine.Snapshots.NewJob())
    {
        _engine = engine;
        _directory = engine.Settings.Persistence.Directory;
        _name = engine.Snapshots.FileName;
        _dirtyBefore = engine.Dirty;
    }

    /// <inheritdoc/>
    public override string? CpuList => _engine.Settings.Process.SnapshotCpuList;

    /// <inheritdoc/>
    public override string ThreadName => "bgsave";

    /// <inheritdoc/>
    public override bool Write(IRdbRecords records) =>
        new RdbFileSaver(_engine.Files, _engine.Log, TemporaryFiles.BackgroundSnapshot).TrySave(_directory, _name, Job, records, out _);

    /// <inheritdoc/>
    public override void OnEnded(SnapshotOutcome outcome, BackgroundSnapshot snapshot)
    {
        switch (outcome)
        {
            case SnapshotOutcome.Succeeded:
                _engine.Log.Notice("Background saving terminated with success");
                _engine.Dirty -= _dirtyBefore;
                _engine.Snapshots.NoteSaved();
                break;
            case SnapshotOutcome.Failed:
                _engine.Log.Warning("Background saving error");
                _engine.Snapshots.NoteOutcome(hasFailed: true);
                break;
            default:
                _engine.Log.Warning("Background saving cancelled");
                break;
        }
        _engine.Saving.OnEnded(snapshot);
    }
}
