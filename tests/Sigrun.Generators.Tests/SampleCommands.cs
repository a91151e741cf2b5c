namespace Sigrun.Commands;

/// <summary>Commands of every shape that the attribute can describe.</summary>
[Command("BOX", Arity = -2, Group = CommandGroup.Server, Since = "2.0.0", Summary = "A container.")]
internal static class SampleCommands
{
    [Command("GET", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.String,
        Since = "1.0.0", Complexity = "O(1)", Summary = "Reads.", Keys = "1 RO access", Syntax = "key")]
    internal static void Get(CommandContext c) => c.Ran = "GET";

    [Command("GET", Container = "BOX", Arity = -3, Flags = CommandFlags.Admin, Group = CommandGroup.Server,
        Since = "2.0.0", Summary = "Reads a box.", Acl = "connection", Tips = "a:b c",
        Syntax = "name [name ...]")]
    internal static void BoxGet(CommandContext c) => c.Ran = "BOX GET";

    [Command("SET", Container = "BOX", Arity = 4, Group = CommandGroup.Server, Since = "2.0.0", Summary = "Writes a box.")]
    internal static void BoxSet(CommandContext c) => c.Ran = "BOX SET";

    [Command("A", Arity = 1, Group = CommandGroup.Generic, Since = "1.0.0", Summary = "One letter.")]
    internal static void A(CommandContext c) => c.Ran = "A";

    [Command("GEORADIUSBYMEMBER_RO", Arity = -5, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Geo, Since = "3.2.10",
        Summary = "A long name.", Keys = "1 RO access")]
    internal static void LongName(CommandContext c) => c.Ran = "LONG";

    [Command("MSET", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String,
        Since = "1.0.1", Summary = "Pairs.", Keys = "1..-1/2 OW update", Syntax = "<data=key value> [key value ...]")]
    internal static void Pairs(CommandContext c) => c.Ran = "MSET";

    [Command("LCS", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.String, Since = "7.0.0",
        Summary = "Two keys.", Keys = "1..+1 RO access")]
    internal static void TwoKeys(CommandContext c) => c.Ran = "LCS";

    [Command("BLPOP", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Blocking, Group = CommandGroup.List,
        Since = "2.0.0", Summary = "All but the last.", Keys = "1..-2 RW access delete")]
    internal static void AllButLast(CommandContext c) => c.Ran = "BLPOP";

    [Command("STORE", Arity = -4, Flags = CommandFlags.Write, Group = CommandGroup.SortedSet, Since = "2.0.0",
        Summary = "A counted run.", Keys = "1 OW update; 2# RO access")]
    internal static void Counted(CommandContext c) => c.Ran = "STORE";

    [Command("MSETEX", Arity = -4, Flags = CommandFlags.Write, Group = CommandGroup.String, Since = "9.1.0",
        Summary = "Counted pairs.", Keys = "1#0,1,2 OW update")]
    internal static void CountedPairs(CommandContext c) => c.Ran = "MSETEX";

    [Command("EVAL", Arity = -3, Flags = CommandFlags.NoMandatoryKeys, Group = CommandGroup.Scripting, Since = "2.6.0",
        Summary = "Perhaps keys.", Keys = "2# RW access update")]
    internal static void PerhapsKeys(CommandContext c) => c.Ran = "EVAL";

    [Command("XREAD", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Stream, Since = "5.0.0",
        Summary = "Keys, then as many ids.", Keys = "STREAMS@1..-1%2 RO access")]
    internal static void FirstHalf(CommandContext c) => c.Ran = "XREAD";

    [Command("GEORADIUS", Arity = -6, Flags = CommandFlags.Write, Group = CommandGroup.Geo, Since = "3.2.0",
        Summary = "A key behind a word.", Keys = "1 RO access; STORE@6 OW update; STOREDIST@6 OW update")]
    internal static void Keyword(CommandContext c) => c.Ran = "GEORADIUS";

    [Command("MIGRATE", Arity = -6, Flags = CommandFlags.Write, Group = CommandGroup.Generic, Since = "2.6.0",
        Summary = "A word looked for from the end.", Keys = "3 RW access delete; KEYS@-2..-1 RW access delete incomplete")]
    internal static void FromTheEnd(CommandContext c) => c.Ran = "MIGRATE";

    [Command("SORT", Arity = -2, Flags = CommandFlags.Write, Group = CommandGroup.Generic, Since = "1.0.0",
        Summary = "Places unknown to the specs.", Acl = "dangerous list set sortedset -keyspace",
        Keys = "1 RO access; ? RO access 'of the elements'; ? OW update", KeyFunction = nameof(SortKeys),
        Syntax = "key [by-pattern=BY pattern#1] [LIMIT offset count] [get-pattern=GET pattern#1 [GET pattern ...]] [order=ASC|DESC]")]
    internal static void Unknown(CommandContext c) => c.Ran = "SORT";

    [Command("SPUBLISH", Arity = 3, Flags = CommandFlags.PubSub | CommandFlags.Fast, Group = CommandGroup.PubSub,
        Since = "7.0.0", Summary = "Not a key.", Keys = "1 not_key")]
    internal static void NotKey(CommandContext c) => c.Ran = "SPUBLISH";

    [Command("VARY", Arity = -3, Flags = CommandFlags.Write, Group = CommandGroup.String, Since = "1.0.0",
        Summary = "The use varies.", Keys = "1 RW access update variable_flags", KeyFunction = nameof(VaryKeys),
        DeprecatedSince = "5.0.0", ReplacedBy = "`GET`", DocFlags = CommandDocFlags.SysCmd,
        History = ["2.0.0: first", "3.0.0: second"])]
    internal static void Varies(CommandContext c) => c.Ran = "VARY";

    internal static void SortKeys(ArgumentList args, ref KeyPositions keys)
    {
        keys.Add(1, KeyFlags.ReadOnly);
        if (args.Count > 3 && args.Is(2, "store"u8)) keys.Add(3, KeyFlags.Overwrite);
    }

    internal static void VaryKeys(ArgumentList args, ref KeyPositions keys) =>
        keys.Add(1, args.Is(2, "get"u8) ? KeyFlags.ReadOnly | KeyFlags.Access : KeyFlags.Overwrite | KeyFlags.Update);
}
