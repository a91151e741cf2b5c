using Sigrun.Clients;

namespace Sigrun.PubSub;

/// <summary>What clients subscribe to.</summary>
internal enum ChannelKind
{
    /// <summary>A channel.</summary>
    Channel,

    /// <summary>All channels whose names match a pattern.</summary>
    Pattern,

    /// <summary>A channel of its own space, which patterns do not see (SSUBSCRIBE).</summary>
    Shard,
}

/// <summary>A channel or pattern with subscribers.</summary>
internal sealed class Channel(byte[] name, int place)
{
    /// <summary>Its name.</summary>
    public byte[] Name { get; } = name;

    /// <summary>The subscribers, in no particular order.</summary>
    public List<ClientSession> Subscribers { get; } = new(1);

    /// <summary>Its place in its register.</summary>
    public int Place { get; set; } = place;
}
