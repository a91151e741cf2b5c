using System.Globalization;
using System.Text;
using Sigrun.Persistence;

namespace Sigrun.Tests.Differential;

/// <summary>
/// Where Sigrun does otherwise than the server it is compared with: each case with its reason. What is not here
/// has to be equal. Most cases are Valkey 9.1's changes since Redis 7.0; a comparison with Valkey has only the rest.
/// </summary>
internal static class KnownDifferences
{
    /// <summary>A command as it ran on both sides: its name in upper case, and what both said.</summary>
    private sealed record Case<T>(string Name, byte[][] Command, T Ours, T Theirs);

    /// <summary>
    /// A difference, why it is there, whether it is one to Redis only, and whether the two servers hold other values
    /// after it, so that they have to start over.
    /// </summary>
    private sealed record Difference<T>(string Reason, bool ToRedisOnly, Func<Case<T>, bool> Matches, bool ChangesValues = false);

    private static readonly Difference<string>[] Replies =
    [
        new(
            "BITCOUNT and BITPOS check all arguments before they look at the key, and an end may be left out of BITCOUNT.",
            ToRedisOnly: true,
            c => (c.Name is "BITCOUNT" or "BITPOS" && c.Ours.StartsWith("-ERR ", StringComparison.Ordinal) && (c.Theirs is ":0\r\n" or ":-1\r\n" || c.Theirs[0] == '-'))
                || (c.Name == "BITCOUNT" && c.Command.Length == 3 && c.Theirs == "-ERR syntax error\r\n")),
        new(
            "GETEX checks its arguments before it looks at the key.",
            ToRedisOnly: true,
            c => c.Name == "GETEX" && c.Ours.StartsWith("-ERR ", StringComparison.Ordinal)
                && (c.Theirs is "$-1\r\n" or "_\r\n" || c.Theirs.StartsWith("-WRONGTYPE ", StringComparison.Ordinal))),
        new(
            "SCAN refuses negative cursors, and allows the blanks before one that it refused.",
            ToRedisOnly: true,
            c => c.Name == "SCAN" && IsBadCursor(c.Ours) != IsBadCursor(c.Theirs)),
        new(
            "SCAN refuses types that do not exist.",
            ToRedisOnly: true,
            c => c.Name == "SCAN" && c.Ours.StartsWith("-ERR unknown type name ", StringComparison.Ordinal)),
        new(
            "COMMAND GETKEYS takes a command without arguments.",
            ToRedisOnly: true,
            c => c.Name == "COMMAND" && c.Command.Length == 3 && c.Theirs == "-ERR wrong number of arguments for 'command|getkeys' command\r\n"),
        new(
            "Small integers are not shared between keys any more.",
            ToRedisOnly: true,
            c => c.Name == "OBJECT" && c.Ours == ":1\r\n" && c.Theirs == ":2147483647\r\n"),
        new(
            "Small lists are listpacks.",
            ToRedisOnly: true,
            c => c.Name == "OBJECT" && c is { Ours: "$8\r\nlistpack\r\n", Theirs: "$9\r\nquicklist\r\n" }),
        new(
            "ZADD changes a listpack for good before it adds more or longer members than those may have, whatever comes of it.",
            ToRedisOnly: true,
            c => (c.Name == "OBJECT" && c is { Ours: "$8\r\nskiplist\r\n", Theirs: "$8\r\nlistpack\r\n" })
                || (c.Name == "DUMP" && PayloadForm(c.Ours) == (int)RdbType.SortedSet2 && PayloadForm(c.Theirs) == (int)RdbType.SortedSetListpack)),
        new(
            "ZRANK and ZREVRANK take WITHSCORE.",
            ToRedisOnly: true,
            c => c.Name is "ZRANK" or "ZREVRANK" && c.Command.Length > 3 && c.Theirs.StartsWith("-ERR wrong number of arguments ", StringComparison.Ordinal)),
        new(
            "LREM and LPOS refuse the number that has no opposite.",
            ToRedisOnly: true,
            c => c.Name is "LREM" or "LPOS" && c.Ours.StartsWith("-ERR value is out of range, value must between -9223372036854775807 and", StringComparison.Ordinal),
            ChangesValues: true),
        new(
            "A negative offset of LIMIT counts from the other end in large sorted sets; it led to nothing.",
            ToRedisOnly: true,
            c => c.Name[0] == 'Z' && c.Theirs is "*0\r\n" or ":0\r\n" && HasNegativeOffset(c.Command),
            ChangesValues: true),
        new(
            "Large scores are written with the digits they need.",
            ToRedisOnly: true,
            c => c.Name[0] == 'Z' && Number(c.Ours) is { } ours && Number(c.Theirs) is { } theirs && ours.Equals(theirs)),
        new(
            "A timeout beyond what can be told in milliseconds is refused as such.",
            ToRedisOnly: true,
            c => c.Name[0] == 'B' && c is { Ours: "-ERR timeout is out of range\r\n", Theirs: "-ERR timeout is negative\r\n" }),
        new(
            "An index of more than 32 bits is beyond the list; LSET cuts it off and takes another element.",
            ToRedisOnly: false,
            c => c.Name == "LSET" && c.Ours == "-ERR index out of range\r\n" && long.Parse(Encoding.Latin1.GetString(c.Command[2]), CultureInfo.InvariantCulture) is > int.MaxValue or < int.MinValue),
        new(
            "Streams are saved in the form that version 7.2 brought.",
            ToRedisOnly: true,
            c => c.Name == "DUMP" && IsPayload(c.Ours, RdbType.StreamListpacks3) && IsPayload(c.Theirs, RdbType.StreamListpacks2)),
        new(
            "XREAD knows the plus sign for a stream's last entry, and XREADGROUP says that it is none for it.",
            ToRedisOnly: true,
            c => c.Name is "XREAD" or "XREADGROUP" && c.Theirs.StartsWith("-ERR Invalid stream ID", StringComparison.Ordinal) && c.Command.Any(a => Is(a, "+"))),
        new(
            "XSETID looks at the largest ID that was deleted first.",
            ToRedisOnly: true,
            c => c.Name == "XSETID" && c.Ours.StartsWith("-ERR The ID specified in XSETID is smaller", StringComparison.Ordinal)
                && c.Theirs.StartsWith("-ERR The ID specified in XSETID is smaller", StringComparison.Ordinal)),
        new(
            "XREADGROUP names itself where it says that keys and IDs do not go together.",
            ToRedisOnly: true,
            c => c.Ours.StartsWith("-ERR Unbalanced 'xread", StringComparison.Ordinal) && c.Theirs.StartsWith("-ERR Unbalanced XREAD list", StringComparison.Ordinal)),
        new(
            "The limit of embedded strings depends on the length of key and value together; it was 44 bytes of value.",
            ToRedisOnly: true,
            c => c.Name == "OBJECT" && IsStringEncoding(c.Ours) && IsStringEncoding(c.Theirs)),
        new(
            "A search around a member that is not there tells which one.",
            ToRedisOnly: true,
            c => c.Name.StartsWith("GEO", StringComparison.Ordinal) && c.Theirs == "-ERR could not decode requested zset member\r\n"
                && c.Ours.EndsWith(" does not exist\r\n", StringComparison.Ordinal)),
        new(
            "No number is written in hexadecimal digits, and an empty text is none.",
            ToRedisOnly: true,
            c => (c.Name.StartsWith("GEO", StringComparison.Ordinal) && c.Ours.StartsWith("-ERR ", StringComparison.Ordinal) && c.Command.Any(a => Is(a, "0x10")))
                || (c.Name is "SORT" or "SORT_RO" && c.Ours == "-ERR One or more scores can't be converted into double\r\n")),
        new(
            "An area may also be a polygon.",
            ToRedisOnly: true,
            c => c.Name.StartsWith("GEOSEARCH", StringComparison.Ordinal)
                && c.Ours.Replace("BYRADIUS, BYBOX and BYPOLYGON", "BYRADIUS and BYBOX", StringComparison.Ordinal) == c.Theirs),
        new(
            "Sets of few short members are listpacks; only integers were kept compactly.",
            ToRedisOnly: true,
            c => (c.Name == "OBJECT" && c.Ours == "$8\r\nlistpack\r\n" && c.Theirs == "$9\r\nhashtable\r\n")
                || (c.Name == "DUMP" && IsPayloadOf(20, c.Ours) && IsPayloadOf(2, c.Theirs))),
    ];

