namespace Sigrun.Keyspace;

/// <summary>
/// Someone who must know which keys change: transactions that watch them, clients that cache them,
/// clients that block on them, indexes.
/// </summary>
internal interface IKeyObserver
{
    /// <summary>A key was written or removed.</summary>
    void OnKeyWritten(int database, ReadOnlySpan<byte> key);

    /// <summary>All keys of a database are gone; −1 for all databases.</summary>
    void OnDatabaseFlushed(int database);
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
        foreach (IKeyObserver observer in _observers) observer.OnKeyWritten(database, key);
    }

    /// <summary>Tells of a flushed database.</summary>
    public void DatabaseFlushed(int database)
    {
        foreach (IKeyObserver observer in _observers) observer.OnDatabaseFlushed(database);
    }
}
