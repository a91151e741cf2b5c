namespace Sigrun.Configuration;

/// <summary>A rule for automatic snapshots: after this many seconds if at least this many changes were made.</summary>
/// <param name="Seconds">The time.</param>
/// <param name="Changes">The number of changes.</param>
internal sealed record SavePoint(long Seconds, int Changes);

/// <summary>How much output may wait for a client before it is disconnected; 0 sets no limit.</summary>
/// <param name="HardBytes">At once from here on.</param>
/// <param name="SoftBytes">From here on when it lasts.</param>
/// <param name="SoftSeconds">How long it may last.</param>
internal readonly record struct OutputBufferLimit(ulong HardBytes, ulong SoftBytes, long SoftSeconds);

/// <summary>What moves bytes between sockets and the engine.</summary>
internal enum TransportChoice
{
    /// <summary>The best one that the system has.</summary>
    Auto,

    /// <summary>epoll.</summary>
    Epoll,

    /// <summary>The framework's sockets.</summary>
    Sockets,
}

/// <summary>Which keys go when maxmemory is reached.</summary>
internal enum MaxMemoryPolicy
{
    /// <summary>Of those with a TTL, the least recently used.</summary>
    VolatileLru,

    /// <summary>Of those with a TTL, the least frequently used.</summary>
    VolatileLfu,

    /// <summary>Of those with a TTL, any.</summary>
    VolatileRandom,

    /// <summary>Of those with a TTL, the one that expires first.</summary>
    VolatileTtl,

    /// <summary>The least recently used.</summary>
    AllKeysLru,

    /// <summary>The least frequently used.</summary>
    AllKeysLfu,

    /// <summary>Any.</summary>
    AllKeysRandom,

    /// <summary>None: writes fail.</summary>
    NoEviction,
}

/// <summary>Levels of the log.</summary>
internal enum LogLevel
{
    /// <summary>For those who work on the server.</summary>
    Debug,

    /// <summary>Clients that come and go.</summary>
    Verbose,

    /// <summary>What an operator wants to know.</summary>
    Notice,

    /// <summary>What an operator has to know.</summary>
    Warning,

    /// <summary>As a setting: nothing is logged.</summary>
    Nothing,
}

/// <summary>Shapes of a log line.</summary>
internal enum LogFormat
{
    /// <summary>pid:role time level message.</summary>
    Legacy,

    /// <summary>key=value pairs.</summary>
    Logfmt,

    /// <summary>One JSON object.</summary>
    Json,
}

/// <summary>Shapes of the time in a log line.</summary>
internal enum LogTimestampFormat
{
    /// <summary>Day, month's name, year and local time.</summary>
    Legacy,

    /// <summary>ISO 8601 with the offset from UTC.</summary>
    Iso8601,

    /// <summary>Milliseconds since 1970.</summary>
    Milliseconds,
}

/// <summary>Facilities of the system's log.</summary>
internal enum SyslogFacility
{
    /// <summary>Programs of users.</summary>
    User,

    /// <summary>Local use 0.</summary>
    Local0,

    /// <summary>Local use 1.</summary>
    Local1,

    /// <summary>Local use 2.</summary>
    Local2,

    /// <summary>Local use 3.</summary>
    Local3,

    /// <summary>Local use 4.</summary>
    Local4,

    /// <summary>Local use 5.</summary>
    Local5,

    /// <summary>Local use 6.</summary>
    Local6,

    /// <summary>Local use 7.</summary>
    Local7,
}

/// <summary>Who started the process and waits to hear that it is ready.</summary>
internal enum SupervisedMode
{
    /// <summary>upstart.</summary>
    Upstart,

    /// <summary>systemd.</summary>
    Systemd,

    /// <summary>Whoever the environment names.</summary>
    Auto,

    /// <summary>Nobody.</summary>
    No,
}

/// <summary>How a signal ends the server.</summary>
[Flags]
internal enum ShutdownOptions
{
    /// <summary>Save when there are save points.</summary>
    Default = 0,

    /// <summary>Save in any case.</summary>
    Save = 1,

    /// <summary>Do not save.</summary>
    NoSave = 2,

