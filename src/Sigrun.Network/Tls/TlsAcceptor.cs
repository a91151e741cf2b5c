namespace Sigrun.Network.Tls;

/// <summary>How a listener secures the connections it accepts. Belongs to the engine's thread, which may change it at any time.</summary>
public sealed class TlsAcceptor
{
    /// <summary>What connections are made with; null accepts none.</summary>
    public TlsContext? Context { get; set; }

    /// <summary>Whether clients must show a certificate.</summary>
    public PeerCheck PeerCheck { get; set; } = PeerCheck.Required;

    /// <summary>
    /// Connections accepted per turn of the event loop. A handshake takes a thousand times as long as a command, so many
    /// at once would hold everybody up.
    /// </summary>
    public int AcceptsPerTurn { get; set; } = 1;
}
