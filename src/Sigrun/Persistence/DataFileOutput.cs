using Sigrun.Storage.Files;

namespace Sigrun.Persistence;

/// <summary>Writes the data set to a file, sums it up where that is wanted, and makes the disk begin with its work early.</summary>
/// <remarks>
/// Without the latter, the system would collect gigabytes of unwritten pages, and the sync at the end, or whoever writes
/// next, would wait for all of them.
/// </remarks>
internal sealed class DataFileOutput(IWritableFile file, bool sums, bool syncsEarly) : IDataSink
{
    private const long EarlySyncBytes = 4 << 20;

    private long _unsynced;

    /// <summary>The checksum of everything written so far; 0 when nothing is summed up.</summary>
    public ulong Checksum { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <inheritdoc/>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (sums) Checksum = Crc64.Append(Checksum, bytes);
        file.AppendAll(bytes);
        Bytes += bytes.Length;
        _unsynced += bytes.Length;
        if (!syncsEarly || _unsynced < EarlySyncBytes) return;
        file.StartSync();
        _unsynced = 0;
    }
}
