using Sigrun.Cli.Tests.Harness;

namespace Sigrun.Cli.Tests;

/// <summary>Encrypted connections: who is trusted, who has a certificate, and what is wrong with files and names.</summary>
[Collection(ServerCollection.Name)]
public sealed class TlsTests(ServerFixture server)
{
    private string[] Client => ["--cert", server.ClientCertificate.Certificate, "--key", server.ClientCertificate.Key];

    [Theory]
    [InlineData]
    [InlineData("--sni", "example.com")]
    [InlineData("--tls-ciphersuites", "TLS_AES_128_GCM_SHA256")]
    [InlineData("--tls-ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384")]
    public void Both_sides_have_certificates(params string[] arguments) =>
        Assert.Equal(new CliRun("PONG\n", "", 0), Run(["--tls", "--cacert", server.Authority, .. Client, .. arguments, "ping"]));

    [Fact]
    public void Addresses_can_ask_for_it() =>
        Assert.Equal(new CliRun("PONG\n", "", 0), Run(["-u", $"valkeys://127.0.0.1:{server.TlsPort}/2", "--cacert", server.Authority, .. Client, "ping"]));

    [Fact]
    public void Nobody_is_trusted_without_reason()
    {
        CliRun run = Run(["--tls", .. Client, "ping"]);
        Assert.Equal(new CliRun("", $"Could not connect to Valkey at 127.0.0.1:{server.TlsPort}: SSL_connect failed: certificate verify failed\n", 1), run);
        Assert.Equal("PONG\n", Run(["--tls", "--insecure", .. Client, "ping"]).Output);
    }

    [Fact]
    public void Servers_may_want_a_certificate() => Assert.Equal(1, Run("--tls", "--cacert", server.Authority, "ping").ExitCode);

    [Theory]
    [InlineData("--cacert", "Invalid CA Certificate File/Directory")]
    [InlineData("--cacertdir", "Invalid CA Certificate File/Directory")]
    [InlineData("--cert", "Invalid client certificate")]
    [InlineData("--key", "Invalid private key")]
    [InlineData("--tls-ciphers", "Error while configuring ciphers")]
    [InlineData("--tls-ciphersuites", "Error while setting cypher suites")]
    public void What_cannot_be_used_is_named(string option, string message)
    {
        CliRun run = Run(["--tls", "--cacert", server.Authority, .. Client, option, "/nosuch", "--bigkeys"]);
        Assert.Equal(new CliRun("", $"Could not negotiate a TLS connection: {message}\n", 1), run);
    }

    /// <summary>Whoever waits for the socket must not wait for what TLS has taken from it already.</summary>
    [Fact]
    public void Messages_come_through_at_once()
    {
        using Client.ServerConnection own = server.Connect();
        string client = string.Join(' ', Client);
        using var terminal = new TerminalSession($"-p {server.TlsPort} --tls --cacert {server.Authority} {client}", ("TERM", "xterm"), ("VALKEYCLI_HISTFILE", "/dev/null"));
        terminal.WaitFor("> ");
        terminal.Type("subscribe tls:c\r");
        terminal.WaitFor("Reading messages");
        for (int i = 0; i < 20; i++) own.Append("PUBLISH"u8.ToArray(), "tls:c"u8.ToArray(), [(byte)('a' + i)]);
        own.Append("PING"u8.ToArray());
        for (int i = 0; i <= 20; i++) own.Read();
        terminal.WaitFor("3) \"t\"");
        terminal.WaitFor("Reading messages");
        terminal.Type("\u0003");
        terminal.WaitFor("> ");
        terminal.Type("quit\r");
        Assert.Equal(0, terminal.WaitForEnd());
    }

    private CliRun Run(params string[] arguments) => server.Run(["-p", $"{server.TlsPort}", .. arguments]);
}
