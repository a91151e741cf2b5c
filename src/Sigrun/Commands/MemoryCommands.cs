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
        PURGE
            Gives memory that is not used back to the system.
        USAGE <key> [SAMPLES <count>]
            Counts the bytes that the key and its value take. Of elements, <count> are
            looked at (5 unless given, all for 0), the others taken to be like them.
        """u8);

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
