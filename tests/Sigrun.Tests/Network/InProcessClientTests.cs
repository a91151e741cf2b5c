using System.IO.Pipelines;
using Sigrun.Configuration;
using Sigrun.Network;
using Sigrun.Network.Pipes;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Network;

/// <summary>Clients of the same process, which have no socket.</summary>
public sealed class InProcessClientTests
{
    [Theory]
    [InlineData(Transport.Epoll, 1)]
    [InlineData(Transport.Epoll, 3)]
    [InlineData(Transport.Sockets, 1)]
    [InlineData(Transport.Sockets, 3)]
    public void Requests_of_any_size_are_answered(Transport transport, int ioThreads)
    {
        using TestServer server = Server(transport, ioThreads);
        using var client = new RespClient(server.ConnectInProcess());
        Assert.Equal("PONG", client.Line("PING").Text);
        // Far more than a pipe holds, in both directions.
        string large = string.Concat(Enumerable.Range(0, 200_000).Select(n => n.ToString("D7")));
        Assert.Equal("OK", client.Send("SET", "large", large).Text);
        Assert.Equal(large, client.Send("GET", "large").Text);
        client.WriteRaw(string.Concat(Enumerable.Repeat("INCR n\r\n", 3000)));
        for (int i = 1; i <= 3000; i++) Assert.Equal(i, client.Read().Number);
    }

    [Fact]
    public void The_client_is_one_of_this_host_and_of_nobodys_address()
    {
        using var server = new TestServer(settings => settings.Security.EnableDebugCommand = ProtectedAction.Local);
        using var client = new RespClient(server.ConnectInProcess());
        Assert.Contains(" addr=in-process:0 laddr=in-process:0 fd=-1 ", client.Line("CLIENT INFO").Text, StringComparison.Ordinal);
        Assert.Contains(" flags=N ", client.Line("CLIENT INFO").Text, StringComparison.Ordinal);
        Assert.Equal("OK", client.Line("DEBUG SLEEP 0").Text);
        Assert.Contains("connected_clients:1\r\n", client.Line("INFO clients").Text, StringComparison.Ordinal);
        Assert.Contains("total_connections_received:1\r\n", client.Line("INFO stats").Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Transport.Epoll)]
    [InlineData(Transport.Sockets)]
    public void It_hears_from_other_clients_and_they_from_it(Transport transport)
    {
        using TestServer server = Server(transport, 1);
        using var inside = new RespClient(server.ConnectInProcess());
        using RespClient outside = server.Connect();
        inside.Send("SUBSCRIBE", "a");
        Assert.Equal(1, outside.Send("PUBLISH", "a", "text").Number);
        Assert.Equal("text", inside.Read().Items[2].Text);
        outside.Write("BLPOP", "k", "0");
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Blocked.Count) == 1, "the other client waits");
        inside.Line("UNSUBSCRIBE a");
        Assert.Equal(1, inside.Line("RPUSH k v").Number);
        Assert.Equal("v", outside.Read().Items[1].Text);
    }

    [Fact]
    public void A_client_that_asks_no_more_gets_its_replies_and_goes()
    {
        using var server = new TestServer();
        using PipeEnd pipe = server.ConnectInProcess();
        var client = new RespClient(pipe);
        client.WriteRaw("PING\r\nPING\r\n");
        pipe.Output.Complete();
        Assert.Equal("+PONG\r\n+PONG\r\n", client.ReadToEnd());
        TestClock.WaitUntil(() => server.ClientCount == 0, "the client is gone");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_client_that_goes_while_it_waits_is_noticed_whatever_it_has_left_behind(int ioThreads)
    {
        using TestServer server = Server(Transport.Epoll, ioThreads);
        PipeEnd pipe = server.ConnectInProcess();
        var client = new RespClient(pipe);
        client.Write("BLPOP", "k", "0");
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Blocked.Count) == 1, "the client waits");
        client.WriteRaw("PING\r\n");
        pipe.Dispose();
        TestClock.WaitUntil(() => server.ClientCount == 0, "the client is gone");
    }

    [Fact]
    public void A_client_that_is_killed_sees_the_end()
    {
        using var server = new TestServer();
        using var client = new RespClient(server.ConnectInProcess());
        using RespClient other = server.Connect();
        Assert.Equal("PONG", client.Line("PING").Text);
        Assert.Equal(1, other.Line("CLIENT KILL ADDR in-process:0").Number);
        Assert.Equal("", client.ReadToEnd());
    }

    [Fact]
    public async Task Whoever_fills_a_pipe_that_is_not_emptied_waits()
    {
        using var server = new TestServer();
        using PipeEnd pipe = server.ConnectInProcess();
        using RespClient other = server.Connect();
        new RespClient(pipe).Write("BLPOP", "k", "0");
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Blocked.Count) == 1, "the client waits");
        byte[] ping = RespClient.Request("PING");
        int written = 0;
        ValueTask<FlushResult> flush;
        do
        {
            Assert.InRange(written, 0, 1 << 20);
            flush = pipe.Output.WriteAsync(ping);
            written += ping.Length;
        }
        while (flush.IsCompletedSuccessfully);
        Assert.Equal(1, other.Line("RPUSH k v").Number);
        Assert.False((await flush).IsCompleted);
    }

    [Fact]
    public void A_client_that_does_not_read_is_closed_at_the_output_limit()
    {
        using var server = new TestServer(settings => settings.Network.OutputBufferLimits[0] = new OutputBufferLimit(1 << 20, 0, 0));
        using PipeEnd pipe = server.ConnectInProcess();
        var client = new RespClient(pipe);
        client.Send("SET", "k", new string('x', 10_000));
        client.WriteRaw(string.Concat(Enumerable.Repeat("GET k\r\n", 1000)));
        TestClock.WaitUntil(() => server.ClientCount == 0, "the client is closed");
        Assert.Contains(" scheduled to be closed ASAP for overcoming of output buffer limits.", server.LogLines.ToString(), StringComparison.Ordinal);
        Assert.InRange(client.ReadToEnd().Length, 1, 200_000);
    }

    [Fact]
    public void A_client_too_many_is_told_so()
    {
        using var server = new TestServer(settings => settings.Network.MaxClients = 1);
        using var first = new RespClient(server.ConnectInProcess());
        Assert.Equal("PONG", first.Line("PING").Text);
        using var second = new RespClient(server.ConnectInProcess());
        Assert.Equal("-ERR max number of clients reached\r\n", second.ReadToEnd());
    }

    [Fact]
    public void When_the_server_ends_so_do_its_clients()
    {
        var server = new TestServer();
        using var client = new RespClient(server.ConnectInProcess());
        Assert.Equal("PONG", client.Line("PING").Text);
        server.Dispose();
        Assert.Equal("", client.ReadToEnd());
        using var late = new RespClient(server.ConnectInProcess());
        Assert.Equal("", late.ReadToEnd());
    }

    private static TestServer Server(Transport transport, int ioThreads) => new(settings =>
    {
        settings.Network.Transport = transport == Transport.Epoll ? TransportChoice.Epoll : TransportChoice.Sockets;
        settings.Network.IoThreads = ioThreads;
    });
}
