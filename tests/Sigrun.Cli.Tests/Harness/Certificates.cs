using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sigrun.Cli.Tests.Harness;

/// <summary>Files with an authority that nobody else knows and certificates that it has signed.</summary>
internal sealed class Certificates
{
    private readonly string _directory;
    private readonly X509Certificate2 _authority;

    public Certificates(string directory)
    {
        _directory = directory;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request("test authority", key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        _authority = request.CreateSelfSigned(Start, End);
        File.WriteAllText(Authority, _authority.ExportCertificatePem());
    }

    public string Authority => Path.Combine(_directory, "ca.crt");

    private static DateTimeOffset Start => DateTimeOffset.UtcNow.AddDays(-1);

    private static DateTimeOffset End => DateTimeOffset.UtcNow.AddDays(1);

    /// <summary>Writes a certificate and its key; returns their paths.</summary>
    public (string Certificate, string Key) Sign(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = Request(name, key).Create(_authority, Start, End.AddHours(-1), Guid.NewGuid().ToByteArray());
        (string Certificate, string Key) files = (Path.Combine(_directory, name + ".crt"), Path.Combine(_directory, name + ".key"));
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem());
        return files;
    }

    private static CertificateRequest Request(string name, ECDsa key) => new($"CN={name}", key, HashAlgorithmName.SHA256);
}
