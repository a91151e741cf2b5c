using System.Runtime.InteropServices;
using System.Text;
using Sigrun.Keyspace;
using Sigrun.Persistence;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Persistence.Background;

namespace Sigrun.Observability;

/// <summary>The sections on the process, its clients, its role and its databases.</summary>
internal static class InfoServer
{
    private const string NoReplicationId = "0000000000000000000000000000000000000000";

    public static void WriteServer(InfoWriter info, Engine engine)
    {
        long uptime = Math.Max(0, (engine.NowMs - engine.StartedMs) / 1000);
        info.Section("Server");
        info.Field("redis_version", ServerIdentity.RedisVersion);
        info.Field("server_name", ServerIdentity.ServerName);
        info.Field("valkey_version", ServerIdentity.ValkeyVersion);
        info.Field("valkey_release_stage", "ga");
        info.Field("sigrun_version", ServerIdentity.Version);
        info.Field("redis_git_sha1", "00000000");
        info.Field("redis_git_dirty", 0);
        info.Field("redis_build_id", typeof(Engine).Module.ModuleVersionId.ToString("N")[..16]);
        info.Field(engine.Settings.Types.ExtendedRedisCompatibility ? "redis_mode" : "server_mode", "standalone");
        info.Field("os", $"{Environment.OSVersion.Platform switch { PlatformID.Unix => "Linux", _ => "Windows" }} {Environment.OSVersion.Version} {Architecture()}");
        info.Field("arch_bits", nint.Size * 8);
        info.Field("monotonic_clock", "POSIX clock_gettime");
        info.Field("multiplexing_api", engine.Io.Multiplexing);
        info.Field("dotnet_version", Environment.Version.ToString());
        info.Field("process_id", Environment.ProcessId);
        info.Field("process_supervised", engine.SupervisorName);
        info.Field("run_id", engine.RunId);
        info.Field("tcp_port", engine.Settings.Network.Port is var port and not 0 ? port : engine.Settings.Tls.Port);
        info.Field("server_time_usec", engine.ReadUnixMicroseconds());
        info.Field("uptime_in_seconds", uptime);
        info.Field("uptime_in_days", uptime / 86400);
        info.Field("hz", engine.Settings.Process.Hz);
        info.Field("configured_hz", engine.Settings.Process.Hz);
        info.Field("clients_hz", engine.Settings.Process.Hz);
        info.Field("lru_clock", engine.NowMs / 1000 & ((1 << 24) - 1));
        info.Field("executable", Environment.ProcessPath ?? "");
        info.Field("config_file", engine.Configuration?.ConfigFile ?? "");
        info.Field("io_threads_active", engine.Io.AreThreadsActive);
        info.Field("availability_zone", engine.Settings.Cluster.AvailabilityZone ?? "");
        WriteListeners(info, engine);
    }

    public static void WriteClients(InfoWriter info, Engine engine)
    {
        long inputMax = 0;
        long outputMax = 0;
        foreach (Clients.ClientSession client in engine.Clients.All)
        {
            inputMax = Math.Max(inputMax, client.Input?.Length ?? 0);
            outputMax = Math.Max(outputMax, client.OutputMemory);
        }
        info.Section("Clients");
        info.Field("connected_clients", engine.Clients.Count);
        info.Field("cluster_connections", 0);
        info.Field("maxclients", engine.Settings.Network.MaxClients);
        info.Field("client_recent_max_input_buffer", inputMax);
        info.Field("client_recent_max_output_buffer", outputMax);
        info.Field("blocked_clients", engine.Blocked.Count + engine.Pause.WaitingCount);
        info.Field("tracking_clients", engine.Tracking.ClientCount);
        info.Field("pubsub_clients", engine.PubSub.SubscriberCount);
        info.Field("watching_clients", engine.WatchedKeys.ClientCount);
        info.Field("clients_in_timeout_table", engine.Blocked.TimedCount);
        info.Field("total_watched_keys", engine.WatchedKeys.KeyCount);
        info.Field("total_blocking_keys", engine.Blocked.KeyCount);
        info.Field("total_blocking_keys_on_nokey", engine.Blocked.RemovalKeyCount);
        info.Field("paused_reason", engine.Pause.IsActive ? "client_pause" : "none");
        info.Field("paused_actions", Encoding.ASCII.GetString(engine.Pause.Mode));
        info.Field("paused_timeout_milliseconds", engine.Pause.IsActive ? engine.Pause.EndMs - engine.NowMs : 0);
    }

