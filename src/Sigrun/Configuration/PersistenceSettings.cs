using static Sigrun.Configuration.DirectiveFlags;
using static Sigrun.Configuration.Support;

namespace Sigrun.Configuration;

/// <summary>Snapshot files, the append-only file, and where both live.</summary>
internal sealed class PersistenceSettings
{
    /// <summary>Absolute path of the directory of the data files; the configuration is told the first one.</summary>
    public string Directory = "/";

    /// <summary>When a snapshot is taken by itself.</summary>
    public SavePoint[] SavePoints = [new(3600, 1), new(300, 100), new(60, 10000)];

    /// <summary>Name of the snapshot file in the data directory.</summary>
    public string? DbFileName = "dump.rdb";

    /// <summary>Compress long strings in snapshots.</summary>
    public bool RdbCompression = true;

    /// <summary>Write and check the checksum of snapshots.</summary>
    public bool RdbChecksum = true;

    /// <summary>Whether a snapshot of an unknown version is refused.</summary>
    public RdbVersionCheck RdbVersionCheck;

    /// <summary>The version of snapshot files: a directive of this server, for data that has to go back to an older one.</summary>
    public RdbSaveVersion RdbSaveVersion;

    /// <summary>Whether a file is loaded without the keys of modules it has: a directive of this server.</summary>
    public bool RdbSkipModuleKeys;

    /// <summary>Flush a snapshot to the disk as it grows.</summary>
    public bool RdbSaveIncrementalFsync = true;

    /// <summary>Remove snapshots made only for replication.</summary>
    public bool RdbDeleteSyncFiles;

    /// <summary>Pause per key while saving (for tests).</summary>
    public int RdbKeySaveDelayMicros;

    /// <summary>Pause per key while loading (for tests).</summary>
    public int KeyLoadDelayMicros;

    /// <summary>Bytes loaded between two looks at the clients.</summary>
    public long LoadingProcessEventsIntervalBytes = 2 << 20;

    /// <summary>Refuse writes after a snapshot failed.</summary>
    public bool StopWritesOnSaveError = true;

    /// <summary>Full validation of loaded and restored values.</summary>
    public SanitizeDumpPayload SanitizeDumpPayload;

    /// <summary>Keep an append-only file.</summary>
    public bool AppendOnly;

    /// <summary>Base name of the append-only files.</summary>
    public string? AppendFileName = "appendonly.aof";

    /// <summary>Directory of the append-only files in the data directory.</summary>
    public string? AppendDirName = "appendonlydir";

    /// <summary>When the append-only file is flushed to the disk.</summary>
    public AppendFsync AppendFsync;

    /// <summary>Skip that flush while a rewrite runs.</summary>
    public bool NoAppendFsyncOnRewrite;

    /// <summary>Growth that starts a rewrite; 0 never.</summary>
    public int AutoAofRewritePercentage = 100;

    /// <summary>Size below which no rewrite starts by itself.</summary>
    public long AutoAofRewriteMinBytes = 64 << 20;

    /// <summary>Load an append-only file that ends in the middle of a command.</summary>
    public bool AofLoadTruncated = true;

    /// <summary>Begin a rewritten file with a snapshot.</summary>
    public bool AofUseRdbPreamble = true;

    /// <summary>Note the time in the append-only file.</summary>
    public bool AofTimestamps;

    /// <summary>Flush a rewrite to the disk as it grows.</summary>
    public bool AofRewriteIncrementalFsync = true;

    /// <summary>Keep append-only files that are no longer needed (for tests).</summary>
    public bool AofDisableAutoGc;

    /// <summary>Declares the directives of these fields.</summary>
    public static void Declare(DirectiveTable table)
    {
        table.Add(new DirDirective());
        table.Add(new SaveDirective());
        table.Text(Works, "dbfilename", static s => ref s.Persistence.DbFileName, flags: Protected, check: static value => DirectiveChecks.DbFileName(value));
        table.Bool(Works, "rdbcompression", static s => ref s.Persistence.RdbCompression);
        table.Bool(Works, "rdbchecksum", static s => ref s.Persistence.RdbChecksum, flags: Immutable);
        table.Word(Works, "rdb-version-check", static s => (int)s.Persistence.RdbVersionCheck,
            static (s, v) => s.Persistence.RdbVersionCheck = (RdbVersionCheck)v, Words.RdbVersionCheck);
        table.Word(Works, "rdb-save-version", static s => (int)s.Persistence.RdbSaveVersion,
            static (s, v) => s.Persistence.RdbSaveVersion = (RdbSaveVersion)v, Words.RdbSaveVersion);
        table.Bool(Works, "rdb-skip-module-keys", static s => ref s.Persistence.RdbSkipModuleKeys);
        table.Bool(Works, "rdb-save-incremental-fsync", static s => ref s.Persistence.RdbSaveIncrementalFsync);
        table.Bool(Tuning, "rdb-del-sync-files", static s => ref s.Persistence.RdbDeleteSyncFiles);
        table.Int(Works, "rdb-key-save-delay", static s => ref s.Persistence.RdbKeySaveDelayMicros, int.MinValue, int.MaxValue,
            flags: Hidden);
        table.Int(Works, "key-load-delay", static s => ref s.Persistence.KeyLoadDelayMicros, int.MinValue, int.MaxValue,
            flags: Hidden);
        table.Long(Works, "loading-process-events-interval-bytes",
            static s => ref s.Persistence.LoadingProcessEventsIntervalBytes, 1024, int.MaxValue, flags: Hidden);
        table.Bool(Works, "stop-writes-on-bgsave-error", static s => ref s.Persistence.StopWritesOnSaveError);
        table.Word(Works, "sanitize-dump-payload", static s => (int)s.Persistence.SanitizeDumpPayload,
            static (s, v) => s.Persistence.SanitizeDumpPayload = (SanitizeDumpPayload)v, Words.SanitizeDumpPayload, flags: Debug);
        table.Bool(Works, "appendonly", static s => ref s.Persistence.AppendOnly, flags: DenyLoading);
        table.Text(Works, "appendfilename", static s => ref s.Persistence.AppendFileName, flags: Immutable,
            check: static value => DirectiveChecks.AppendFileName(value));
        table.Text(Works, "appenddirname", static s => ref s.Persistence.AppendDirName, flags: Immutable,
            check: static value => DirectiveChecks.AppendDirName(value));
        table.Word(Works, "appendfsync", static s => (int)s.Persistence.AppendFsync,
            static (s, v) => s.Persistence.AppendFsync = (AppendFsync)v, Words.AppendFsync);
        table.Bool(Works, "no-appendfsync-on-rewrite", static s => ref s.Persistence.NoAppendFsyncOnRewrite);
        table.Int(Works, "auto-aof-rewrite-percentage", static s => ref s.Persistence.AutoAofRewritePercentage, 0, int.MaxValue);
        table.Long(Works, "auto-aof-rewrite-min-size", static s => ref s.Persistence.AutoAofRewriteMinBytes, 0, long.MaxValue,
            NumberForm.Memory);
        table.Bool(Works, "aof-load-truncated", static s => ref s.Persistence.AofLoadTruncated);
        table.Bool(Works, "aof-use-rdb-preamble", static s => ref s.Persistence.AofUseRdbPreamble);
        table.Bool(Works, "aof-timestamp-enabled", static s => ref s.Persistence.AofTimestamps);
        table.Bool(Works, "aof-rewrite-incremental-fsync", static s => ref s.Persistence.AofRewriteIncrementalFsync);
        table.Bool(Works, "aof-disable-auto-gc", static s => ref s.Persistence.AofDisableAutoGc, flags: Hidden);
    }
}
