namespace Sigrun.Storage.Structures.Hashes;

/// <summary>Up to where a hash is kept as a listpack.</summary>
/// <param name="ListpackEntries">Fields.</param>
/// <param name="ListpackValueBytes">Bytes of the longest field or value.</param>
public readonly record struct HashLimits(long ListpackEntries, long ListpackValueBytes);
