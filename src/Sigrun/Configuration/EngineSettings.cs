namespace Sigrun.Configuration;

/// <summary>Every setting of one engine, as typed fields grouped by area.</summary>
/// <remarks>
/// The field initialisers are the defaults. Code that needs a setting keeps a reference to its area's object and
/// reads the field, so that a change by CONFIG SET is seen at once and a read costs one load. Only the directives
/// write; what has to happen besides the write is an apply callback, see <see cref="ServerConfiguration"/>.
/// </remarks>
internal sealed class EngineSettings
{
    /// <summary>Listening, connections and the limits on what one connection may send or hold.</summary>
    public NetworkSettings Network { get; } = new();

    /// <summary>Limits, eviction, expiry, lazy freeing and defragmentation.</summary>
    public MemorySettings Memory { get; } = new();

    /// <summary>The thresholds at which values change their encoding.</summary>
    public TypeSettings Types { get; } = new();

    /// <summary>Snapshot files, the append-only file, and where both live.</summary>
    public PersistenceSettings Persistence { get; } = new();

    /// <summary>The primary this server follows and the replicas it feeds.</summary>
    public ReplicationSettings Replication { get; } = new();

    /// <summary>Slots, the bus and failover.</summary>
    public ClusterSettings Cluster { get; } = new();

    /// <summary>Passwords, users and what administrative commands may do.</summary>
    public SecuritySettings Security { get; } = new();

    /// <summary>Logging in against LDAP servers.</summary>
    public LdapSettings Ldap { get; } = new();

    /// <summary>TLS listeners and certificates.</summary>
    public TlsSettings Tls { get; } = new();

    /// <summary>Log, command logs, latency and crash reports.</summary>
    public ObservabilitySettings Observability { get; } = new();

    /// <summary>What concerns the process and the engine as a whole.</summary>
    public ProcessSettings Process { get; } = new();

    /// <summary>Directives of Redis that Valkey does not have.</summary>
    public RedisSettings Redis { get; } = new();
}
