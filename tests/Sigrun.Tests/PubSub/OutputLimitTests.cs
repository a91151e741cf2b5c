using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.PubSub;

/// <summary>client-output-buffer-limit: clients that do not read are closed, and get nothing of what was waiting.</summary>
public sealed class OutputLimitTests
{
    private const int Normal = 0;
    private const int PubSub = 2;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_subscriber_that_does_not_read_is_closed_at_the_hard_limit(int ioThreads)
    {
        using TestServer server = WithLimit(ioThreads, PubSub, new OutputBufferLimit(1 << 20, 0, 0));
        using RespClient slow = server.Connect();
        using RespClient quick = server.Connect();
        using RespClient publisher = server.Connect();
        slow.Send("CLIENT", "SETNAME", "slow");
        slow.Send("SUBSCRIBE", "a");
        quick.Send("SUBSCRIBE", "a");
        string text = new('x', 10_000);
        long outputMax = 0;
        int published = 0;
        for (long receivers = 2; receivers == 2; published++)
        {
            receivers = publisher.Send("PUBLISH", "a", text).Number;
            Assert.Equal(text, quick.Read().Items[2].Text);
            outputMax = Math.Max(outputMax, OutputOf(server, "slow"));
        }
        Assert.InRange(outputMax, 900_000, (1 << 20) - 1);
        Assert.Contains("client_output_buffer_limit_disconnections:1\r\n", publisher.Send("INFO", "stats").Text, StringComparison.Ordinal);
        string log = server.LogLines.ToString();
        Assert.Contains(" scheduled to be closed ASAP for overcoming of output buffer limits.", log, StringComparison.Ordinal);
        Assert.Contains(" name=*redacted* ", log, StringComparison.Ordinal);
        // What the system had taken before is all that it gets.
        Assert.True(slow.ReadToEnd().Length < published * text.Length);
    }

    /// <summary>A turn sends to some of many subscribers only; what waits for the others must not count against them.</summary>
    [Fact]
    public void Subscribers_that_wait_for_their_turn_get_everything_in_order()
    {
        using TestServer server = WithLimit(1, PubSub, new OutputBufferLimit(40_000, 0, 0));
        RespClient[] subscribers = [.. Enumerable.Range(0, 60).Select(_ => server.Connect())];
        foreach (RespClient subscriber in subscribers) subscriber.Send("SUBSCRIBE", "a");
        using RespClient publisher = server.Connect();
        const int Count = 600;
        string text = new('x', 100);
        // At once: nobody reads meanwhile, and many small segments fill what the system takes for a connection soon.
        publisher.WriteRaw(string.Concat(Enumerable.Range(0, Count).Select(i => $"PUBLISH a {i}{text}\r\n")));
        for (int i = 0; i < Count; i++) Assert.Equal(60, publisher.Read().Number);
        foreach (RespClient subscriber in subscribers)
        {
            for (int i = 0; i < Count; i++) Assert.Equal(i + text, subscriber.Read().Items[2].Text);
            subscriber.Dispose();
        }
    }

    [Fact]
    public void The_soft_limit_holds_after_its_time_only()
    {
        using TestServer server = WithLimit(1, PubSub, new OutputBufferLimit(0, 100_000, 600));
        using RespClient slow = server.Connect();
        using RespClient publisher = server.Connect();
        slow.Send("CLIENT", "SETNAME", "slow");
        slow.Send("SUBSCRIBE", "a");
        string text = new('x', 10_000);
        while (OutputOf(server, "slow") < 200_000) Assert.Equal(":1", publisher.Send("PUBLISH", "a", text));
        server.Clock.Advance(TimeSpan.FromSeconds(300));
        Assert.Equal(":1", publisher.Send("PUBLISH", "a", text));
        // Nothing more comes for it, and yet its time runs.
        server.Clock.Advance(TimeSpan.FromSeconds(400));
        TestClock.WaitUntil(() => server.ClientCount == 1, "end of the slow client");
        Assert.Contains(" closed for overcoming of output buffer limits.", server.LogLines.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_reply_beyond_the_limit_is_not_sent_at_all(int ioThreads)
    {
        using TestServer server = WithLimit(ioThreads, Normal, new OutputBufferLimit(100_000, 0, 0));
        using RespClient client = server.Connect();
        using RespClient other = server.Connect();
        for (int i = 0; i < 200; i++) other.Send("RPUSH", "list", new string('x', 1000));
        client.WriteRaw("SET before 1\r\nGET before\r\nLRANGE list 0 -1\r\nSET behind 1\r\n");
        Assert.Equal("", client.ReadToEnd());
        Assert.Equal("\"1\"", other.Send("GET", "before"));
        Assert.Equal("nil", other.Send("GET", "behind"));
    }

    [Fact]
    public void A_transaction_runs_to_its_end_whatever_its_client_gets()
    {
        using TestServer server = WithLimit(1, Normal, new OutputBufferLimit(100_000, 0, 0));
        using RespClient client = server.Connect();
        using RespClient other = server.Connect();
        for (int i = 0; i < 200; i++) other.Send("RPUSH", "list", new string('x', 1000));
        client.WriteRaw("MULTI\r\nSET a 1\r\nLRANGE list 0 -1\r\nSET b 1\r\nEXEC\r\n");
        client.ReadToEnd();
        Assert.Equal("[\"1\", \"1\"]", other.Send("MGET", "a", "b"));
    }

    [Fact]
    public void A_reply_without_end_is_cut_short()
    {
        using TestServer server = WithLimit(1, Normal, new OutputBufferLimit(1_000_000, 0, 0));
        using RespClient other = server.Connect();
        other.Send("HSET", "h", "f", "v");
        other.Send("SADD", "s", "m");
        other.Send("ZADD", "z", "1", "m");
        foreach (string command in (string[])["HRANDFIELD h", "SRANDMEMBER s", "ZRANDMEMBER z"])
        {
            using RespClient client = server.Connect();
            client.WriteRaw(command + " -999999999\r\n");
            Assert.Equal("", client.ReadToEnd());
        }
    }

    private static TestServer WithLimit(int ioThreads, int index, OutputBufferLimit limit) => new(settings =>
    {
        settings.Network.IoThreads = ioThreads;
        settings.Network.OutputBufferLimits[index] = limit;
    });

    private static long OutputOf(TestServer server, string name) => server.OnEngine(engine =>
    {
        foreach (Clients.ClientSession client in engine.Clients.All)
        {
            if (client.Name.AsSpan().SequenceEqual(System.Text.Encoding.ASCII.GetBytes(name))) return client.OutputMemory;
        }
        return -1;
    });
}
