namespace Sigrun.Persistence;

/// <summary>How far the loading of a file, or of several that belong together, is, for INFO.</summary>
internal sealed class LoadProgress
{
    /// <summary>When it began, in seconds since 1970.</summary>
    public required long StartedSeconds { get; init; }

    /// <summary>The length of all files in bytes.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>The length of the files before the one that is read.</summary>
    public long FileStart { get; set; }

    /// <summary>How much was read, in bytes.</summary>
    public long LoadedBytes { get; private set; }

    /// <summary>The memory that was in use when the file was saved, as it says itself, in bytes; 0 when it does not.</summary>
    public long SavedUsedMemory { get; set; }

    /// <summary>How much was read, in percent.</summary>
    public double Percent => TotalBytes == 0 ? 0 : 100.0 * LoadedBytes / TotalBytes;

    /// <summary>Notes how much of the present file was read.</summary>
    public void MoveTo(long position) => LoadedBytes = FileStart + position;

    /// <summary>How many seconds it will still take.</summary>
    public long EtaSeconds(long nowSeconds)
    {
        long elapsed = nowSeconds - StartedSeconds;
        return elapsed == 0 ? 1 : elapsed * (TotalBytes - LoadedBytes) / (LoadedBytes + 1);
    }
}
