using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Sigrun.Security.Ldap;

/// <summary>Encrypts a connection: who the server has to be, and who this one is.</summary>
internal static class LdapTls
{
    /// <summary>Encrypts what goes over a stream, which the returned one owns from then on.</summary>
    /// <exception cref="LdapException">A file cannot be read.</exception>
    public static SslStream Encrypt(Stream stream, string host, LdapLink link)
    {
        X509Certificate2Collection authorities = LoadAuthorities(link.CaCertPath);
        X509Certificate2? certificate = LoadCertificate(link);
        var encrypted = new SslStream(stream);
        SslPolicyErrors faults = SslPolicyErrors.None;
        try
        {
            encrypted.AuthenticateAsClient(new SslClientAuthenticationOptions
            {
                TargetHost = host,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                ClientCertificates = certificate is null ? null : [certificate],
                RemoteCertificateValidationCallback = (_, presented, chain, errors) =>
                {
                    if (link.SkipVerify || (errors == SslPolicyErrors.RemoteCertificateChainErrors && IsSignedBy(authorities, presented, chain))) return true;
                    faults = errors;
                    return errors == SslPolicyErrors.None;
                },
            });
        }
        catch (AuthenticationException) when (faults != SslPolicyErrors.None)
        {
            throw LdapException.Connection(faults.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
                ? $"the certificate of the server is not one of {host}"
                : "the certificate of the server goes back to no authority that is trusted");
        }
        return encrypted;
    }

    /// <summary>Whether a certificate that the system does not trust goes back to one of the authorities.</summary>
    private static bool IsSignedBy(X509Certificate2Collection authorities, X509Certificate? presented, X509Chain? sent)
    {
        if (authorities.Count == 0 || presented is not X509Certificate2 certificate) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        if (sent is not null) chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        return chain.Build(certificate);
    }

    private static X509Certificate2Collection LoadAuthorities(string path)
    {
        var authorities = new X509Certificate2Collection();
        if (path.Length == 0) return authorities;
        Load("failed to load CA certificate", () => authorities.ImportFromPemFile(path));
        return authorities;
    }

    private static X509Certificate2? LoadCertificate(LdapLink link)
    {
        if (link.CertPath.Length == 0) return null;
        if (link.KeyPath.Length == 0) throw new LdapException("no TLS key path specified. Please set the path for ldap.tls_key_path config", isConnection: true);
        X509Certificate2? certificate = null;
        Load("failed to load client certificate", () => certificate = X509Certificate2.CreateFromPemFile(link.CertPath, link.KeyPath));
        return certificate;
    }

    private static void Load(string failure, Action load)
    {
        try
        {
            load();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new LdapException(LdapText.Printable($"{failure}: {fault.Message}"), isConnection: true);
        }
    }
}
