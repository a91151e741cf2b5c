using Sigrun.Keyspace;
using Sigrun.PubSub;
using Sigrun.Security;

namespace Sigrun.Observability;

/// <summary>The section on what has happened since the start or CONFIG RESETSTAT.</summary>
internal static class InfoStats
{
    public static void Write(InfoWriter info, Engine engine)
    {
        ServerStatistics statistics = engine.Statistics;
        IoTotals io = IoTotals.Read(engine).Since(statistics.IoBefore);
        info.Section("Stats");
        info.Field("total_connections_received", statistics.ConnectionsReceived);
        info.Field("total_commands_processed", statistics.Commands.TotalCalls);
        info.Field("instantaneous_ops_per_sec", (long)statistics.CommandRate.PerSecond);
        info.Field("total_net_input_bytes", io.All.BytesReceived);
        info.Field("total_net_output_bytes", io.All.BytesSent);
        info.Field("total_net_repl_input_bytes", 0);
        info.Field("total_net_repl_output_bytes", 0);
        info.Field("total_net_cluster_slot_import_bytes", 0);
        info.Field("total_net_cluster_slot_export_bytes", 0);
        info.Field("instantaneous_input_kbps", statistics.InputRate.PerSecond / 1024, 2);
        info.Field("instantaneous_output_kbps", statistics.OutputRate.PerSecond / 1024, 2);
        info.Field("instantaneous_input_repl_kbps", 0, 2);
        info.Field("instantaneous_output_repl_kbps", 0, 2);
        info.Field("rejected_connections", statistics.ConnectionsRejected);
        info.Field("sync_full", 0);
        info.Field("sync_partial_ok", 0);
        info.Field("sync_partial_err", 0);
        info.Field("expired_keys", statistics.ExpiredKeys);
        info.Field("expired_fields", statistics.ExpiredFields);
        info.Field("expired_stale_perc", engine.Expiry.StalePercent, 2);
        info.Field("expired_keys_with_volatile_items_stale_perc", engine.Expiry.StaleHashPercent, 2);
        info.Field("expired_time_cap_reached_count", statistics.ExpiredTimeCapReached);
        info.Field("expire_cycle_cpu_milliseconds", engine.Expiry.TotalNanoseconds / 1_000_000);
        WriteEviction(info, engine);
        info.Field("keyspace_hits", statistics.KeyspaceHits);
        info.Field("keyspace_misses", statistics.KeyspaceMisses);
        info.Field("pubsub_channels", engine.PubSub.Of(ChannelKind.Channel).Count);
        info.Field("pubsub_patterns", engine.PubSub.Of(ChannelKind.Pattern).Count);
        info.Field("pubsubshard_channels", engine.PubSub.Of(ChannelKind.Shard).Count);
        info.Field("latest_fork_usec", 0);
        info.Field("total_forks", 0);
        info.Field("migrate_cached_sockets", engine.Migrator?.ConnectionCount ?? 0);
        info.Field("slave_expires_tracked_keys", 0);
        WriteDefragmentation(info, engine.Defrag);
        info.Field("tracking_total_keys", engine.Tracking.KeyCount);
        info.Field("tracking_total_items", engine.Tracking.ItemCount);
        info.Field("tracking_total_prefixes", engine.Tracking.PrefixCount);
        info.Field("unexpected_error_replies", 0);
        info.Field("total_error_replies", statistics.ErrorReplies);
        info.Field("dump_payload_sanitizations", statistics.SanitizedPayloads);
        WriteInputAndOutput(info, engine, io);
        info.Field("acl_access_denied_auth", statistics.Denials(AclDenial.Authentication));
        info.Field("acl_access_denied_cmd", statistics.Denials(AclDenial.Command));
        info.Field("acl_access_denied_key", statistics.Denials(AclDenial.Key));
        info.Field("acl_access_denied_channel", statistics.Denials(AclDenial.Channel));
        info.Field("acl_access_denied_tls_cert", statistics.Denials(AclDenial.Certificate));
        info.Field("acl_access_denied_db", statistics.Denials(AclDenial.Database));
    }

    private static void WriteInputAndOutput(InfoWriter info, Engine engine, in IoTotals io)
    {
        ServerStatistics statistics = engine.Statistics;
        info.Field("total_reads_processed", io.All.Reads);
        info.Field("total_writes_processed", io.All.Writes);
        info.Field("io_threaded_reads_processed", io.Threaded.Reads);
        info.Field("io_threaded_writes_processed", io.Threaded.Writes);
        info.Field("io_threaded_freed_objects", 0);
        info.Field("io_threaded_accept_processed", 0);
        info.Field("io_threaded_poll_processed", io.Threaded.Turns);
        info.Field("io_threaded_total_prefetch_batches", io.PrefetchedGroups);
        info.Field("io_threaded_total_prefetch_entries", io.PrefetchedKeys);
        info.Field("client_query_buffer_limit_disconnections", statistics.QueryBufferDisconnections);
        info.Field("client_output_buffer_limit_disconnections", statistics.OutputBufferDisconnections);
        // Buffers of replies have one size.
        info.Field("reply_buffer_shrinks", 0);
        info.Field("reply_buffer_expands", 0);
        info.Field("eventloop_cycles", io.Own.Turns);
        info.Field("eventloop_duration_sum", io.ActiveNanoseconds / 1000);
        info.Field("eventloop_duration_cmd_sum", statistics.Commands.TotalNanoseconds / 1000);
        info.Field("instantaneous_eventloop_cycles_per_sec", (long)statistics.TurnRate.PerSecond);
        info.Field("instantaneous_eventloop_duration_usec", (long)(statistics.TurnDuration.PerSecond / 1000));
    }

    /// <summary>The section for those who work on the server, shown by name only.</summary>
    public static void WriteDebug(InfoWriter info, Engine engine)
    {
        info.Section("Debug");
        info.Field("eventloop_duration_aof_sum", engine.Turns.AofNs / 1000);
        info.Field("eventloop_duration_cron_sum", engine.Turns.CronNs / 1000);
        info.Field("eventloop_duration_max", engine.Turns.LongestNs / 1000);
        info.Field("eventloop_cmd_per_cycle_max", engine.Turns.CommandsMax);
    }

    private static void WriteDefragmentation(InfoWriter info, ActiveDefrag defrag)
    {
        info.Field("active_defrag_hits", defrag.Blocks.Moved);
        info.Field("active_defrag_misses", defrag.Blocks.Stayed);
        info.Field("active_defrag_key_hits", defrag.Blocks.KeysMoved);
        info.Field("active_defrag_key_misses", defrag.Blocks.KeysStayed);
        info.Field("total_active_defrag_time", defrag.TotalMs);
        info.Field("current_active_defrag_time", defrag.CurrentMs);
    }

    private static void WriteEviction(InfoWriter info, Engine engine)
    {
        info.Field("evicted_keys", engine.Statistics.EvictedKeys);
        info.Field("evicted_clients", engine.Statistics.EvictedClients);
        info.Field("evicted_scripts", 0);
        info.Field("total_eviction_exceeded_time", engine.Eviction.ExceededMs);
        info.Field("current_eviction_exceeded_time", engine.Eviction.CurrentExceededMs);
    }
}
