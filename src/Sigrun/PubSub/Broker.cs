using Sigrun.Clients;
using Sigrun.Keyspace;
using Sigrun.Storage.Buffers;

namespace Sigrun.PubSub;

/// <summary>Who is subscribed to what, and how a message gets to all of them.</summary>
internal sealed class Broker : IDisposable
{
    /// <summary>From so many subscribers on it pays to keep messages of a turn together.</summary>
    private const int BroadcastMin = 4;

    /// <summary>A longer message is not worth laying out for a protocol version that nobody may speak.</summary>
    private const int BroadcastBytesMax = 1024;

    private readonly Engine _engine;
    private readonly SharedOutput _output2 = new();
    private readonly SharedOutput _output3 = new();
    private readonly ChannelRegister[] _registers;
    private readonly KeyspaceEvents _events;

    /// <summary>Creates the broker of an engine.</summary>
    public Broker(Engine engine)
    {
        _engine = engine;
        _registers = [new(ChannelKind.Channel, engine.Hasher), new(ChannelKind.Pattern, engine.Hasher), new(ChannelKind.Shard, engine.Hasher)];
        _events = new KeyspaceEvents(engine, this);
    }

    /// <summary>The channels or patterns of a kind.</summary>
    public ChannelRegister Of(ChannelKind kind) => _registers[(int)kind];

    /// <summary>Clients with subscriptions.</summary>
    public int SubscriberCount { get; private set; }

    /// <summary>Bytes that channels and patterns take, subscriptions apart.</summary>
    public long MemoryBytes => Of(ChannelKind.Channel).MemoryBytes + Of(ChannelKind.Pattern).MemoryBytes + Of(ChannelKind.Shard).MemoryBytes;

    /// <summary>Subscribes a client, unless it is subscribed.</summary>
    public void Subscribe(ClientSession client, ChannelKind kind, ReadOnlySpan<byte> name)
    {
        _engine.Pushes.HandOut();
        client.Subscriptions ??= new Subscriptions();
        Of(kind).Add(client, name);
        if (client.IsSubscriber) return;
        client.IsSubscriber = true;
        SubscriberCount++;
        UpdateEvents();
    }

    /// <summary>Unsubscribes a client, if it is subscribed.</summary>
    public void Unsubscribe(ClientSession client, ChannelKind kind, ReadOnlySpan<byte> name)
    {
        _engine.Pushes.HandOut();
        if (client.Subscriptions is null || !Of(kind).Remove(client, name)) return;
        if (client.Subscriptions.Count == 0) OnLastUnsubscribed(client);
    }

    /// <summary>Takes back all subscriptions of a client.</summary>
    public void Forget(ClientSession client)
    {
        if (!client.IsSubscriber) return;
        _engine.Pushes.HandOut();
        foreach (ChannelRegister register in _registers) register.RemoveAll(client);
        OnLastUnsubscribed(client);
    }

    /// <summary>Finds out again whether somebody might hear of keyspace events.</summary>
    public void UpdateEvents() => _events.Update();

    /// <summary>Sends a message to the subscribers of a channel and of patterns that its name matches; returns how many got it.</summary>
    public long Publish(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        long receivers = 0;
        if (Of(ChannelKind.Channel).TryGet(channel, out Channel? found)) receivers += Send(found, MessageHead.Message, [], channel, message);
        IReadOnlyList<Channel> patterns = Of(ChannelKind.Pattern).All;
        for (int i = 0; i < patterns.Count; i++)
        {
            Channel pattern = patterns[i];
            if (GlobPattern.Matches(pattern.Name, channel)) receivers += Send(pattern, MessageHead.PatternMessage, pattern.Name, channel, message);
        }
        return receivers;
    }

    /// <summary>Sends a message to the subscribers of a shard channel; returns how many got it.</summary>
    public long PublishToShard(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message) =>
        Of(ChannelKind.Shard).TryGet(channel, out Channel? found) ? Send(found, MessageHead.ShardMessage, [], channel, message) : 0;

    /// <summary>Releases the memory of messages.</summary>
    public void Dispose()
    {
        _output2.Dispose();
        _output3.Dispose();
    }

    private int Send(Channel to, MessageHead head, ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        ClientPushes pushes = _engine.Pushes;
        if (to.Subscribers.Count < BroadcastMin || message.Length > BroadcastBytesMax || pushes.Executing is { IsSubscriber: true })
            return SendToEach(to, head, pattern, channel, message);
        SharedRange bytes2 = head.LayOut(_output2, isResp3: false, pattern, channel, message);
        SharedRange bytes3 = head.LayOut(_output3, isResp3: true, pattern, channel, message);
        pushes.Broadcast(to.Subscribers, bytes2, bytes3);
        return to.Subscribers.Count;
    }

    /// <summary>Lays the message out once for each protocol version that a subscriber speaks.</summary>
    private int SendToEach(Channel to, MessageHead head, ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        SharedRange bytes2 = default;
        SharedRange bytes3 = default;
        ClientPushes pushes = _engine.Pushes;
        pushes.HandOut();
        List<ClientSession> subscribers = to.Subscribers;
        for (int i = 0; i < subscribers.Count; i++)
        {
            ClientSession client = subscribers[i];
            if (client.Reply.IsResp3)
            {
                if (bytes3.Length == 0) bytes3 = head.LayOut(_output3, isResp3: true, pattern, channel, message);
                pushes.Send(client, bytes3);
            }
            else
            {
                if (bytes2.Length == 0) bytes2 = head.LayOut(_output2, isResp3: false, pattern, channel, message);
                pushes.Send(client, bytes2);
            }
        }
        return subscribers.Count;
    }

    private void OnLastUnsubscribed(ClientSession client)
    {
        client.Subscriptions = null;
        client.IsSubscriber = false;
        SubscriberCount--;
        UpdateEvents();
    }
}
