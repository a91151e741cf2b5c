using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Security.Tls;

/// <summary>What clients send and receive over TLS, and connections that end when they should not.</summary>
public sealed class TlsConnectionTests : IDisposable
{
    private readonly Certificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Both_ports_serve_the_same_data(int ioThreads)
    {
        using TestServer server = Start(ioThreads);
        using RespClient plain = server.Connect();
        using RespClient secured = _certificates.Connect(server);
        Assert.Equal("OK", secured.Line("SET k v").Text);
        Assert.Equal("v", plain.Line("GET k").Text);
        Assert.Contains("proto", secured.Line("HELLO 3").ToString(), StringComparison.Ordinal);
        Assert.Equal("v", secured.Line("GET k").Text);
    }

    /// <summary>Replies of many megabytes that nobody reads: the socket takes a part of a record, and the rest later.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Large_values_go_both_ways(int ioThreads)
    {
        using TestServer server = Start(ioThreads);
        using RespClient client = _certificates.Connect(server);
        byte[] value = RandomNumberGenerator.GetBytes(9_000_001);
        Assert.Equal("OK", client.Send("SET"u8.ToArray(), "k"u8.ToArray(), value).Text);
        for (int i = 0; i < 4; i++) client.Write("MGET", "k", "none", "k");
        using RespClient other = _certificates.Connect(server);
        Assert.Equal("PONG", other.Line("PING").Text);
        for (int i = 0; i < 4; i++)
        {
            RespValue[] reply = client.Read().Items;
            Assert.True(value.AsSpan().SequenceEqual(reply[0].Bytes));
            Assert.True(reply[1].IsNull);
            Assert.True(value.AsSpan().SequenceEqual(reply[2].Bytes));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_long_pipeline_is_answered_in_order(int ioThreads)
    {
        const int Count = 20_000;
        using TestServer server = Start(ioThreads);
        using RespClient client = _certificates.Connect(server);
        var requests = new MemoryStream();
        for (int i = 0; i < Count; i++) requests.Write(RespClient.Request("ECHO", new string('x', i % 300) + i));
        var sender = new BackgroundThread(() => client.WriteRaw(requests.ToArray()));
        for (int i = 0; i < Count; i++) Assert.Equal(new string('x', i % 300) + i, client.Read().Text);
        sender.Join();
    }

    /// <summary>Every record comes in pieces of one byte.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_trickle_is_understood(int ioThreads)
    {
        using TestServer server = Start(ioThreads);
        using RespClient client = Certificates.Connect(server.TlsPort, _certificates.Client, wire: static stream => new Wire(stream) { Trickles = true });
        Assert.Equal("OK", client.Line("SET k v").Text);
        client.WriteRaw([.. RespClient.Request("GET", "k"), .. RespClient.Request("PING")]);
        Assert.Equal(("v", "PONG"), (client.Read().Text, client.Read().Text));
    }

    [Fact]
    public void Messages_reach_listeners_on_other_threads()
    {
        using TestServer server = Start(ioThreads: 3);
        List<RespClient> listeners = [];
        for (int i = 0; i < 6; i++)
        {
            listeners.Add(_certificates.Connect(server));
            listeners[i].Line("SUBSCRIBE news");
        }
        using RespClient client = _certificates.Connect(server);
        for (int i = 0; i < 100; i++) Assert.Equal(6, client.Line("PUBLISH news " + i).Number);
        foreach (RespClient listener in listeners)
        {
            for (int i = 0; i < 100; i++) Assert.Equal(i.ToString(), listener.Read().Items[2].Text);
            listener.Dispose();
        }
    }

    [Fact]
    public void Connections_move_between_threads()
    {
        using TestServer server = Start(ioThreads: 1);
        List<RespClient> clients = [.. Enumerable.Range(0, 5).Select(_ => _certificates.Connect(server))];
        foreach (int threads in (int[])[3, 2, 1, 4, 1])
        {
            server.SetIoThreads(threads);
            for (int i = 0; i < 50; i++)
            {
                foreach (RespClient client in clients) Assert.Equal("PONG", client.Line("PING").Text);
            }
        }
        clients.ForEach(static client => client.Dispose());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_waiting_client_is_woken_and_one_that_goes_is_forgotten(int ioThreads)
    {
        using TestServer server = Start(ioThreads);
        using RespClient waiting = _certificates.Connect(server);
        RespClient leaving = _certificates.Connect(server);
        waiting.Write("BLPOP", "first", "0");
        leaving.Write("BLPOP", "second", "0");
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Blocked.Count) == 2, "two clients that wait");
        leaving.Dispose();
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Blocked.Count) == 1, "one of them gone");
        using RespClient client = _certificates.Connect(server);
        client.Line("RPUSH first v");
        Assert.Equal("v", waiting.Read().Items[1].Text);
    }

    /// <summary>What a client has sent before its farewell is served.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_last_requests_are_served(int ioThreads)
    {
        using TestServer server = Start(ioThreads);
        Wire? wire = null;
        using RespClient client = Certificates.Connect(server.TlsPort, _certificates.Client, wire: stream => wire = new Wire(stream));
        Assert.Equal("PONG", client.Line("PING").Text);
        wire!.Hold();
        client.WriteRaw(RespClient.Request("SET", "k", "v"));
        client.Farewell();
        wire.Release();
        Assert.Equal("+OK\r\n", client.ReadToEnd());
        using RespClient other = server.Connect();
        Assert.Equal("v", other.Line("GET k").Text);
        TestClock.WaitUntil(() => server.ClientCount == 1, "the end of the connection");
    }

    /// <summary>The socket stays open: only TLS tells that nobody will read the reply.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_farewell_ends_a_wait(int ioThreads)
    {
        using TestServer server = Start(ioThreads);
        using RespClient client = ConnectAndWait(server);
        using RespClient other = server.Connect();
        Assert.Equal("PONG", other.Line("PING").Text);
        client.Farewell();
        TestClock.WaitUntil(() => server.ClientCount == 1, "the end of the connection");
        Assert.Equal(1, other.Line("RPUSH l v").Number);
        Assert.Equal("v", other.Line("LPOP l").Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_comes_during_a_wait_is_served_after_it(int ioThreads)
    {
        using TestServer server = Start(ioThreads);
        using RespClient client = ConnectAndWait(server);
        using RespClient other = server.Connect();
        string text = new('x', 100_000);
        for (int i = 0; i < 3; i++) client.Write("ECHO", i + text);
        other.Line("RPUSH l v");
        Assert.Equal("v", client.Read().Items[1].Text);
        for (int i = 0; i < 3; i++) Assert.Equal(i + text, client.Read().Text);
    }

    /// <summary>The end of the handshake and the first requests come together.</summary>
    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 10)]
    [InlineData(1, 300_000)]
    [InlineData(3, 300_000)]
    public void Requests_may_come_with_the_handshake(int ioThreads, int length)
    {
        using TestServer server = Start(ioThreads);
        Wire? wire = null;
        using RespClient client = Certificates.Connect(
            server.TlsPort, _certificates.Client, SslProtocols.Tls13, wire: stream => wire = new Wire(stream) { HoldsAllButFirst = true });
        client.WriteRaw([.. RespClient.Request("SET", "k", new string('x', length)), .. RespClient.Request("STRLEN", "k")]);
        wire!.Release();
        Assert.Equal("OK", client.Read().Text);
        Assert.Equal(length, client.Read().Number);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_handshake_may_end_anywhere(int ioThreads)
    {
        using TestServer server = Start(ioThreads);
        using RespClient witness = _certificates.Connect(server);
        Wire? wire = null;
        Certificates.Connect(server.TlsPort, _certificates.Client, wire: stream => wire = new Wire(stream)).Dispose();
        byte[] hello = wire!.Sent[0];
        int[] lengths = [0, 1, 4, 5, 6, 40, hello.Length / 2, hello.Length - 1, hello.Length];
        foreach (int length in lengths)
        {
            var client = new RespClient(server.TlsPort);
            client.WriteRaw(hello[..length]);
            if (length % 2 == 0) client.Dispose();
            else client.Reset();
        }
        Assert.Equal("PONG", witness.Line("PING").Text);
        using RespClient late = _certificates.Connect(server);
        Assert.Equal("PONG", late.Line("PING").Text);
        TestClock.WaitUntil(() => server.ClientCount == 2, "the end of the others");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_client_without_TLS_is_turned_away(int ioThreads)
    {
        using TestServer server = Start(ioThreads);
        using var client = new RespClient(server.TlsPort);
        client.WriteRaw("PING\r\n");
        client.ReadToEnd();
        TestClock.WaitUntil(() => server.ClientCount == 0, "the end of the connection");
        Assert.Contains(
            "# Error accepting a client connection: error:0A00010B:SSL routines::wrong version number"
                + $" (addr={client.LocalAddress} laddr=127.0.0.1:{server.TlsPort})",
            server.LogLines.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, server.OnEngine(engine => engine.Statistics.ConnectionsReceived));
    }

    [Fact]
    public void What_is_no_record_ends_the_connection()
    {
        using TestServer server = Start(ioThreads: 1);
        using RespClient client = _certificates.Connect(server);
        using RespClient other = _certificates.Connect(server);
        Assert.Equal("OK", client.Line("SET k v").Text);
        client.Socket.Send(Encoding.ASCII.GetBytes(new string('?', 300)));
        TestClock.WaitUntil(() => server.ClientCount == 1, "the end of the connection");
        Assert.Equal("v", other.Line("GET k").Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_client_may_go_in_the_middle_of_a_value(int ioThreads)
    {
        using TestServer server = Start(ioThreads);
        using RespClient witness = _certificates.Connect(server);
        RespClient sender = _certificates.Connect(server);
        sender.WriteRaw([.. "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$9000000\r\n"u8, .. new byte[700_000]]);
        witness.Send("SET"u8.ToArray(), "big"u8.ToArray(), new byte[9_000_000]);
        RespClient reader = _certificates.Connect(server);
        reader.Write("GET", "big");
        sender.Dispose();
        reader.Dispose();
        TestClock.WaitUntil(() => server.ClientCount == 1, "the end of both");
        Assert.Equal("PONG", witness.Line("PING").Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Many_may_come_at_once(int ioThreads)
    {
        using TestServer server = Start(ioThreads);
        List<BackgroundThread> threads = [];
        for (int i = 0; i < 40; i++)
        {
            threads.Add(new BackgroundThread(() =>
            {
                using RespClient client = _certificates.Connect(server);
                Assert.Equal("PONG", client.Line("PING").Text);
            }));
        }
        threads.ForEach(static thread => thread.Join());
        Assert.Equal(40, server.OnEngine(engine => engine.Statistics.ConnectionsReceived));
    }

    [Fact]
    public void A_refused_client_is_told_nothing_it_could_not_read()
    {
        using TestServer server = new(settings =>
        {
            _certificates.Use(settings);
            settings.Network.MaxClients = 1;
        });
        using RespClient first = _certificates.Connect(server);
        Assert.Equal("PONG", first.Line("PING").Text);
        using var second = new RespClient(server.TlsPort);
        Assert.Equal("", second.ReadToEnd());
        Assert.Equal(1, server.OnEngine(engine => engine.Statistics.ConnectionsRejected));
    }

    /// <summary>A client that waits for an element of the list "l".</summary>
    private RespClient ConnectAndWait(TestServer server)
    {
        RespClient client = _certificates.Connect(server);
        client.Write("BLPOP", "l", "0");
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Blocked.Count) == 1, "the wait");
        return client;
    }

    private TestServer Start(int ioThreads) => new(settings =>
    {
        _certificates.Use(settings);
        settings.Network.IoThreads = ioThreads;
    });
}
