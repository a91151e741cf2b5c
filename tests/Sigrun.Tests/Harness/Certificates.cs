using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sigrun.Configuration;
using Sigrun.Tests.Configuration;

namespace Sigrun.Tests.Harness;

/// <summary>An authority with the certificates it has given to a server and to clients, as files in a directory of their own.</summary>
internal sealed class Certificates : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly X509Certificate2 _authority;
    private int _count;

    public Certificates(string name = "O=Test, CN=Authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(40), DateTimeOffset.UnixEpoch.AddYears(120));
        File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());
        WriteServer("CN=Server");
        Client = Issue("O=Test, CN=alice", Valid, "urn:user:first", "urn:user:second");
    }

    /// <summary>From when to when a certificate is valid that is neither old nor new.</summary>
    public static (int From, int To) Valid => (2010, 2090);

    public string Path => _directory.Path;

    public string AuthorityFile => System.IO.Path.Combine(_directory.Path, "ca.crt");

    public string ServerFile => System.IO.Path.Combine(_directory.Path, "server.crt");

    public string ServerKeyFile => System.IO.Path.Combine(_directory.Path, "server.key");

    /// <summary>A client's certificate with its key.</summary>
    public X509Certificate2 Client { get; }

    /// <summary>Makes a server use these certificates; the port is the system's choice.</summary>
    public void Use(EngineSettings settings)
    {
        settings.Tls.Port = 1;
        settings.Tls.CertificateFile = ServerFile;
        settings.Tls.KeyFile = ServerKeyFile;
        settings.Tls.CaCertificateFile = AuthorityFile;
        settings.Network.MaxNewTlsConnectionsPerCycle = 10;
    }

    /// <summary>Gives the server a new certificate and key.</summary>
    public void WriteServer(string name, string? password = null)
    {
        using X509Certificate2 server = Issue(name, Valid);
        using ECDsa key = server.GetECDsaPrivateKey()!;
        File.WriteAllText(ServerFile, server.ExportCertificatePem());
        var parameters = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10);
        File.WriteAllText(ServerKeyFile, password is null ? key.ExportPkcs8PrivateKeyPem() : key.ExportEncryptedPkcs8PrivateKeyPem(password, parameters));
    }

    /// <summary>Makes a certificate with its key, signed by the authority.</summary>
    public X509Certificate2 Issue(string name, (int From, int To) years, params string[] uris)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        if (uris.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (string uri in uris) names.AddUri(new Uri(uri));
            request.CertificateExtensions.Add(names.Build());
        }
        byte[] serial = [0x10, (byte)++_count, 0xAB];
        using X509Certificate2 issued = request.Create(_authority, Year(years.From), Year(years.To), serial);
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>A client that shows a certificate, or none, and speaks the given versions.</summary>
    public static RespClient Connect(
        int port, X509Certificate2? certificate, SslProtocols protocols = SslProtocols.None, Func<Stream, Stream>? wire = null, string address = "127.0.0.1") =>
        new(port, address, secure: plain => Secure(wire is null ? plain : wire(plain), certificate, protocols));

    /// <summary>A client that shows its certificate.</summary>
    public RespClient Connect(TestServer server) => Connect(server.TlsPort, Client);

    public void Dispose()
    {
        Client.Dispose();
        _authority.Dispose();
        _directory.Dispose();
    }

    private static DateTimeOffset Year(int year) => new(year, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static SslStream Secure(Stream plain, X509Certificate2? certificate, SslProtocols protocols)
    {
        var stream = new SslStream(plain);
        stream.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = "server",
            EnabledSslProtocols = protocols,
            ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        });
        return stream;
    }
}
