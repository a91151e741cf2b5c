namespace Sigrun.Storage.Files;

/// <summary>Reads files that are small.</summary>
public static class WholeFiles
{
    /// <summary>All bytes of a file.</summary>
    /// <exception cref="IOException">It cannot be opened or read.</exception>
    public static byte[] ReadAll(this IFileSystem files, string path)
    {
        ArgumentNullException.ThrowIfNull(files);
        using Stream file = files.OpenRead(path);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }
}
