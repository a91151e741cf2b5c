using Sigrun.Clients;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Blocking;

/// <summary>What a client is told that has waited in vain.</summary>
internal enum BlockedReply
{
    /// <summary>Nothing: the wait has no time, and only what is waited for ends it.</summary>
    Never,

    /// <summary>The absence of a value.</summary>
    Null,

    /// <summary>The absence of an array.</summary>
    NullArray,

    /// <summary>The number of replicas that have the client's changes.</summary>
    Replicas,

    /// <summary>The numbers of append-only files, here and at replicas, that have the client's changes.</summary>
    Durability,
}

/// <summary>The clients that wait for one key, in the order in which they will be served.</summary>
internal sealed class KeyQueue(Database database, byte[] key)
{
    /// <summary>The database of the key.</summary>
    public Database Database { get; } = database;

    /// <summary>The key.</summary>
    public byte[] Key { get; } = key;

    /// <summary>The clients.</summary>
    public LinkedList<ClientSession> Clients { get; } = new();

    /// <summary>Those of them that also want to know when the key goes.</summary>
    public int RemovalWaiters { get; set; }

    /// <summary>True while the key stands in the list of keys that were written.</summary>
    public bool IsReady { get; set; }
}

/// <summary>A client's wait: for which keys, of which type, how long, and the command to run again.</summary>
internal sealed class ClientWait
{
    /// <summary>The command.</summary>
    public SavedRequests Request { get; } = new();

    /// <summary>The keys' queues and the client's place in each; empty while the client does not wait.</summary>
    public List<(KeyQueue Queue, LinkedListNode<ClientSession> Place)> Keys { get; } = [];

    /// <summary>The type that a key must get.</summary>
    public EntryType Type { get; set; }

    /// <summary>Whether the command also runs again when a key goes, or gets another type.</summary>
    public bool WakesOnRemoval { get; set; }

    /// <summary>When the wait is over, in milliseconds since 1970; 0 for never.</summary>
    public long DeadlineMs { get; set; }

    /// <summary>The reply in that case.</summary>
    public BlockedReply TimeoutReply { get; set; }

    /// <summary>When it began, by the monotonic clock.</summary>
    public long StartedNs { get; set; }

    /// <summary>Tells this wait from earlier ones of the same client.</summary>
    public long Number { get; set; }
}
