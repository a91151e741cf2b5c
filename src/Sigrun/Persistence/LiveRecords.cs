using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Persistence;

/// <summary>The keys of databases that nobody changes meanwhile: for saving on the engine's own thread.</summary>
/// <remarks>
/// In a large table everything is in no cache: lines, entries, and values outside them. So while a batch of keys is handed
/// out, the entries of the next are on their way, and the lines of the one after that; values are fetched a few keys ahead.
/// </remarks>
internal sealed class LiveRecords(DatabaseList databases) : IRdbRecords
{
    private const int BatchMin = 64;
    private const int StepsAhead = 8;
    private const int ValuesAhead = 6;

    private List<EntryRef> _batch = [];
    private List<EntryRef> _ahead = [];
    private int _database;
    private int _aheadDatabase = -1;
    private int _next;
    private ulong _cursor;

    /// <inheritdoc/>
    public bool TryNext(out int database, out EntryRef entry)
    {
        if (_next == _batch.Count && !TryTurn())
        {
            database = 0;
            entry = default;
            return false;
        }
        if (_next + ValuesAhead < _batch.Count) _batch[_next + ValuesAhead].PrefetchValue();
        database = _database;
        entry = _batch[_next++];
        return true;
    }

    /// <inheritdoc/>
    public (long Keys, long Expiring) Sizes(int database) => (databases[database].Keys.Count, databases[database].Keys.ExpiringCount);

    /// <summary>Goes on to the batch that was collected ahead, and collects another; false when there is none.</summary>
    private bool TryTurn()
    {
        if (_aheadDatabase < 0) Collect();
        if (_ahead.Count == 0) return false;
        (_batch, _ahead) = (_ahead, _batch);
        _database = _aheadDatabase;
        _next = 0;
        Collect();
        for (int i = 0; i < Math.Min(ValuesAhead, _batch.Count); i++) _batch[i].PrefetchValue();
        return true;
    }

    /// <summary>Collects keys of one database without looking at them; none behind the last.</summary>
    private void Collect()
    {
        _ahead.Clear();
        while (_ahead.Count == 0)
        {
            if (_cursor == 0 && !TryMoveOn()) return;
            KeyTable keys = databases[_aheadDatabase].Keys;
            var collector = new Collector(_ahead);
            do _cursor = keys.Scan(_cursor, ref collector);
            while (_cursor != 0 && _ahead.Count < BatchMin);
            if (_cursor != 0) keys.PrefetchScan(_cursor, StepsAhead);
        }
    }

    private bool TryMoveOn()
    {
        while (_aheadDatabase < databases.Length - 1)
        {
            _aheadDatabase++;
            if (databases.Find(_aheadDatabase) is { Keys.Count: > 0 }) return true;
        }
        return false;
    }

    private readonly struct Collector(List<EntryRef> batch) : IKeyVisitor
    {
        public void Visit(EntryRef entry)
        {
            entry.PrefetchSecondLine();
            batch.Add(entry);
        }
    }
}