    /// <summary>Do not wait for replicas.</summary>
    Now = 4,

    /// <summary>Go on when saving fails.</summary>
    Force = 8,

    /// <summary>Refuse while it would lose data.</summary>
    Safe = 16,

    /// <summary>Hand over to a replica first.</summary>
    Failover = 32,
}

/// <summary>Who may do something that can harm the server.</summary>
internal enum ProtectedAction
{
    /// <summary>Nobody.</summary>
    No,

    /// <summary>Everybody.</summary>
    Yes,

    /// <summary>Clients of this host.</summary>
    Local,
}

/// <summary>When the append-only file is flushed to the disk.</summary>
internal enum AppendFsync
{
    /// <summary>Once a second.</summary>
    EverySecond,

    /// <summary>Before replies leave.</summary>
    Always,

    /// <summary>When the system likes to.</summary>
    No,
}

/// <summary>Whether loaded and restored values are validated in full.</summary>
internal enum SanitizeDumpPayload
{
    /// <summary>No.</summary>
    No,

    /// <summary>Yes.</summary>
    Yes,

    /// <summary>What clients send.</summary>
    Clients,
}

/// <summary>Which version of the format snapshot files have, in the order of <see cref="Words.RdbSaveVersion"/>.</summary>
internal enum RdbSaveVersion
{
    /// <summary>80, which knows everything.</summary>
    Newest,

    /// <summary>11, for servers from 7.2 on.</summary>
    Legacy,

    /// <summary>10, for servers from 7.0 on.</summary>
    Oldest,
}

/// <summary>Whether a snapshot of an unknown version is refused.</summary>
internal enum RdbVersionCheck
{
    /// <summary>Yes.</summary>
    Strict,

    /// <summary>It is tried.</summary>
    Relaxed,
}

/// <summary>How a replica loads a snapshot that arrives without a file.</summary>
internal enum ReplDisklessLoad
{
    /// <summary>It writes a file first.</summary>
    Disabled,

    /// <summary>At once when it has no data.</summary>
    OnEmptyDatabase,

    /// <summary>Beside the old data, which stays readable.</summary>
    SwapDatabase,

    /// <summary>At once, the old data dropped before.</summary>
    FlushBeforeLoad,
}

/// <summary>What to do when an effect from the primary or the append-only file cannot be applied.</summary>
internal enum PropagationErrorBehavior
{
    /// <summary>Log it.</summary>
    Ignore,

    /// <summary>Stop.</summary>
    Panic,

    /// <summary>Stop when it came from a primary.</summary>
    PanicOnReplicas,
}

/// <summary>What a cluster redirection names.</summary>
internal enum ClusterEndpointType
{
    /// <summary>The address.</summary>
    Ip,

    /// <summary>The host name.</summary>
    Hostname,

    /// <summary>Nothing: the client keeps the address it knows.</summary>
    UnknownEndpoint,
}

/// <summary>What to do when the cluster's state cannot be written.</summary>
internal enum ClusterConfigSaveBehavior
{
    /// <summary>Stop.</summary>
    Sync,

    /// <summary>Go on.</summary>
    BestEffort,
}

/// <summary>Channels of a new user.</summary>
internal enum AclPubSubDefault
{
    /// <summary>All.</summary>
    AllChannels,

    /// <summary>None.</summary>
    ResetChannels,
}

/// <summary>Whether the kernel's out-of-memory score is adjusted.</summary>
internal enum OomScoreAdjust
{
    /// <summary>It is left alone.</summary>
    No,

    /// <summary>By an offset to what it was at start.</summary>
    Relative,

    /// <summary>To a value.</summary>
    Absolute,
}

/// <summary>Whether clients must show a certificate.</summary>
internal enum TlsAuthClients
{
    /// <summary>It is not asked for.</summary>
    No,

    /// <summary>They must.</summary>
    Yes,

    /// <summary>It must be valid where there is one.</summary>
    Optional,
}

/// <summary>Field of a client's certificate that names its user.</summary>
internal enum TlsUserField
{
    /// <summary>The common name.</summary>
    CommonName,

    /// <summary>The URI among the alternative names.</summary>
    Uri,

    /// <summary>None.</summary>
    Off,
}
