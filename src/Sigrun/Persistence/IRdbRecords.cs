using Sigrun.Storage;
using Sigrun.Storage.Snapshots;

namespace Sigrun.Persistence;

/// <summary>What a snapshot consists of, one key after the other, in any order.</summary>
internal interface IRdbRecords
{
    /// <summary>The next key; false at the end.</summary>
    /// <param name="database">The number of its database.</param>
    /// <param name="entry">Its entry, readable until the next call.</param>
    bool TryNext(out int database, out EntryRef entry);

    /// <summary>The value of the last key when it comes in pieces, and its entry has none; null when the entry is whole.</summary>
    SnapshotReader? Pieces => null;

    /// <summary>How many keys a database has, and how many of them expire: a hint for readers.</summary>
    (long Keys, long Expiring) Sizes(int database);
}