    public static void WritePersistence(InfoWriter info, Engine engine)
    {
        info.Section("Persistence");
        info.Field("loading", engine.Loading is not null);
        info.Field("async_loading", 0);
        BackgroundSnapshot? snapshot = engine.Background.Current;
        long keys = snapshot?.KeysTotal ?? 0;
        info.Field("current_cow_peak", snapshot?.BufferedPeakBytes ?? 0);
        info.Field("current_cow_size", snapshot?.BufferedBytes ?? 0);
        info.Field("current_cow_size_age", 0);
        info.Field("current_fork_perc", keys == 0 ? 0 : 100.0 * snapshot!.KeysWritten / keys, 2);
        info.Field("current_save_keys_processed", snapshot?.KeysWritten ?? 0);
        info.Field("current_save_keys_total", keys);
        info.Field("rdb_changes_since_last_save", engine.Dirty);
        info.Field("rdb_bgsave_in_progress", engine.Saving.IsActive ? 1 : 0);
        info.Field("rdb_last_save_time", engine.Snapshots.LastSaveSeconds);
        info.Field("rdb_last_bgsave_status", engine.Snapshots.HasFailed ? "err" : "ok");
        info.Field("rdb_last_bgsave_time_sec", engine.Saving.LastDurationSeconds);
        info.Field("rdb_current_bgsave_time_sec", engine.Saving.IsActive ? engine.NowMs / 1000 - snapshot!.StartedSeconds : -1);
        info.Field("rdb_saves", engine.Snapshots.Saves);
        info.Field("rdb_last_cow_size", engine.Saving.LastBufferedBytes);
        info.Field("rdb_last_load_keys_expired", engine.Snapshots.LastLoadExpired);
        info.Field("rdb_last_load_keys_loaded", engine.Snapshots.LastLoadKeys);
        AppendOnlyFile? file = engine.AppendOnlyFile;
        info.Field("aof_enabled", file is { IsEnabled: true } ? 1 : 0);
        info.Field("aof_rewrite_in_progress", file is { Rewrite.IsActive: true } ? 1 : 0);
        info.Field("aof_rewrite_scheduled", file is { Rewrite.IsScheduled: true } ? 1 : 0);
        info.Field("aof_last_rewrite_time_sec", file?.Rewrite.LastDurationSeconds ?? -1);
        info.Field("aof_current_rewrite_time_sec", file is { Rewrite.IsActive: true } ? engine.NowMs / 1000 - snapshot!.StartedSeconds : -1);
        info.Field("aof_last_bgrewrite_status", file is { Rewrite.HasFailed: true } ? "err" : "ok");
        info.Field("aof_rewrites", file?.Rewrite.Count ?? 0);
        info.Field("aof_rewrites_consecutive_failures", file?.Rewrite.ConsecutiveFailures ?? 0);
        info.Field("aof_last_write_status", file is null or { IsHealthy: true } ? "ok" : "err");
        info.Field("aof_last_cow_size", file?.Rewrite.LastBufferedBytes ?? 0);
        info.Field("module_fork_in_progress", 0);
        info.Field("module_fork_last_cow_size", 0);
        info.Field("slot_migration_fork_in_progress", 0);
        if (file is { IsEnabled: true }) WriteAppendOnly(info, file);
        if (engine.Loading is { } progress) WriteLoading(info, progress, engine.NowMs / 1000);
    }

