using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Security.Tls;

/// <summary>Which clients are let in, and as whom.</summary>
public sealed class ClientCertificateTests : IDisposable
{
    private const string None = "peer did not return a certificate";
    private const string Invalid = "certificate verify failed";

    private readonly Certificates _certificates = new();
    private readonly Certificates _others = new("CN=Other authority");

    public void Dispose()
    {
        _certificates.Dispose();
        _others.Dispose();
    }

    [Theory]
    [InlineData("yes", "good", null)]
    [InlineData("yes", "none", None)]
    [InlineData("yes", "foreign", Invalid)]
    [InlineData("yes", "expired", Invalid)]
    [InlineData("optional", "good", null)]
    [InlineData("optional", "none", null)]
    [InlineData("optional", "foreign", Invalid)]
    [InlineData("optional", "expired", Invalid)]
    [InlineData("no", "none", null)]
    [InlineData("no", "foreign", null)]
    public void Clients_are_checked(string rule, string shown, string? error)
    {
        using TestServer server = Start(ioThreads: 1);
        using RespClient plain = server.Connect();
        Assert.Equal("OK", plain.Send("CONFIG", "SET", "tls-auth-clients", rule).Text);
        Exception? failure = Record.Exception(() => Ping(server, Shown(shown)));
        Assert.Equal(error is null, failure is null);
        if (error is not null) TestClock.WaitUntil(() => LogHas(server, error), error);
    }

    [Theory]
    [InlineData("TLSv1.2", SslProtocols.Tls12, true)]
    [InlineData("TLSv1.2", SslProtocols.Tls13, false)]
    [InlineData("tlsv1.3", SslProtocols.Tls12, false)]
    [InlineData("tlsv1.3", SslProtocols.Tls13, true)]
    [InlineData("TLSv1.2 TLSv1.3", SslProtocols.Tls12, true)]
    [InlineData("", SslProtocols.Tls13, true)]
    public void Only_the_chosen_versions_are_spoken(string versions, SslProtocols spoken, bool works)
    {
        using TestServer server = Start(ioThreads: 1);
        using RespClient plain = server.Connect();
        plain.Send("CONFIG", "SET", "tls-protocols", versions);
        Exception? failure = Record.Exception(() => Ping(server, _certificates.Client, spoken));
        Assert.Equal(works, failure is null);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_common_name_is_the_user(int ioThreads)
    {
        using TestServer server = Start(ioThreads);
        using RespClient plain = server.Connect();
        Assert.Equal("OK", plain.Send("CONFIG", "SET", "tls-auth-clients-user", "CN").Text);
        plain.Line("ACL SETUSER alice on ~* +@all");
        Assert.Equal("alice", WhoAmI(server, _certificates.Client));

        plain.Line("ACL SETUSER alice off");
        Assert.Equal("default", WhoAmI(server, _certificates.Client));
        RespValue[] entry = plain.Line("ACL LOG").Items[0].Items;
        Assert.Equal(("tls-cert", "", "alice"), (entry[3].Text, entry[7].Text, entry[9].Text));
        Assert.Contains("acl_access_denied_tls_cert:1\r\n", plain.Line("INFO stats").Text, StringComparison.Ordinal);

        Assert.Equal("OK", plain.Line("CONFIG SET tls-auth-clients no").Text);
        Assert.Equal("default", WhoAmI(server, null));
        Assert.Contains("acl_access_denied_tls_cert:1\r\n", plain.Line("INFO stats").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_address_of_a_user_who_may_is_the_user()
    {
        using TestServer server = Start(ioThreads: 1);
        using RespClient plain = server.Connect();
        plain.Send("CONFIG", "SET", "tls-auth-clients-user", "URI");
        plain.Line("ACL SETUSER urn:user:first on +@all");
        plain.Line("ACL SETUSER urn:user:second on +@all");
        plain.Line("ACL SETUSER alice on +@all");
        Assert.Equal("urn:user:first", WhoAmI(server, _certificates.Client));
        plain.Line("ACL SETUSER urn:user:first off");
        Assert.Equal("urn:user:second", WhoAmI(server, _certificates.Client));
        plain.Line("ACL DELUSER urn:user:second");
        Assert.Equal("default", WhoAmI(server, _certificates.Client));
        Assert.Equal("urn:user:second", plain.Line("ACL LOG").Items[0].Items[9].Text);
    }

    /// <summary>Whoever is logged in by a certificate needs no password, even where there is one.</summary>
    [Fact]
    public void A_certificate_stands_for_a_password()
    {
        using TestServer server = Start(ioThreads: 1);
        using RespClient plain = server.Connect();
        plain.Line("CONFIG SET tls-auth-clients-user CN");
        plain.Line("ACL SETUSER alice on ~* +@all >secret");
        server.OnEngine(static engine =>
        {
            engine.Users.SetDefaultPassword("other");
            return true;
        });
        Assert.Equal("alice", WhoAmI(server, _certificates.Client));
        using X509Certificate2 stranger = _certificates.Issue("CN=bob", Certificates.Valid);
        using RespClient client = Certificates.Connect(server.TlsPort, stranger);
        Assert.Equal("NOAUTH Authentication required.", client.Line("PING").Text);
    }

    private static bool LogHas(TestServer server, string error) =>
        server.LogLines.ToString().Contains(error, StringComparison.Ordinal);

    private static string WhoAmI(TestServer server, X509Certificate2? certificate)
    {
        using RespClient client = Certificates.Connect(server.TlsPort, certificate);
        return client.Line("ACL WHOAMI").Text;
    }

    private static void Ping(TestServer server, X509Certificate2? certificate, SslProtocols protocols = SslProtocols.None)
    {
        using RespClient client = Certificates.Connect(server.TlsPort, certificate, protocols);
        Assert.Equal("PONG", client.Line("PING").Text);
    }

    private X509Certificate2? Shown(string which) => which switch
    {
        "none" => null,
        "foreign" => _others.Client,
        "expired" => _certificates.Issue("CN=alice", (2011, 2012)),
        _ => _certificates.Client,
    };

    private TestServer Start(int ioThreads) => new(settings =>
    {
        _certificates.Use(settings);
        settings.Network.IoThreads = ioThreads;
        settings.Observability.LogLevel = LogLevel.Verbose;
    });
}
