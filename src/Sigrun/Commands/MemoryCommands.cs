using System.Globalization;
using System.Text;
using Sigrun.Keyspace;
using Sigrun.Observability;
using Sigrun.Protocol;
using Sigrun.Storage;
using Sigrun.Types;

namespace Sigrun.Commands;

/// <summary>MEMORY: what data costs.</summary>
[Command("MEMORY", Arity = -2, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "Varies by subcommand",
    Summary = "Holds the commands about memory.")]
internal static class MemoryCommands
{
    private const long DefaultSamples = 5;

    [Command("USAGE", Container = "MEMORY", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Server,
        Since = "4.0.0", Complexity = "O(N)", Keys = "2 RO", Summary = "Counts the bytes that a key and its value take.",
        Syntax = "key [SAMPLES count]")]
    public static void Usage(CommandContext c)
    {
        if (!TryReadSamples(c, out long samples)) return;
        KeyRef key = c.Key(2);
        EntryRef entry = c.Db.Keys.Find(key.Hash, key.Bytes);
        if (entry.IsNull) c.Reply.Null();
        else c.Reply.Integer(ValueTypes.Of(entry.Type).UsedBytes(entry, c.Engine.Heap, samples) + c.Db.Keys.SharedBytes(entry));
    }

    [Command("STATS", Container = "MEMORY", Arity = 2, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "O(1)",
        Tips = "nondeterministic_output request_policy:all_shards response_policy:special", Summary = "Tells where memory goes.")]
    public static void Stats(CommandContext c)
    {
        MemoryFigures memory = MemoryFigures.Read(c.Engine);
        int databases = 0;
        foreach (Database _ in c.Engine.Databases) databases++;
        ReplyWriter reply = c.Reply;
        reply.Map(34 + databases);
        Write(reply, "peak.allocated"u8, memory.Peak);
        Write(reply, "total.allocated"u8, memory.Used);
        Write(reply, "startup.allocated"u8, memory.Startup);
        Write(reply, "replication.backlog"u8, 0);
        Write(reply, "replicas.repl.buffer"u8, 0);
        Write(reply, "clients.slaves"u8, 0);
        Write(reply, "clients.normal"u8, memory.Clients);
        Write(reply, "cluster.links"u8, 0);
        Write(reply, "cluster.slot_import"u8, 0);
        Write(reply, "cluster.slot_export"u8, 0);
        Write(reply, "aof.buffer"u8, memory.AofBuffer);
        Write(reply, "lua.caches"u8, 0);
        Write(reply, "functions.caches"u8, 0);
        long directories = 0;
        foreach (Database database in c.Engine.Databases)
        {
            directories += database.Keys.DirectoryBytes;
            reply.BulkText(string.Create(CultureInfo.InvariantCulture, $"db.{database.Index}"));
            reply.Map(2);
            Write(reply, "overhead.hashtable.main"u8, database.Keys.UsedBytes - database.Keys.ExpiryBytes);
            Write(reply, "overhead.hashtable.expires"u8, database.Keys.ExpiryBytes);
        }
        Write(reply, "overhead.db.hashtable.lut"u8, directories);
        Write(reply, "overhead.db.hashtable.rehashing"u8, 0);
        Write(reply, "overhead.total"u8, memory.Overhead);
        Write(reply, "db.dict.rehashing.count"u8, 0);
        Write(reply, "keys.count"u8, memory.Keys);
        Write(reply, "keys.bytes-per-key"u8, memory.BytesPerKey);
        Write(reply, "dataset.bytes"u8, memory.Dataset);
        Write(reply, "dataset.percentage"u8, memory.DatasetPercent);
        Write(reply, "peak.percentage"u8, memory.PeakPercent);
        WriteAllocator(reply, memory);
    }

    private static void WriteAllocator(ReplyWriter reply, in MemoryFigures memory)
    {
        Write(reply, "allocator.allocated"u8, memory.Allocated);
        Write(reply, "allocator.active"u8, memory.Active);
        Write(reply, "allocator.resident"u8, memory.Resident);
        Write(reply, "allocator.muzzy"u8, memory.Muzzy);
        Write(reply, "allocator-fragmentation.ratio"u8, memory.SlabRatio);
        Write(reply, "allocator-fragmentation.bytes"u8, memory.Active - memory.Allocated);
        Write(reply, "allocator-rss.ratio"u8, memory.ResidentRatio);
        Write(reply, "allocator-rss.bytes"u8, memory.Resident - memory.Active);
        Write(reply, "rss-overhead.ratio"u8, memory.ProcessRatio);
        Write(reply, "rss-overhead.bytes"u8, memory.Process - memory.Resident);
        Write(reply, "fragmentation"u8, memory.TotalRatio);
        Write(reply, "fragmentation.bytes"u8, memory.Process - memory.Used);
    }

