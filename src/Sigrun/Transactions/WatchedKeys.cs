using Sigrun.Clients;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Transactions;

/// <summary>The keys that clients watch, so that a change to one makes their transactions do nothing.</summary>
/// <remarks>
/// A key whose time is over counts as absent even while it is still stored: its removal changes nothing for a client
/// that began to watch it after its time.
/// </remarks>
internal sealed class WatchedKeys : IKeyObserver
{
    /// <summary>What a watched key takes besides its name: itself, its lists, its place in the register.</summary>
    private const long DeclaredBytes = 200;

    private readonly Engine _engine;
    private readonly KeyRegister<List<WatchedKey>> _keys;

    /// <summary>Creates the register of an engine.</summary>
    public WatchedKeys(Engine engine)
    {
        _engine = engine;
        _keys = new KeyRegister<List<WatchedKey>>(engine.Settings.Process.Databases, engine.Hasher);
    }

    /// <summary>Keys that are watched, each counted once.</summary>
    public int KeyCount => _keys.Count;

    /// <summary>Clients that watch keys.</summary>
    public int ClientCount { get; private set; }

    /// <summary>Makes a client watch a key of its database.</summary>
    public void Watch(ClientSession client, ReadOnlySpan<byte> key)
    {
        Transaction transaction = client.Transaction!;
        Database database = client.Db;
        if (!_keys.TryGet(database.Index, key, out List<WatchedKey>? watchers)) watchers = [];
        else if (IsAmong(watchers.Count < transaction.Watched.Count ? watchers : transaction.Watched, client, watchers[0].Key)) return;
        byte[] name = watchers.Count > 0 ? watchers[0].Key : key.ToArray();
        var watch = new WatchedKey(client, database, name, IsExpired(Find(database, key)));
        if (watchers.Count == 0)
        {
            _keys.Add(database.Index, name, watchers);
            if (_keys.Count == 1) _engine.Observers.Add(this);
        }
        watch.Place = watchers.Count;
        watchers.Add(watch);
        if (transaction.Watched.Count == 0) ClientCount++;
        transaction.Watched.Add(watch);
        transaction.WatchedBytes += DeclaredBytes + name.Length;
    }

    /// <summary>Makes a client watch nothing.</summary>
    public void Forget(ClientSession client)
    {
        if (client.Transaction is not { Watched.Count: > 0 } transaction) return;
        foreach (WatchedKey watched in transaction.Watched)
        {
            if (!_keys.TryGet(watched.Database.Index, watched.Key, out List<WatchedKey>? watchers)) continue;
            watchers[^1].Place = watched.Place;
            watchers[watched.Place] = watchers[^1];
            watchers.RemoveAt(watchers.Count - 1);
            if (watchers.Count == 0) _keys.Remove(watched.Database.Index, watched.Key);
        }
        transaction.Watched.Clear();
        transaction.WatchedBytes = 0;
        ClientCount--;
        if (_keys.Count == 0) _engine.Observers.Remove(this);
    }

    /// <summary>Whether the time of a key that a client watches has come since.</summary>
    public bool HasExpired(Transaction transaction)
    {
        foreach (WatchedKey watched in transaction.Watched)
        {
            if (!watched.WasExpired && IsExpired(Find(watched.Database, watched.Key))) return true;
        }
        return false;
    }

    /// <inheritdoc/>
    public void OnKeyWritten(int database, ReadOnlySpan<byte> key)
    {
        if (!_keys.TryGet(database, key, out List<WatchedKey>? watchers)) return;
        EntryRef entry = Find(_engine.Databases[database], key);
        bool exists = !entry.IsNull && !IsExpired(entry);
        for (int i = watchers.Count - 1; i >= 0; i--)
        {
            WatchedKey watched = watchers[i];
            if (watched.WasExpired && !exists) watched.WasExpired = false;
            else Touch(watched.Client);
        }
    }

    /// <inheritdoc/>
    public void OnDatabaseFlushing(int database) => TouchAll(database, replacement: null);

    /// <inheritdoc/>
    public void OnDatabasesSwapping(int first, int second)
    {
        TouchAll(first, _engine.Databases[second]);
        TouchAll(second, _engine.Databases[first]);
    }

    /// <summary>A client whose transaction is lost has nothing more to learn from its keys.</summary>
    private void Touch(ClientSession client)
    {
        client.Transaction!.Touch();
        Forget(client);
    }

    private void TouchAll(int database, Database? replacement)
    {
        foreach (List<WatchedKey> watchers in _keys.In(database))
        {
            EntryRef before = Find(_engine.Databases[database], watchers[0].Key);
            EntryRef after = replacement is null ? default : Find(replacement, watchers[0].Key);
            if (before.IsNull && after.IsNull) continue;
            foreach (WatchedKey watched in watchers) TouchIfChanged(watched, before, after);
        }
    }

    /// <summary>What becomes of a whole database leaves watches as they are.</summary>
    private void TouchIfChanged(WatchedKey watched, EntryRef before, EntryRef after)
    {
        if (watched.WasExpired)
        {
            if (after.IsNull) watched.WasExpired = false;
            else if (!IsExpired(after)) watched.Client.Transaction!.Touch();
        }
        else if (before.IsNull && IsExpired(after))
        {
            watched.WasExpired = true;
        }
        else
        {
            watched.Client.Transaction!.Touch();
        }
    }

    private static bool IsAmong(List<WatchedKey> watches, ClientSession client, byte[] key)
    {
        foreach (WatchedKey watched in watches)
        {
            if (watched.Client == client && watched.Key == key) return true;
        }
        return false;
    }

    private EntryRef Find(Database database, ReadOnlySpan<byte> key) => database.Keys.Find(_engine.Hasher.Hash(key), key);

    private bool IsExpired(EntryRef entry) => !entry.IsNull && entry.HasExpiry && _engine.NowMs > entry.ExpiryMs;
}
