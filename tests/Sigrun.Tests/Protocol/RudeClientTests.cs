using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Protocol;

/// <summary>Clients that do not read, vanish, or send noise: they harm nobody but themselves.</summary>
public sealed class RudeClientTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Others_are_served_while_a_client_sends_and_never_reads(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient deaf = server.Connect();
        using RespClient polite = server.Connect();
        polite.Send("SET", "small", new string('s', 1000));
        polite.Send("SET", "large", new string('l', 1 << 20));
        long used = server.OnEngine(engine => engine.Heap.UsedBytes);
        for (int i = 0; i < 200; i++)
        {
            for (int j = 0; j < 10; j++) deaf.Write("GET", "small");
            deaf.Write("GET", "large");
            Assert.Equal("+PONG", polite.Send("PING"));
        }
        Assert.Equal(":2", polite.Send("DEL", "small", "large"));
        deaf.Reset();
        TestClock.WaitUntil(() => server.ClientCount == 1, "end of the connection");
        Assert.Equal("+PONG", polite.Send("PING"));
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Heap.UsedBytes) < used - (1 << 20), "release of the lent value");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_client_may_vanish_in_the_middle_of_a_request(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        byte[] request = RespClient.Request("SET", "key", new string('v', 100));
        for (int cut = 1; cut < request.Length; cut++)
        {
            RespClient client = server.Connect();
            client.WriteRaw(request[..cut]);
            Assert.True(server.WaitUntilReceived(client, cut));
            if (cut % 2 == 0) client.Reset();
            else client.Dispose();
        }
        TestClock.WaitUntil(() => server.ClientCount == 0, "end of all connections");
        using RespClient polite = server.Connect();
        Assert.Equal(":0", polite.Send("EXISTS", "key"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_client_may_vanish_while_its_replies_are_on_the_way(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient polite = server.Connect();
        polite.Send("SET", "large", new string('l', 4 << 20));
        for (int i = 0; i < 50; i++)
        {
            RespClient client = server.Connect();
            for (int j = 0; j < 4; j++) client.Write("GET", "large");
            if (i % 3 == 0) client.Read();
            client.Reset();
            Assert.Equal("+PONG", polite.Send("PING"));
        }
        // Clients are accepted in the order in which they have come.
        using (RespClient last = server.Connect()) Assert.Equal("+PONG", last.Send("PING"));
        TestClock.WaitUntil(() => server.ClientCount == 1, "end of the connections");
        Assert.Equal(4 << 20, polite.Send("GET", "large").Bytes.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Noise_ends_in_an_error_or_a_closed_connection(int ioThreads)
    {
        const int Seed = 77;
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient polite = server.Connect();
        var random = new Random(Seed);
        for (int i = 0; i < 300; i++)
        {
            byte[] noise = new byte[random.Next(1, 2000)];
            random.NextBytes(noise);
            // Half of the noise begins like a request.
            if (i % 2 == 0) noise[0] = (byte)'*';
            using RespClient client = server.Connect();
            client.WriteRaw(noise);
            client.EndOfRequests();
            client.ReadToEnd();
        }
        TestClock.WaitUntil(() => server.ClientCount == 1, "end of the connections");
        Assert.Equal("+PONG", polite.Send("PING"));
    }

    /// <summary>A request of 64 MB that arrives slowly holds nobody up.</summary>
    /// <summary>The largest value there may be goes in and comes out in pieces; afterwards its memory is given back.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_value_of_512_MB_comes_back_and_its_memory_too(int ioThreads)
    {
        const int Pieces = 512;
        using ServerProcess server = ServerProcess.StartSigrun("--io-threads", $"{ioThreads}");
        using RespClient client = server.Connect();
        using RespClient polite = server.Connect();
        byte[] piece = new byte[1 << 20];
        new Random(512).NextBytes(piece);
        Assert.Equal("+PONG", polite.Send("PING"));
        long before = server.ResidentBytes;

        client.WriteRaw($"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${Pieces * piece.Length}\r\n");
        for (int i = 0; i < Pieces; i++) client.WriteRaw(piece);
        client.WriteRaw("\r\n");
        Assert.Equal("+OK", client.Read());
        Assert.Equal($":{Pieces * piece.Length}", polite.Send("STRLEN", "k"));
        Assert.Equal("-ERR string exceeds maximum allowed size (proto-max-bulk-len)", polite.Send("APPEND", "k", "x"));

        client.Write("GET", "k");
        byte[] received = new byte[piece.Length];
        client.ReadExactly(received.AsSpan(0, $"${Pieces * piece.Length}\r\n".Length));
        for (int i = 0; i < Pieces; i++)
        {
            client.ReadExactly(received);
            Assert.True(received.AsSpan().SequenceEqual(piece), $"piece {i}");
        }
        client.ReadExactly(received.AsSpan(0, 2));
        Assert.Equal(":1", client.Send("DEL", "k"));
        TestClock.WaitUntil(() => polite.Send("PING") == "+PONG" && server.ResidentBytes < before + (32 << 20), "return of the memory");
    }

    /// <summary>What a browser sends when a page makes it talk to this port.</summary>
    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nSET pwned 1\r\n")]
    [InlineData("GET /\r\nhOst: 127.0.0.1\r\nSET pwned 1\r\n")]
    [InlineData("*2\r\n$4\r\npost\r\n$1\r\nx\r\n*3\r\n$3\r\nSET\r\n$5\r\npwned\r\n$1\r\n1\r\n")]
    public void Foreign_protocols_are_cut_off(string request)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        using RespClient other = server.Connect();
        client.WriteRaw(request);
        client.ReadToEnd();
        Assert.Equal(":0", other.Line("EXISTS pwned"));
    }
}