    private static readonly Difference<List<KeyEvent>>[] Events =
    [
        new(
            "A time to live that is past is told as an expiry, not as a removal.",
            ToRedisOnly: true,
            c => c.Name is "EXPIRE" or "PEXPIRE" or "EXPIREAT" or "PEXPIREAT" or "GETEX"
                && c.Ours is [{ Name: "expired" } ours] && c.Theirs is [{ Name: "del" } theirs] && ours.Key == theirs.Key),
        new(
            "HSETEX takes a key that is named like a condition for the key; it was lost when the command was passed on.",
            ToRedisOnly: false,
            c => IsSetOfKeyNamedLikeCondition(c.Command)),
    ];

    private static readonly Difference<List<Effect>>[] Effects =
    [
        new(
            "GETDEL frees at once, whatever lazyfree-lazy-user-del says, and passes DEL on.",
            ToRedisOnly: true,
            c => c.Name == "GETDEL" && Words(c.Ours) == "DEL" && Words(c.Theirs) == "UNLINK"),
        new(
            "HSETEX takes a key that is named like a condition for the key; it was lost when the command was passed on.",
            ToRedisOnly: false,
            c => IsSetOfKeyNamedLikeCondition(c.Command)),
        new(
            "RESTORE with a time that is past removes what it was to replace as lazyfree-lazy-server-del says; it passed DEL on.",
            ToRedisOnly: true,
            c => c.Name == "RESTORE" && Words(c.Ours) == "UNLINK" && Words(c.Theirs) == "DEL"),
        new(
            "SPOP of a whole set frees and tells as lazyfree-lazy-server-del says; it passed DEL on.",
            ToRedisOnly: true,
            c => c.Name == "SPOP" && Words(c.Ours) == "UNLINK" && Words(c.Theirs) == "DEL"),
        new(
            "SET with a time in Unix milliseconds is passed on as it came; it lost its other options.",
            ToRedisOnly: true,
            c => c.Name == "SET" && c.Ours.Count == c.Theirs.Count
                && c.Ours[^1].Arguments.Length > 5 && c.Theirs[^1].Arguments.Length == 5 && Is(c.Theirs[^1].Arguments[3], "PXAT")),
        new(
            "SET keeps its words in the case in which they came.",
            ToRedisOnly: true,
            c => c.Name == "SET" && c.Ours.Count == c.Theirs.Count && Comparison.SameEffect(UpperCase(c.Ours[^1]), UpperCase(c.Theirs[^1]))),
        new(
            "GEOADD is passed on as ZADD in upper case.",
            ToRedisOnly: true,
            c => c.Name == "GEOADD" && c.Ours.Count == c.Theirs.Count && Comparison.SameEffect(UpperCase(c.Ours[^1]), UpperCase(c.Theirs[^1]))),
        new(
            "How many entries a group has read is passed on with every read, and counted better.",
            ToRedisOnly: true,
            c => c.Name is "XREADGROUP" or "XCLAIM" && WithoutPositions(c.Ours).Zip(WithoutPositions(c.Theirs)).All(pair => Comparison.SameEffect(pair.First, pair.Second))
                && WithoutPositions(c.Ours).Count() == WithoutPositions(c.Theirs).Count()),
        new(
            "A BITFIELD that only made the value longer, since every change overflowed, is passed on: a replica's value would stay shorter.",
            ToRedisOnly: false,
            c => c.Name == "BITFIELD" && c.Ours.Count == c.Theirs.Count + 1 && Is(c.Ours[^1].Arguments[0], "BITFIELD")),
    ];

