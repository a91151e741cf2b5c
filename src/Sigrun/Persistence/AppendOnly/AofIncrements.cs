using Sigrun.Configuration;
using Sigrun.Storage.Files;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>Opens the files that changes are recorded in, each with what the manifest has to say before anything is.</summary>
/// <remarks>Methods log what went wrong, and then return null.</remarks>
internal sealed class AofIncrements(Engine engine, AofDirectory directory)
{
    private readonly PersistenceSettings _settings = engine.Settings.Persistence;

    /// <summary>Opens the last one at the start; makes a base and an increment when there are none.</summary>
    /// <param name="size">The bytes that are in it.</param>
    public IWritableFile? OpenLast(out long size)
    {
        size = 0;
        if (!directory.Ensure()) return null;
        AofManifest manifest = directory.Manifest;
        if (manifest.IsEmpty)
        {
            manifest = manifest.WithNewBase(directory.LogName, _settings.AofUseRdbPreamble);
            if (!TryWriteBase(manifest.Base!)) return null;
            engine.Log.Notice($"Creating AOF base file {ConfigText.ToString(manifest.Base!.Name)} on server start");
        }
        bool isNew = manifest.Increments.Count == 0;
        if (isNew) manifest = manifest.WithNewIncrement(directory.LogName);
        AofFile increment = manifest.Increments[^1];
        if (TryOpen(directory.PathOf(increment), engine.Files.OpenAppend) is not { } file) return null;
        if (manifest != directory.Manifest && !directory.TryReplace(manifest))
        {
            file.Dispose();
            return null;
        }
        size = engine.Files.Length(directory.PathOf(increment));
        engine.Log.Notice($"{(isNew ? "Creating" : "Opening")} AOF incr file {ConfigText.ToString(increment.Name)} on server start");
        return file;
    }

    /// <summary>Creates the one that follows all that there are.</summary>
    public IWritableFile? CreateNext()
    {
        AofManifest manifest = directory.Manifest.WithNewIncrement(directory.LogName);
        if (TryOpen(directory.PathOf(manifest.Increments[^1]), engine.Files.Create) is not { } file) return null;
        if (directory.TryReplace(manifest)) return file;
        file.Dispose();
        return null;
    }

    /// <summary>Creates one that no manifest names until there is a base to it.</summary>
    public IWritableFile? CreateTemporary() => TryOpen(directory.TemporaryIncrement, engine.Files.Create);

    /// <summary>Deletes that one; it was closed.</summary>
    public void DeleteTemporary() => engine.Files.TryDelete(directory.TemporaryIncrement);

    private IWritableFile? TryOpen(string path, Func<string, IWritableFile> open)
    {
        try
        {
            return open(path);
        }
        catch (FileSystemException fault)
        {
            engine.Log.Warning($"Can't open the append-only file {Path.GetFileName(path)}: {fault.Message}");
            return null;
        }
    }

    /// <summary>Writes the base of the data set as it is.</summary>
    private bool TryWriteBase(AofFile file)
    {
        string temporary = directory.DataPath(TemporaryFiles.FirstBase);
        try
        {
            using (IWritableFile target = engine.Files.Create(temporary))
            {
                AofBase.Write(target, AofBase.NewJob(engine), new LiveRecords(engine.Databases), engine.Settings);
                target.Sync();
            }
            engine.Files.Rename(temporary, directory.PathOf(file));
            return true;
        }
        catch (FileSystemException fault)
        {
            engine.Log.Warning("Write error writing append only file on disk: " + fault.Message);
            return false;
        }
    }
}
