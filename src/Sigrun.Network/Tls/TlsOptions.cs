namespace Sigrun.Network.Tls;

/// <summary>What a <see cref="TlsContext"/> is made of. Immutable, so that another thread may make one.</summary>
public sealed record TlsOptions
{
    /// <summary>File of the certificate and those that lead to its authority.</summary>
    public required string CertificateFile { get; init; }

    /// <summary>File of its private key.</summary>
    public required string KeyFile { get; init; }

    /// <summary>Password of the key, null for none.</summary>
    public byte[]? KeyPassword { get; init; }

    /// <summary>File of the authorities whose certificates are trusted.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>Directory of such authorities.</summary>
    public string? AuthorityDirectory { get; init; }

    /// <summary>The versions spoken.</summary>
    public required TlsProtocols Protocols { get; init; }

    /// <summary>Ciphers up to TLS 1.2; null for the library's choice.</summary>
    public string? Ciphers { get; init; }

    /// <summary>Cipher suites of TLS 1.3; null for the library's choice.</summary>
    public string? CipherSuites { get; init; }

    /// <summary>True when the server's order of ciphers counts.</summary>
    public bool PrefersOwnCiphers { get; init; }

    /// <summary>File of the parameters of Diffie-Hellman exchanges; null lets the library choose.</summary>
    public string? DhParametersFile { get; init; }

    /// <summary>Sessions kept for being resumed; null when none shall be.</summary>
    public int? SessionCacheSize { get; init; }

    /// <summary>How long they are.</summary>
    public int SessionTimeoutSeconds { get; init; }
}
