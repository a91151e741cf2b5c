using System.Diagnostics.CodeAnalysis;
using Sigrun.Storage;

namespace Sigrun.Keyspace;

/// <summary>What clients have left with keys, existing or not: who waits for them, who watches them.</summary>
/// <remarks>By the database's number, as clients see it: SWAPDB exchanges the keys under it.</remarks>
internal sealed class KeyRegister<T> where T : class
{
    private readonly int _count;
    private readonly KeyHasher _hasher;
    private Dictionary<byte[], T>?[]? _databases;

    /// <summary>Creates an empty register.</summary>
    /// <param name="databases">The number of databases.</param>
    /// <param name="hasher">The keyed hash, since clients choose the keys.</param>
    public KeyRegister(int databases, KeyHasher hasher)
    {
        _count = databases;
        _hasher = hasher;
    }

    /// <summary>Keys with something left.</summary>
    public int Count { get; private set; }

    /// <summary>What was left with the keys of a database.</summary>
    public IEnumerable<T> In(int database) => _databases?[database] is { } keys ? keys.Values : [];

    /// <summary>Finds what was left with a key.</summary>
    public bool TryGet(int database, ReadOnlySpan<byte> key, [MaybeNullWhen(false)] out T value)
    {
        value = null;
        return _databases?[database] is { } keys && keys.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out value);
    }

    /// <summary>Leaves something with a key that has nothing.</summary>
    public void Add(int database, byte[] key, T value)
    {
        _databases ??= new Dictionary<byte[], T>?[_count];
        (_databases[database] ??= new Dictionary<byte[], T>(new KeyComparer(_hasher))).Add(key, value);
        Count++;
    }

    /// <summary>Removes what was left with a key.</summary>
    public void Remove(int database, byte[] key)
    {
        if (_databases?[database] is { } keys && keys.Remove(key)) Count--;
    }
}