    public static bool IsKnownReply(byte[][] command, byte[] ours, byte[] theirs, out bool changesValues)
    {
        Difference<string>? known = Find(Replies, command, Encoding.Latin1.GetString(ours), Encoding.Latin1.GetString(theirs));
        changesValues = known is { ChangesValues: true };
        return known is not null;
    }

    public static bool AreKnownEvents(byte[][] command, List<KeyEvent> ours, List<KeyEvent> theirs) => Find(Events, command, ours, theirs) is not null;

    public static bool AreKnownEffects(byte[][] command, List<Effect> ours, List<Effect> theirs) => Find(Effects, command, ours, theirs) is not null;

    private static bool IsPayload(string reply, RdbType form) => reply[0] == '$' && reply[reply.IndexOf('\n', StringComparison.Ordinal) + 1] == (char)form;

    private static Difference<T>? Find<T>(Difference<T>[] differences, byte[][] command, T ours, T theirs)
    {
        var found = new Case<T>(Encoding.Latin1.GetString(command[0]).ToUpperInvariant(), command, ours, theirs);
        return differences.FirstOrDefault(d => (Peer.IsRedis || !d.ToRedisOnly) && d.Matches(found));
    }

    private static IEnumerable<Effect> WithoutPositions(List<Effect> effects) => effects.Where(e => !e.IsFrame && (!Is(e.Arguments[0], "XGROUP") || !Is(e.Arguments[1], "SETID")));

