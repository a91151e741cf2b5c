namespace Sigrun;

/// <summary>Figures of a server at one moment; those that count begin at its start.</summary>
/// <param name="ConnectedClients">Clients connected now.</param>
/// <param name="Keys">Keys in all databases.</param>
/// <param name="UsedMemoryBytes">Memory for data and clients, <c>used_memory</c> of INFO.</param>
/// <param name="CommandsProcessed">Commands executed.</param>
/// <param name="ErrorReplies">Errors answered.</param>
/// <param name="KeyspaceHits">Lookups for reading that found the key.</param>
/// <param name="KeyspaceMisses">Lookups for reading that did not.</param>
/// <param name="ExpiredKeys">Keys removed because their time was over.</param>
/// <param name="EvictedKeys">Keys removed because memory was short.</param>
/// <param name="BytesReceived">Bytes received from clients.</param>
/// <param name="BytesSent">Bytes sent to clients.</param>
/// <param name="LastSaveSucceeded">Whether the last snapshot and the last write to the append-only file went well, as far as there were any.</param>
public sealed record SigrunStatistics(
    int ConnectedClients,
    long Keys,
    long UsedMemoryBytes,
    long CommandsProcessed,
    long ErrorReplies,
    long KeyspaceHits,
    long KeyspaceMisses,
    long ExpiredKeys,
    long EvictedKeys,
    long BytesReceived,
    long BytesSent,
    bool LastSaveSucceeded);
