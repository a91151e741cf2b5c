using static Sigrun.Configuration.DirectiveFlags;
using static Sigrun.Configuration.Support;

namespace Sigrun.Configuration;

/// <summary>Listening, connections and the limits on what one connection may send or hold.</summary>
internal sealed class NetworkSettings
{
    /// <summary>Addresses to listen on; a leading '-' means that one may be missing on this host.</summary>
    public string[] BindAddresses = ["*", "-::*"];

    /// <summary>TCP port; 0 opens no TCP listener.</summary>
    public int Port = 6379;

    /// <summary>Length asked for of the kernel's queue of connections not yet accepted.</summary>
    public int TcpBacklog = 511;

    /// <summary>Refuse connections from other hosts while no password is set.</summary>
    public bool ProtectedMode = true;

    /// <summary>Close a client idle for this long; 0 never.</summary>
    public int IdleTimeoutSeconds;

    /// <summary>Interval of TCP keep-alive probes; 0 sends none.</summary>
    public int TcpKeepaliveSeconds = 300;

    /// <summary>What moves bytes between sockets and the engine.</summary>
    public TransportChoice Transport;

    /// <summary>Connections served at the same time.</summary>
    public uint MaxClients = 10000;

    /// <summary>Path of the Unix socket listener; null opens none.</summary>
    public string? UnixSocket;

    /// <summary>Group that owns the Unix socket.</summary>
    public string? UnixSocketGroup;

    /// <summary>Mode bits of the Unix socket; 0 leaves them to the umask.</summary>
    public uint UnixSocketPermissions;

    /// <summary>Local address of outgoing connections.</summary>
    public string? BindSourceAddress;

    /// <summary>Mark put on the sockets of this server, for routing and filtering.</summary>
    public uint SocketMark;

    /// <summary>Listen with multipath TCP.</summary>
    public bool MultipathTcp;

    /// <summary>Connections accepted per turn of the event loop.</summary>
    public uint MaxNewConnectionsPerCycle = 10;

    /// <summary>TLS connections accepted per turn of the event loop.</summary>
    public uint MaxNewTlsConnectionsPerCycle = 1;

    /// <summary>Threads that read, parse and write, the engine's own included.</summary>
    public int IoThreads = 1;

    /// <summary>Keep I/O threads in use without load (for tests).</summary>
    public bool IoThreadsAlwaysActive;

    /// <summary>Commands whose keys are prefetched together; 0 and 1 switch it off.</summary>
    public int PrefetchBatchMaxSize = 16;

    /// <summary>Threads from which on large values are sent without a copy.</summary>
    public int MinIoThreadsAvoidCopyReply = 7;

    /// <summary>Size from which on a value is sent without a copy.</summary>
    public int MinStringBytesAvoidCopyReply = 16384;

    /// <summary>The same with several I/O threads.</summary>
    public int MinStringBytesAvoidCopyReplyThreaded = 65536;

    /// <summary>Longest single argument.</summary>
    public long ProtoMaxBulkBytes = 512 << 20;

    /// <summary>Input held for one client before it is disconnected.</summary>
    public long ClientQueryBufferLimitBytes = 1024 << 20;

    /// <summary>Output that may wait for a normal client, a replica and a subscriber, in this order.</summary>
    public OutputBufferLimit[] OutputBufferLimits = [default, new(256 << 20, 64 << 20, 60), new(32 << 20, 8 << 20, 60)];

    /// <summary>Memory of all clients together; negative is a percentage of maxmemory; 0 sets no limit.</summary>
    public long MaxMemoryClients;

    /// <summary>Keys remembered for client-side caching; 0 sets no limit.</summary>
    public long TrackingTableMaxKeys = 1000000;

    /// <summary>Protocol version of a new connection (for tests).</summary>
    public uint ClientDefaultResp = 2;

    /// <summary>Addresses of the RDMA listener.</summary>
    public string[] RdmaBindAddresses = [];

    /// <summary>Port of the RDMA listener; 0 opens none.</summary>
    public int RdmaPort;

    /// <summary>Receive buffer of an RDMA connection.</summary>
    public int RdmaReceiveBytes = 1 << 20;

    /// <summary>Completion vector of RDMA connections; -1 chooses one.</summary>
    public int RdmaCompletionVector = -1;

