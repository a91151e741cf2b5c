using System.Runtime.InteropServices;

namespace Sigrun.Storage.Snapshots;

/// <summary>Copies of parts of a large value as they were before somebody changed them, in native memory, each found by a key.</summary>
/// <remarks>They are kept in a tree, which grows evenly: a hash table would now and then move all its entries at once.</remarks>
internal sealed unsafe class PartCopies<TKey> where TKey : struct, IComparable<TKey>
{
    private readonly SortedDictionary<TKey, nint> _copies = [];

    /// <summary>Whether there is a copy.</summary>
    public bool Contains(TKey key) => _copies.ContainsKey(key);

    /// <summary>Room for a copy of a part that has none.</summary>
    public byte* Add(TKey key, int bytes)
    {
        byte* copy = (byte*)NativeMemory.Alloc((nuint)bytes);
        _copies.Add(key, (nint)copy);
        return copy;
    }

    /// <summary>Copies a part that has no copy.</summary>
    public void Add(TKey key, ReadOnlySpan<byte> bytes) => bytes.CopyTo(new Span<byte>(Add(key, bytes.Length), bytes.Length));

    /// <summary>The first key; false when there is none.</summary>
    public bool TryGetFirst(out TKey key)
    {
        using SortedDictionary<TKey, nint>.Enumerator copies = _copies.GetEnumerator();
        bool isThere = copies.MoveNext();
        key = isThere ? copies.Current.Key : default;
        return isThere;
    }

    /// <summary>Takes a copy out, which the caller frees; null when there is none.</summary>
    public byte* Take(TKey key)
    {
        if (!_copies.TryGetValue(key, out nint copy)) return null;
        _copies.Remove(key);
        return (byte*)copy;
    }

    /// <summary>Frees a copy that was taken out; null does nothing.</summary>
    public static void Free(byte* copy) => NativeMemory.Free(copy);

    /// <summary>Frees all copies.</summary>
    public void FreeAll()
    {
        foreach (nint copy in _copies.Values) Free((byte*)copy);
        _copies.Clear();
    }
}
