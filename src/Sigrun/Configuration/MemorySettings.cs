using static Sigrun.Configuration.DirectiveFlags;
using static Sigrun.Configuration.Support;

namespace Sigrun.Configuration;

/// <summary>Limits, eviction, expiry, lazy freeing and defragmentation.</summary>
internal sealed class MemorySettings
{
    /// <summary>Limit on used_memory; 0 sets none.</summary>
    public ulong MaxMemoryBytes;

    /// <summary>Which keys go when the limit is reached; it also chooses between LRU and LFU bookkeeping.</summary>
    public MaxMemoryPolicy Policy = MaxMemoryPolicy.NoEviction;

    /// <summary>Keys looked at per eviction.</summary>
    public int MaxMemorySamples = 5;

    /// <summary>How long an eviction cycle may go on, 0 to 100.</summary>
    public int EvictionTenacity = 10;

    /// <summary>How slowly the access counter of LFU grows.</summary>
    public int LfuLogFactor = 10;

    /// <summary>Minutes after which the access counter of LFU is decremented.</summary>
    public int LfuDecayMinutes = 1;

    /// <summary>Effort of the active expiry cycle, 1 to 10.</summary>
    public int ActiveExpireEffort = 1;

    /// <summary>Leave expiry and eviction to the source of an import.</summary>
    public bool ImportMode;

    /// <summary>Free evicted values in the background.</summary>
    public bool LazyFreeEviction = true;

    /// <summary>Free expired values in the background.</summary>
    public bool LazyFreeExpire = true;

    /// <summary>Free values that a command replaces in the background.</summary>
    public bool LazyFreeServerDelete = true;

    /// <summary>Let DEL free in the background as UNLINK does.</summary>
    public bool LazyFreeUserDelete = true;

    /// <summary>Let FLUSHALL and FLUSHDB free in the background.</summary>
    public bool LazyFreeUserFlush = true;

    /// <summary>Grow tables in idle time too.</summary>
    public bool ActiveRehashing = true;

    /// <summary>Move blocks to return memory to the system.</summary>
    public bool ActiveDefrag;

    /// <summary>Share of the CPU at the lower threshold.</summary>
    public int ActiveDefragCycleMinPercent = 1;

    /// <summary>Share of the CPU at the upper threshold.</summary>
    public int ActiveDefragCycleMaxPercent = 25;

    /// <summary>Length of one defragmentation cycle.</summary>
    public int ActiveDefragCycleMicros = 500;

    /// <summary>Fragmentation at which it starts.</summary>
    public int ActiveDefragThresholdLowerPercent = 10;

    /// <summary>Fragmentation at which it uses its full share.</summary>
    public int ActiveDefragThresholdUpperPercent = 100;

    /// <summary>Waste below which it does not start.</summary>
    public long ActiveDefragIgnoreBytes = 100 << 20;

    /// <summary>Size from which on a collection is handled in steps.</summary>
    public long ActiveDefragMaxScanFields = 1000;

    /// <summary>Background thread of an allocator that is not used here.</summary>
    public bool JemallocBackgroundThread = true;

    /// <summary>Ask the kernel for small pages.</summary>
    public bool DisableTransparentHugePages = true;

    /// <summary>Declares the directives of these fields.</summary>
    public static void Declare(DirectiveTable table)
    {
        table.ULong(Works, "maxmemory", static s => ref s.Memory.MaxMemoryBytes, 0, ulong.MaxValue, NumberForm.Memory);
        table.Word(Works, "maxmemory-policy", static s => (int)s.Memory.Policy,
            static (s, v) => s.Memory.Policy = (MaxMemoryPolicy)v, Words.MaxMemoryPolicy);
        table.Int(Works, "maxmemory-samples", static s => ref s.Memory.MaxMemorySamples, 1, 64);
        table.Int(Works, "maxmemory-eviction-tenacity", static s => ref s.Memory.EvictionTenacity, 0, 100);
        table.Int(Works, "lfu-log-factor", static s => ref s.Memory.LfuLogFactor, 0, int.MaxValue);
        table.Int(Works, "lfu-decay-time", static s => ref s.Memory.LfuDecayMinutes, 0, int.MaxValue);
        table.Int(Works, "active-expire-effort", static s => ref s.Memory.ActiveExpireEffort, 1, 10);
        table.Bool(Works, "import-mode", static s => ref s.Memory.ImportMode, flags: Debug);
        table.Bool(Works, "lazyfree-lazy-eviction", static s => ref s.Memory.LazyFreeEviction, flags: Debug);
        table.Bool(Works, "lazyfree-lazy-expire", static s => ref s.Memory.LazyFreeExpire, flags: Debug);
        table.Bool(Works, "lazyfree-lazy-server-del", static s => ref s.Memory.LazyFreeServerDelete, flags: Debug);
        table.Bool(Works, "lazyfree-lazy-user-del", static s => ref s.Memory.LazyFreeUserDelete, flags: Debug);
        table.Bool(Works, "lazyfree-lazy-user-flush", static s => ref s.Memory.LazyFreeUserFlush, flags: Debug);
        table.Bool(Tuning, "activerehashing", static s => ref s.Memory.ActiveRehashing);
        table.Bool(Works, "activedefrag", static s => ref s.Memory.ActiveDefrag, flags: Debug);
        table.Int(Works, "active-defrag-cycle-min", static s => ref s.Memory.ActiveDefragCycleMinPercent, 1, 99);
        table.Int(Works, "active-defrag-cycle-max", static s => ref s.Memory.ActiveDefragCycleMaxPercent, 1, 99);
        table.Int(Works, "active-defrag-cycle-us", static s => ref s.Memory.ActiveDefragCycleMicros, 0, 100000);
        table.Int(Works, "active-defrag-threshold-lower", static s => ref s.Memory.ActiveDefragThresholdLowerPercent, 0, 1000);
        table.Int(Works, "active-defrag-threshold-upper", static s => ref s.Memory.ActiveDefragThresholdUpperPercent, 0, 1000);
        table.Long(Works, "active-defrag-ignore-bytes", static s => ref s.Memory.ActiveDefragIgnoreBytes, 1, long.MaxValue,
            NumberForm.Memory);
        table.Long(Works, "active-defrag-max-scan-fields", static s => ref s.Memory.ActiveDefragMaxScanFields, 1, long.MaxValue);
        table.Bool(Tuning, "jemalloc-bg-thread", static s => ref s.Memory.JemallocBackgroundThread);
        table.Bool(Tuning, "disable-thp", static s => ref s.Memory.DisableTransparentHugePages, flags: Immutable);
    }
}
