using static Sigrun.Configuration.DirectiveFlags;
using static Sigrun.Configuration.Support;

namespace Sigrun.Configuration;

/// <summary>Directives of Redis that Valkey does not have, so that its files load.</summary>
internal sealed class RedisSettings
{
    /// <summary>Raise hz with the number of clients.</summary>
    public bool DynamicHz = true;

    /// <summary>Send the snapshot on a connection of its own.</summary>
    public bool ReplRdbChannel = true;

    /// <summary>Expire keys found inside a script.</summary>
    public bool LazyExpireNestedArbitraryKeys = true;

    /// <summary>Keep histograms of key sizes.</summary>
    public bool KeyMemoryHistograms;

    /// <summary>Share of the commands checked for cluster use.</summary>
    public int ClusterCompatibilitySampleRatio;

    /// <summary>Slot migrations remembered.</summary>
    public int ClusterSlotMigrationMaxArchivedTasks = 32;

    /// <summary>Lag at which the last phase begins.</summary>
    public long ClusterSlotMigrationHandoffMaxLagBytes = 1 << 20;

    /// <summary>Time writes may be paused for it.</summary>
    public long ClusterSlotMigrationWritePauseTimeoutMs = 10000;

    /// <summary>Time the buffered changes may take.</summary>
    public long ClusterSlotMigrationSyncBufferDrainTimeoutMs = 60000;

    /// <summary>Commands parsed ahead.</summary>
    public int Lookahead = 16;

    /// <summary>Arguments kept per slow command.</summary>
    public int SlowLogEntryMaxArguments = 32;

    /// <summary>Bytes kept per argument.</summary>
    public long SlowLogEntryMaxStringBytes = 128;

    /// <summary>Slots of one slice of an array value.</summary>
    public uint ArraySliceSize = 4096;

    /// <summary>Elements above which a slice becomes dense.</summary>
    public uint ArraySparseKMax = 10;

    /// <summary>Elements below which a slice becomes sparse.</summary>
    public uint ArraySparseKMin = 5;

    /// <summary>Time a producer's identifiers are remembered.</summary>
    public long StreamIdempotenceSeconds = 100;

    /// <summary>Identifiers remembered.</summary>
    public long StreamIdempotenceMaxEntries = 100;

    /// <summary>Changes held during a full synchronisation.</summary>
    public long ReplicaFullSyncBufferLimitBytes;

    /// <summary>Damaged bytes dropped at the end of an append-only file.</summary>
    public long AofLoadCorruptTailMaxBytes;

    /// <summary>Declares the directives of these fields.</summary>
    public static void Declare(DirectiveTable table)
    {
        table.Bool(Tuning, "dynamic-hz", static s => ref s.Redis.DynamicHz);
        table.Bool(Tuning, "repl-rdb-channel", static s => ref s.Redis.ReplRdbChannel, flags: Hidden);
        table.Bool(Tuning, "lazyexpire-nested-arbitrary-keys", static s => ref s.Redis.LazyExpireNestedArbitraryKeys, flags: Hidden);
        table.Bool(Tuning, "key-memory-histograms", static s => ref s.Redis.KeyMemoryHistograms);
        table.Int(Tuning, "cluster-compatibility-sample-ratio", static s => ref s.Redis.ClusterCompatibilitySampleRatio, 0, 100);
        table.Int(Tuning, "cluster-slot-migration-max-archived-tasks",
            static s => ref s.Redis.ClusterSlotMigrationMaxArchivedTasks, 1, int.MaxValue, flags: Hidden);
        table.Long(Tuning, "cluster-slot-migration-handoff-max-lag-bytes",
            static s => ref s.Redis.ClusterSlotMigrationHandoffMaxLagBytes, 0, long.MaxValue, NumberForm.Memory);
        table.Long(Tuning, "cluster-slot-migration-write-pause-timeout",
            static s => ref s.Redis.ClusterSlotMigrationWritePauseTimeoutMs, 0, long.MaxValue);
        table.Long(Tuning, "cluster-slot-migration-sync-buffer-drain-timeout",
            static s => ref s.Redis.ClusterSlotMigrationSyncBufferDrainTimeoutMs, 0, long.MaxValue, flags: Hidden);
        table.Int(Tuning, "lookahead", static s => ref s.Redis.Lookahead, 1, int.MaxValue);
        table.Int(Works, "slowlog-entry-max-argc", static s => ref s.Redis.SlowLogEntryMaxArguments, 2, int.MaxValue);
        table.Long(Works, "slowlog-entry-max-string-len", static s => ref s.Redis.SlowLogEntryMaxStringBytes, 1, long.MaxValue);
        table.UInt(Tuning, "array-slice-size", static s => ref s.Redis.ArraySliceSize, 256, 65536);
        table.UInt(Tuning, "array-sparse-kmax", static s => ref s.Redis.ArraySparseKMax, 0, 256);
        table.UInt(Tuning, "array-sparse-kmin", static s => ref s.Redis.ArraySparseKMin, 0, 256);
        table.Long(Tuning, "stream-idmp-duration", static s => ref s.Redis.StreamIdempotenceSeconds, 1, 86400);
        table.Long(Tuning, "stream-idmp-maxsize", static s => ref s.Redis.StreamIdempotenceMaxEntries, 1, 10000);
        table.Long(Tuning, "replica-full-sync-buffer-limit", static s => ref s.Redis.ReplicaFullSyncBufferLimitBytes, 0,
            long.MaxValue, NumberForm.Memory);
        table.Long(Tuning, "aof-load-corrupt-tail-max-size", static s => ref s.Redis.AofLoadCorruptTailMaxBytes, 0, long.MaxValue);
    }
}
