namespace Sigrun.Storage.Files;

/// <summary>The steps of replacing a file as a whole.</summary>
public enum ReplacementStep
{
    /// <summary>Everything is done.</summary>
    Done,

    /// <summary>The file beside it is made.</summary>
    Create,

    /// <summary>It is written.</summary>
    Write,

    /// <summary>It becomes durable.</summary>
    Sync,

    /// <summary>It takes the name.</summary>
    Rename,

    /// <summary>The name becomes durable.</summary>
    SyncDirectory,
}

/// <summary>Replaces files so that a name always stands for a whole one.</summary>
public static class FileReplacement
{
    /// <summary>Writes a file beside another one, makes it durable and gives it the other's name.</summary>
    /// <param name="files">The files.</param>
    /// <param name="path">The full name.</param>
    /// <param name="temporary">The full name until then, in the same directory.</param>
    /// <param name="content">What is in it.</param>
    /// <param name="fault">Why it could not be done.</param>
    /// <returns>The step that failed; the file is as it was, unless the last one did.</returns>
    public static ReplacementStep Replace(this IFileSystem files, string path, string temporary, ReadOnlySpan<byte> content, out FileSystemException? fault)
    {
        ArgumentNullException.ThrowIfNull(files);
        ReplacementStep step = ReplacementStep.Create;
        fault = null;
        try
        {
            using (IWritableFile file = files.Create(temporary))
            {
                step = ReplacementStep.Write;
                file.AppendAll(content);
                step = ReplacementStep.Sync;
                file.Sync();
            }
            step = ReplacementStep.Rename;
            files.Rename(temporary, path);
            step = ReplacementStep.SyncDirectory;
            files.SyncDirectory(Path.GetDirectoryName(path)!);
            return ReplacementStep.Done;
        }
        catch (FileSystemException reason)
        {
            fault = reason;
            files.TryDelete(temporary);
            return step;
        }
    }
}
