using Sigrun.Storage.Files;

namespace Sigrun;

/// <summary>The files of a server that was given no directory: there are none, and none can be made.</summary>
internal sealed class NoFiles : IFileSystem
{
    /// <summary>Why nothing can be written.</summary>
    public const string Reason = "The server has no data directory";

    private const int ReadOnlyFileSystem = 30;

    /// <inheritdoc/>
    public IWritableFile Create(string path) => throw Refusal();

    /// <inheritdoc/>
    public IWritableFile OpenAppend(string path) => throw Refusal();

    /// <inheritdoc/>
    public Stream OpenRead(string path) => throw new FileSystemException(FileSystemException.NoSuchFile, "No such file or directory");

    /// <inheritdoc/>
    public void Rename(string from, string to) => throw Refusal();

    /// <inheritdoc/>
    public void Delete(string path) => throw Refusal();

    /// <inheritdoc/>
    public void Truncate(string path, long length) => throw Refusal();

    /// <inheritdoc/>
    public void SyncDirectory(string path) => throw Refusal();

    /// <inheritdoc/>
    public void EnsureDirectory(string path) => throw Refusal();

    /// <inheritdoc/>
    public bool DirectoryExists(string path) => false;

    /// <inheritdoc/>
    public bool FileExists(string path) => false;

    /// <inheritdoc/>
    public long Length(string path) => throw new FileSystemException(FileSystemException.NoSuchFile, "No such file or directory");

    private static FileSystemException Refusal() => new(ReadOnlyFileSystem, Reason);
}
