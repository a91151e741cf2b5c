using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sigrun.Tests.Harness;

namespace Sigrun.Benchmark.Tests;

/// <summary>Runs over encrypted connections.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sigrun-test-").FullName;
    private readonly int _port = FreePorts.Take();
    private readonly ServerProcess _server;

    public TlsTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Server", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(40), DateTimeOffset.UnixEpoch.AddYears(120));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        _server = ServerProcess.StartSigrun(
            "--tls-port", _port.ToString(CultureInfo.InvariantCulture), "--tls-cert-file", CertificateFile, "--tls-key-file", KeyFile, "--tls-ca-cert-file", CertificateFile);
    }

    private string CertificateFile => Path.Combine(_directory, "server.crt");

    private string KeyFile => Path.Combine(_directory, "server.key");

    private string Identity => $"-p {_port} --tls --cacert {CertificateFile} --cert {CertificateFile} --key {KeyFile}";

    [Theory]
    [InlineData("-c 20 -n 2000 -P 4", 2000)]
    [InlineData("-c 20 -n 100 -d 100000 --threads 2", 100)]
    [InlineData("-c 10 -n 30 -k 0", 30)]
    [InlineData("-c 2 -n 10 --tls-ciphersuites TLS_AES_128_GCM_SHA256 --sni server", 10)]
    public void Requests_arrive(string options, int expected)
    {
        Tool tool = Tool.Run($"{Identity} -q -t set {options}");
        Assert.Equal(0, tool.Exit);
        using RespClient client = _server.Connect();
        Assert.Contains($"cmdstat_set:calls={expected},", client.Line("info commandstats").Text);
    }

    [Fact]
    public void Those_who_do_not_trust_each_other_do_not_connect()
    {
        Tool tool = Tool.Run($"-p {_port} --tls --cert {CertificateFile} --key {KeyFile} -n 10");
        Assert.Equal((1, $"Could not connect to server at 127.0.0.1:{_port}: SSL_connect failed: certificate verify failed\n"), (tool.Exit, tool.Errors));
        Assert.Equal(0, Tool.Run($"-p {_port} --tls --insecure --cert {CertificateFile} --key {KeyFile} -q -n 10 -t set").Exit);
        Assert.Equal(1, Tool.Run($"-p {_port} --tls --insecure -q -n 10 -t set").Exit);
        Tool missing = Tool.Run($"-p {_port} --tls --cacert {CertificateFile}x -n 10");
        Assert.Equal((1, "Could not negotiate a TLS connection: Invalid CA Certificate File/Directory\n"), (missing.Exit, missing.Errors));
    }

    public void Dispose()
    {
        _server.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
