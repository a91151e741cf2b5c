namespace Sigrun.Keyspace;

/// <summary>
/// Someone who must know which keys change: transactions that watch them, clients that cache them,
/// clients that block on them, indexes.
/// </summary>
internal interface IKeyObserver
{
    /// <summary>A key was written or removed.</summary>
    void OnKeyWritten(int database, ReadOnlySpan<byte> key);

    /// <summary>The server itself has removed a key, or fields of it, that no client's command was about.</summary>
    void OnKeyLost(int database, ReadOnlySpan<byte> key) => OnKeyWritten(database, key);

    /// <summary>All keys of a database are about to go.</summary>
    void OnDatabaseFlushing(int database);

    /// <summary>Two databases are about to exchange their keys.</summary>
    void OnDatabasesSwapping(int first, int second);
}

/// <summary>The observers of one engine; costs a test per write while there are none.</summary>
internal sealed class KeyObservers
{
    private readonly List<IKeyObserver> _observers = [];

    /// <summary>True while there are observers.</summary>
    public bool IsActive => _observers.Count > 0;

    /// <summary>Adds an observer.</summary>
    public void Add(IKeyObserver observer) => _observers.Add(observer);

    /// <summary>Removes an observer.</summary>
    public void Remove(IKeyObserver observer) => _observers.Remove(observer);

    /// <summary>Tells of a written key.</summary>
    public void KeyWritten(int database, ReadOnlySpan<byte> key)
    {
        // An observer may leave while it is told.
        for (int i = _observers.Count - 1; i >= 0; i--) _observers[i].OnKeyWritten(database, key);
    }

    /// <summary>Tells of a key that the server has removed, or removed fields of, by itself.</summary>
    public void KeyLost(int database, ReadOnlySpan<byte> key)
    {
        for (int i = _observers.Count - 1; i >= 0; i--) _observers[i].OnKeyLost(database, key);
    }

    /// <summary>Tells of a database that will be emptied.</summary>
    public void DatabaseFlushing(int database)
    {
        for (int i = _observers.Count - 1; i >= 0; i--) _observers[i].OnDatabaseFlushing(database);
    }

    /// <summary>Tells of databases that will be exchanged.</summary>
    public void DatabasesSwapping(int first, int second)
    {
        for (int i = _observers.Count - 1; i >= 0; i--) _observers[i].OnDatabasesSwapping(first, second);
    }
}