    /// <summary>Declares the directives of these fields.</summary>
    public static void Declare(DirectiveTable table)
    {
        table.Add(new AddressesDirective(Works, "bind", static s => ref s.Network.BindAddresses));
        table.Int(Works, "port", static s => ref s.Network.Port, 0, 65535);
        table.Int(Works, "tcp-backlog", static s => ref s.Network.TcpBacklog, 0, int.MaxValue, flags: Immutable);
        table.Bool(Works, "protected-mode", static s => ref s.Network.ProtectedMode);
        table.Int(Works, "timeout", static s => ref s.Network.IdleTimeoutSeconds, 0, int.MaxValue);
        table.Int(Works, "tcp-keepalive", static s => ref s.Network.TcpKeepaliveSeconds, 0, int.MaxValue);
        table.UInt(Works, "maxclients", static s => ref s.Network.MaxClients, 1, uint.MaxValue);
        table.OptionalText(Works, "unixsocket", static s => ref s.Network.UnixSocket, flags: Immutable);
        table.OptionalText(Works, "unixsocketgroup", static s => ref s.Network.UnixSocketGroup, flags: Immutable);
        table.UInt(Works, "unixsocketperm", static s => ref s.Network.UnixSocketPermissions, 0, 511, NumberForm.Octal,
            flags: Immutable);
        table.Word(Works, "transport", static s => (int)s.Network.Transport, static (s, v) => s.Network.Transport = (TransportChoice)v,
            Words.Transport, flags: Immutable, check: static value => DirectiveChecks.Transport(value));
        table.OptionalText(Tuning, "bind-source-addr", static s => ref s.Network.BindSourceAddress);
        table.UInt(Works, "socket-mark-id", static s => ref s.Network.SocketMark, 0, uint.MaxValue, flags: Immutable);
        table.Bool(Works, "mptcp", static s => ref s.Network.MultipathTcp, flags: Immutable, check: static value => DirectiveChecks.MultipathTcp(value));
        table.UInt(Works, "max-new-connections-per-cycle", static s => ref s.Network.MaxNewConnectionsPerCycle, 1, 1000);
        table.UInt(Works, "max-new-tls-connections-per-cycle", static s => ref s.Network.MaxNewTlsConnectionsPerCycle, 1, 1000);
        table.Int(Works, "io-threads", static s => ref s.Network.IoThreads, 1, 256, flags: Debug);
        table.Bool(Tuning, "io-threads-always-active", static s => ref s.Network.IoThreadsAlwaysActive, flags: Hidden);
        table.Int(Works, "prefetch-batch-max-size", static s => ref s.Network.PrefetchBatchMaxSize, 0, 128);
        table.Int(Tuning, "min-io-threads-avoid-copy-reply", static s => ref s.Network.MinIoThreadsAvoidCopyReply, 0,
            int.MaxValue, flags: Hidden);
        table.Int(Tuning, "min-string-size-avoid-copy-reply", static s => ref s.Network.MinStringBytesAvoidCopyReply, 0,
            int.MaxValue, flags: Hidden);
        table.Int(Tuning, "min-string-size-avoid-copy-reply-threaded",
            static s => ref s.Network.MinStringBytesAvoidCopyReplyThreaded, 0, int.MaxValue, flags: Hidden);
        table.Long(Works, "proto-max-bulk-len", static s => ref s.Network.ProtoMaxBulkBytes, 1 << 20, long.MaxValue,
            NumberForm.Memory, flags: Debug);
        table.Long(Works, "client-query-buffer-limit", static s => ref s.Network.ClientQueryBufferLimitBytes, 1 << 20,
            long.MaxValue, NumberForm.Memory, flags: Debug);
        table.Add(new OutputBufferLimitDirective(Works));
        table.Long(Works, "maxmemory-clients", static s => ref s.Network.MaxMemoryClients, -100, long.MaxValue,
            NumberForm.MemoryOrPercent);
        table.Long(Works, "tracking-table-max-keys", static s => ref s.Network.TrackingTableMaxKeys, 0, long.MaxValue);
        table.UInt(Pending, "client-default-resp", static s => ref s.Network.ClientDefaultResp, 2, 3, flags: Immutable | Hidden);
        table.Add(new AddressesDirective(Pending, "rdma-bind", static s => ref s.Network.RdmaBindAddresses));
        table.Int(Pending, "rdma-port", static s => ref s.Network.RdmaPort, 0, 65535);
        table.Int(Tuning, "rdma-rx-size", static s => ref s.Network.RdmaReceiveBytes, 65536, 16 << 20, flags: Immutable);
        table.Int(Tuning, "rdma-completion-vector", static s => ref s.Network.RdmaCompletionVector, -1, 1024, flags: Immutable);
    }
}
