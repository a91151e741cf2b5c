using Sigrun.Storage;
using Sigrun.Storage.Snapshots;

namespace Sigrun.Persistence.Background;

/// <summary>The keys of a snapshot as the engine's thread copies them.</summary>
/// <param name="reader">Where they come from.</param>
/// <param name="sizes">How many keys each database has, and how many of them expire.</param>
internal sealed class WalkedRecords(SnapshotReader reader, IReadOnlyDictionary<int, (long Keys, long Expiring)> sizes) : IRdbRecords
{
    private long _keys;

    /// <summary>Keys read so far. Any thread may ask.</summary>
    public long Keys => Volatile.Read(ref _keys);

    /// <inheritdoc/>
    public SnapshotReader? Pieces => reader.IsInPieces ? reader : null;

    /// <inheritdoc/>
    public bool TryNext(out int database, out EntryRef entry)
    {
        bool isThere = reader.TryNext(out database, out entry);
        if (isThere) Volatile.Write(ref _keys, _keys + 1);
        return isThere;
    }

    /// <inheritdoc/>
    public (long Keys, long Expiring) Sizes(int database) => sizes.GetValueOrDefault(database);
}
