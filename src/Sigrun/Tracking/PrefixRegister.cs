using Sigrun.Clients;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Tracking;

/// <summary>The prefixes that clients follow in the broadcasting mode.</summary>
/// <remarks>A key is looked up once for each length that a prefix has, not once for each prefix.</remarks>
internal sealed class PrefixRegister
{
    private readonly Heap _heap;
    private readonly Dictionary<byte[], TrackedPrefix> _byName;
    private readonly Dictionary<byte[], TrackedPrefix>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly SortedList<int, int> _countByLength = [];
    private readonly List<TrackedPrefix> _changed = [];
    private readonly Comparison<TrackedPrefix> _inOrder = static (a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name);
    private readonly IComparer<FollowedPrefix> _order;

    /// <summary>Creates an empty register.</summary>
    public PrefixRegister(Heap heap, KeyHasher hasher)
    {
        _heap = heap;
        _byName = new Dictionary<byte[], TrackedPrefix>(new KeyComparer(hasher));
        _lookup = _byName.GetAlternateLookup<ReadOnlySpan<byte>>();
        _order = Comparer<FollowedPrefix>.Create((a, b) => _inOrder(a.Prefix, b.Prefix));
    }

    /// <summary>Prefixes with clients.</summary>
    public int Count => _byName.Count;

    /// <summary>The prefixes with keys that have changed.</summary>
    public List<TrackedPrefix> Changed => _changed;

    /// <summary>Makes a client follow a prefix, unless it does.</summary>
    public void Add(ClientSession client, ReadOnlySpan<byte> name)
    {
        if (!_lookup.TryGetValue(name, out TrackedPrefix? prefix))
        {
            prefix = new TrackedPrefix(name.ToArray());
            _byName.Add(prefix.Name, prefix);
            _countByLength[name.Length] = _countByLength.GetValueOrDefault(name.Length) + 1;
        }
        List<FollowedPrefix> own = client.Tracking!.Prefixes;
        int index = own.BinarySearch(new FollowedPrefix(prefix, 0), _order);
        if (index >= 0) return;
        own.Insert(~index, new FollowedPrefix(prefix, prefix.Clients.Count));
        prefix.Clients.Add(client);
    }

    /// <summary>Makes a client follow none.</summary>
    public void RemoveAll(ClientSession client)
    {
        List<FollowedPrefix> own = client.Tracking!.Prefixes;
        foreach (FollowedPrefix followed in own)
        {
            RemoveFrom(followed.Prefix.Clients, client, followed);
            if (followed.Prefix.Clients.Count == 0) Remove(followed.Prefix);
        }
        own.Clear();
    }

    /// <summary>Takes a client out of those of a prefix; the last one, in its place then, is told so.</summary>
    private void RemoveFrom(List<ClientSession> clients, ClientSession client, FollowedPrefix followed)
    {
        ClientSession last = clients[^1];
        clients[followed.Place] = last;
        clients.RemoveAt(clients.Count - 1);
        if (last == client) return;
        List<FollowedPrefix> own = last.Tracking!.Prefixes;
        own[own.BinarySearch(followed, _order)] = followed;
    }

    /// <summary>Notes a changed key with all of its prefixes.</summary>
    /// <param name="key">The key.</param>
    /// <param name="by">The id of the client that has changed it; 0 for none.</param>
    public void Note(ReadOnlySpan<byte> key, long by)
    {
        IList<int> lengths = _countByLength.Keys;
        for (int i = 0; i < lengths.Count && lengths[i] <= key.Length; i++)
        {
            if (!_lookup.TryGetValue(key[..lengths[i]], out TrackedPrefix? prefix)) continue;
            if (!prefix.HasChanged) _changed.Add(prefix);
            prefix.Note(_heap, key, by);
        }
    }

    /// <summary>Puts the prefixes with changed keys in the order of their bytes, in which clients are told.</summary>
    public void SortChanged() => _changed.Sort(_inOrder);

    private void Remove(TrackedPrefix prefix)
    {
        _byName.Remove(prefix.Name);
        int length = prefix.Name.Length;
        if (--_countByLength[length] == 0) _countByLength.Remove(length);
        if (prefix.HasChanged) _changed.Remove(prefix);
        prefix.Release();
    }
}
