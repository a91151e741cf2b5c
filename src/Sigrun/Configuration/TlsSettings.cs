using static Sigrun.Configuration.DirectiveFlags;
using static Sigrun.Configuration.Support;

namespace Sigrun.Configuration;

/// <summary>TLS listeners and certificates.</summary>
internal sealed class TlsSettings
{
    /// <summary>Port of the TLS listener; 0 opens none.</summary>
    public int Port;

    /// <summary>Use TLS on the cluster bus.</summary>
    public bool Cluster;

    /// <summary>Use TLS to reach the primary.</summary>
    public bool Replication;

    /// <summary>Whether clients must show a certificate.</summary>
    public TlsAuthClients AuthClients = TlsAuthClients.Yes;

    /// <summary>Field of the certificate that names the user.</summary>
    public TlsUserField AuthClientsUser = TlsUserField.Off;

    /// <summary>Choose the cipher by the server's order.</summary>
    public bool PreferServerCiphers;

    /// <summary>Let clients resume sessions.</summary>
    public bool SessionCaching = true;

    /// <summary>Sessions kept for that.</summary>
    public int SessionCacheSize = 20480;

    /// <summary>Time they are kept.</summary>
    public int SessionCacheTimeoutSeconds = 300;

    /// <summary>Interval of looking for renewed certificates; 0 never.</summary>
    public int AutoReloadIntervalSeconds;

    /// <summary>Certificate of the server.</summary>
    public string? CertificateFile;

    /// <summary>Its private key.</summary>
    public string? KeyFile;

    /// <summary>Password of that key.</summary>
    public string? KeyFilePassword;

    /// <summary>Certificate for outgoing connections.</summary>
    public string? ClientCertificateFile;

    /// <summary>Its private key.</summary>
    public string? ClientKeyFile;

    /// <summary>Password of that key.</summary>
    public string? ClientKeyFilePassword;

    /// <summary>Diffie-Hellman parameters of old clients.</summary>
    public string? DhParametersFile;

    /// <summary>Authorities whose certificates are trusted.</summary>
    public string? CaCertificateFile;

    /// <summary>Directory of such authorities.</summary>
    public string? CaCertificateDirectory;

    /// <summary>Protocol versions allowed.</summary>
    public string? Protocols;

    /// <summary>Ciphers allowed up to TLS 1.2.</summary>
    public string? Ciphers;

    /// <summary>Cipher suites allowed in TLS 1.3.</summary>
    public string? CipherSuites;

    /// <summary>Declares the directives of these fields.</summary>
    public static void Declare(DirectiveTable table)
    {
        table.Int(Works, "tls-port", static s => ref s.Tls.Port, 0, 65535);
        table.Bool(Pending, "tls-cluster", static s => ref s.Tls.Cluster);
        table.Bool(Pending, "tls-replication", static s => ref s.Tls.Replication);
        table.Word(Works, "tls-auth-clients", static s => (int)s.Tls.AuthClients,
            static (s, v) => s.Tls.AuthClients = (TlsAuthClients)v, Words.TlsAuthClients);
        table.Word(Works, "tls-auth-clients-user", static s => (int)s.Tls.AuthClientsUser,
            static (s, v) => s.Tls.AuthClientsUser = (TlsUserField)v, Words.TlsUserField);
        table.Bool(Works, "tls-prefer-server-ciphers", static s => ref s.Tls.PreferServerCiphers);
        table.Bool(Works, "tls-session-caching", static s => ref s.Tls.SessionCaching);
        table.Int(Works, "tls-session-cache-size", static s => ref s.Tls.SessionCacheSize, 0, int.MaxValue);
        table.Int(Works, "tls-session-cache-timeout", static s => ref s.Tls.SessionCacheTimeoutSeconds, 0, int.MaxValue);
        table.Int(Works, "tls-auto-reload-interval", static s => ref s.Tls.AutoReloadIntervalSeconds, 0, int.MaxValue);
        table.OptionalText(Works, "tls-cert-file", static s => ref s.Tls.CertificateFile, flags: Reloads);
        table.OptionalText(Works, "tls-key-file", static s => ref s.Tls.KeyFile, flags: Reloads);
        table.OptionalText(Works, "tls-key-file-pass", static s => ref s.Tls.KeyFilePassword, flags: Sensitive);
        table.OptionalText(Works, "tls-client-cert-file", static s => ref s.Tls.ClientCertificateFile, flags: Reloads);
        table.OptionalText(Works, "tls-client-key-file", static s => ref s.Tls.ClientKeyFile, flags: Reloads);
        table.OptionalText(Works, "tls-client-key-file-pass", static s => ref s.Tls.ClientKeyFilePassword, flags: Sensitive);
        table.OptionalText(Works, "tls-dh-params-file", static s => ref s.Tls.DhParametersFile, flags: Reloads);
        table.OptionalText(Works, "tls-ca-cert-file", static s => ref s.Tls.CaCertificateFile, flags: Reloads);
        table.OptionalText(Works, "tls-ca-cert-dir", static s => ref s.Tls.CaCertificateDirectory, flags: Reloads);
        table.OptionalText(Works, "tls-protocols", static s => ref s.Tls.Protocols);
        table.OptionalText(Works, "tls-ciphers", static s => ref s.Tls.Ciphers);
        table.OptionalText(Works, "tls-ciphersuites", static s => ref s.Tls.CipherSuites);
    }
}
