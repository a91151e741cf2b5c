using Sigrun.Persistence.Background;
using Sigrun.Storage.Files;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>Writes one base of the append-only file in the background, to a file that takes its place when it is whole.</summary>
internal sealed class AofBaseSave(Engine engine, AofRewrite rewrite, AofBaseJob job) : SnapshotTarget(job.Snapshot)
{
    private readonly string _path = engine.AppendOnlyFile!.Directory.DataPath(TemporaryFiles.BackgroundBase);

    /// <inheritdoc/>
    public override string? CpuList => engine.Settings.Process.AofRewriteCpuList;

    /// <inheritdoc/>
    public override string ThreadName => "aof-rewrite";

    /// <inheritdoc/>
    public override bool Write(IRdbRecords records)
    {
        try
        {
            using IWritableFile file = engine.Files.Create(_path);
            AofBase.Write(file, job with { Snapshot = Job }, records, engine.Settings);
            file.Sync();
        }
        catch (RdbUnsupportedException fault)
        {
            engine.Log.Warning(fault.Message);
            return false;
        }
        catch (FileSystemException fault)
        {
            engine.Log.Warning("Write error writing append only file on disk: " + fault.Message);
            return false;
        }
        engine.Log.Notice($"Successfully created the temporary AOF base file {Path.GetFileName(_path)}");
        return true;
    }

    /// <inheritdoc/>
    public override void OnEnded(SnapshotOutcome outcome, BackgroundSnapshot snapshot) =>
        rewrite.OnEnded(outcome, _path, snapshot, job.IsSnapshot);
}
