namespace Sigrun.Storage.Files;

/// <summary>Removes files of which nothing depends.</summary>
public static class FileRemoval
{
    /// <summary>Removes a file if that is possible: one that stays is of no use, and is written over next time.</summary>
    public static void TryDelete(this IFileSystem files, string path)
    {
        ArgumentNullException.ThrowIfNull(files);
        try
        {
            files.Delete(path);
        }
        catch (FileSystemException)
        {
            // What made it useless was told.
        }
    }
}
