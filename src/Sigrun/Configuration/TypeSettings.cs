using Sigrun.Keyspace;
using Sigrun.Storage.Structures.Hashes;
using Sigrun.Storage.Structures.Lists;
using Sigrun.Storage.Structures.Sets;
using static Sigrun.Configuration.DirectiveFlags;
using static Sigrun.Configuration.Support;

namespace Sigrun.Configuration;

/// <summary>The thresholds at which values change their encoding.</summary>
internal sealed class TypeSettings
{
    /// <summary>Fields of a hash kept as one listpack.</summary>
    public long HashMaxListpackEntries = 512;

    /// <summary>Longest field or value in such a hash.</summary>
    public long HashMaxListpackValueBytes = 64;

    /// <summary>Entries per list node, or (negative) a size class: -1 is 4 KB … -5 is 64 KB.</summary>
    public int ListMaxListpackSize = -2;

    /// <summary>Nodes at either end of a list that are never compressed; 0 compresses none.</summary>
    public int ListCompressDepth;

    /// <summary>
    /// Elements of lists from this length on get a node of their own; 0: those that no node may hold with others. Only
    /// for tests (DEBUG QUICKLIST-PACKED-THRESHOLD).
    /// </summary>
    public long ListPackedThresholdBytes;

    /// <summary>Integers kept as one intset.</summary>
    public long SetMaxIntsetEntries = 512;

    /// <summary>Members kept as one listpack.</summary>
    public long SetMaxListpackEntries = 128;

    /// <summary>Longest member in such a set.</summary>
    public long SetMaxListpackValueBytes = 64;

    /// <summary>Members of a sorted set kept as one listpack.</summary>
    public long ZsetMaxListpackEntries = 128;

    /// <summary>Longest member in such a sorted set.</summary>
    public long ZsetMaxListpackValueBytes = 64;

    /// <summary>Size of a stream node; 0 sets no limit.</summary>
    public long StreamNodeMaxBytes = 4096;

    /// <summary>Entries of a stream node; 0 sets no limit.</summary>
    public long StreamNodeMaxEntries = 100;

    /// <summary>Size up to which a HyperLogLog stays sparse.</summary>
    public long HllSparseMaxBytes = 3000;

    /// <summary>Answer with Redis' name where a client may look for it.</summary>
    public bool ExtendedRedisCompatibility;

    /// <summary>Keyspace events that are published, and where.</summary>
    public KeyspaceEventClass KeyspaceEvents;

    /// <summary>The limits of sets.</summary>
    public SetLimits SetLimits => new(SetMaxIntsetEntries, SetMaxListpackEntries, SetMaxListpackValueBytes);

    /// <summary>The limits of hashes.</summary>
    public HashLimits HashLimits => new(HashMaxListpackEntries, HashMaxListpackValueBytes);

    /// <summary>How lists are kept.</summary>
    public ListLimits ListLimits => new(ListMaxListpackSize, ListCompressDepth, ListPackedThresholdBytes);

    /// <summary>Declares the directives of these fields.</summary>
    public static void Declare(DirectiveTable table)
    {
        table.Long(Works, "hash-max-listpack-entries", static s => ref s.Types.HashMaxListpackEntries, 0, long.MaxValue,
            alias: "hash-max-ziplist-entries");
        table.Long(Works, "hash-max-listpack-value", static s => ref s.Types.HashMaxListpackValueBytes, 0, long.MaxValue,
            NumberForm.Memory, alias: "hash-max-ziplist-value");
        table.Int(Works, "list-max-listpack-size", static s => ref s.Types.ListMaxListpackSize, int.MinValue, int.MaxValue,
            alias: "list-max-ziplist-size");
        table.Int(Works, "list-compress-depth", static s => ref s.Types.ListCompressDepth, 0, int.MaxValue, flags: Debug);
        table.Long(Works, "set-max-intset-entries", static s => ref s.Types.SetMaxIntsetEntries, 0, long.MaxValue);
        table.Long(Works, "set-max-listpack-entries", static s => ref s.Types.SetMaxListpackEntries, 0, long.MaxValue);
        table.Long(Works, "set-max-listpack-value", static s => ref s.Types.SetMaxListpackValueBytes, 0, long.MaxValue);
        table.Long(Works, "zset-max-listpack-entries", static s => ref s.Types.ZsetMaxListpackEntries, 0, long.MaxValue,
            alias: "zset-max-ziplist-entries");
        table.Long(Works, "zset-max-listpack-value", static s => ref s.Types.ZsetMaxListpackValueBytes, 0, long.MaxValue,
            NumberForm.Memory, alias: "zset-max-ziplist-value");
        table.Long(Works, "stream-node-max-bytes", static s => ref s.Types.StreamNodeMaxBytes, 0, long.MaxValue, NumberForm.Memory);
        table.Long(Works, "stream-node-max-entries", static s => ref s.Types.StreamNodeMaxEntries, 0, long.MaxValue);
        table.Long(Works, "hll-sparse-max-bytes", static s => ref s.Types.HllSparseMaxBytes, 0, long.MaxValue, NumberForm.Memory);
        table.Bool(Works, "extended-redis-compatibility", static s => ref s.Types.ExtendedRedisCompatibility);
        table.Add(new KeyspaceEventsDirective());
    }
}
