using static Sigrun.Configuration.DirectiveFlags;
using static Sigrun.Configuration.Support;

namespace Sigrun.Configuration;

/// <summary>The primary this server follows and the replicas it feeds.</summary>
internal sealed class ReplicationSettings
{
    private const int BacklogBytesMin = 16 << 10;

    /// <summary>Host of the primary; null for a primary.</summary>
    public string? PrimaryHost;

    /// <summary>Port of the primary.</summary>
    public int PrimaryPort;

    /// <summary>User name for the primary.</summary>
    public string? PrimaryUser;

    /// <summary>Password for the primary.</summary>
    public string? PrimaryPassword;

    /// <summary>Answer while the primary is not reachable.</summary>
    public bool ReplicaServeStaleData = true;

    /// <summary>Refuse writes from clients on a replica.</summary>
    public bool ReplicaReadOnly = true;

    /// <summary>Free the old data in the background before a full synchronisation.</summary>
    public bool ReplicaLazyFlush = true;

    /// <summary>Leave eviction to the primary.</summary>
    public bool ReplicaIgnoreMaxMemory = true;

    /// <summary>Go on replicating when the disk fails.</summary>
    public bool ReplicaIgnoreDiskWriteErrors;

    /// <summary>Rank in a failover; 0 is never promoted.</summary>
    public int ReplicaPriority = 100;

    /// <summary>Show this replica to the sentinels.</summary>
    public bool ReplicaAnnounced = true;

    /// <summary>Address a replica reports.</summary>
    public string? ReplicaAnnounceIp;

    /// <summary>Port a replica reports; 0 is the real one.</summary>
    public int ReplicaAnnouncePort;

    /// <summary>Silence after which the other side is given up.</summary>
    public int ReplTimeoutSeconds = 60;

    /// <summary>Interval of the primary's pings.</summary>
    public int ReplPingReplicaPeriodSeconds = 10;

    /// <summary>Let the kernel gather what goes to replicas.</summary>
    public bool ReplDisableTcpNoDelay;

    /// <summary>Reach the primary with multipath TCP.</summary>
    public bool ReplMultipathTcp;

    /// <summary>History kept for replicas that return.</summary>
    public long ReplBacklogBytes = 10 << 20;

    /// <summary>Time the history outlives the last replica; 0 forever.</summary>
    public long ReplBacklogTtlSeconds = 3600;

    /// <summary>Send a full synchronisation without a file.</summary>
    public bool ReplDisklessSync = true;

    /// <summary>Wait for more replicas before it starts.</summary>
    public int ReplDisklessSyncDelaySeconds = 5;

    /// <summary>Start at once with this many; 0 always waits.</summary>
    public int ReplDisklessSyncMaxReplicas;

    /// <summary>How a replica loads what arrives.</summary>
    public ReplDisklessLoad ReplDisklessLoad;

    /// <summary>Send the snapshot on a connection of its own.</summary>
    public bool DualChannelReplication;

    /// <summary>Replicas without which writes are refused; 0 asks for none.</summary>
    public int MinReplicasToWrite;

    /// <summary>Lag up to which a replica counts.</summary>
    public int MinReplicasMaxLagSeconds = 10;

    /// <summary>What to do when an effect cannot be applied.</summary>
    public PropagationErrorBehavior PropagationErrorBehavior;

