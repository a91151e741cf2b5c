using Sigrun.Tests.Harness;

namespace Sigrun.Tests.PubSub;

/// <summary>Subscribing and publishing as clients see it, with the engine's thread alone and with I/O threads.</summary>
public sealed class PubSubTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Messages_reach_subscribers_of_channels_and_patterns(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient first = server.Connect();
        using RespClient second = server.Connect();
        using RespClient publisher = server.Connect();
        second.Send("HELLO", "3");

        first.Write("SUBSCRIBE", "news", "sport");
        Assert.Equal("[\"subscribe\", \"news\", :1]", first.Read());
        Assert.Equal("[\"subscribe\", \"sport\", :2]", first.Read());
        Assert.Equal(">[\"psubscribe\", \"n?ws\", :1]", second.Send("PSUBSCRIBE", "n?ws"));
        Assert.Equal(">[\"subscribe\", \"news\", :2]", second.Send("SUBSCRIBE", "news"));
        Assert.Equal(">[\"ssubscribe\", \"news\", :1]", second.Send("SSUBSCRIBE", "news"));

        Assert.Equal(":3", publisher.Send("PUBLISH", "news", "one"));
        Assert.Equal(":1", publisher.Send("SPUBLISH", "news", "two"));
        Assert.Equal(":0", publisher.Send("PUBLISH", "weather", "three"));
        Assert.Equal("[\"message\", \"news\", \"one\"]", first.Read());
        Assert.Equal(">[\"message\", \"news\", \"one\"]", second.Read());
        Assert.Equal(">[\"pmessage\", \"n?ws\", \"news\", \"one\"]", second.Read());
        Assert.Equal(">[\"smessage\", \"news\", \"two\"]", second.Read());
    }

    [Fact]
    public void Subscriptions_are_counted_and_taken_back()
    {
        using TestServer server = new();
        using RespClient client = server.Connect();
        client.Send("HELLO", "3");
        CommandScript.Run(client, """
            UNSUBSCRIBE -> >["unsubscribe", nil, :0]
            PUNSUBSCRIBE x -> >["punsubscribe", "x", :0]
            SUBSCRIBE a -> >["subscribe", "a", :1]
            SUBSCRIBE a -> >["subscribe", "a", :1]
            PSUBSCRIBE a -> >["psubscribe", "a", :2]
            SSUBSCRIBE a -> >["ssubscribe", "a", :1]
            PUBSUB CHANNELS -> ["a"]
            PUBSUB CHANNELS b* -> []
            PUBSUB NUMSUB a b -> ["a", :1, "b", :0]
            PUBSUB NUMPAT -> :1
            PUBSUB SHARDCHANNELS a -> ["a"]
            PUBSUB SHARDNUMSUB a -> ["a", :1]
            PUBSUB NUMSUB -> []
            PUBSUB CHANNELS a b -> -ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.
            UNSUBSCRIBE -> >["unsubscribe", "a", :1]
            PUNSUBSCRIBE -> >["punsubscribe", "a", :0]
            SUNSUBSCRIBE -> >["sunsubscribe", "a", :0]
            PUBSUB CHANNELS -> []
            PUBSUB NUMPAT -> :0
            PUBLISH a x -> :0
            """);
    }

    [Fact]
    public void Without_RESP3_a_subscriber_can_only_listen()
    {
        using TestServer server = new();
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            SUBSCRIBE a -> ["subscribe", "a", :1]
            PING -> ["pong", ""]
            PING x -> ["pong", "x"]
            GET x -> -ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
            PUBLISH a x -> -ERR Can't execute 'publish': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
            CLIENT ID -> -ERR Can't execute 'client|id': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
            PSUBSCRIBE b -> ["psubscribe", "b", :2]
            UNSUBSCRIBE a -> ["unsubscribe", "a", :1]
            PUNSUBSCRIBE b -> ["punsubscribe", "b", :0]
            PING -> +PONG
            GET x -> nil
            SSUBSCRIBE a -> ["ssubscribe", "a", :1]
            RESET -> +RESET
            GET x -> nil
            SUBSCRIBE a -> ["subscribe", "a", :1]
            QUIT -> +OK
            """);
        Assert.Equal("", client.ReadToEnd());
    }

    [Fact]
    public void Changing_back_to_RESP2_restricts_a_subscriber()
    {
        using TestServer server = new();
        using RespClient client = server.Connect();
        client.Send("HELLO", "3");
        client.Send("SUBSCRIBE", "a");
        Assert.Equal(":1", client.Send("PUBLISH", "a", "x"));
        Assert.Equal(">[\"message\", \"a\", \"x\"]", client.Read());
        client.Send("HELLO", "2");
        Assert.True(client.Send("GET", "x").IsError);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_a_client_publishes_to_itself_follows_its_reply(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient client = server.Connect();
        client.Send("HELLO", "3");
        client.Send("SUBSCRIBE", "a");
        client.WriteRaw("PUBLISH a 1\r\nMULTI\r\nPING x\r\nPUBLISH a 2\r\nPUBLISH a 3\r\nPING y\r\nEXEC\r\nPING z\r\n");
        Assert.Equal(":1", client.Read());
        Assert.Equal(">[\"message\", \"a\", \"1\"]", client.Read());
        for (int i = 0; i < 5; i++) Assert.Equal(i == 0 ? "+OK" : "+QUEUED", client.Read());
        Assert.Equal("[\"x\", :1, :1, \"y\"]", client.Read());
        Assert.Equal(">[\"message\", \"a\", \"2\"]", client.Read());
        Assert.Equal(">[\"message\", \"a\", \"3\"]", client.Read());
        Assert.Equal("\"z\"", client.Read());
    }

    [Fact]
    public void Subscribing_works_within_a_transaction_but_for_shard_channels()
    {
        using TestServer server = new();
        using RespClient client = server.Connect();
        client.Send("HELLO", "3");
        CommandScript.Run(client, """
            MULTI -> +OK
            SUBSCRIBE a -> +QUEUED
            PUBLISH a x -> +QUEUED
            UNSUBSCRIBE a -> +QUEUED
            SSUBSCRIBE a -> +QUEUED
            EXEC -> [>["subscribe", "a", :1], :1, >["unsubscribe", "a", :0], -ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client]
            """);
        Assert.Equal(">[\"message\", \"a\", \"x\"]", client.Read());
    }

    [Fact]
    public void Messages_come_even_to_clients_that_want_no_replies()
    {
        using TestServer server = new();
        using RespClient client = server.Connect();
        client.Send("HELLO", "3");
        client.WriteRaw("CLIENT REPLY OFF\r\nPING\r\nSUBSCRIBE a\r\nPUBLISH a x\r\nUNSUBSCRIBE a\r\nCLIENT REPLY ON\r\n");
        Assert.Equal(">[\"subscribe\", \"a\", :1]", client.Read());
        Assert.Equal(">[\"message\", \"a\", \"x\"]", client.Read());
        Assert.Equal(">[\"unsubscribe\", \"a\", :0]", client.Read());
        Assert.Equal("+OK", client.Read());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_client_that_waits_gets_messages_meanwhile(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient waiter = server.Connect();
        using RespClient other = server.Connect();
        waiter.Send("HELLO", "3");
        waiter.Send("SUBSCRIBE", "a");
        waiter.Write("BLPOP", "list", "0");
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Blocked.Count) == 1, "a blocked client");
        other.Send("PUBLISH", "a", "1");
        Assert.Equal(">[\"message\", \"a\", \"1\"]", waiter.Read());
        other.WriteRaw("PUBLISH a 2\r\nRPUSH list x\r\nPUBLISH a 3\r\n");
        Assert.Equal(">[\"message\", \"a\", \"2\"]", waiter.Read());
        Assert.Equal("[\"list\", \"x\"]", waiter.Read());
        Assert.Equal(">[\"message\", \"a\", \"3\"]", waiter.Read());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Order_is_kept_between_messages_and_replies(int ioThreads)
    {
        const int Rounds = 2000;
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient subscriber = server.Connect();
        using RespClient publisher = server.Connect();
        subscriber.Send("HELLO", "3");
        subscriber.Send("SUBSCRIBE", "a");
        var sending = new BackgroundThread(() =>
        {
            for (int i = 0; i < Rounds; i++) publisher.WriteRaw($"INCR n\r\nPUBLISH a {i + 1}\r\n");
        });
        long heard = 0;
        for (int i = 0; i < Rounds / 10; i++)
        {
            subscriber.Write("GET", "n");
            RespValue reply = subscriber.Read();
            for (; reply.Kind == '>'; reply = subscriber.Read()) Assert.Equal(++heard, reply.Items[2].Number);
            // The counter is written before its message is published, and read after all messages that came first.
            if (!reply.IsNull) Assert.True(reply.Number >= heard, $"{reply} after {heard}");
        }
        while (heard < Rounds) Assert.Equal(++heard, subscriber.Read().Items[2].Number);
        sending.Join();
    }

    [Fact]
    public void Clients_show_what_they_are_subscribed_to()
    {
        using TestServer server = new();
        using RespClient subscriber = server.Connect();
        using RespClient client = server.Connect();
        subscriber.Write("SUBSCRIBE", "a", "b", "c");
        for (int i = 0; i < 3; i++) subscriber.Read();
        subscriber.Send("PSUBSCRIBE", "*");
        subscriber.Send("SSUBSCRIBE", "s");
        string line = client.Send("CLIENT", "LIST", "TYPE", "pubsub").Text;
        Assert.Contains(" flags=P ", line, StringComparison.Ordinal);
        Assert.Contains(" sub=3 psub=1 ssub=1 ", line, StringComparison.Ordinal);
        string info = client.Send("INFO", "stats", "clients").Text;
        foreach (string field in (string[])["pubsub_channels:3", "pubsub_patterns:1", "pubsubshard_channels:1", "pubsub_clients:1"])
            Assert.Contains(field + "\r\n", info, StringComparison.Ordinal);
        Assert.Equal(":1", client.Send("CLIENT", "KILL", "TYPE", "pubsub"));
        Assert.Equal("", subscriber.ReadToEnd());
        TestClock.WaitUntil(() => server.ClientCount == 1, "end of the connection");
        Assert.Equal(":0", client.Send("PUBLISH", "a", "x"));
        Assert.Contains("pubsub_channels:0\r\n", client.Send("INFO", "stats").Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_message_longer_than_any_buffer_arrives_whole(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient publisher = server.Connect();
        RespClient[] subscribers = [server.Connect(), server.Connect(), server.Connect()];
        subscribers[2].Send("HELLO", "3");
        foreach (RespClient subscriber in subscribers) subscriber.Send("SUBSCRIBE", "a");
        string text = string.Concat(Enumerable.Range(0, 100_000).Select(i => i.ToString("D6")));
        for (int i = 0; i < 3; i++) Assert.Equal(":3", publisher.Send("PUBLISH", "a", i + text));
        foreach (RespClient subscriber in subscribers)
        {
            for (int i = 0; i < 3; i++) Assert.Equal(i + text, subscriber.Read().Items[2].Text);
            subscriber.Dispose();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Many_subscribers_come_and_go(int ioThreads)
    {
        const int Count = 200;
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient publisher = server.Connect();
        var subscribers = new List<RespClient>();
        for (int i = 0; i < Count; i++)
        {
            subscribers.Add(server.Connect());
            subscribers[i].Send("SUBSCRIBE", "a");
        }
        for (int round = 1; round <= 4; round++)
        {
            int expected = subscribers.Count;
            for (int i = 0; i < 32; i++) publisher.Write("PUBLISH", "a", $"{round}-{i}");
            for (int i = 0; i < 32; i++) Assert.Equal($":{expected}", publisher.Read());
            foreach (RespClient subscriber in subscribers)
            {
                for (int i = 0; i < 32; i++) Assert.Equal($"{round}-{i}", subscriber.Read().Items[2].Text);
            }
            // Every third goes, half of them without a farewell.
            for (int i = subscribers.Count - 1; i >= 0; i -= 3)
            {
                if (i % 2 == 0) subscribers[i].Reset();
                else subscribers[i].Send("UNSUBSCRIBE", "a");
                subscribers[i].Dispose();
                subscribers.RemoveAt(i);
            }
            TestClock.WaitUntil(() => publisher.Send("PUBSUB", "NUMSUB", "a").Items[1].Number == subscribers.Count, "those gone to be forgotten");
        }
        foreach (RespClient subscriber in subscribers) subscriber.Dispose();
    }

    [Fact]
    public void A_subscriber_keeps_its_messages_while_threads_come_and_go()
    {
        using TestServer server = new();
        using RespClient publisher = server.Connect();
        RespClient[] subscribers = [.. Enumerable.Range(0, 8).Select(_ => server.Connect())];
        foreach (RespClient subscriber in subscribers) subscriber.Send("SUBSCRIBE", "a");
        int published = 0;
        int heard = 0;
        foreach (int threads in (int[])[3, 1, 4, 2, 1, 3])
        {
            server.SetIoThreads(threads);
            for (int i = 0; i < 50; i++) Assert.Equal(":8", publisher.Send("PUBLISH", "a", $"{++published}"));
            while (heard < published)
            {
                string expected = $"{++heard}";
                foreach (RespClient subscriber in subscribers) Assert.Equal(expected, subscriber.Read().Items[2].Text);
            }
        }
        foreach (RespClient subscriber in subscribers) subscriber.Dispose();
    }
}
