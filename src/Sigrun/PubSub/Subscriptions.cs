namespace Sigrun.PubSub;

/// <summary>What one client is subscribed to: each channel with the client's place among its subscribers.</summary>
internal sealed class Subscriptions
{
    /// <summary>What a subscription takes, here and at the channel.</summary>
    private const long DeclaredBytes = 56;

    private readonly Dictionary<Channel, int>[] _places = [[], [], []];

    /// <summary>Channels.</summary>
    public Dictionary<Channel, int> Channels => _places[(int)ChannelKind.Channel];

    /// <summary>Patterns.</summary>
    public Dictionary<Channel, int> Patterns => _places[(int)ChannelKind.Pattern];

    /// <summary>Shard channels.</summary>
    public Dictionary<Channel, int> ShardChannels => _places[(int)ChannelKind.Shard];

    /// <summary>All of a kind.</summary>
    public Dictionary<Channel, int> Of(ChannelKind kind) => _places[(int)kind];

    /// <summary>All of a kind as they are now, for those who take them back one by one.</summary>
    public Channel[] Names(ChannelKind kind) => [.. Of(kind).Keys];

    /// <summary>Subscriptions of all kinds.</summary>
    public int Count => Channels.Count + Patterns.Count + ShardChannels.Count;

    /// <summary>What a client is told that it has now, after it subscribed or unsubscribed: shard channels count apart.</summary>
    public int ReportedCount(ChannelKind kind) => kind == ChannelKind.Shard ? ShardChannels.Count : Channels.Count + Patterns.Count;

    /// <summary>Bytes that the subscriptions take.</summary>
    public long MemoryBytes => Count * DeclaredBytes;
}
