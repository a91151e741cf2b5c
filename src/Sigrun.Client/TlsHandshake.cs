using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sigrun.Client;

/// <summary>
/// Makes a connection secure. As with Valkey's tools, the server's certificate has to be signed by somebody who is trusted; its
/// names are not compared with the host, since servers are often reached by their addresses.
/// </summary>
internal static class TlsHandshake
{
    /// <exception cref="TlsSetupException">Files or names of ciphers cannot be used.</exception>
    /// <exception cref="ConnectionException">Server and client do not come to terms.</exception>
    public static SslStream Run(Stream connection, TlsOptions options)
    {
        SslClientAuthenticationOptions settings = Settings(options);
        bool rejected = false;
        settings.RemoteCertificateValidationCallback = (_, _, _, errors) =>
        {
            rejected = !options.SkipVerification && (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) != SslPolicyErrors.None;
            return !rejected;
        };

        var stream = new SslStream(new TlsRecordStream(connection));
        try
        {
            stream.AuthenticateAsClient(settings);
            return stream;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or CryptographicException)
        {
            stream.Dispose();
            string reason = rejected ? "certificate verify failed" : (e.InnerException ?? e).Message;
            throw new ConnectionException(ConnectionFault.Io, "SSL_connect failed: " + reason);
        }
    }

    private static SslClientAuthenticationOptions Settings(TlsOptions options) => new()
    {
        TargetHost = options.ServerName ?? "",
        CertificateChainPolicy = ChainPolicy(options),
        ClientCertificateContext = ClientCertificate(options),
        CipherSuitesPolicy = CipherNames.Policy(options.Ciphers, options.CipherSuites),
    };

    private static X509ChainPolicy ChainPolicy(TlsOptions options)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck };
        if (options.CaCertificateFile is null && options.CaCertificateDirectory is null) return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        try
        {
            if (options.CaCertificateFile is { } file) policy.CustomTrustStore.ImportFromPemFile(file);
            if (options.CaCertificateDirectory is { } directory)
            {
                foreach (string path in Directory.EnumerateFiles(directory)) policy.CustomTrustStore.ImportFromPemFile(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new TlsSetupException("Invalid CA Certificate File/Directory");
        }
        // A file without a certificate imports nothing.
        if (policy.CustomTrustStore.Count == 0) throw new TlsSetupException("Invalid CA Certificate File/Directory");
        return policy;
    }

    /// <summary>The client's certificate with those that lead to its issuer; null where there is none or no key to it.</summary>
    private static SslStreamCertificateContext? ClientCertificate(TlsOptions options)
    {
        if (options.CertificateFile is null) return null;
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPemFile(options.CertificateFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            chain.Clear();
        }
        if (chain.Count == 0) throw new TlsSetupException("Invalid client certificate");
        if (options.KeyFile is null) return null;
        try
        {
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(options.CertificateFile, options.KeyFile), chain, offline: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new TlsSetupException("Invalid private key");
        }
    }
}
