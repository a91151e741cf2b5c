namespace Sigrun;

/// <summary>Figures of a server at one moment; those that count begin at its start.</summary>
public sealed record SigrunStatistics
{
    /// <summary>Clients connected now.</summary>
    public int ConnectedClients { get; init; }

    /// <summary>Keys in all databases.</summary>
    public long Keys { get; init; }

    /// <summary>Memory for data and clients, <c>used_memory</c> of INFO.</summary>
    public long UsedMemoryBytes { get; init; }

    /// <summary>Commands executed.</summary>
    public long CommandsProcessed { get; init; }

    /// <summary>Errors answered.</summary>
    public long ErrorReplies { get; init; }

    /// <summary>Lookups for reading that found the key.</summary>
    public long KeyspaceHits { get; init; }

    /// <summary>Lookups for reading that did not.</summary>
    public long KeyspaceMisses { get; init; }

    /// <summary>Keys removed because their time was over.</summary>
    public long ExpiredKeys { get; init; }

    /// <summary>Keys removed because memory was short.</summary>
    public long EvictedKeys { get; init; }

    /// <summary>Bytes received from clients.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Bytes sent to clients.</summary>
    public long BytesSent { get; init; }

    /// <summary>Whether the last snapshot and the last write to the append-only file went well, as far as there were any.</summary>
    public bool LastSaveSucceeded { get; init; }
}
