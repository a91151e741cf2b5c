using static Sigrun.Configuration.DirectiveFlags;
using static Sigrun.Configuration.Support;

namespace Sigrun.Configuration;

/// <summary>Slots, the bus and failover.</summary>
internal sealed class ClusterSettings
{
    /// <summary>Run as a node of a cluster.</summary>
    public bool Enabled;

    /// <summary>File in which the node keeps the state of the cluster.</summary>
    public string? ConfigFile = "nodes.conf";

    /// <summary>What to do when that file cannot be written.</summary>
    public ClusterConfigSaveBehavior ConfigSaveBehavior;

    /// <summary>Silence after which a node counts as failing.</summary>
    public long NodeTimeoutMs = 15000;

    /// <summary>Interval of the bus pings (for tests).</summary>
    public long PingIntervalMs;

    /// <summary>Port of the bus; 0 is the client port plus 10000.</summary>
    public int BusPort;

    /// <summary>Number of databases in cluster mode.</summary>
    public int Databases = 1;

    /// <summary>Refuse commands while a slot has no owner.</summary>
    public bool RequireFullCoverage = true;

    /// <summary>Answer reads while the cluster is down.</summary>
    public bool AllowReadsWhenDown;

    /// <summary>Serve shard channels while the cluster is down.</summary>
    public bool AllowPubSubShardWhenDown = true;

    /// <summary>Let replicas move to primaries without any.</summary>
    public bool AllowReplicaMigration = true;

    /// <summary>Replicas that must stay with a primary.</summary>
    public int MigrationBarrier = 1;

    /// <summary>How stale a replica may be to take over.</summary>
    public int ReplicaValidityFactor = 10;

    /// <summary>Never take over by itself.</summary>
    public bool ReplicaNoFailover;

    /// <summary>Time a manual failover may take.</summary>
    public long ManualFailoverTimeoutMs = 5000;

    /// <summary>Address told to other nodes.</summary>
    public string? AnnounceIp;

    /// <summary>IPv4 address told to clients.</summary>
    public string? AnnounceClientIpv4;

    /// <summary>IPv6 address told to clients.</summary>
    public string? AnnounceClientIpv6;

    /// <summary>Host name told to clients.</summary>
    public string? AnnounceHostname;

    /// <summary>Name of the node in logs.</summary>
    public string? AnnounceHumanNodeName;

    /// <summary>Client port told to other nodes; 0 is the real one.</summary>
    public int AnnouncePort;

    /// <summary>TLS port told to other nodes; 0 is the real one.</summary>
    public int AnnounceTlsPort;

    /// <summary>Client port told to clients; 0 is the announced one.</summary>
    public int AnnounceClientPort;

    /// <summary>TLS port told to clients; 0 is the announced one.</summary>
    public int AnnounceClientTlsPort;

    /// <summary>Bus port told to other nodes; 0 is the real one.</summary>
    public int AnnounceBusPort;

    /// <summary>What a redirection names.</summary>
    public ClusterEndpointType PreferredEndpointType;

    /// <summary>Bytes waiting for one node before its link is closed; 0 sets no limit.</summary>
    public ulong LinkSendBufferLimitBytes;

    /// <summary>Time a forgotten node stays forgotten.</summary>
    public ulong BlacklistTtlSeconds = 60;

    /// <summary>Share of the nodes named in one message.</summary>
    public int MessageGossipPercent = 10;

    /// <summary>Keep statistics per slot.</summary>
    public bool SlotStats;

    /// <summary>Slot migrations remembered.</summary>
    public long SlotMigrationLogMaxLength = 1000;

    /// <summary>Lag at which the last phase begins; -1 is any.</summary>
    public long SlotMigrationMaxFailoverReplBytes;

    /// <summary>Zone told to clients.</summary>
    public string? AvailabilityZone = "";

