using Sigrun.Clients;
using Sigrun.Keyspace;

namespace Sigrun.Transactions;

/// <summary>A client's transaction: the requests it has queued, and the keys it watches.</summary>
internal sealed class Transaction
{
    /// <summary>The requests that EXEC will run.</summary>
    public SavedRequests Queue { get; } = new();

    /// <summary>The watched keys.</summary>
    public List<WatchedKey> Watched { get; } = [];

    /// <summary>Bytes that watching takes, by a declared size of each key's entries.</summary>
    public long WatchedBytes { get; set; }

    /// <summary>True between MULTI and EXEC or DISCARD.</summary>
    public bool IsOpen { get; set; }

    /// <summary>The database in which the next request that is queued will run.</summary>
    public int Database { get; set; }

    /// <summary>True when a request could not be queued: EXEC will refuse.</summary>
    public bool IsAborted { get; private set; }

    /// <summary>True when a watched key has changed: EXEC will do nothing.</summary>
    public bool IsTouched { get; private set; }

    /// <summary>A request could not be queued, so the others will not run either.</summary>
    public void Abort()
    {
        IsAborted = true;
        Queue.Clear();
    }

    /// <summary>A watched key has changed, so nothing will run.</summary>
    public void Touch()
    {
        IsTouched = true;
        Queue.Clear();
    }

    /// <summary>No key is watched any more, so none has changed.</summary>
    public void Unwatch() => IsTouched = false;

    /// <summary>There is no transaction any more.</summary>
    public void Close()
    {
        Queue.Clear();
        IsOpen = IsAborted = IsTouched = false;
    }
}

/// <summary>A key that a client watches.</summary>
internal sealed class WatchedKey(ClientSession client, Database database, byte[] key, bool wasExpired)
{
    /// <summary>The client.</summary>
    public ClientSession Client { get; } = client;

    /// <summary>The database of the key.</summary>
    public Database Database { get; } = database;

    /// <summary>The key.</summary>
    public byte[] Key { get; } = key;

    /// <summary>Its place among those of all clients that watch the key.</summary>
    public int Place { get; set; }

    /// <summary>True when the key's time was over already and nothing but its removal is to be expected, which is no change.</summary>
    public bool WasExpired { get; set; } = wasExpired;
}
