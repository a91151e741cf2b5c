using Sigrun.Storage;
using Sigrun.Types;

namespace Sigrun.Commands;

/// <summary>OBJECT: how a value is kept.</summary>
[Command("OBJECT", Arity = -2, Group = CommandGroup.Generic, Since = "2.2.3",
    Summary = "Commands about how values are kept.")]
internal static class ObjectCommands
{
    [Command("ENCODING", Container = "OBJECT", Arity = 3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic,
        Since = "2.2.3", Complexity = "O(1)", Keys = "2 RO", Tips = "nondeterministic_output",
        Summary = "Names the encoding of a value.", Syntax = "key")]
    public static void Encoding(CommandContext c)
    {
        if (TryFind(c, out EntryRef entry)) c.Reply.Bulk(ValueTypes.EncodingName(entry.Encoding));
    }

    [Command("REFCOUNT", Container = "OBJECT", Arity = 3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic,
        Since = "2.2.3", Complexity = "O(1)", Keys = "2 RO", Tips = "nondeterministic_output",
        Summary = "Tells how many references a value has.", Syntax = "key")]
    public static void RefCount(CommandContext c)
    {
        if (TryFind(c, out _)) c.Reply.Integer(1);
    }

    [Command("IDLETIME", Container = "OBJECT", Arity = 3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic,
        Since = "2.2.3", Complexity = "O(1)", Keys = "2 RO", Tips = "nondeterministic_output",
        Summary = "Tells for how many seconds a key was not used.", Syntax = "key")]
    public static void IdleTime(CommandContext c)
    {
        if (!TryFind(c, out EntryRef entry)) return;
        if (c.Engine.AccessClock.IsLfu)
        {
            c.Reply.Error("ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."u8);
            return;
        }
        c.Reply.Integer(c.Engine.AccessClock.IdleSeconds(entry.Lru));
    }

    [Command("FREQ", Container = "OBJECT", Arity = 3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic,
        Since = "4.0.0", Complexity = "O(1)", Keys = "2 RO", Tips = "nondeterministic_output",
        Summary = "Tells how often a key was used of late, on a logarithmic scale.", Syntax = "key")]
    public static void Freq(CommandContext c)
    {
        if (!TryFind(c, out EntryRef entry)) return;
        if (!c.Engine.AccessClock.IsLfu)
        {
            c.Reply.Error("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."u8);
            return;
        }
        c.Reply.Integer(c.Engine.AccessClock.Frequency(entry.Lru));
    }

    [Command("HELP", Container = "OBJECT", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale,
        Group = CommandGroup.Generic, Since = "6.2.0", Complexity = "O(1)", Summary = "Lists the OBJECT subcommands.")]
    public static void Help(CommandContext c) => HelpReply.Write(c.Reply, "OBJECT"u8, """
        ENCODING <key>
            Names the encoding of the value.
        FREQ <key>
            Tells how often the key was used of late, on a logarithmic scale (LFU policies only).
        IDLETIME <key>
            Tells for how many seconds the key was not used.
        REFCOUNT <key>
            Tells how many references the value has.
        """u8);

    private static bool TryFind(CommandContext c, out EntryRef entry)
    {
        entry = c.Db.FindQuietly(c.Key(2));
        if (!entry.IsNull) return true;
        c.Reply.Null();
        return false;
    }
}