    /// <summary>Declares the directives of these fields.</summary>
    public static void Declare(DirectiveTable table)
    {
        table.Bool(Pending, "cluster-enabled", static s => ref s.Cluster.Enabled, flags: Immutable);
        table.Text(Tuning, "cluster-config-file", static s => ref s.Cluster.ConfigFile, flags: Immutable,
            check: static value => DirectiveChecks.ClusterConfigFile(value));
        table.Word(Tuning, "cluster-config-save-behavior", static s => (int)s.Cluster.ConfigSaveBehavior,
            static (s, v) => s.Cluster.ConfigSaveBehavior = (ClusterConfigSaveBehavior)v, Words.ClusterConfigSaveBehavior);
        table.Long(Tuning, "cluster-node-timeout", static s => ref s.Cluster.NodeTimeoutMs, 0, long.MaxValue);
        table.Long(Tuning, "cluster-ping-interval", static s => ref s.Cluster.PingIntervalMs, 0, long.MaxValue, flags: Hidden);
        table.Int(Tuning, "cluster-port", static s => ref s.Cluster.BusPort, 0, 65535, flags: Immutable);
        table.Int(Tuning, "cluster-databases", static s => ref s.Cluster.Databases, 1, int.MaxValue, flags: Immutable);
        table.Bool(Tuning, "cluster-require-full-coverage", static s => ref s.Cluster.RequireFullCoverage);
        table.Bool(Tuning, "cluster-allow-reads-when-down", static s => ref s.Cluster.AllowReadsWhenDown);
        table.Bool(Tuning, "cluster-allow-pubsubshard-when-down", static s => ref s.Cluster.AllowPubSubShardWhenDown);
        table.Bool(Tuning, "cluster-allow-replica-migration", static s => ref s.Cluster.AllowReplicaMigration);
        table.Int(Tuning, "cluster-migration-barrier", static s => ref s.Cluster.MigrationBarrier, 0, int.MaxValue);
        table.Int(Tuning, "cluster-replica-validity-factor", static s => ref s.Cluster.ReplicaValidityFactor, 0, int.MaxValue,
            alias: "cluster-slave-validity-factor");
        table.Bool(Tuning, "cluster-replica-no-failover", static s => ref s.Cluster.ReplicaNoFailover,
            alias: "cluster-slave-no-failover");
        table.Long(Tuning, "cluster-manual-failover-timeout", static s => ref s.Cluster.ManualFailoverTimeoutMs, 1, int.MaxValue);
        table.OptionalText(Tuning, "cluster-announce-ip", static s => ref s.Cluster.AnnounceIp);
        table.OptionalText(Tuning, "cluster-announce-client-ipv4", static s => ref s.Cluster.AnnounceClientIpv4,
            check: static value => DirectiveChecks.Ipv4(value));
        table.OptionalText(Tuning, "cluster-announce-client-ipv6", static s => ref s.Cluster.AnnounceClientIpv6,
            check: static value => DirectiveChecks.Ipv6(value));
        table.OptionalText(Tuning, "cluster-announce-hostname", static s => ref s.Cluster.AnnounceHostname,
            check: static value => DirectiveChecks.HostName(value));
        table.OptionalText(Tuning, "cluster-announce-human-nodename", static s => ref s.Cluster.AnnounceHumanNodeName,
            check: static value => DirectiveChecks.NodeName(value));
        table.Int(Tuning, "cluster-announce-port", static s => ref s.Cluster.AnnouncePort, 0, 65535);
        table.Int(Tuning, "cluster-announce-tls-port", static s => ref s.Cluster.AnnounceTlsPort, 0, 65535);
        table.Int(Tuning, "cluster-announce-client-port", static s => ref s.Cluster.AnnounceClientPort, 0, 65535);
        table.Int(Tuning, "cluster-announce-client-tls-port", static s => ref s.Cluster.AnnounceClientTlsPort, 0, 65535);
        table.Int(Tuning, "cluster-announce-bus-port", static s => ref s.Cluster.AnnounceBusPort, 0, 65535);
        table.Word(Tuning, "cluster-preferred-endpoint-type", static s => (int)s.Cluster.PreferredEndpointType,
            static (s, v) => s.Cluster.PreferredEndpointType = (ClusterEndpointType)v, Words.ClusterEndpointType);
        table.ULong(Tuning, "cluster-link-sendbuf-limit", static s => ref s.Cluster.LinkSendBufferLimitBytes, 0, ulong.MaxValue,
            NumberForm.Memory);
        table.ULong(Tuning, "cluster-blacklist-ttl", static s => ref s.Cluster.BlacklistTtlSeconds, 0, ulong.MaxValue);
        table.Int(Tuning, "cluster-message-gossip-perc", static s => ref s.Cluster.MessageGossipPercent, 1, 100, flags: Hidden);
        table.Bool(Tuning, "cluster-slot-stats-enabled", static s => ref s.Cluster.SlotStats);
        table.Long(Tuning, "cluster-slot-migration-log-max-len", static s => ref s.Cluster.SlotMigrationLogMaxLength, 0, long.MaxValue);
        table.Long(Tuning, "slot-migration-max-failover-repl-bytes", static s => ref s.Cluster.SlotMigrationMaxFailoverReplBytes,
            -1, long.MaxValue, NumberForm.SignedMemory);
        table.Text(Works, "availability-zone", static s => ref s.Cluster.AvailabilityZone);
    }
}