    private static string Words(List<Effect> effects) => string.Join(' ', effects.Select(e => Encoding.Latin1.GetString(e.Arguments[0]).ToUpperInvariant()));

    private static Effect UpperCase(Effect effect) => effect with
    {
        Arguments = [.. effect.Arguments.Select(a => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(a).ToUpperInvariant()))],
    };

    private static bool Is(byte[] argument, string word) => Encoding.Latin1.GetString(argument).Equals(word, StringComparison.OrdinalIgnoreCase);

    private static bool IsSetOfKeyNamedLikeCondition(byte[][] command) =>
        Is(command[0], "HSETEX") && Encoding.Latin1.GetString(command[1]).ToUpperInvariant() is "NX" or "XX" or "FNX" or "FXX";

    private static bool IsPayloadOf(int type, string reply) =>
        reply[0] == '$' && reply.IndexOf('\n', StringComparison.Ordinal) is var end && end + 1 < reply.Length && reply[end + 1] == type;

    /// <summary>A reply that is one number in full precision, as a double or as a string.</summary>
    private static double? Number(string reply) =>
        reply[0] is ',' or '$' && double.TryParse(reply[0] == ',' ? reply[1..] : reply.Split("\r\n")[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : null;

    private static bool HasNegativeOffset(byte[][] command)
    {
        int limit = Array.FindIndex(command, a => Is(a, "LIMIT"));
        return limit >= 0 && limit + 1 < command.Length && command[limit + 1] is [(byte)'-', ..];
    }

    private static bool IsBadCursor(string reply) => reply == "-ERR invalid cursor\r\n";

    /// <summary>The first byte of a payload, which tells its form; -1 when a reply is none.</summary>
    private static int PayloadForm(string reply) => reply[0] == '$' && reply.IndexOf('\n', StringComparison.Ordinal) is var end and < 12 ? reply[end + 1] : -1;

    private static bool IsStringEncoding(string reply) => reply is "$6\r\nembstr\r\n" or "$3\r\nraw\r\n";
}
