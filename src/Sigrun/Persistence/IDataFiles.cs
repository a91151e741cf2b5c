namespace Sigrun.Persistence;

/// <summary>
/// The files that hold data, as far as durability depends on them: what persistence asks of a file system, and no more,
/// so that a test can put a disk in its place that fails or loses what was not synced.
/// </summary>
/// <remarks>Paths are absolute. Whatever fails throws an <see cref="IOException"/> or an <see cref="UnauthorizedAccessException"/>.</remarks>
internal interface IDataFiles
{
    /// <summary>Makes an empty file for writing, in the place of one that may be there.</summary>
    IDataFile Create(string path);

    /// <summary>Opens a file for reading; null when there is none.</summary>
    IDataFile? OpenRead(string path);

    /// <summary>Gives a file another name, in the place of a file that may have it; either name is there at any time.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file; nothing when there is none.</summary>
    void Delete(string path);

    /// <summary>Makes what was created, renamed or removed in a directory durable.</summary>
    void SyncDirectory(string path);
}

/// <summary>An open file, read or written from its beginning to its end.</summary>
internal interface IDataFile : IDisposable
{
    /// <summary>Its length in bytes when it was opened for reading.</summary>
    long Length { get; }

    /// <summary>Reads what comes next; returns how many bytes, 0 at the end.</summary>
    int Read(Span<byte> target);

    /// <summary>Writes behind what was written.</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Begins to bring what was written to the disk, so that <see cref="Sync"/> has less to do; promises nothing.</summary>
    void StartSync();

    /// <summary>Makes all that was written durable.</summary>
    void Sync();
}
