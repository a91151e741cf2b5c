using System.Globalization;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Server;

/// <summary>Unix sockets, and what INFO tells of listeners, of a server with either transport.</summary>
public abstract class UnixSocketTests(string transport) : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string Socket => Path.Combine(_directory.Path, "sigrun.sock");

    public void Dispose()
    {
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_server_may_have_nothing_but_a_Unix_socket()
    {
        File.WriteAllText(Socket, "left behind");
        using ServerRun run = Start("--port", "0", "--unixsocketperm", "750", "--loglevel", "verbose");
        List<string> log = run.ReadUntil("Ready to accept connections");
        Assert.EndsWith("* Ready to accept connections unix", log[^1], StringComparison.Ordinal);
        Assert.Equal((UnixFileMode)488, new FileInfo(Socket).UnixFileMode);
        using (var client = new RespClient(Socket))
        {
            Assert.Equal("PONG", client.Line("PING").Text);
            Assert.Equal([$"listener1:name=unix,bind={Socket}"], ListenerLines(client));
            string line = client.Line("CLIENT INFO").Text;
            Assert.Contains($" addr=[{Socket}:0]:0 laddr=[{Socket}:0]:0 ", line, StringComparison.Ordinal);
            Assert.Contains(" flags=U ", line, StringComparison.Ordinal);
        }
        run.Signal("TERM");
        (int code, string rest, _) = run.End();
        Assert.Equal(0, code);
        Assert.Contains($"- Accepted connection to {Socket}\n", rest, StringComparison.Ordinal);
        Assert.Matches("(?s) \\* Removing the unix socket file\\.\n.*bye bye", rest);
        Assert.False(File.Exists(Socket));
    }

    [Fact]
    public void Clients_of_a_Unix_socket_are_local_and_named_for_it()
    {
        using ServerRun run = Start("--port", "0", "--enable-debug-command", "local");
        run.ReadUntil("Ready to accept connections");
        using var client = new RespClient(Socket);
        using var other = new RespClient(Socket);
        Assert.Equal("OK", other.Line("MONITOR").Text);
        Assert.Equal("OK", client.Line("DEBUG SLEEP 0").Text);
        Assert.Equal("PONG", client.Line("PING").Text);
        Assert.EndsWith($" [0 unix:{Socket}] \"PING\"", other.Read().Text, StringComparison.Ordinal);
        Assert.Equal("0", client.Send("CLIENT", "KILL", "IP", Socket + ":0").Text);
        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'unixsocket') - can't set immutable config",
            client.Line("CONFIG SET unixsocket /elsewhere").Text);
        Assert.Equal("1", client.Send("CLIENT", "KILL", "LADDR", $"[{Socket}:0]:0").Text);
        Assert.Equal("", other.ReadToEnd());
    }

    [Fact]
    public void Clients_of_a_Unix_socket_count_towards_the_most_there_may_be()
    {
        using ServerRun run = Start("--port", "0", "--maxclients", "1");
        run.ReadUntil("Ready to accept connections");
        using var client = new RespClient(Socket);
        Assert.Equal("PONG", client.Line("PING").Text);
        using var refused = new RespClient(Socket);
        Assert.Equal("-ERR max number of clients reached\r\n", refused.ReadToEnd());
        string stats = client.Line("INFO stats").Text;
        Assert.Contains("total_connections_received:1\r\n", stats, StringComparison.Ordinal);
        Assert.Contains("rejected_connections:1\r\n", stats, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing/sigrun.sock", null, "bind: No such file or directory")]
    [InlineData("..", null, "bind: Address already in use")]
    [InlineData("a.sock", "nobody-knows-it", "getgrnam error for group 'nobody-knows-it': Success")]
    public void A_socket_that_cannot_be_made_ends_the_start(string path, string? group, string error)
    {
        AssertFails(error, ["--unixsocket", path, .. (string[])(group is null ? [] : ["--unixsocketgroup", group])]);
    }

    [Fact]
    public void A_path_that_is_a_byte_too_long_ends_the_start() =>
        AssertFails("unix socket path too long (108), must be under 108", "--unixsocket", new string('0', 108));

    [Fact]
    public void INFO_tells_what_is_listened_on_while_ports_and_addresses_change()
    {
        int port = FreePorts.Take();
        using ServerRun run = Start("--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "-203.0.113.1");
        run.ReadUntil("Ready to accept connections unix");
        using var client = new RespClient(Socket);
        string unix = $"listener1:name=unix,bind={Socket}";
        Assert.Equal([$"listener0:name=tcp,bind=127.0.0.1,port={port}", unix], ListenerLines(client));
        Assert.Equal("OK", client.Line("CONFIG SET port 0").Text);
        Assert.Equal(["listener0:name=tcp", unix], ListenerLines(client));
        Assert.Equal("OK", client.Line($"CONFIG SET port {port}").Text);
        Assert.Equal("OK", client.Send("CONFIG", "SET", "bind", "127.0.0.1 127.0.0.2").Text);
        Assert.Equal([$"listener0:name=tcp,bind=127.0.0.1,bind=127.0.0.2,port={port}", unix], ListenerLines(client));
        using (var second = new RespClient(port, "127.0.0.2")) Assert.Equal("PONG", second.Line("PING").Text);
        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.",
            client.Line("CONFIG SET bind 203.0.113.1").Text);
        Assert.Equal([$"listener0:name=tcp,bind=127.0.0.1,bind=127.0.0.2,port={port}", unix], ListenerLines(client));
    }

    private void AssertFails(string error, params string[] arguments)
    {
        using ServerRun run = new(_directory.Path, null, ["--port", "0", "--save", "", "--transport", transport, .. arguments]);
        (int code, string output, _) = run.End();
        Assert.Equal(1, code);
        Assert.EndsWith("# Failed opening Unix socket: " + error + "\n", output, StringComparison.Ordinal);
    }

    private static string[] ListenerLines(RespClient client) =>
        [.. client.Line("INFO server").Text.Split("\r\n").Where(line => line.StartsWith("listener", StringComparison.Ordinal))];

    private ServerRun Start(params string[] arguments) => new(_directory.Path, null, ["--save", "", "--transport", transport, "--unixsocket", Socket, .. arguments]);
}

public sealed class EpollUnixSocketTests() : UnixSocketTests("epoll");

public sealed class PortableUnixSocketTests() : UnixSocketTests("sockets");
