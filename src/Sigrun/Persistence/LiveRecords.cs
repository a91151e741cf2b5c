using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Persistence;

/// <summary>The keys of databases that nobody changes meanwhile: for saving on the engine's own thread.</summary>
internal sealed class LiveRecords(DatabaseList databases) : IRdbRecords
{
    private readonly List<EntryRef> _batch = [];
    private int _database = -1;
    private int _next;
    private ulong _cursor;

    /// <inheritdoc/>
    public bool TryNext(out int database, out EntryRef entry)
    {
        while (_next == _batch.Count)
        {
            if (!TryFill())
            {
                database = 0;
                entry = default;
                return false;
            }
        }
        database = _database;
        entry = _batch[_next++];
        return true;
    }

    /// <inheritdoc/>
    public (long Keys, long Expiring) Sizes(int database) => (databases[database].Keys.Count, databases[database].Keys.ExpiringCount);

    /// <summary>Collects what the next step of a scan finds; false behind the last database.</summary>
    private bool TryFill()
    {
        _batch.Clear();
        _next = 0;
        if (_cursor == 0)
        {
            do
            {
                _database++;
                if (_database == databases.Length) return false;
            }
            while (databases.Find(_database) is not { Keys.Count: > 0 });
        }
        var collector = new Collector(_batch);
        _cursor = databases[_database].Keys.Scan(_cursor, ref collector);
        return true;
    }

    private readonly struct Collector(List<EntryRef> batch) : IKeyVisitor
    {
        public void Visit(EntryRef entry) => batch.Add(entry);
    }
}
