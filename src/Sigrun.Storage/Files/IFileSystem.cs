namespace Sigrun.Storage.Files;

/// <summary>
/// The calls on files by which data becomes durable, one step each, and no more, so that a test can put a disk in
/// their place that fails at any one of them, or loses what was not synchronised.
/// </summary>
/// <remarks>Every call throws <see cref="FileSystemException"/> with the system's reason; reading an open file may throw any <see cref="IOException"/>.</remarks>
public interface IFileSystem
{
    /// <summary>Makes an empty file, or empties an existing one, to be written from its beginning.</summary>
    IWritableFile Create(string path);

    /// <summary>Opens a file, made when it does not exist, to be written at its end.</summary>
    IWritableFile OpenAppend(string path);

    /// <summary>Opens a file to be read from its beginning; the stream has no buffer of its own.</summary>
    Stream OpenRead(string path);

    /// <summary>Likewise; null when there is no such file.</summary>
    Stream? TryOpenRead(string path)
    {
        try
        {
            return OpenRead(path);
        }
        catch (FileSystemException fault) when (fault.Errno == FileSystemException.NoSuchFile)
        {
            return null;
        }
    }

    /// <summary>Gives a file another name, in place of a file that has it.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file.</summary>
    void Delete(string path);

    /// <summary>Cuts a file to a length in bytes.</summary>
    void Truncate(string path, long length);

    /// <summary>Makes the names in a directory durable.</summary>
    void SyncDirectory(string path);

    /// <summary>Makes a directory unless it exists.</summary>
    void EnsureDirectory(string path);

    /// <summary>Whether a directory exists.</summary>
    bool DirectoryExists(string path);

    /// <summary>Whether a file exists.</summary>
    bool FileExists(string path);

    /// <summary>A file's length in bytes.</summary>
    long Length(string path);
}

/// <summary>A file that is being written.</summary>
public interface IWritableFile : IDisposable
{
    /// <summary>Writes at the end; returns how many bytes were written, fewer only when the system stopped in the middle.</summary>
    int Append(ReadOnlySpan<byte> bytes);

    /// <summary>Writes all at the end.</summary>
    void AppendAll(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[Append(bytes)..];
    }

    /// <summary>Begins to bring what was written to the disk, so that <see cref="Sync"/> has less to do; promises nothing.</summary>
    void StartSync();

    /// <summary>Returns when what was written is durable; may run on another thread than <see cref="Append"/>.</summary>
    void Sync();

    /// <summary>Cuts the file to a length in bytes.</summary>
    void Truncate(long length);
}

/// <summary>A call on a file failed.</summary>
/// <param name="errno">The system's number of the reason.</param>
/// <param name="text">The system's words for it.</param>
public sealed class FileSystemException(int errno, string text) : IOException(text)
{
    /// <summary>The number for "no such file".</summary>
    public const int NoSuchFile = 2;

    /// <summary>The number for "no space left".</summary>
    public const int NoSpace = 28;

    /// <summary>The system's number of the reason.</summary>
    public int Errno { get; } = errno;
}
