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
        using ServerRun run = ServerRun.WithFiles(limit, _directory.Path, "--port", FreePorts.Take().ToString());
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
        int port = FreePorts.Take();
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

    [Theory]
    [InlineData("TERM", "--shutdown-on-sigterm", "save", "", true)]
    [InlineData("INT", "--shutdown-on-sigint", "save now", "", true)]
    [InlineData("TERM", "--shutdown-on-sigterm", "nosave force", "3600 1", false)]
    [InlineData("INT", "--shutdown-on-sigterm", "nosave", "3600 1", true)]
    public void SignalsSaveAsConfigured(string signal, string directive, string value, string savePoints, bool saves)
    {
        using ServerRun run = StartWithKey(out RespClient client, directive, value, "--save", savePoints);
        client.Dispose();
        run.Signal(signal);
        Assert.Equal(0, run.End().Code);
        Assert.Equal(saves, File.Exists(Path.Combine(_directory.Path, "dump.rdb")));
    }

    [Fact]
    public void AnInterruptEndsAServerInTheBackgroundToo()
    {
        using ServerRun run = ServerRun.InBackground(_directory.Path, "--port", $"{FreePorts.Take()}", "--save", "");
        run.ReadUntil("Ready to accept");
        run.Signal("INT");
        (int code, string output, _) = run.End();
        Assert.Equal(0, code);
        Assert.Contains("Received SIGINT scheduling shutdown...", output, StringComparison.Ordinal);
    }

    /// <summary>A directory is where the file should be.</summary>
    [Fact]
    public void ASignalThatCannotSaveEndsTheServerOnlyByForce()
    {
        using ServerRun run = StartWithKey(out RespClient client, "--shutdown-on-sigterm", "save", "--save", "");
        _directory.Write("dump.rdb/marker", "");
        run.Signal("TERM");
        run.ReadUntil("Error trying to save the DB, can't exit.");
        run.ReadUntil("Errors trying to shut down the server. Check the logs for more information.");
        Assert.Equal("OK", client.Send("CONFIG", "SET", "shutdown-on-sigterm", "save force").Text);
        run.Signal("TERM");
        client.Dispose();
        (int code, string output, _) = run.End();
        Assert.Equal(0, code);
        Assert.Contains("Error trying to save the DB. Exit anyway.", output, StringComparison.Ordinal);
    }

    /// <summary>Nobody waits for a snapshot then, and nothing of it is left.</summary>
    [Fact]
    public void ASecondInterruptEndsTheServerAtOnce()
    {
        using ServerRun run = StartWithKey(out RespClient client, "--shutdown-on-sigint", "save", "--save", "", "--rdb-key-save-delay", "30000000");
        run.Signal("INT");
        TestClock.WaitUntil(() => File.Exists(Path.Combine(_directory.Path, $"temp-{run.Id}.rdb")), "the snapshot");
        run.Signal("INT");
        (int code, string output, _) = run.End();
        client.Dispose();
        Assert.Equal(1, code);
        Assert.Contains("You insist... exiting now.", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public void ASignalCanBeTakenBack()
    {
        using ServerRun run = StartWithKey(out RespClient client, "--enable-debug-command", "yes", "--save", "");
        Assert.Equal("OK", client.Send("DEBUG", "PAUSE-CRON", "1").Text);
        run.Signal("TERM");
        run.ReadUntil("Received SIGTERM scheduling shutdown...");
        TestClock.WaitUntil(() => client.Send("SHUTDOWN", "ABORT").Text == "OK", "the signal");
        run.ReadUntil("Shutdown manually aborted.");
        Assert.Equal("OK", client.Send("DEBUG", "PAUSE-CRON", "0").Text);
        Assert.Equal("ERR No shutdown in progress.", client.Send("SHUTDOWN", "ABORT").Text);
        client.Dispose();
        run.Signal("TERM");
        Assert.Equal(0, run.End().Code);
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
        int port = FreePorts.Take();
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
        int first = FreePorts.Take();
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

        int second = FreePorts.Take();
        Assert.Equal("OK", client.Send("CONFIG", "SET", "port", second.ToString()).Text);
        using RespClient moved = new(second);
        Assert.Equal("PONG", moved.Send("PING").Text);
    }

    [Fact]
    public void PasswordsDoNotShowInTheSlowLog()
    {
        int port = FreePorts.Take();
        using ServerRun run = new(_directory.Path, null, "--port", port.ToString(), "--save", "", "--slowlog-log-slower-than", "0");
        run.ReadUntil("Ready to accept");
        using RespClient client = new(port);
        client.Send("CONFIG", "SET", "timeout", "5", "masterauth", "secret", "unknown", "1");
        string log = client.Send("SLOWLOG", "GET", "1").ToString();
        Assert.Contains("\"timeout\", \"5\", \"masterauth\", \"(redacted)\", \"unknown\", \"1\"", log, StringComparison.Ordinal);
    }

    /// <summary>A server with a key that is not saved, and a client of it.</summary>
    private ServerRun StartWithKey(out RespClient client, params string[] arguments)
    {
        int port = FreePorts.Take();
        var run = new ServerRun(_directory.Path, null, ["--port", port.ToString(), .. arguments]);
        run.ReadUntil("Ready to accept");
        client = new RespClient(port);
        Assert.Equal("OK", client.Send("SET", "k", "v").Text);
        return run;
    }
}
