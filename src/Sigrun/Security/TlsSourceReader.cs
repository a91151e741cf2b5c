using Sigrun.Configuration;
using Sigrun.Network.Tls;

namespace Sigrun.Security;

/// <summary>Reads from the directives what TLS is made of.</summary>
internal static class TlsSourceReader
{
    /// <summary>Reads them; null, with the reason, when they do not make sense.</summary>
    public static TlsSource? TryRead(TlsSettings settings, out string error)
    {
        error = Missing(settings) ?? "";
        if (error.Length > 0 || !TryParse(settings.Protocols, out TlsProtocols protocols, out error)) return null;
        TlsOptions common = new()
        {
            CertificateFile = Text(settings.CertificateFile)!,
            KeyFile = Text(settings.KeyFile)!,
            KeyPassword = Bytes(settings.KeyFilePassword),
            AuthorityFile = Text(settings.CaCertificateFile),
            AuthorityDirectory = Text(settings.CaCertificateDirectory),
            Protocols = protocols,
            Ciphers = Text(settings.Ciphers),
            CipherSuites = Text(settings.CipherSuites),
        };
        TlsOptions server = common with
        {
            PrefersOwnCiphers = settings.PreferServerCiphers,
            DhParametersFile = Text(settings.DhParametersFile),
            SessionCacheSize = settings.SessionCaching ? settings.SessionCacheSize : null,
            SessionTimeoutSeconds = settings.SessionCacheTimeoutSeconds,
        };
        if (settings.ClientCertificateFile is null || settings.ClientKeyFile is null) return new TlsSource(server, null);
        return new TlsSource(server, common with
        {
            CertificateFile = Text(settings.ClientCertificateFile)!,
            KeyFile = Text(settings.ClientKeyFile)!,
            KeyPassword = Bytes(settings.ClientKeyFilePassword),
        });
    }

    private static string? Missing(TlsSettings settings)
    {
        if (settings.CertificateFile is null) return "No tls-cert-file configured!";
        if (settings.KeyFile is null) return "No tls-key-file configured!";
        bool needsAuthority = settings.AuthClients != TlsAuthClients.No || settings.Cluster || settings.Replication;
        return needsAuthority && settings.CaCertificateFile is null && settings.CaCertificateDirectory is null
            ? "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, tls-replication or tls-auth-clients are enabled!"
            : null;
    }

    private static bool TryParse(string? names, out TlsProtocols protocols, out string error)
    {
        error = "";
        protocols = names is null ? TlsProtocols.Tls12 | TlsProtocols.Tls13 : TlsProtocols.None;
        foreach (string name in names?.Split(' ') ?? [])
        {
            TlsProtocols protocol = name.ToLowerInvariant() switch
            {
                "tlsv1" => TlsProtocols.Tls10,
                "tlsv1.1" => TlsProtocols.Tls11,
                "tlsv1.2" => TlsProtocols.Tls12,
                "tlsv1.3" => TlsProtocols.Tls13,
                _ => TlsProtocols.None,
            };
            if (protocol == TlsProtocols.None)
            {
                error = "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'.";
                return false;
            }
            protocols |= protocol;
        }
        return true;
    }

    private static string? Text(string? setting) => setting is null ? null : ConfigText.ToString(setting);

    private static byte[]? Bytes(string? setting) => setting is null ? null : ConfigText.ToBytes(setting);
}
