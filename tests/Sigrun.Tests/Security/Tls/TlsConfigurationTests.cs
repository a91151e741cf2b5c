using System.Net.Security;
using Sigrun.Configuration;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;
using Sigrun.Tests.Server;

namespace Sigrun.Tests.Security.Tls;

/// <summary>Certificates and rules that change while the server runs, and those with which it does not start.</summary>
public sealed class TlsConfigurationTests : IDisposable
{
    private readonly Certificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData("tls-cert-file", "/none", "Failed to load certificate: /none: error:80000002:system library::No such file or directory")]
    [InlineData("tls-cert-file", "", "No tls-cert-file configured!")]
    [InlineData("tls-key-file", "", "No tls-key-file configured!")]
    [InlineData("tls-ca-cert-file", "", "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, tls-replication or tls-auth-clients are enabled!")]
    [InlineData("tls-ca-cert-file", "/none", "Failed to configure CA certificate(s) file/directory: error:")]
    [InlineData("tls-dh-params-file", "/none", "Failed to load /none: No such file or directory")]
    [InlineData("tls-protocols", "TLSv9", "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'.")]
    [InlineData("tls-ciphers", "NONE-SUCH", "Failed to configure ciphers: NONE-SUCH")]
    [InlineData("tls-ciphersuites", "NONE-SUCH", "Failed to configure ciphersuites: NONE-SUCH")]
    public void What_cannot_be_used_changes_nothing(string directive, string value, string logged)
    {
        using TestServer server = new(_certificates.Use);
        using RespClient client = _certificates.Connect(server);
        string before = client.Send("CONFIG", "GET", directive).ToString();
        Assert.Equal(Refused(directive), client.Send("CONFIG", "SET", directive, value).Text);
        Assert.Contains(logged, server.LogLines.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, client.Send("CONFIG", "GET", directive).ToString());
        using RespClient other = _certificates.Connect(server);
        Assert.Equal("PONG", other.Line("PING").Text);
    }

    [Fact]
    public void Ciphers_are_those_of_the_configuration()
    {
        using TestServer server = new(_certificates.Use);
        using RespClient plain = server.Connect();
        plain.Send("CONFIG", "SET", "tls-ciphersuites", "TLS_AES_128_GCM_SHA256");
        using RespClient newest = _certificates.Connect(server);
        Assert.Equal(TlsCipherSuite.TLS_AES_128_GCM_SHA256, ((SslStream)newest.Secured!).NegotiatedCipherSuite);
        plain.Send("CONFIG", "SET", "tls-protocols", "TLSv1.2", "tls-ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256");
        using RespClient older = _certificates.Connect(server);
        Assert.Equal(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, ((SslStream)older.Secured!).NegotiatedCipherSuite);
    }

    [Fact]
    public void A_key_may_be_encrypted()
    {
        using TestServer server = new(_certificates.Use);
        using RespClient client = _certificates.Connect(server);
        _certificates.WriteServer("CN=Renewed", password: "secret");
        Assert.Equal(Refused("tls-cert-file"), client.Send("CONFIG", "SET", "tls-cert-file", _certificates.ServerFile).Text);
        Assert.Equal(Refused("tls-key-file-pass"), client.Line("CONFIG SET tls-key-file-pass wrong").Text);
        Assert.Equal("OK", client.Line("CONFIG SET tls-key-file-pass secret").Text);
        Assert.Equal("CN=Renewed", ServerName(server));
    }

    /// <summary>Setting the same name again reads the file again; who is connected stays so.</summary>
    [Fact]
    public void A_renewed_certificate_is_for_those_who_come()
    {
        using TestServer server = new(_certificates.Use);
        using RespClient before = _certificates.Connect(server);
        string info = before.Line("INFO tls").Text;
        _certificates.WriteServer("CN=Renewed");
        Assert.Equal("CN=Server", ServerName(server));
        Assert.Equal("OK", before.Send("CONFIG", "SET", "tls-cert-file", _certificates.ServerFile, "tls-key-file", _certificates.ServerKeyFile).Text);
        Assert.Equal("CN=Renewed", ServerName(server));
        Assert.NotEqual(info, before.Line("INFO tls").Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Changed_files_are_found_under_load(int ioThreads)
    {
        using TestServer server = new(settings =>
        {
            _certificates.Use(settings);
            settings.Tls.AutoReloadIntervalSeconds = 10;
            settings.Network.IoThreads = ioThreads;
        });
        using RespClient client = _certificates.Connect(server);
        for (int round = 1; round <= 5; round++)
        {
            _certificates.WriteServer("CN=Number" + round);
            server.Clock.Advance(TimeSpan.FromSeconds(11));
            TestClock.WaitUntil(
                () =>
                {
                    Assert.Equal("PONG", client.Line("PING").Text);
                    return ServerName(server) == "CN=Number" + round;
                },
                "the new certificate");
        }
        Assert.Contains("TLS materials reloaded successfully", server.LogLines.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_cannot_be_used_are_not()
    {
        using TestServer server = new(settings =>
        {
            _certificates.Use(settings);
            settings.Tls.AutoReloadIntervalSeconds = 10;
            settings.Observability.LogLevel = LogLevel.Debug;
        });
        server.Clock.Advance(TimeSpan.FromSeconds(11));
        TestClock.WaitUntil(() => LogHas(server, "TLS reload skipped: materials unchanged"), "a look at unchanged files");
        File.WriteAllText(_certificates.ServerFile, "nothing of use");
        server.Clock.Advance(TimeSpan.FromSeconds(11));
        TestClock.WaitUntil(() => LogHas(server, "Background TLS reload failed"), "a look at the changed file");
        Assert.True(LogHas(server, $"Failed to parse X509 certificate from '{_certificates.ServerFile}'"));
        Assert.Equal("CN=Server", ServerName(server));
    }

    [Fact]
    public void Info_tells_of_certificates()
    {
        using TestServer server = new(settings =>
        {
            _certificates.Use(settings);
            settings.Tls.ClientCertificateFile = _certificates.ServerFile;
            settings.Tls.ClientKeyFile = _certificates.ServerKeyFile;
        });
        using RespClient client = _certificates.Connect(server);
        string[] lines = client.Line("INFO tls").Text.Split("\r\n");
        Assert.Equal(("# TLS", "tls_server_cert_serial:1001AB"), (lines[0], lines[1]));
        Assert.Equal("tls_client_cert_serial:1001AB", lines[3]);
        Assert.StartsWith("tls_ca_cert_serial:", lines[5], StringComparison.Ordinal);
        Assert.All((int[])[2, 4, 6], i => Assert.True(long.Parse(lines[i].Split(':')[1]) > 0));
        server.OnEngine(engine => engine.Settings.Tls.Port = 0);
        Assert.Contains("tls_server_cert_serial:none\r\ntls_server_cert_expires_in_seconds:0\r\n", client.Line("INFO tls").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_without_certificates_does_not_start()
    {
        using TestDirectory directory = new();
        using ServerRun run = new(directory.Path, null, "--port", "0", "--tls-port", FreePorts.Take().ToString());
        (int code, string output, _) = run.End();
        Assert.Equal(1, code);
        Assert.Contains("# No tls-cert-file configured!", output, StringComparison.Ordinal);
        Assert.Contains("# Failed to configure TLS. Check logs for more info.", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_changes_between_TLS_and_none()
    {
        using TestDirectory directory = new();
        int port = FreePorts.Take();
        using ServerRun run = new(directory.Path, null, "--port", "0", "--tls-port", port.ToString(), "--save", "",
            "--tls-cert-file", _certificates.ServerFile, "--tls-key-file", _certificates.ServerKeyFile, "--tls-ca-cert-file", _certificates.AuthorityFile);
        run.ReadUntil("Ready to accept connections tls");
        using (RespClient client = Certificates.Connect(port, _certificates.Client))
        {
            Assert.Contains($"listener2:name=tls,bind=*,bind=-::*,port={port}\r\n", client.Line("INFO server").Text, StringComparison.Ordinal);
            Assert.Equal("OK", client.Line("CONFIG SET tls-port 0").Text);
            Assert.Equal("OK", client.Line("CONFIG SET port " + port).Text);
        }
        using (var client = new RespClient(port))
        {
            Assert.Equal("OK", client.Line("CONFIG SET port 0").Text);
            Assert.Equal("OK", client.Line("CONFIG SET tls-port " + port).Text);
        }
        using RespClient last = Certificates.Connect(port, _certificates.Client);
        Assert.Equal("PONG", last.Line("PING").Text);
    }

    private static string Refused(string directive) =>
        $"ERR CONFIG SET failed (possibly related to argument '{directive}') - Unable to update TLS configuration. Check server logs.";

    private static bool LogHas(TestServer server, string text) => server.LogLines.ToString().Contains(text, StringComparison.Ordinal);

    private string ServerName(TestServer server)
    {
        using RespClient client = _certificates.Connect(server);
        return ((SslStream)client.Secured!).RemoteCertificate!.Subject;
    }
}
