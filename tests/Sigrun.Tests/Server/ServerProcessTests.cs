using System.Net;
using System.Net.Sockets;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Server;

public sealed class ServerProcessTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void ABadLineIsReportedOnStandardError()
    {
        using ServerRun run = new(_directory.Path, null, "--port", "6379", "6380");
        Assert.Equal((1, "", "\n*** FATAL CONFIG FILE ERROR (Version 9.1.0) ***\nReading the configuration file, at line 2\n"
            + ">>> 'port \"6379\" \"6380\"'\nwrong number of arguments\n"), run.End());
    }

    [Fact]
    public void AFileThatIsMissingIsReportedInTheLog()
    {
        using ServerRun run = new(_directory.Path, null, "missing.conf");
        (int code, string output, string error) = run.End();
        Assert.Equal((1, ""), (code, error));
        Assert.Matches($@"^{run.Id}:M \d\d \w\w\w \d{{4}} \d\d:\d\d:\d\d\.\d\d\d # Fatal error, can't open config file "
            + $"'{_directory.Path}/missing.conf': No such file or directory\n$", output);
    }

    /// <summary>Where the limit is too low even to load the program, and where it is too low to serve anybody.</summary>
    [Theory]
    [InlineData(26)]
    [InlineData(32)]
    [InlineData(50)]
    public void ALowLimitOnFilesIsReported(int limit)
    {
        using ServerRun run = ServerRun.WithFiles(limit, _directory.Path, "--port", ServerRun.FreePort().ToString());
        (int code, string output, string error) = run.End();
        Assert.Equal(1, code);
        Assert.Contains("is not enough for the server to start. Please increase", output + error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public void StartsInOrderServesAndStopsOnASignal(string signal)
    {
        int port = ServerRun.FreePort();
        _directory.Write("data/marker", "");
        _directory.Write("a.conf", $"port {port}\nalways-show-logo yes\npidfile server.pid\ndir data\nsave ''\n");
        using ServerRun run = new(_directory.Path, null, "a.conf");
        List<string> lines = run.ReadUntil("Ready to accept connections tcp");
        string[] expected = ["Sigrun is starting", $"pid={run.Id}, just started", "Configuration loaded", $"Port: {port}", $" PID: {run.Id}", "Server initialized", "Ready to accept"];
        Assert.Equal(expected, expected.OrderBy(text => lines.FindIndex(line => line.Contains(text, StringComparison.Ordinal))));
        Assert.All(expected, text => Assert.Contains(lines, line => line.Contains(text, StringComparison.Ordinal)));
        string pidFile = Path.Combine(_directory.Path, "data", "server.pid");
        Assert.Equal($"{run.Id}\n", File.ReadAllText(pidFile));

        using (RespClient client = new(port))
        {
            Assert.Equal("PONG", client.Send("PING").Text);
        }

        run.Signal("HUP");
        run.Signal(signal);
        (int code, string output, string error) = run.End();
        Assert.Equal((0, ""), (code, error));
        Assert.Contains($"Received SIG{signal} scheduling shutdown...\n", output, StringComparison.Ordinal);
        Assert.EndsWith("# Sigrun is now ready to exit, bye bye...\n", output, StringComparison.Ordinal);
        Assert.False(File.Exists(pidFile));
    }

    [Fact]
    public void ConfigurationComesFromStandardInputToo()
    {
        using ServerRun run = new(_directory.Path, "port 0\ntimeout x\n", "-");
        (int code, string output, string error) = run.End();
        Assert.Equal(1, code);
        Assert.EndsWith("* Reading config from stdin\n", output, StringComparison.Ordinal);
        Assert.Contains("at line 2\n>>> 'timeout x'\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public void APortInUseEndsTheStart()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        socket.Listen();
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        using ServerRun run = new(_directory.Path, null, "--port", port.ToString(), "--bind", "127.0.0.1", "--save", "");
        (int code, string output, _) = run.End();
        Assert.Equal(1, code);
        Assert.Contains($"# Warning: Could not create server TCP listening socket 127.0.0.1:{port}: bind: Address already in use\n", output, StringComparison.Ordinal);
        Assert.EndsWith($"# Failed listening on port {port} (tcp), aborting.\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void AnOptionalAddressMayBeMissing()
    {
        int port = ServerRun.FreePort();
        using ServerRun run = new(_directory.Path, null, "--port", port.ToString(), "--bind", "127.0.0.1 -192.0.2.1", "--save", "");
        Assert.Contains("Ready to accept", run.ReadUntil("Ready to accept")[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void ListeningNowhereEndsTheStart()
    {
        using ServerRun run = new(_directory.Path, null, "--port", "0", "--save", "");
        (int code, string output, _) = run.End();
        Assert.Equal(1, code);
        Assert.EndsWith("# Configured to not listen anywhere, exiting.\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--version", 0, "^Sigrun server v=9\\.1\\.0 ", "^$")]
    [InlineData("-v", 0, "^Sigrun server v=9\\.1\\.0 ", "^$")]
    [InlineData("--help", 0, "^Usage: ", "^$")]
    [InlineData("--test-memory", 1, "^$", "^This program does not test memory")]
    [InlineData("--check-system", 1, "^$", "^This program does not check the system")]
    public void SpecialOptionsDoNotServe(string option, int code, string output, string error)
    {
        using ServerRun run = new(_directory.Path, null, option);
        (int Code, string Output, string Error) end = run.End();
        Assert.Equal(code, end.Code);
        Assert.Matches(output, end.Output);
        Assert.Matches(error, end.Error);
    }

    [Fact]
    public void ChangesAtRunTimeMoveTheListenerOrAreUndone()
    {
        int first = ServerRun.FreePort();
        using ServerRun run = new(_directory.Path, null, "--port", first.ToString(), "--bind", "127.0.0.1", "--save", "");
        run.ReadUntil("Ready to accept");
        using RespClient client = new(first);
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        int used = ((IPEndPoint)taken.LocalEndPoint!).Port;
        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.",
            client.Send("CONFIG", "SET", "timeout", "5", "port", used.ToString()).Text);
        Assert.Equal("0", client.Send("CONFIG", "GET", "timeout").Items[1].Text);
        using (RespClient again = new(first))
        {
            Assert.Equal("PONG", again.Send("PING").Text);
        }

        int second = ServerRun.FreePort();
        Assert.Equal("OK", client.Send("CONFIG", "SET", "port", second.ToString()).Text);
        using RespClient moved = new(second);
        Assert.Equal("PONG", moved.Send("PING").Text);
    }

    [Fact]
    public void PasswordsDoNotShowInTheSlowLog()
    {
        int port = ServerRun.FreePort();
        using ServerRun run = new(_directory.Path, null, "--port", port.ToString(), "--save", "", "--slowlog-log-slower-than", "0");
        run.ReadUntil("Ready to accept");
        using RespClient client = new(port);
        client.Send("CONFIG", "SET", "timeout", "5", "masterauth", "secret", "unknown", "1");
        string log = client.Send("SLOWLOG", "GET", "1").ToString();
        Assert.Contains("\"timeout\", \"5\", \"masterauth\", \"(redacted)\", \"unknown\", \"1\"", log, StringComparison.Ordinal);
    }
}
