namespace Sigrun.Observability;

/// <summary>The section on memory.</summary>
internal static class InfoMemory
{
    public static void Write(InfoWriter info, Engine engine)
    {
        MemoryFigures memory = MemoryFigures.Read(engine);
        long rss = Environment.WorkingSet;
        long total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        info.Section("Memory");
        info.Bytes("used_memory", memory.Used);
        info.Bytes("used_memory_rss", rss);
        info.Bytes("used_memory_peak", Math.Max(memory.Used, engine.Statistics.PeakMemory));
        info.Field("used_memory_peak_perc", Percent(memory.Used, Math.Max(memory.Used, engine.Statistics.PeakMemory)));
        info.Field("used_memory_overhead", memory.Overhead);
        info.Field("used_memory_startup", engine.StartupMemory);
        info.Field("used_memory_dataset", memory.Used - memory.Overhead);
        info.Field("used_memory_dataset_perc", Percent(memory.Used - memory.Overhead, Math.Max(1, memory.Used - engine.StartupMemory)));
        info.Field("allocator_allocated", engine.Heap.UsedBytes);
        info.Field("allocator_active", engine.Heap.UsedBytes + engine.Heap.FreeBytesInSlabs);
        info.Field("allocator_resident", engine.Heap.CommittedBytes);
        info.Field("allocator_muzzy", engine.Heap.FreeBytesInRuns);
        info.Bytes("total_system_memory", total);
        info.Bytes("maxmemory", (long)engine.Settings.Memory.MaxMemoryBytes);
        info.Field("maxmemory_policy", engine.Configuration?.Get(["maxmemory-policy"])[0].Value ?? "noeviction");
        info.Field("allocator_frag_ratio", Ratio(engine.Heap.UsedBytes + engine.Heap.FreeBytesInSlabs, engine.Heap.UsedBytes));
        info.Field("allocator_frag_bytes", engine.Heap.FreeBytesInSlabs);
        info.Field("mem_fragmentation_ratio", Ratio(rss, memory.Used));
        info.Field("mem_fragmentation_bytes", rss - memory.Used);
        info.Field("mem_not_counted_for_evict", 0);
        info.Field("mem_replication_backlog", 0);
        info.Field("mem_total_replication_buffers", 0);
        info.Field("mem_clients_slaves", 0);
        info.Field("mem_clients_normal", memory.Clients);
        info.Field("mem_cluster_links", 0);
        info.Field("mem_aof_buffer", engine.AppendOnlyFile?.BufferCapacity ?? 0);
        info.Field("mem_allocator", "sigrun");
        info.Field("mem_overhead_db_hashtable_rehashing", 0);
        info.Field("active_defrag_running", 0);
        info.Field("lazyfree_pending_objects", engine.LazyFree.Pending);
        info.Field("lazyfreed_objects", engine.LazyFree.Freed);
        info.Field("dotnet_managed_heap", GC.GetTotalMemory(forceFullCollection: false));
        info.Field("dotnet_gc_collections", $"{GC.CollectionCount(0)},{GC.CollectionCount(1)},{GC.CollectionCount(2)}");
    }

    private static string Percent(long part, long whole) => InfoWriter.Fixed(whole == 0 ? 0 : part * 100.0 / whole, 2) + "%";

    private static string Ratio(long part, long whole) => InfoWriter.Fixed(whole == 0 ? 1 : (double)part / whole, 2);
}
