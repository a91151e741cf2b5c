using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Server;

/// <summary>What an operator sees of the process: its title, its score, its processors, whoever supervises it.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly int _port = FreePorts.Take();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void TheTitleTellsWhatTheTemplateSays()
    {
        _directory.Write("a.conf", $"port {_port}\nbind 127.0.0.1\nsave ''\n");
        using ServerRun run = new(_directory.Path, null, "a.conf");
        using RespClient client = ServerRun.Connect(_port);
        TestClock.WaitUntil(() => Title(run).EndsWith($"/sigrun-server 127.0.0.1:{_port}", StringComparison.Ordinal), "the title");
        Assert.Equal("OK", client.Send("CONFIG", "SET", "proc-title-template", " {{{config-file}} {port} {tls-port} {server-mode} ").Text);
        Assert.Equal($"{{{_directory.Path}/a.conf}} {_port} 0", Title(run));
        Assert.Contains("template format is invalid", client.Send("CONFIG", "SET", "proc-title-template", "{invalid}").Text, StringComparison.Ordinal);
        string longTitle = new('x', 400);
        Assert.Equal("OK", client.Send("CONFIG", "SET", "proc-title-template", longTitle).Text);
        Assert.Equal(longTitle[..255], Title(run));
        Assert.Equal("OK", client.Send("CONFIG", "SET", "proc-title-template", "short").Text);
        Assert.Equal("short", Title(run));
    }

    [Fact]
    public void TheTitleCanBeLeftAlone()
    {
        using ServerRun run = new(_directory.Path, null, "--port", $"{_port}", "--save", "", "--set-proc-title", "no");
        run.ReadUntil("Ready to accept");
        Assert.EndsWith($"--port\0{_port}\0--save\0\0--set-proc-title\0no", File.ReadAllText($"/proc/{run.Id}/cmdline").TrimEnd('\0'), StringComparison.Ordinal);
    }

    [Fact]
    public void TheLogTellsHowConnectionsEnd()
    {
        using ServerRun run = new(_directory.Path, null, "--port", $"{_port}", "--save", "", "--loglevel", "verbose");
        string address;
        using (RespClient client = ServerRun.Connect(_port))
        {
            address = client.LocalAddress;
            client.Send("PING");
        }
        Assert.Contains($" addr={address} laddr=127.0.0.1:{_port} fd=", run.ReadUntil("- Client closed connection id=")[^1], StringComparison.Ordinal);
        using RespClient waiting = ServerRun.Connect(_port);
        waiting.Write("BLPOP", "a", "0");
        using RespClient other = ServerRun.Connect(_port);
        TestClock.WaitUntil(() => other.Send("INFO", "clients").Text.Contains("blocked_clients:1", StringComparison.Ordinal), "the wait");
        waiting.EndOfRequests();
        Assert.Contains(" cmd=blpop ", run.ReadUntil("- Client closed connection id=")[^1], StringComparison.Ordinal);
        other.Reset();
        Assert.EndsWith("- Reading from client: Connection reset by peer", run.ReadUntil("Reading from client")[^1], StringComparison.Ordinal);
    }

    /// <summary>One is accepted per turn then, and nobody is forgotten.</summary>
    [Fact]
    public void ManyConnectAtOnce()
    {
        using ServerRun run = new(_directory.Path, null, "--port", $"{_port}", "--save", "", "--max-new-connections-per-cycle", "1");
        run.ReadUntil("Ready to accept");
        RespClient[] clients = [.. Enumerable.Range(0, 50).Select(_ => new RespClient(_port))];
        foreach (RespClient client in clients) client.Write("PING");
        foreach (RespClient client in clients) Assert.Equal("PONG", client.Read().Text);
        Assert.Equal("OK", clients[0].Send("CONFIG", "SET", "max-new-connections-per-cycle", "1000").Text);
        foreach (RespClient client in clients) client.Dispose();
    }

    /// <summary>Kernels can be built without multipath TCP: there the start fails, as it does in Valkey.</summary>
    [Fact]
    public void ConnectionsMayGoOverSeveralNetworks()
    {
        using ServerRun run = new(_directory.Path, null, "--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--mptcp", "yes", "--socket-mark-id", "42");
        if (MultipathSockets() < 0)
        {
            Assert.Equal(1, run.End().Code);
            return;
        }
        run.ReadUntil("Ready to accept");
        using RespClient client = ServerRun.Connect(_port);
        Assert.Equal("PONG", client.Send("PING").Text);
        Assert.True(MultipathSockets() > 0);
    }

    /// <summary>The sockets of the kind that are open on this host; −1 where there can be none.</summary>
    private static int MultipathSockets()
    {
        string? line = File.ReadLines("/proc/net/protocols").FirstOrDefault(line => line.StartsWith("MPTCP ", StringComparison.Ordinal));
        return line is null ? -1 : int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], CultureInfo.InvariantCulture);
    }

    /// <summary>The title lies where the environment was.</summary>
    [Fact]
    public void TheEnvironmentSurvivesTheTitle()
    {
        using ServerRun run = ServerRun.WithVariable("TZ", "UTC-5:30", _directory.Path, "--port", $"{_port}", "--save", "",
            "--log-timestamp-format", "iso8601", "--proc-title-template", new string('x', 4000));
        run.ReadUntil("Ready to accept");
        run.Signal("TERM");
        Assert.Contains("+05:30 # Sigrun is now ready to exit", run.End().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void TheOomScoreFollowsTheDirectivesAndComesBack()
    {
        using ServerRun run = new(_directory.Path, null, "--port", $"{_port}", "--save", "");
        using RespClient client = ServerRun.Connect(_port);
        int before = OomScore(run);
        Assert.Equal("OK", client.Send("CONFIG", "SET", "oom-score-adj-values", "15 20 30", "oom-score-adj", "yes").Text);
        Assert.Equal(before + 15, OomScore(run));
        Assert.Equal("OK", client.Send("CONFIG", "SET", "oom-score-adj-values", $"{before + 20} 2000 2000", "oom-score-adj", "absolute").Text);
        Assert.Equal(before + 20, OomScore(run));
        Assert.Equal("OK", client.Send("CONFIG", "SET", "oom-score-adj-values", "2000 2000 2000").Text);
        Assert.Equal(1000, OomScore(run));
        Assert.Equal("OK", client.Send("CONFIG", "SET", "oom-score-adj", "no").Text);
        Assert.Equal(before, OomScore(run));
    }

    [Fact]
    public void TheOomScoreIsSetAtTheStart()
    {
        using ServerRun run = new(_directory.Path, null, "--port", $"{_port}", "--save", "", "--oom-score-adj", "absolute", "--oom-score-adj-values", "700", "800", "900");
        TestClock.WaitUntil(() => OomScore(run) == 700, "the score");
    }

    [Fact]
    public void ThreadsRunOnTheirProcessors()
    {
        using ServerRun run = new(_directory.Path, null, "--port", $"{_port}", "--save", "", "--io-threads", "2", "--server-cpulist", "0");
        run.ReadUntil("Ready to accept");
        TestClock.WaitUntil(() => ProcessorsOf(run, "sigrun-server") == "0", "the engine's thread");
        TestClock.WaitUntil(() => ProcessorsOf(run, "io-1") == "0", "the I/O thread");
        TestClock.WaitUntil(() => ProcessorsOf(run, "log") is { } free && free == ProcessorsOf(run, "signals"), "the log's thread");
    }

    [Fact]
    public void ThreadsInTheBackgroundHaveAListOfTheirOwn()
    {
        using ServerRun run = new(_directory.Path, null, "--port", $"{_port}", "--save", "", "--bio-cpulist", "0");
        run.ReadUntil("Ready to accept");
        TestClock.WaitUntil(() => ProcessorsOf(run, "log") == "0", "the log's thread");
        TestClock.WaitUntil(() => ProcessorsOf(run, "sigrun-server") is { } free && free == ProcessorsOf(run, "signals"), "the engine's thread");
    }

    [Theory]
    [InlineData("systemd")]
    [InlineData("auto")]
    public void SystemdHearsOfTheStartAndOfTheEnd(string mode)
    {
        string path = Path.Combine(_directory.Path, "notify");
        using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        socket.Bind(new UnixDomainSocketEndPoint(path));
        // A process that is supervised stays where it is.
        using ServerRun run = ServerRun.WithVariable("NOTIFY_SOCKET", path, _directory.Path, "--port", $"{_port}", "--save", "3600 1", "--supervised", mode, "--daemonize", "yes");
        Assert.Equal("STATUS=Sigrun is loading...\n", Receive(socket));
        Assert.Equal("STATUS=Ready to accept connections\n", Receive(socket));
        Assert.Equal("READY=1\n", Receive(socket));
        using (RespClient client = ServerRun.Connect(_port))
        {
            Assert.Contains("process_supervised:systemd\r\n", client.Send("INFO", "server").Text, StringComparison.Ordinal);
        }
        run.Signal("TERM");
        Assert.Equal("STOPPING=1\n", Receive(socket));
        Assert.Equal("STATUS=Saving the final RDB snapshot\n", Receive(socket));
        (int code, string output, _) = run.End();
        Assert.Equal(0, code);
        Assert.Contains("* Supervised by systemd. Please make sure", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("systemd", "# systemd supervision error: NOTIFY_SOCKET not found!")]
    [InlineData("upstart", "# upstart supervision requested, but UPSTART_JOB not found!")]
    public void ASupervisorThatIsNotThereIsMissedInTheLog(string mode, string line)
    {
        using ServerRun run = new(_directory.Path, null, "--port", $"{_port}", "--save", "", "--supervised", mode);
        Assert.Contains(run.ReadUntil("Ready to accept"), text => text.EndsWith(line, StringComparison.Ordinal));
        using RespClient client = ServerRun.Connect(_port);
        Assert.Contains("process_supervised:no\r\n", client.Send("INFO", "server").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void UpstartLetsTheServerGoOnWhenItHasStopped()
    {
        using ServerRun run = ServerRun.WithVariable("UPSTART_JOB", "sigrun", _directory.Path, "--port", $"{_port}", "--save", "", "--supervised", "auto");
        TestClock.WaitUntil(() => File.ReadAllText($"/proc/{run.Id}/stat").Contains(") T ", StringComparison.Ordinal), "the stop");
        run.Signal("CONT");
        using RespClient client = ServerRun.Connect(_port);
        Assert.Contains("process_supervised:upstart\r\n", client.Send("INFO", "server").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void ADaemonLeavesItsIdAndItsLogBehind()
    {
        string pidFile = Path.Combine(_directory.Path, "server.pid");
        using ServerRun run = new(_directory.Path, null, "--port", $"{_port}", "--save", "", "--daemonize", "yes", "--pidfile", pidFile, "--logfile", "server.log");
        Assert.Equal((0, "", ""), run.End());
        using RespClient client = ServerRun.Connect(_port);
        string id = File.ReadAllText(pidFile).TrimEnd();
        Assert.Contains($"process_id:{id}\r\n", client.Send("INFO", "server").Text, StringComparison.Ordinal);
        client.WriteRaw(RespClient.Request("SHUTDOWN"));
        TestClock.WaitUntil(() => !Directory.Exists("/proc/" + id), "the end");
        Assert.False(File.Exists(pidFile));
        Assert.Contains("Sigrun is now ready to exit", File.ReadAllText(Path.Combine(_directory.Path, "server.log")), StringComparison.Ordinal);
    }

    private static string Title(ServerRun run) => File.ReadAllText($"/proc/{run.Id}/cmdline").TrimEnd('\0');

    /// <summary>The first line: where the score changes while the file is read, there is a second one.</summary>
    private static int OomScore(ServerRun run) => int.Parse(File.ReadAllText($"/proc/{run.Id}/oom_score_adj").Split('\n')[0]);

    private static string? ProcessorsOf(ServerRun run, string thread)
    {
        foreach (string task in Directory.GetDirectories($"/proc/{run.Id}/task"))
        {
            try
            {
                if (File.ReadAllText(task + "/comm").TrimEnd() == thread)
                    return File.ReadLines(task + "/status").First(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1];
            }
            catch (IOException)
            {
                // The thread has ended meanwhile.
            }
        }
        return null;
    }

    private static string Receive(Socket socket)
    {
        byte[] bytes = new byte[4096];
        return Encoding.UTF8.GetString(bytes, 0, socket.Receive(bytes));
    }
}
