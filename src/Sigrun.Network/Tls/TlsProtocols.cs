namespace Sigrun.Network.Tls;

/// <summary>Versions of the protocol that a server speaks.</summary>
[Flags]
public enum TlsProtocols
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>TLS 1.0.</summary>
    Tls10 = 1,

    /// <summary>TLS 1.1.</summary>
    Tls11 = 2,

    /// <summary>TLS 1.2.</summary>
    Tls12 = 4,

    /// <summary>TLS 1.3.</summary>
    Tls13 = 8,
}
