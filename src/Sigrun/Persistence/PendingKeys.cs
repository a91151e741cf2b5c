using System.Text;
using Sigrun.Storage;

namespace Sigrun.Persistence;

/// <summary>Keys that were read from a file but are in no table yet, a few at a time.</summary>
/// <remarks>
/// A key's line in a large table is in no cache, and waiting for it took a third of the time of loading. So keys wait
/// here while their lines are fetched, and the waits overlap. Reading goes on meanwhile, so the
/// lines have come when they are needed.
/// </remarks>
internal sealed class PendingKeys(Heap heap, bool replaces)
{
    private const int Capacity = 32;

    private readonly EntryRef[] _entries = new EntryRef[Capacity];
    private readonly ulong[] _hashes = new ulong[Capacity];
    private int _count;

    /// <summary>Takes an entry that belongs to no table.</summary>
    /// <param name="keys">The table that it is for, the same until <see cref="Settle"/>.</param>
    /// <param name="database">The number of the table's database.</param>
    /// <param name="entry">The entry; it is freed when this fails.</param>
    /// <exception cref="RdbUnsupportedException">A key is there already, this one or one before it.</exception>
    public void Add(KeyTable keys, int database, EntryRef entry)
    {
        ulong hash = keys.Hash(entry.Key);
        keys.PrefetchLine(hash);
        if (entry.HasExpiry) keys.PrefetchExpiryLine(hash);
        _hashes[_count] = hash;
        _entries[_count++] = entry;
        if (_count == Capacity) Settle(keys, database);
    }

    /// <summary>Puts all that wait into their table; those behind one that fails are freed.</summary>
    /// <inheritdoc cref="Add"/>
    public void Settle(KeyTable keys, int database)
    {
        int next = 0;
        try
        {
            while (next < _count)
            {
                // Attaching frees an entry for which there is no memory.
                int current = next++;
                Attach(keys, database, _hashes[current], _entries[current]);
            }
        }
        finally
        {
            for (; next < _count; next++) DetachedEntry.Free(heap, _entries[next]);
            _count = 0;
        }
    }

    private void Attach(KeyTable keys, int database, ulong hash, EntryRef entry)
    {
        if (keys.TryFind(hash, entry.Key, out KeySlot slot))
        {
            if (!replaces)
            {
                string name = Encoding.UTF8.GetString(entry.Key);
                DetachedEntry.Free(heap, entry);
                throw new RdbUnsupportedException($"RDB has duplicated key '{name}' in DB {database}");
            }
            keys.Remove(keys.BeginWrite(hash), hash, slot);
        }
        keys.Attach(keys.BeginWrite(hash), hash, entry);
    }
}
