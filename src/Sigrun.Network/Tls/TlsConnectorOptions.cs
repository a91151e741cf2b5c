namespace Sigrun.Network.Tls;

/// <summary>What a <see cref="TlsConnector"/> is made of.</summary>
public sealed record TlsConnectorOptions
{
    /// <summary>The name that the server is asked for; null for none.</summary>
    public string? ServerName { get; init; }

    /// <summary>File of the authorities whose certificates are trusted; the system's where neither it nor a directory is given.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>Directory of such authorities.</summary>
    public string? AuthorityDirectory { get; init; }

    /// <summary>True to take any certificate.</summary>
    public bool SkipsVerification { get; init; }

    /// <summary>File of the certificate that is shown, null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>File of its key.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Ciphers up to TLS 1.2; null for the library's choice.</summary>
    public string? Ciphers { get; init; }

    /// <summary>Cipher suites of TLS 1.3; null for the library's choice.</summary>
    public string? CipherSuites { get; init; }
}
