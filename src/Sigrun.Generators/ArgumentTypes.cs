namespace Sigrun.Generators;

/// <summary>
/// The type of an argument as its name suggests it. Across some four hundred commands the same words mean the same
/// things; where one does not, the syntax says so behind a colon (<c>timeout:int</c>).
/// </summary>
internal static class ArgumentTypes
{
    public const string Key = "key";

    private static readonly HashSet<string> Keys =
    [
        "key", "key1", "key2", "destination", "source", "destkey", "sourcekey", "newkey", "storekey", "storedistkey",
        "dst", "src",
    ];

    private static readonly HashSet<string> Doubles = ["longitude", "latitude", "radius", "width", "height", "score", "timeout"];

    private static readonly HashSet<string> Integers =
    [
        "bit", "bits", "client-id", "cluster-bus-port", "config-epoch", "count", "current-epoch", "cursor", "db",
        "decrement", "destination-db", "end", "end-slot", "entries-added", "entries-read", "frequency", "idle",
        "increment", "index", "index1", "index2", "len", "limit", "maxage", "milliseconds", "min-match-len", "ms",
        "not-client-id", "not-db", "num-matches", "num-vertices", "numfields", "numkeys", "numlocal", "numreplicas",
        "offset", "port", "protover", "quorum", "rank", "seconds", "slot", "start", "start-slot", "stop", "ttl",
        "version", "weight",
    ];

    private static readonly Dictionary<string, string> Suffixes = new()
    {
        ["int"] = "integer",
        ["double"] = "double",
        ["key"] = Key,
        ["pattern"] = "pattern",
        ["string"] = "string",
        ["time"] = "unix-time",
    };

    public static string Of(string name)
    {
        if (Keys.Contains(name)) return Key;
        if (Doubles.Contains(name)) return "double";
        if (Integers.Contains(name)) return "integer";
        if (name.StartsWith("unix-time", StringComparison.Ordinal)) return "unix-time";
        return name == "pattern" || name == "match-pattern" ? "pattern" : "string";
    }

    /// <summary>The type that a suffix of the syntax stands for; null when it is none.</summary>
    public static string? OfSuffix(string suffix) => Suffixes.TryGetValue(suffix, out string? type) ? type : null;
}