    private static void WriteAppendOnly(InfoWriter info, AppendOnlyFile file)
    {
        info.Field("aof_current_size", file.CurrentSize);
        info.Field("aof_base_size", file.BaseSize);
        info.Field("aof_pending_rewrite", file.Rewrite.IsScheduled ? 1 : 0);
        info.Field("aof_buffer_length", file.BufferLength);
        info.Field("aof_pending_bio_fsync", file.PendingFsyncs);
        info.Field("aof_delayed_fsync", file.DelayedFsyncs);
    }

    private static void WriteLoading(InfoWriter info, LoadProgress progress, long nowSeconds)
    {
        info.Field("loading_start_time", progress.StartedSeconds);
        info.Field("loading_total_bytes", progress.TotalBytes);
        info.Field("loading_rdb_used_mem", progress.SavedUsedMemory);
        info.Field("loading_loaded_bytes", progress.LoadedBytes);
        info.Field("loading_loaded_perc", progress.Percent, 2);
        info.Field("loading_eta_seconds", progress.EtaSeconds(nowSeconds));
    }

    public static void WriteReplication(InfoWriter info, Engine engine)
    {
        info.Section("Replication");
        info.Field("role", "master");
        info.Field("connected_slaves", 0);
        info.Field("replicas_waiting_psync", 0);
        info.Field("master_failover_state", "no-failover");
        info.Field("master_replid", engine.ReplicationId);
        info.Field("master_replid2", NoReplicationId);
        info.Field("master_repl_offset", 0);
        info.Field("second_repl_offset", -1);
        info.Field("repl_backlog_active", 0);
        info.Field("repl_backlog_size", engine.Settings.Replication.ReplBacklogBytes);
        info.Field("repl_backlog_first_byte_offset", 0);
        info.Field("repl_backlog_histlen", 0);
    }

    public static void WriteCpu(InfoWriter info, Engine engine)
    {
        Environment.ProcessCpuUsage usage = Environment.CpuUsage;
        info.Section("CPU");
        info.Field("used_cpu_sys", usage.PrivilegedTime.TotalSeconds, 6);
        info.Field("used_cpu_user", usage.UserTime.TotalSeconds, 6);
        info.Field("used_cpu_sys_children", 0, 6);
        info.Field("used_cpu_user_children", 0, 6);
        if (ThreadTimes.Read() is { } own)
        {
            info.Field("used_cpu_sys_main_thread", own.SystemSeconds, 6);
            info.Field("used_cpu_user_main_thread", own.UserSeconds, 6);
        }
        info.Field("used_active_time_main_thread", engine.Io.ActiveNanoseconds / 1e9, 6);
        int number = 1;
        foreach (long active in engine.Io.ThreadsActiveNanoseconds) info.Field("used_active_time_io_thread_" + number++, active / 1e9, 6);
    }

    public static void WriteCluster(InfoWriter info)
    {
        info.Section("Cluster");
        info.Field("cluster_enabled", 0);
    }

    /// <summary>There are no scripts yet.</summary>
    public static void WriteScriptingEngines(InfoWriter info)
    {
        info.Section("Scripting Engines");
        info.Field("engines_count", 0);
        info.Field("engines_total_used_memory", 0);
        info.Field("engines_total_memory_overhead", 0);
    }

    public static void WriteKeyspace(InfoWriter info, Engine engine)
    {
        info.Section("Keyspace");
        foreach (Database database in engine.Databases)
        {
            if (database.Keys.Count == 0) continue;
            info.Field("db" + database.Index, $"keys={database.Keys.Count},expires={database.Keys.ExpiringCount},avg_ttl={database.AverageTtlMs},keys_with_volatile_items={database.Keys.FieldExpiringCount}");
        }
    }

    private static string Architecture() => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "x86_64",
        System.Runtime.InteropServices.Architecture.Arm64 => "aarch64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static void WriteListeners(InfoWriter info, Engine engine)
    {
        foreach (ListenerGroup group in engine.Listening)
        {
            if (group.IsInUse) info.Field(group.Field, group.Describe());
        }
    }
}
