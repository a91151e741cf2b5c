using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Tracking;

/// <summary>Who is told which keys have changed, when, and how: what Valkey 9.1 sends for the same commands.</summary>
public sealed class InvalidationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_key_that_was_read_is_told_of_once(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient writer = server.Connect();
        using RespClient reader = Tracking(server);
        Assert.Equal("[nil, nil]", reader.Send("MGET", "a", "b"));
        writer.Send("MSET", "a", "1", "b", "1", "c", "1");
        writer.Send("SET", "a", "2");
        Assert.Equal(Invalid("a"), reader.Read());
        Assert.Equal(Invalid("b"), reader.Read());
        Assert.Equal("+PONG", reader.Send("PING"));
    }

    [Theory]
    [InlineData("LRANGE k 0 -1", true)]
    [InlineData("EXISTS other k", true)]
    [InlineData("TTL k", true)]
    [InlineData("OBJECT ENCODING k", true)]
    [InlineData("SORT_RO k", true)]
    [InlineData("XREAD STREAMS k s 0 0", true)]
    [InlineData("GET k", true)]
    [InlineData("DUMP k", true)]
    [InlineData("SORT k", false)]
    [InlineData("SCAN 0", false)]
    [InlineData("KEYS *", false)]
    [InlineData("LPUSHX nosuch 1", false)]
    public void Keys_of_commands_that_only_read_count(string command, bool counts)
    {
        using TestServer server = new();
        using RespClient writer = server.Connect();
        using RespClient reader = Tracking(server);
        writer.Send("RPUSH", "k", "1");
        reader.Line(command);
        writer.Send("RPUSH", "k", "2");
        if (counts) Assert.Equal(Invalid("k"), reader.Read());
        Assert.Equal("+PONG", reader.Send("PING"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_a_client_changes_itself_follows_its_reply(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient client = Tracking(server);
        client.WriteRaw("GET a\r\nSET a 1\r\nGET a\r\nMULTI\r\nINCR a\r\nGET a\r\nFLUSHALL\r\nGET a\r\nEXEC\r\nPING\r\n");
        Assert.Equal("nil", client.Read());
        Assert.Equal("+OK", client.Read());
        Assert.Equal(Invalid("a"), client.Read());
        Assert.Equal("\"1\"", client.Read());
        for (int i = 0; i < 5; i++) Assert.Equal(i == 0 ? "+OK" : "+QUEUED", client.Read());
        Assert.Equal("[:2, \"2\", +OK, nil]", client.Read());
        Assert.Equal(Invalid("a"), client.Read());
        Assert.Equal(">[\"invalidate\", nil]", client.Read());
        Assert.Equal("+PONG", client.Read());
    }

    [Fact]
    public void With_NOLOOP_own_changes_are_no_news()
    {
        using TestServer server = new();
        using RespClient writer = server.Connect();
        using RespClient client = Tracking(server, "NOLOOP");
        CommandScript.Run(client, """
            MGET a b -> [nil, nil]
            SET a 1 -> +OK
            PING -> +PONG
            """);
        writer.Send("MSET", "a", "2", "b", "2");
        Assert.Equal(Invalid("b"), client.Read());
        Assert.Equal("+PONG", client.Send("PING"));
    }

    [Fact]
    public void OPTIN_and_OPTOUT_choose_what_is_remembered()
    {
        using TestServer server = new();
        using RespClient writer = server.Connect();
        using RespClient client = Tracking(server, "OPTIN");
        client.WriteRaw("GET a\r\nCLIENT CACHING yes\r\nGET b\r\nGET c\r\n");
        for (int i = 0; i < 4; i++) client.Read();
        writer.Send("MSET", "a", "1", "b", "1", "c", "1");
        Assert.Equal(Invalid("b"), client.Read());
        client.Send("CLIENT", "TRACKING", "off");
        client.Send("CLIENT", "TRACKING", "on", "OPTOUT");
        client.WriteRaw("CLIENT CACHING no\r\nGET a\r\nGET b\r\n");
        for (int i = 0; i < 3; i++) client.Read();
        writer.Send("MSET", "a", "2", "b", "2");
        Assert.Equal(Invalid("b"), client.Read());
        Assert.Equal("+PONG", client.Send("PING"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Without_RESP3_another_client_listens(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient writer = server.Connect();
        using RespClient listener = server.Connect();
        using RespClient reader = server.Connect();
        string id = listener.Send("CLIENT", "ID").ToString()[1..];
        listener.Send("SUBSCRIBE", "__redis__:invalidate");
        reader.Send("CLIENT", "TRACKING", "on", "REDIRECT", id);
        reader.Send("GET", "a");
        writer.Send("SET", "a", "1");
        Assert.Equal("[\"message\", \"__redis__:invalidate\", [\"a\"]]", listener.Read());
        Assert.Equal("\"1\"", reader.Send("GET", "a"));
        Assert.Equal("+OK", reader.Send("SET", "a", "2"));
        Assert.Equal("[\"message\", \"__redis__:invalidate\", [\"a\"]]", listener.Read());
        writer.Send("FLUSHDB");
        Assert.Equal("[\"message\", \"__redis__:invalidate\", nil]", listener.Read());
        Assert.Equal("+PONG", reader.Send("PING"));
    }

    [Fact]
    public void A_listener_that_is_gone_is_told_of()
    {
        using TestServer server = new();
        using RespClient writer = server.Connect();
        using RespClient reader = server.Connect();
        string id;
        using (RespClient listener = server.Connect())
        {
            listener.Send("HELLO", "3");
            id = listener.Send("CLIENT", "ID").ToString()[1..];
            reader.Send("HELLO", "3");
            reader.Send("CLIENT", "TRACKING", "on", "REDIRECT", id);
            reader.Send("GET", "a");
            writer.Send("SET", "a", "1");
            Assert.Equal(Invalid("a"), listener.Read());
        }
        TestClock.WaitUntil(() => server.ClientCount == 2, "the listener to be gone");
        reader.Send("GET", "a");
        writer.Send("SET", "a", "1");
        Assert.Equal($">[\"tracking-redir-broken\", :{id}]", reader.Read());
        Assert.Contains(" flags=tR ", reader.Send("CLIENT", "INFO").ToString());
        Assert.Contains("broken_redirect", reader.Send("CLIENT", "TRACKINGINFO").ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Prefixes_are_told_of_at_the_end_of_a_turn(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient writer = server.Connect();
        using RespClient all = Tracking(server, "BCAST");
        using RespClient some = Tracking(server, "BCAST", "PREFIX", "b:", "PREFIX", "a:", "NOLOOP");
        writer.Send("MSET", "b:2", "1", "a:1", "1", "b:1", "1", "other", "1", "b:1", "2");
        Assert.Equal(Invalid("a:1", "b:1", "b:2", "other"), all.Read());
        Assert.Equal(Invalid("a:1"), some.Read());
        Assert.Equal(Invalid("b:1", "b:2"), some.Read());

        // Own changes, with NOLOOP, are left out; a key counts for the last one who changed it.
        some.WriteRaw("MULTI\r\nSET a:1 2\r\nSET a:2 2\r\nEXEC\r\nPING\r\n");
        for (int i = 0; i < 3; i++) some.Read();
        Assert.Equal("[+OK, +OK]", some.Read());
        Assert.Equal("+PONG", some.Read());
        Assert.Equal(Invalid("a:1", "a:2"), all.Read());

        some.Send("CLIENT", "TRACKING", "off");
        writer.Send("DEL", "a:1");
        Assert.Equal(Invalid("a:1"), all.Read());
        Assert.Equal("+PONG", some.Send("PING"));
        Assert.Equal(1, server.OnEngine(engine => engine.Tracking.PrefixCount));
    }

    [Fact]
    public void Keys_whose_time_is_over_are_told_of_even_to_who_has_set_the_time()
    {
        using TestServer server = new();
        using RespClient reader = Tracking(server);
        using RespClient follower = Tracking(server, "BCAST", "NOLOOP");
        server.OnEngine(engine => engine.Expiry.IsEnabled = false);
        follower.Send("SET", "a", "1", "PX", "100000");
        reader.Send("GET", "a");
        server.Clock.Advance(TimeSpan.FromSeconds(200));
        Assert.Equal("nil", follower.Send("GET", "a"));
        Assert.Equal(Invalid("a"), follower.Read());
        Assert.Equal(Invalid("a"), reader.Read());
        follower.Send("SET", "a", "1");
        Assert.Equal(":1", follower.Send("EXPIRE", "a", "-1"));
        Assert.Equal("+PONG", follower.Send("PING"));
    }

    [Fact]
    public void A_client_that_wants_no_replies_is_told_all_the_same()
    {
        using TestServer server = new();
        using RespClient writer = server.Connect();
        using RespClient client = Tracking(server);
        client.Send("GET", "a");
        client.WriteRaw("CLIENT REPLY OFF\r\nGET b\r\n");
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Tracking.KeyCount) == 2, "both keys to be remembered");
        writer.Send("MSET", "a", "1", "b", "1");
        Assert.Equal(Invalid("a"), client.Read());
        Assert.Equal(Invalid("b"), client.Read());
    }

    [Fact]
    public void A_client_that_waited_is_told_behind_its_reply()
    {
        using TestServer server = new();
        using RespClient writer = server.Connect();
        using RespClient client = Tracking(server);
        client.Send("LRANGE", "to", "0", "-1");
        client.Write("BLMOVE", "from", "to", "LEFT", "LEFT", "0");
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Blocked.Count) == 1, "the client to wait");
        writer.Send("RPUSH", "from", "x");
        Assert.Equal("\"x\"", client.Read());
        Assert.Equal(Invalid("to"), client.Read());
    }

    [Fact]
    public void Beyond_the_limit_keys_are_forgotten_as_if_they_had_changed()
    {
        using TestServer server = new(static settings => settings.Network.TrackingTableMaxKeys = 2);
        using RespClient client = Tracking(server);
        client.Send("MGET", "a", "b", "c", "d");
        string first = client.Read().ToString();
        string second = client.Read().ToString();
        Assert.All([first, second], message => Assert.Contains("invalidate", message));
        Assert.NotEqual(first, second);
        Assert.Equal("+PONG", client.Send("PING"));
        Assert.Equal(2, server.OnEngine(engine => engine.Tracking.KeyCount));
    }

    [Fact]
    public void Clients_that_are_gone_leave_nothing_but_what_their_keys_remember()
    {
        using TestServer server = new(checking: true);
        using RespClient writer = server.Connect();
        for (int i = 0; i < 3; i++)
        {
            using RespClient reader = Tracking(server);
            reader.Send("GET", "a");
            using RespClient follower = Tracking(server, "BCAST", "PREFIX", "a");
            writer.Send("SET", "b", "1");
        }
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Tracking.ClientCount) == 0, "tracking clients to be gone");
        Assert.Equal((1L, 3L, 0), server.OnEngine(engine => (engine.Tracking.KeyCount, engine.Tracking.ItemCount, engine.Tracking.PrefixCount)));
        writer.Send("SET", "a", "1");
        Assert.Equal((0L, 0L, false), server.OnEngine(engine => (engine.Tracking.KeyCount, engine.Tracking.ItemCount, engine.Observers.IsActive)));
    }

    [Theory]
    [InlineData("SYNC")]
    [InlineData("ASYNC")]
    public void After_a_flush_nothing_is_remembered(string how)
    {
        using TestServer server = new();
        using RespClient writer = server.Connect();
        using RespClient client = Tracking(server);
        client.Send(["MGET", .. Enumerable.Range(0, 1000).Select(i => "key" + i)]);
        Assert.Equal(1000, server.OnEngine(engine => engine.Tracking.KeyCount));
        writer.Send("FLUSHALL", how);
        Assert.Equal(">[\"invalidate\", nil]", client.Read());
        Assert.Equal(0, server.OnEngine(engine => engine.Tracking.KeyCount));
        writer.Send("SET", "key1", "1");
        Assert.Equal("+PONG", client.Send("PING"));
    }

    private static RespClient Tracking(TestServer server, params string[] options)
    {
        RespClient client = server.Connect();
        client.Send("HELLO", "3");
        Assert.Equal("+OK", client.Send(["CLIENT", "TRACKING", "on", .. options]));
        return client;
    }

    private static string Invalid(params string[] keys) => $">[\"invalidate\", [{string.Join(", ", keys.Select(key => $"\"{key}\""))}]]";
}