    /// <summary>Declares the directives of these fields.</summary>
    public static void Declare(DirectiveTable table)
    {
        table.Add(new ReplicaOfDirective(Pending));
        table.OptionalText(Tuning, "primaryuser", static s => ref s.Replication.PrimaryUser, alias: "masteruser", flags: Sensitive);
        table.OptionalText(Tuning, "primaryauth", static s => ref s.Replication.PrimaryPassword, alias: "masterauth", flags: Sensitive);
        table.Bool(Tuning, "replica-serve-stale-data", static s => ref s.Replication.ReplicaServeStaleData,
            alias: "slave-serve-stale-data");
        table.Bool(Tuning, "replica-read-only", static s => ref s.Replication.ReplicaReadOnly, alias: "slave-read-only", flags: Debug);
        table.Bool(Tuning, "replica-lazy-flush", static s => ref s.Replication.ReplicaLazyFlush, alias: "slave-lazy-flush");
        table.Bool(Tuning, "replica-ignore-maxmemory", static s => ref s.Replication.ReplicaIgnoreMaxMemory,
            alias: "slave-ignore-maxmemory");
        table.Bool(Tuning, "replica-ignore-disk-write-errors", static s => ref s.Replication.ReplicaIgnoreDiskWriteErrors);
        table.Int(Tuning, "replica-priority", static s => ref s.Replication.ReplicaPriority, 0, int.MaxValue, alias: "slave-priority");
        table.Bool(Tuning, "replica-announced", static s => ref s.Replication.ReplicaAnnounced);
        table.OptionalText(Tuning, "replica-announce-ip", static s => ref s.Replication.ReplicaAnnounceIp, alias: "slave-announce-ip");
        table.Int(Tuning, "replica-announce-port", static s => ref s.Replication.ReplicaAnnouncePort, 0, 65535,
            alias: "slave-announce-port");
        table.Int(Tuning, "repl-timeout", static s => ref s.Replication.ReplTimeoutSeconds, 1, int.MaxValue);
        table.Int(Tuning, "repl-ping-replica-period", static s => ref s.Replication.ReplPingReplicaPeriodSeconds, 1, int.MaxValue,
            alias: "repl-ping-slave-period");
        table.Bool(Tuning, "repl-disable-tcp-nodelay", static s => ref s.Replication.ReplDisableTcpNoDelay);
        table.Bool(Pending, "repl-mptcp", static s => ref s.Replication.ReplMultipathTcp, flags: Immutable,
            check: static value => DirectiveChecks.MultipathTcp(value));
        table.Long(Tuning, "repl-backlog-size", static s => ref s.Replication.ReplBacklogBytes, 1, long.MaxValue, NumberForm.Memory,
            normalize: static bytes => Math.Max(bytes, BacklogBytesMin));
        table.Long(Tuning, "repl-backlog-ttl", static s => ref s.Replication.ReplBacklogTtlSeconds, 0, long.MaxValue);
        table.Bool(Tuning, "repl-diskless-sync", static s => ref s.Replication.ReplDisklessSync, flags: Debug);
        table.Int(Tuning, "repl-diskless-sync-delay", static s => ref s.Replication.ReplDisklessSyncDelaySeconds, 0, int.MaxValue);
        table.Int(Tuning, "repl-diskless-sync-max-replicas", static s => ref s.Replication.ReplDisklessSyncMaxReplicas, 0,
            int.MaxValue);
        table.Word(Tuning, "repl-diskless-load", static s => (int)s.Replication.ReplDisklessLoad,
            static (s, v) => s.Replication.ReplDisklessLoad = (ReplDisklessLoad)v, Words.ReplDisklessLoad,
            flags: Debug | DenyLoading);
        table.Bool(Tuning, "dual-channel-replication-enabled", static s => ref s.Replication.DualChannelReplication, flags: Debug);
        table.Int(Pending, "min-replicas-to-write", static s => ref s.Replication.MinReplicasToWrite, 0, int.MaxValue,
            alias: "min-slaves-to-write");
        table.Int(Tuning, "min-replicas-max-lag", static s => ref s.Replication.MinReplicasMaxLagSeconds, 0, int.MaxValue,
            alias: "min-slaves-max-lag");
        table.Word(Tuning, "propagation-error-behavior", static s => (int)s.Replication.PropagationErrorBehavior,
            static (s, v) => s.Replication.PropagationErrorBehavior = (PropagationErrorBehavior)v,
            Words.PropagationErrorBehavior);
    }
}
