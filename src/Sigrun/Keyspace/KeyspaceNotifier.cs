namespace Sigrun.Keyspace;

/// <summary>The classes of keyspace events, by the letters of <c>notify-keyspace-events</c>.</summary>
[Flags]
internal enum KeyspaceEventClass
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>K: published on the key's channel.</summary>
    Keyspace = 1 << 0,

    /// <summary>E: published on the event's channel.</summary>
    Keyevent = 1 << 1,

    /// <summary>g: DEL, EXPIRE, RENAME and the like.</summary>
    Generic = 1 << 2,

    /// <summary>$: strings.</summary>
    String = 1 << 3,

    /// <summary>l: lists.</summary>
    List = 1 << 4,

    /// <summary>s: sets.</summary>
    Set = 1 << 5,

    /// <summary>h: hashes.</summary>
    Hash = 1 << 6,

    /// <summary>z: sorted sets.</summary>
    SortedSet = 1 << 7,

    /// <summary>x: a key expired.</summary>
    Expired = 1 << 8,

    /// <summary>e: a key was evicted.</summary>
    Evicted = 1 << 9,

    /// <summary>t: streams.</summary>
    Stream = 1 << 10,

    /// <summary>m: a read missed.</summary>
    KeyMiss = 1 << 11,

    /// <summary>d: module types.</summary>
    Module = 1 << 13,

    /// <summary>n: a key was created.</summary>
    New = 1 << 14,

    /// <summary>A: every class of events but misses and new keys.</summary>
    All = Generic | String | List | Set | Hash | SortedSet | Expired | Evicted | Stream | Module,
}

/// <summary>Someone who is told of keyspace events.</summary>
internal interface IKeyspaceEventListener
{
    /// <summary>An event of a key.</summary>
    void OnKeyspaceEvent(KeyspaceEventClass eventClass, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, int database);
}

/// <summary>Passes keyspace events to whoever listens; costs a test while nobody does.</summary>
internal sealed class KeyspaceNotifier
{
    private readonly List<IKeyspaceEventListener> _listeners = [];

    /// <summary>True while someone listens.</summary>
    public bool IsActive => _listeners.Count > 0;

    /// <summary>Starts passing events to a listener.</summary>
    public void Add(IKeyspaceEventListener listener) => _listeners.Add(listener);

    /// <summary>Stops passing events to a listener.</summary>
    public void Remove(IKeyspaceEventListener listener) => _listeners.Remove(listener);

    /// <summary>Raises an event.</summary>
    public void Raise(KeyspaceEventClass eventClass, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, int database)
    {
        foreach (IKeyspaceEventListener listener in _listeners) listener.OnKeyspaceEvent(eventClass, name, key, database);
    }
}
