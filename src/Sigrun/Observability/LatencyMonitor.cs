using System.Runtime.CompilerServices;

namespace Sigrun.Observability;

/// <summary>
/// Remembers what has held the engine up for at least <c>latency-monitor-threshold</c>, by the kind of event.
/// </summary>
/// <remarks>The names of events are the reference server's; those of what this server does not do on the engine's thread never occur.</remarks>
internal sealed class LatencyMonitor(IClock clock)
{
    /// <summary>A command that is not marked as fast.</summary>
    public const string Command = "command";

    /// <summary>A command that is.</summary>
    public const string FastCommand = "fast-command";

    /// <summary>A slice of the removal of keys and fields that have expired.</summary>
    public const string ExpireCycle = "expire-cycle";

    /// <summary>The removal of one key that has expired.</summary>
    public const string ExpireDelete = "expire-del";

    /// <summary>Making room by evicting keys.</summary>
    public const string EvictionCycle = "eviction-cycle";

    /// <summary>The eviction of one key.</summary>
    public const string EvictionDelete = "eviction-del";

    /// <summary>A slice of active defragmentation.</summary>
    public const string ActiveDefragCycle = "active-defrag-cycle";

    /// <summary>Writing to the append-only file, however it went.</summary>
    public const string AofWrite = "aof-write";

    /// <summary>Writing to it while it is being synchronised.</summary>
    public const string AofWritePendingFsync = "aof-write-pending-fsync";

    /// <summary>Writing to it while a snapshot is written.</summary>
    public const string AofWriteActiveChild = "aof-write-active-child";

    /// <summary>Writing to it with neither.</summary>
    public const string AofWriteAlone = "aof-write-alone";

    /// <summary>Synchronising it with <c>appendfsync always</c>.</summary>
    public const string AofFsyncAlways = "aof-fsync-always";

    /// <summary>Putting a rewritten file in its place.</summary>
    public const string AofRename = "aof-rename";

    /// <summary>When nothing is measured.</summary>
    private const long Off = -1;

    private readonly List<LatencySeries> _series = [];

    /// <summary>Milliseconds from which on something counts; 0 switches the monitor off.</summary>
    public long ThresholdMs { get; set; }

    /// <summary>Whether anything is to be measured.</summary>
    public bool IsOn => ThresholdMs > 0;

    /// <summary>What has happened since the last reset, an element for each kind.</summary>
    public IReadOnlyList<LatencySeries> All => _series;

    /// <summary>Seconds since 1970.</summary>
    public long NowSeconds => clock.UnixMicroseconds / 1_000_000;

    /// <summary>Whether a duration is long enough to be remembered.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsLong(long nanoseconds) => IsOn && nanoseconds / 1_000_000 >= ThresholdMs;

    /// <summary>Notes when something begins that <see cref="End"/> measures, without moving the engine's time.</summary>
    public long Begin() => IsOn ? clock.MonotonicNanoseconds : Off;

    /// <summary>Remembers what has begun then, if that was long ago.</summary>
    public void End(string name, long begunNs)
    {
        if (begunNs != Off) Note(name, clock.MonotonicNanoseconds - begunNs);
    }

    /// <summary>Remembers how long something took, if that was long enough.</summary>
    public void Note(string name, long nanoseconds)
    {
        if (!IsLong(nanoseconds)) return;
        LatencySeries? series = Find(name);
        if (series is null) _series.Add(series = new LatencySeries(name));
        series.Add(NowSeconds, nanoseconds / 1_000_000);
    }

    /// <summary>The events of a kind; null when there were none. The case of the name matters.</summary>
    public LatencySeries? Find(string name) => _series.Find(series => series.Name == name);

    /// <summary>Forgets the events of a kind, in any case; returns how many kinds there were.</summary>
    public int Reset(string name) => _series.RemoveAll(series => series.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Forgets all events; returns how many kinds there were.</summary>
    public int Reset()
    {
        int count = _series.Count;
        _series.Clear();
        return count;
    }
}
