using System.Diagnostics;
using Sigrun.Client;
using Sigrun.Tests.Harness;

namespace Sigrun.Cli.Tests.Harness;

/// <summary>A server for all tests of the tool, as a process of its own on a free port; each test uses keys of its own.</summary>
public sealed class ServerFixture : IDisposable
{
    private const int ReadyTimeoutMs = 120_000;

    private readonly Process _process;
    private readonly string _directory = Directory.CreateTempSubdirectory("sigrun-cli-test-").FullName;

    public ServerFixture()
    {
        Port = FreePorts.Take();
        TlsPort = FreePorts.Take();
        var certificates = new Certificates(_directory);
        (string certificate, string key) = certificates.Sign("server");
        Authority = certificates.Authority;
        ClientCertificate = certificates.Sign("client");
        var ready = new ManualResetEventSlim();
        _process = new Process { StartInfo = new ProcessStartInfo(Programs.Server) { RedirectStandardOutput = true } };
        string[] arguments =
        [
            "--port", $"{Port}", "--save", "", "--dir", _directory, "--enable-debug-command", "yes",
            "--tls-port", $"{TlsPort}", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", Authority,
        ];
        foreach (string argument in arguments) _process.StartInfo.ArgumentList.Add(argument);
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("Ready to accept connections", StringComparison.Ordinal) == true) ready.Set();
        };
        _process.Start();
        _process.BeginOutputReadLine();
        Assert.True(ready.Wait(ReadyTimeoutMs), "The server does not start.");
    }

    public int Port { get; }

    /// <summary>Clients need certificates there.</summary>
    public int TlsPort { get; }

    /// <summary>File with the authority that has signed all certificates.</summary>
    public string Authority { get; }

    /// <summary>Files of a client.</summary>
    public (string Certificate, string Key) ClientCertificate { get; }

    /// <summary>A connection for the test itself.</summary>
    public ServerConnection Connect() => ServerConnection.Open(new ConnectionOptions { Port = Port });

    /// <summary>Runs the tool with the arguments of a command line.</summary>
    public CliRun Run(params string[] arguments) => CliRun.Start(Programs.Cli, [], "", ["-p", $"{Port}", .. arguments]);

    /// <summary>Runs the tool with something on the standard input.</summary>
    public CliRun RunWithInput(string input, params string[] arguments) => CliRun.Start(Programs.Cli, [], input, ["-p", $"{Port}", .. arguments]);

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}

/// <summary>Tests that share the server.</summary>
[CollectionDefinition(Name)]
public sealed class ServerCollection : ICollectionFixture<ServerFixture>
{
    public const string Name = "server";
}
