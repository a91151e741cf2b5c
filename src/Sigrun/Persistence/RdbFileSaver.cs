using Sigrun.Observability;
using Sigrun.Storage.Files;

namespace Sigrun.Persistence;

/// <summary>Writes a snapshot to a file so that its name always stands for a whole one: the old or the new.</summary>
/// <remarks>
/// The snapshot is written beside, synced, renamed, and the directory synced. Whatever fails before the rename leaves the
/// old file as it was and no other behind; the log says what it was. Works on any thread.
/// </remarks>
/// <param name="files">The files.</param>
/// <param name="log">Where it says what went wrong.</param>
/// <param name="temporary">The name of the file that is written beside.</param>
internal sealed class RdbFileSaver(IFileSystem files, ServerLog log, string temporary)
{
    /// <summary>Saves.</summary>
    /// <param name="directory">The absolute path of the directory.</param>
    /// <param name="name">The name of the file in it.</param>
    /// <param name="job">What it says.</param>
    /// <param name="records">Its keys.</param>
    /// <param name="refusal">Why the keys cannot be kept in the version that is wanted; null for all other failures.</param>
    /// <returns>Whether there is a new file now.</returns>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public bool TrySave(string directory, string name, RdbSaveJob job, IRdbRecords records, out string? refusal)
    {
        string path = Path.Combine(directory, temporary);
        if (!TryWrite(path, directory, job, records, out refusal)) return false;
        if (job.MayCommit is { } mayCommit && !mayCommit())
        {
            files.TryDelete(path);
            return false;
        }
        try
        {
            files.Rename(path, Path.Combine(directory, name));
        }
        catch (FileSystemException fault)
        {
            log.Warning($"Error moving temp DB file {temporary} on the final destination {name} (in server root dir {directory}): "
                + fault.Message);
            files.TryDelete(path);
            return false;
        }
        try
        {
            files.SyncDirectory(directory);
        }
        catch (FileSystemException fault)
        {
            log.Warning($"Failed to fsync directory while saving DB: {fault.Message}");
            return false;
        }
        log.Notice("DB saved on disk");
        return true;
    }

    private bool TryWrite(string path, string directory, RdbSaveJob job, IRdbRecords records, out string? refusal)
    {
        refusal = null;
        IWritableFile? file = null;
        string step = "write";
        try
        {
            file = files.Create(path);
            WriteWhole(file, job, records);
            step = "fsync";
            file.Sync();
            step = "close";
            file.Dispose();
            return true;
        }
        catch (RdbUnsupportedException fault)
        {
            refusal = fault.Message;
            log.Warning(refusal);
        }
        catch (FileSystemException fault)
        {
            if (file is null)
            {
                log.Warning($"Failed opening the temp RDB file {Path.GetFileName(path)} (in server root dir {directory}) for saving: "
                    + fault.Message);
                return false;
            }
            log.Warning($"Write error while saving DB to the disk({step}): {fault.Message}");
        }
        catch (OperationCanceledException)
        {
            file?.Dispose();
            files.TryDelete(path);
            throw;
        }
        file?.Dispose();
        files.TryDelete(path);
        return false;
    }

    /// <summary>Writes a snapshot to an open file, from header to checksum.</summary>
    public static void WriteWhole(IWritableFile file, RdbSaveJob job, IRdbRecords records)
    {
        var output = new DataFileOutput(file, job.Sums, job.SyncsEarly);
        var writer = new RdbWriter(output);
        var encoder = new RdbEncoder(writer, job);
        encoder.Begin();
        encoder.WriteAll(records);
        encoder.End();
        writer.Drain();
        writer.WriteUInt64(output.Checksum);
        writer.Drain();
    }
}
