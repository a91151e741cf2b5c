using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Tracking;

/// <summary>The options of CLIENT TRACKING: reads them, and says what does not go together.</summary>
internal sealed class TrackingOptions
{
    /// <summary>The modes that are wanted.</summary>
    public TrackingModes Modes { get; private set; }

    /// <summary>The client that is to be told; 0 for none.</summary>
    public long RedirectId { get; private set; }

    /// <summary>The arguments that are prefixes.</summary>
    public List<int> Prefixes { get; } = [];

    /// <summary>Reads the options; replies the error and returns false when they make no sense.</summary>
    public bool TryRead(CommandContext c)
    {
        for (int i = 3; i < c.ArgCount; i++)
        {
            bool isFollowed = i + 1 < c.ArgCount;
            if (isFollowed && c.ArgIs(i, "redirect"u8))
            {
                if (!TryReadRedirect(c, ++i)) return false;
            }
            else if (isFollowed && c.ArgIs(i, "prefix"u8))
            {
                Prefixes.Add(++i);
            }
            else if (ModeOf(c, i) is not TrackingModes.None and var mode)
            {
                Modes |= mode;
            }
            else
            {
                return c.Refuse(CommandErrors.Syntax);
            }
        }
        return true;
    }

    /// <summary>Whether the client can track so; replies the error otherwise.</summary>
    public bool TryAccept(CommandContext c)
    {
        TrackingModes before = c.Client.Tracking?.Modes ?? TrackingModes.None;
        bool broadcasts = Has(TrackingModes.Broadcast);
        if (!broadcasts && Prefixes.Count > 0) return c.Refuse("ERR PREFIX option requires BCAST mode to be enabled"u8);
        if ((before & TrackingModes.On) != 0 && ((before & TrackingModes.Broadcast) != 0) != broadcasts)
            return c.Refuse("ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode."u8);
        if (broadcasts && Has(TrackingModes.OptIn | TrackingModes.OptOut))
            return c.Refuse("ERR OPTIN and OPTOUT are not compatible with BCAST"u8);
        if (Has(TrackingModes.OptIn) && Has(TrackingModes.OptOut))
            return c.Refuse("ERR You can't specify both OPTIN mode and OPTOUT mode"u8);
        bool switches = (Has(TrackingModes.OptIn) && (before & TrackingModes.OptOut) != 0) || (Has(TrackingModes.OptOut) && (before & TrackingModes.OptIn) != 0);
        if (switches)
            return c.Refuse("ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode."u8);
        return TryAcceptPrefixes(c);
    }

    private bool Has(TrackingModes modes) => (Modes & modes) != 0;

    private static TrackingModes ModeOf(CommandContext c, int index)
    {
        if (c.ArgIs(index, "bcast"u8)) return TrackingModes.Broadcast;
        if (c.ArgIs(index, "optin"u8)) return TrackingModes.OptIn;
        if (c.ArgIs(index, "optout"u8)) return TrackingModes.OptOut;
        return c.ArgIs(index, "noloop"u8) ? TrackingModes.NoLoop : TrackingModes.None;
    }

    private bool TryReadRedirect(CommandContext c, int index)
    {
        if (RedirectId != 0) return c.Refuse("ERR A client can only redirect to a single other client"u8);
        if (!NumberText.TryParseInt64(c.Arg(index), out long id)) return c.Refuse(CommandErrors.NotAnInteger);
        if (c.Engine.Clients.Find(id) is null) return c.Refuse("ERR The client ID you want redirect to does not exist"u8);
        RedirectId = id;
        return true;
    }

    /// <summary>No key may have two prefixes of a client.</summary>
    private bool TryAcceptPrefixes(CommandContext c)
    {
        for (int i = 0; i < Prefixes.Count; i++)
        {
            ReadOnlySpan<byte> prefix = c.Arg(Prefixes[i]);
            foreach (FollowedPrefix followed in c.Client.Tracking?.Prefixes ?? [])
            {
                byte[] other = followed.Prefix.Name;
                if (Overlap(prefix, other)) return RefusePrefix(c, prefix, "an existing"u8, other);
            }
            for (int j = i + 1; j < Prefixes.Count; j++)
            {
                ReadOnlySpan<byte> other = c.Arg(Prefixes[j]);
                if (Overlap(prefix, other)) return RefusePrefix(c, prefix, "another provided"u8, other);
            }
        }
        return true;
    }

    private static bool Overlap(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => a.Length < b.Length ? b.StartsWith(a) : a.StartsWith(b);

    private static bool RefusePrefix(CommandContext c, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> which, ReadOnlySpan<byte> other) => c.Refuse(
    [
        .. "ERR Prefix '"u8, .. CommandErrors.UpToNul(prefix), .. "' overlaps with "u8, .. which, .. " prefix '"u8, .. CommandErrors.UpToNul(other),
        .. "'. Prefixes for a single client must not overlap."u8,
    ]);
}
