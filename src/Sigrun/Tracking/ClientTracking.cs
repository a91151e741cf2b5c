namespace Sigrun.Tracking;

/// <summary>What a client has asked for with CLIENT TRACKING, and what has become of it.</summary>
[Flags]
internal enum TrackingModes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The client wants to know which keys change.</summary>
    On = 1,

    /// <summary>Of all keys with its prefixes (BCAST), not of those that it has read.</summary>
    Broadcast = 2,

    /// <summary>Only what is read after CLIENT CACHING YES counts (OPTIN).</summary>
    OptIn = 4,

    /// <summary>All counts but what is read after CLIENT CACHING NO (OPTOUT).</summary>
    OptOut = 8,

    /// <summary>What the client changes itself is no news to it (NOLOOP).</summary>
    NoLoop = 16,

    /// <summary>CLIENT CACHING was called: it holds for the next command, or transaction.</summary>
    CachingGiven = 32,

    /// <summary>The client that was to be told is gone.</summary>
    RedirectBroken = 64,
}

/// <summary>The tracking of one client; stays when it is switched off, since what is on its way follows the redirection still.</summary>
internal sealed class ClientTracking
{
    /// <summary>What a prefix takes here; its name belongs to all of its clients.</summary>
    private const long PrefixBytes = 16;

    /// <summary>What is in force.</summary>
    public TrackingModes Modes { get; set; }

    /// <summary>The client that is told in this one's place; 0 for none.</summary>
    public long RedirectId { get; set; }

    /// <summary>The prefixes of the broadcasting mode, in the order of their bytes.</summary>
    public List<FollowedPrefix> Prefixes { get; } = [];

    /// <summary>Bytes that it takes.</summary>
    public long MemoryBytes => Prefixes.Count * PrefixBytes;

    /// <summary>True while tracking is on.</summary>
    public bool IsOn => Has(TrackingModes.On);

    /// <summary>True while it depends on what the client reads.</summary>
    public bool FollowsReads => (Modes & (TrackingModes.On | TrackingModes.Broadcast)) == TrackingModes.On;

    /// <summary>Whether what the client reads now counts.</summary>
    public bool RemembersKeys => FollowsReads && (Has(TrackingModes.CachingGiven) ? !Has(TrackingModes.OptOut) : !Has(TrackingModes.OptIn));

    /// <summary>Whether a mode is in force.</summary>
    public bool Has(TrackingModes mode) => (Modes & mode) != 0;
}
