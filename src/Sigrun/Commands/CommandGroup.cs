namespace Sigrun.Commands;

/// <summary>The functional group of a command: what COMMAND DOCS calls <c>group</c>.</summary>
/// <remarks>The source generator compiles this file too.</remarks>
internal enum CommandGroup
{
    /// <summary>Keys of any type.</summary>
    Generic,

    /// <summary>Strings.</summary>
    String,

    /// <summary>Lists.</summary>
    List,

    /// <summary>Sets.</summary>
    Set,

    /// <summary>Sorted sets.</summary>
    SortedSet,

    /// <summary>Hashes.</summary>
    Hash,

    /// <summary>Publish and subscribe.</summary>
    PubSub,

    /// <summary>MULTI and its relatives.</summary>
    Transactions,

    /// <summary>The connection itself.</summary>
    Connection,

    /// <summary>The server as a whole.</summary>
    Server,

    /// <summary>Scripts and functions.</summary>
    Scripting,

    /// <summary>HyperLogLog.</summary>
    HyperLogLog,

    /// <summary>Cluster.</summary>
    Cluster,

    /// <summary>Sentinel.</summary>
    Sentinel,

    /// <summary>Geospatial indexes.</summary>
    Geo,

    /// <summary>Streams.</summary>
    Stream,

    /// <summary>Bitmaps.</summary>
    Bitmap,

    /// <summary>Modules.</summary>
    Module,
}
