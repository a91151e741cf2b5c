namespace Sigrun.Persistence;

/// <summary>How far the loading of a file is, for INFO.</summary>
internal sealed class LoadProgress
{
    /// <summary>When it began, in seconds since 1970.</summary>
    public required long StartedSeconds { get; init; }

    /// <summary>The length of the file in bytes.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>How much of it was read, in bytes.</summary>
    public long LoadedBytes { get; set; }

    /// <summary>The memory that was in use when the file was saved, as it says itself, in bytes; 0 when it does not.</summary>
    public long SavedUsedMemory { get; set; }

    /// <summary>How much of the file was read, in percent.</summary>
    public double Percent => TotalBytes == 0 ? 0 : 100.0 * LoadedBytes / TotalBytes;

    /// <summary>How many seconds it will still take.</summary>
    public long EtaSeconds(long nowSeconds)
    {
        long elapsed = nowSeconds - StartedSeconds;
        return elapsed == 0 ? 1 : elapsed * (TotalBytes - LoadedBytes) / (LoadedBytes + 1);
    }
}
