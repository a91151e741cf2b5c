using Sigrun.Configuration;

namespace Sigrun.Observability;

/// <summary>The section on memory.</summary>
internal static class InfoMemory
{
    public static void Write(InfoWriter info, Engine engine)
    {
        MemoryFigures memory = MemoryFigures.Read(engine);
        MemorySettings settings = engine.Settings.Memory;
        info.Section("Memory");
        info.Bytes("used_memory", memory.Used);
        info.Bytes("used_memory_rss", memory.Process);
        info.Bytes("used_memory_peak", memory.Peak);
        info.Field("used_memory_peak_perc", Percent(memory.PeakPercent));
        info.Field("used_memory_overhead", memory.Overhead);
        info.Field("used_memory_startup", memory.Startup);
        info.Field("used_memory_dataset", memory.Dataset);
        info.Field("used_memory_dataset_perc", Percent(memory.DatasetPercent));
        info.Field("allocator_allocated", memory.Allocated);
        info.Field("allocator_active", memory.Active);
        info.Field("allocator_resident", memory.Resident);
        info.Field("allocator_muzzy", memory.Muzzy);
        info.Bytes("total_system_memory", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        WriteScripts(info);
        info.Bytes("maxmemory", (long)settings.MaxMemoryBytes);
        info.Field("maxmemory_policy", Words.MaxMemoryPolicy.Text((int)settings.Policy, several: false));
        info.Field("allocator_frag_ratio", memory.SlabRatio, 2);
        info.Field("allocator_frag_bytes", memory.Active - memory.Allocated);
        info.Field("allocator_rss_ratio", memory.ResidentRatio, 2);
        info.Field("allocator_rss_bytes", memory.Resident - memory.Active);
        info.Field("rss_overhead_ratio", memory.ProcessRatio, 2);
        info.Field("rss_overhead_bytes", memory.Process - memory.Resident);
        info.Field("mem_fragmentation_ratio", memory.TotalRatio, 2);
        info.Field("mem_fragmentation_bytes", memory.Process - memory.Used);
        info.Field("mem_not_counted_for_evict", memory.AofBuffer);
        info.Field("mem_replication_backlog", 0);
        info.Field("mem_total_replication_buffers", 0);
        info.Field("mem_replicas_repl_buffer", 0);
        info.Field("mem_clients_slaves", 0);
        info.Field("mem_clients_normal", memory.Clients);
        info.Field("mem_cluster_links", 0);
        info.Field("mem_cluster_slot_import", 0);
        info.Field("mem_cluster_slot_export", 0);
        info.Field("mem_aof_buffer", memory.AofBuffer);
        info.Field("mem_allocator", "sigrun");
        info.Field("mem_overhead_db_hashtable_rehashing", 0);
        info.Field("active_defrag_running", engine.Defrag.CpuPercent);
        info.Field("lazyfree_pending_objects", engine.LazyFree.Pending);
        info.Field("lazyfreed_objects", engine.LazyFree.Freed);
        info.Field("dotnet_managed_heap", GC.GetTotalMemory(forceFullCollection: false));
        info.Field("dotnet_gc_collections", $"{GC.CollectionCount(0)},{GC.CollectionCount(1)},{GC.CollectionCount(2)}");
    }

    /// <summary>There are no scripts yet, so that they take nothing.</summary>
    private static void WriteScripts(InfoWriter info)
    {
        info.Field("used_memory_lua", 0);
        info.Field("used_memory_vm_eval", 0);
        info.Field("used_memory_lua_human", InfoWriter.Human(0));
        info.Field("used_memory_scripts_eval", 0);
        info.Field("number_of_cached_scripts", 0);
        info.Field("number_of_functions", 0);
        info.Field("number_of_libraries", 0);
        info.Field("used_memory_vm_functions", 0);
        info.Bytes("used_memory_vm_total", 0);
        info.Field("used_memory_functions", 0);
        info.Bytes("used_memory_scripts", 0);
    }

    private static string Percent(double value) => InfoWriter.Fixed(value, 2) + "%";
}
