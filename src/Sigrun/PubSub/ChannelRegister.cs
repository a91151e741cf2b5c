using System.Diagnostics.CodeAnalysis;
using Sigrun.Clients;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.PubSub;

/// <summary>The channels of one kind that have subscribers. Subscribing and unsubscribing take the same time however many there are.</summary>
internal sealed class ChannelRegister
{
    /// <summary>What a channel takes besides its name.</summary>
    private const long DeclaredBytes = 200;

    private readonly ChannelKind _kind;
    private readonly List<Channel> _all = [];
    private readonly KeyHasher _hasher;
    private Dictionary<byte[], Channel>? _byName;
    private Dictionary<byte[], Channel>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    /// <summary>Creates an empty register.</summary>
    public ChannelRegister(ChannelKind kind, KeyHasher hasher)
    {
        _kind = kind;
        _hasher = hasher;
    }

    /// <summary>The channels, in no particular order.</summary>
    public IReadOnlyList<Channel> All => _all;

    /// <summary>Channels.</summary>
    public int Count => _all.Count;

    /// <summary>Bytes that the channels take, their subscribers apart.</summary>
    public long MemoryBytes { get; private set; }

    /// <summary>Finds a channel that has subscribers.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, [MaybeNullWhen(false)] out Channel channel)
    {
        channel = null;
        return _byName is not null && _lookup.TryGetValue(name, out channel);
    }

    /// <summary>Enters a subscriber; false when it is one.</summary>
    public bool Add(ClientSession client, ReadOnlySpan<byte> name)
    {
        Dictionary<Channel, int> own = client.Subscriptions!.Of(_kind);
        if (!TryGet(name, out Channel? channel)) channel = Create(name);
        if (!own.TryAdd(channel, channel.Subscribers.Count)) return false;
        channel.Subscribers.Add(client);
        return true;
    }

    /// <summary>Takes a subscriber out; false when it is none.</summary>
    public bool Remove(ClientSession client, ReadOnlySpan<byte> name) => TryGet(name, out Channel? channel) && Remove(client, channel);

    /// <summary>Takes a subscriber out; false when it is none.</summary>
    public bool Remove(ClientSession client, Channel channel)
    {
        if (!client.Subscriptions!.Of(_kind).Remove(channel, out int place)) return false;
        List<ClientSession> subscribers = channel.Subscribers;
        ClientSession last = subscribers[^1];
        subscribers[place] = last;
        subscribers.RemoveAt(subscribers.Count - 1);
        if (last != client) last.Subscriptions!.Of(_kind)[channel] = place;
        if (subscribers.Count == 0) Drop(channel);
        return true;
    }

    /// <summary>Takes a client out of all channels.</summary>
    public void RemoveAll(ClientSession client)
    {
        foreach (Channel channel in client.Subscriptions!.Names(_kind)) Remove(client, channel);
    }

    private Channel Create(ReadOnlySpan<byte> name)
    {
        var channel = new Channel(name.ToArray(), _all.Count);
        if (_byName is null)
        {
            _byName = new Dictionary<byte[], Channel>(new KeyComparer(_hasher));
            _lookup = _byName.GetAlternateLookup<ReadOnlySpan<byte>>();
        }
        _byName.Add(channel.Name, channel);
        _all.Add(channel);
        MemoryBytes += DeclaredBytes + name.Length;
        return channel;
    }

    private void Drop(Channel channel)
    {
        Channel last = _all[^1];
        _all[channel.Place] = last;
        last.Place = channel.Place;
        _all.RemoveAt(_all.Count - 1);
        _byName!.Remove(channel.Name);
        MemoryBytes -= DeclaredBytes + channel.Name.Length;
    }
}
