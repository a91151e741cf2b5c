namespace Sigrun.Network.Tls;

/// <summary>Whether peers must show a certificate.</summary>
public enum PeerCheck
{
    /// <summary>They are not asked for one.</summary>
    None,

    /// <summary>One that is shown must be valid.</summary>
    IfShown,

    /// <summary>They must show a valid one.</summary>
    Required,
}