    [Command("DOCTOR", Container = "MEMORY", Arity = 2, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "O(1)",
        Tips = "nondeterministic_output request_policy:all_shards response_policy:special", Summary = "Looks for issues with memory.")]
    public static void Doctor(CommandContext c) => c.Reply.Verbatim("txt"u8, Encoding.ASCII.GetBytes(MemoryDoctor.Report(c.Engine)));

    [Command("MALLOC-STATS", Container = "MEMORY", Arity = 2, Flags = CommandFlags.Loading, Group = CommandGroup.Server,
        Since = "4.0.0", Complexity = "O(N) where N is the number of slabs",
        Tips = "nondeterministic_output request_policy:all_shards response_policy:special", Summary = "Shows the state of the heap.")]
    public static void MallocStats(CommandContext c)
    {
        var text = new StringBuilder();
        Heap heap = c.Engine.Heap;
        text.Append(CultureInfo.InvariantCulture, $"heap: {heap.UsedBytes} allocated, {heap.FreeBytesInSlabs} free in slabs, ");
        text.Append(CultureInfo.InvariantCulture, $"{heap.FreeBytesInRuns} free and resident, {heap.CommittedBytes} in all\n");
        text.Append("slot bytes      slabs  allocated       free\n");
        foreach (SlabFigures slabs in heap.GetSlabFigures())
        {
            text.Append(CultureInfo.InvariantCulture, $"{slabs.SlotBytes,10} {slabs.Slabs,10} {slabs.UsedSlots,10} {slabs.FreeSlots,10}\n");
        }
        c.Reply.Verbatim("txt"u8, Encoding.ASCII.GetBytes(text.ToString()));
    }

    [Command("PURGE", Container = "MEMORY", Arity = 2, Flags = CommandFlags.Loading, Group = CommandGroup.Server,
        Since = "4.0.0", Tips = "request_policy:all_shards response_policy:all_succeeded",
        Summary = "Gives memory that is not used back to the system.")]
    public static void Purge(CommandContext c)
    {
        const int UnitsPerStep = 1 << 20;
        Heap heap = c.Engine.Heap;
        while (heap.FreeBytesInRuns > 0 && heap.ReleaseFreePages(UnitsPerStep) > 0)
        {
            // Until nothing is left to give.
        }
        c.Reply.Ok();
    }

    [Command("HELP", Container = "MEMORY", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Server, Since = "4.0.0", Complexity = "O(1)", Summary = "Lists the MEMORY subcommands.")]
    public static void Help(CommandContext c) => HelpReply.Write(c.Reply, "MEMORY"u8, """
        DOCTOR
            Says what is amiss with memory, if anything is.
        MALLOC-STATS
            Shows how full the heap's slabs are, by the size of their slots.
        PURGE
            Gives memory that is not used back to the system.
        STATS
            Tells where memory goes.
        USAGE <key> [SAMPLES <count>]
            Counts the bytes that the key and its value take. Of elements, <count> are
            looked at (5 unless given, all for 0), the others taken to be like them.
        """u8);

    private static void Write(ReplyWriter reply, ReadOnlySpan<byte> name, long value)
    {
        reply.Bulk(name);
        reply.Integer(value);
    }

    private static void Write(ReplyWriter reply, ReadOnlySpan<byte> name, double value)
    {
        reply.Bulk(name);
        reply.Double(value);
    }

    private static bool TryReadSamples(CommandContext c, out long samples)
    {
        samples = DefaultSamples;
        for (int i = 3; i < c.ArgCount; i += 2)
        {
            if (!c.ArgIs(i, "samples"u8) || i + 1 >= c.ArgCount) return c.Refuse(CommandErrors.Syntax);
            if (!NumberText.TryParseInt64(c.Arg(i + 1), out samples)) return c.Refuse(CommandErrors.NotAnInteger);
            if (samples < 0) return c.Refuse(CommandErrors.Syntax);
            if (samples == 0) samples = long.MaxValue;
        }
        return true;
    }
}
