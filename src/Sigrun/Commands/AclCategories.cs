namespace Sigrun.Commands;

/// <summary>
/// The categories by which ACL rules select commands. The order of the bits is the order in which
/// COMMAND INFO and ACL CAT list them.
/// </summary>
/// <remarks>The source generator compiles this file too.</remarks>
[Flags]
internal enum AclCategories : uint
{
    /// <summary>No category.</summary>
    None = 0,

    /// <summary>Keys of any type.</summary>
    Keyspace = 1u << 0,

    /// <summary>Reads keys.</summary>
    Read = 1u << 1,

    /// <summary>Changes keys.</summary>
    Write = 1u << 2,

    /// <summary>Sets.</summary>
    Set = 1u << 3,

    /// <summary>Sorted sets.</summary>
    SortedSet = 1u << 4,

    /// <summary>Lists.</summary>
    List = 1u << 5,

    /// <summary>Hashes.</summary>
    Hash = 1u << 6,

    /// <summary>Strings.</summary>
    String = 1u << 7,

    /// <summary>Bitmaps.</summary>
    Bitmap = 1u << 8,

    /// <summary>HyperLogLog.</summary>
    HyperLogLog = 1u << 9,

    /// <summary>Geospatial indexes.</summary>
    Geo = 1u << 10,

    /// <summary>Streams.</summary>
    Stream = 1u << 11,

    /// <summary>Publish and subscribe.</summary>
    PubSub = 1u << 12,

    /// <summary>For administrators.</summary>
    Admin = 1u << 13,

    /// <summary>Constant or logarithmic time.</summary>
    Fast = 1u << 14,

    /// <summary>Everything that is not fast.</summary>
    Slow = 1u << 15,

    /// <summary>May block the client.</summary>
    Blocking = 1u << 16,

    /// <summary>Can harm the server or expose every key.</summary>
    Dangerous = 1u << 17,

    /// <summary>The connection itself.</summary>
    Connection = 1u << 18,

    /// <summary>Transactions.</summary>
    Transaction = 1u << 19,

    /// <summary>Scripts and functions.</summary>
    Scripting = 1u << 20,
}

/// <summary>The names of the categories, as ACL rules and COMMAND INFO spell them.</summary>
internal static class AclCategoryNames
{
    /// <summary>How many categories there are.</summary>
    public const int Count = 21;

    /// <summary>The name of the category with this bit number, without the '@'.</summary>
    /// <param name="bit">0 to <see cref="Count"/> - 1.</param>
    public static string Name(int bit) => bit switch
    {
        0 => "keyspace",
        1 => "read",
        2 => "write",
        3 => "set",
        4 => "sortedset",
        5 => "list",
        6 => "hash",
        7 => "string",
        8 => "bitmap",
        9 => "hyperloglog",
        10 => "geo",
        11 => "stream",
        12 => "pubsub",
        13 => "admin",
        14 => "fast",
        15 => "slow",
        16 => "blocking",
        17 => "dangerous",
        18 => "connection",
        19 => "transaction",
        20 => "scripting",
        _ => throw new ArgumentOutOfRangeException(nameof(bit)),
    };
}
