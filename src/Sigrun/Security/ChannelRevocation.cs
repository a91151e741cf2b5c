using Sigrun.Clients;
using Sigrun.PubSub;

namespace Sigrun.Security;

/// <summary>The channels that are left to a user who has lost some.</summary>
internal sealed class ChannelRevocation
{
    private readonly List<byte[]> _left = [];

    private ChannelRevocation(AclUser changed)
    {
        foreach (AclSelector selector in changed.Selectors) _left.AddRange(selector.Channels);
    }

    /// <summary>What a change leaves; null when it takes no channel away.</summary>
    public static ChannelRevocation? Of(AclUser user, AclUser changed)
    {
        foreach (AclSelector selector in changed.Selectors)
        {
            if (selector.AllowsAllChannels) return null;
        }
        var revocation = new ChannelRevocation(changed);
        foreach (AclSelector selector in user.Selectors)
        {
            if (selector.AllowsAllChannels) return revocation;
            foreach (byte[] pattern in selector.Channels)
            {
                if (!AclCheck.AllowsChannel(revocation._left, pattern, isPattern: true)) return revocation;
            }
        }
        return null;
    }

    /// <summary>Whether a client listens to something else.</summary>
    public bool Concerns(ClientSession client) =>
        client.Subscriptions is { } subscriptions
        && (ListensToOther(subscriptions, ChannelKind.Pattern) || ListensToOther(subscriptions, ChannelKind.Channel)
            || ListensToOther(subscriptions, ChannelKind.Shard));

    private bool ListensToOther(Subscriptions subscriptions, ChannelKind kind)
    {
        foreach (Channel channel in subscriptions.Of(kind).Keys)
        {
            if (!AclCheck.AllowsChannel(_left, channel.Name, kind == ChannelKind.Pattern)) return true;
        }
        return false;
    }
}
