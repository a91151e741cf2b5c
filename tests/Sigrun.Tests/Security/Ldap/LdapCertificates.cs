using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sigrun.Tests.Security.Ldap;

/// <summary>An authority, a server's certificate for 127.0.0.1 and a client's, as files of a folder.</summary>
public sealed class LdapCertificates
{
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset To = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public LdapCertificates(string folder)
    {
        Authority = Path.Combine(folder, "ca.crt");
        using RSA key = RSA.Create(2048);
        CertificateRequest request = Request("CN=Authority", key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using X509Certificate2 authority = request.CreateSelfSigned(From, To);
        File.WriteAllText(Authority, authority.ExportCertificatePem());
        (Server, ServerKey) = Issue(folder, "server", authority);
        (Client, ClientKey) = Issue(folder, "client", authority);
    }

    public string Authority { get; }

    public string Server { get; }

    public string ServerKey { get; }

    public string Client { get; }

    public string ClientKey { get; }

    private static (string Certificate, string Key) Issue(string folder, string name, X509Certificate2 authority)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = Request("CN=" + name, key);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(authority, From, To, [(byte)name.Length, 1, 2, 3]);
        string path = Path.Combine(folder, name);
        File.WriteAllText(path + ".crt", certificate.ExportCertificatePem());
        File.WriteAllText(path + ".key", key.ExportPkcs8PrivateKeyPem());
        return (path + ".crt", path + ".key");
    }

    private static CertificateRequest Request(string name, RSA key) => new(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
}
