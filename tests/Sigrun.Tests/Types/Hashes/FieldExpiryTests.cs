using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Hashes;

/// <summary>Fields that expire: set, told, seen by nobody afterwards, and removed by the expiry cycle.</summary>
public sealed class FieldExpiryTests
{
    private static TestServer Start(bool checking, bool activeExpiry = false)
    {
        var server = new TestServer(checking: checking);
        server.OnEngine(engine => engine.Expiry.IsEnabled = activeExpiry);
        return server;
    }

    private static long Expired(TestServer server) => server.OnEngine(engine => engine.Statistics.ExpiredFields);

    private static long Registered(TestServer server, int database = 0) =>
        server.OnEngine(engine => engine.Databases[database].Keys.FieldExpiringCount);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Times_are_set_under_conditions_and_told(bool checking)
    {
        using TestServer server = Start(checking);
        server.Clock.Stop();
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            HSET h a 1 b 2 c 3 -> :3
            HEXPIREAT h 4000000000 FIELDS 2 a x -> [:1, :-2]
            OBJECT ENCODING h -> "hashtable"
            HEXPIRETIME h FIELDS 3 a b x -> [:4000000000, :-1, :-2]
            HPEXPIRETIME h FIELDS 1 a -> [:4000000000000]
            HPEXPIREAT h 4000000000500 NX FIELDS 2 a b -> [:0, :1]
            HPEXPIREAT h 4000000000600 XX FIELDS 2 a c -> [:1, :0]
            HPEXPIREAT h 4000000000500 GT FIELDS 3 a b c -> [:0, :0, :0]
            HPEXPIREAT h 4000000000500 LT FIELDS 3 a b c -> [:1, :0, :1]
            HPEXPIREAT h 4000000000500 lt FIELDS 1 a -> [:0]
            HPERSIST h FIELDS 4 a a b x -> [:1, :-1, :1, :-2]
            HEXPIRETIME h FIELDS 3 a b c -> [:-1, :-1, :4000000001]
            HEXPIRE h 100 FIELDS 1 a -> [:1]
            HTTL h FIELDS 2 a b -> [:100, :-1]
            HPEXPIRE h 0 GT FIELDS 2 a b -> [:0, :0]
            HPEXPIRE h 0 FIELDS 2 a x -> [:2, :-2]
            HEXISTS h a -> :0
            HLEN h -> :2
            HEXPIRE none 10 FIELDS 2 a b -> [:-2, :-2]
            HTTL none FIELDS 1 a -> [:-2]
            HPERSIST none FIELDS 1 a -> [:-2]
            HPEXPIREAT h 5 FIELDS 2 b c -> [:2, :2]
            EXISTS h -> :0
            HSET plain a 1 -> :1
            HEXPIRE plain 10 XX FIELDS 1 a -> [:0]
            HEXPIRE plain 10 GT FIELDS 1 a -> [:0]
            HEXPIRE plain 10 FIELDS 1 x -> [:-2]
            HPERSIST plain FIELDS 1 a -> [:-1]
            OBJECT ENCODING plain -> "listpack"
            HPEXPIREAT plain 1 FIELDS 1 a -> [:2]
            EXISTS plain -> :0
            """);
        Assert.Equal(0, Registered(server));
        Assert.Equal(4, Expired(server));
    }

    [Fact]
    public void Arguments_are_checked()
    {
        using TestServer server = Start(false);
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            HSET h a 1 -> :1
            HEXPIRE h 10 FIELDS 0 a -> -ERR numfields should be greater than 0 and match the provided number of fields
            HEXPIRE h 10 FIELDS 2 a -> -ERR numfields should be greater than 0 and match the provided number of fields
            HEXPIRE h 10 FIELDS -1 a -> -ERR numfields should be greater than 0 and match the provided number of fields
            HEXPIRE h 10 FIELDS x a -> -ERR value is not an integer or out of range
            HEXPIRE h 10 NX a b -> -ERR numfields should be greater than 0 and match the provided number of fields
            HEXPIRE h -1 FIELDS 1 a -> -ERR invalid expire time in 'hexpire' command
            HPEXPIRE h 9223372036854775807 FIELDS 1 a -> -ERR invalid expire time in 'hpexpire' command
            HEXPIREAT h 9223372036854775807 FIELDS 1 a -> -ERR invalid expire time in 'hexpireat' command
            HEXPIRE h x FIELDS 1 a -> -ERR value is not an integer or out of range
            HEXPIRE h 10 NX XX FIELDS 1 a -> -ERR NX and XX, GT or LT options at the same time are not compatible
            HEXPIRE h 10 GT LT FIELDS 1 a -> -ERR GT and LT options at the same time are not compatible
            HEXPIRE h 10 what FIELDS 1 a -> -ERR Unsupported option what
            HTTL h FIELDS 2 a -> -ERR syntax error
            HTTL h FIELDS x a -> -ERR value is not an integer or out of range
            HPERSIST h FIELDS 2 a -> -ERR numfields should be greater than 0 and match the provided number of fields
            HSETEX h EX FIELDS 1 a b -> -ERR syntax error
            HSETEX h NX XX FIELDS 1 a b -> -ERR syntax error
            HSETEX h FNX FXX FIELDS 1 a b -> -ERR syntax error
            HSETEX h EX 10 KEEPTTL FIELDS 1 a b -> -ERR syntax error
            HSETEX h EX 10 PX 10 FIELDS 1 a b -> -ERR syntax error
            HSETEX h PERSIST FIELDS 1 a b -> -ERR syntax error
            HSETEX h EX -1 FIELDS 1 a b -> -ERR invalid expire time in 'hsetex' command
            HSETEX h FIELDS 1 a b c d -> -ERR numfields should be greater than 0 and match the provided number of fields
            HSETEX h EX 10 a b c d -> -ERR numfields should be greater than 0 and match the provided number of fields
            HGETEX h EX 10 PERSIST FIELDS 1 a -> -ERR syntax error
            HGETEX h KEEPTTL FIELDS 1 a -> -ERR syntax error
            HGETEX h EX 9223372036854775807 FIELDS 1 a -> -ERR invalid expire time in 'hgetex' command
            HGETEX h FIELDS 2 a -> -ERR numfields should be greater than 0 and match the provided number of fields
            HGETDEL h FIELDS 0 a -> -ERR numfields should be greater than 0 and match the provided number of fields
            HGETALL h -> ["a", "1"]
            """);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fields_are_set_and_read_with_their_times(bool checking)
    {
        using TestServer server = Start(checking);
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            HSETEX h XX FIELDS 1 a 1 -> :0
            HSETEX h FXX FIELDS 1 a 1 -> :0
            EXISTS h -> :0
            HSETEX h NX FNX PXAT 4000000000123 FIELDS 2 a 1 b 2 -> :1
            HSETEX h NX FIELDS 1 a 5 -> :0
            HSETEX h FNX FIELDS 2 c 3 b 5 -> :0
            HSETEX h FXX FIELDS 2 c 3 b 5 -> :0
            HPEXPIRETIME h FIELDS 3 a b c -> [:4000000000123, :4000000000123, :-2]
            HSETEX h KEEPTTL FIELDS 2 a 11 c 3 -> :1
            HPEXPIRETIME h FIELDS 2 a c -> [:4000000000123, :-1]
            HSETEX h fields 1 a 12 -> :1
            HPEXPIRETIME h FIELDS 1 a -> [:-1]
            HSET h b 3 -> :0
            HPEXPIRETIME h FIELDS 1 b -> [:-1]
            HGETEX h EXAT 4000000000 FIELDS 3 a x b -> ["12", nil, "3"]
            HINCRBY h a 1 -> :13
            HINCRBYFLOAT h b 0.5 -> "3.5"
            HPEXPIRETIME h FIELDS 3 a b c -> [:4000000000000, :4000000000000, :-1]
            HGETEX h FIELDS 1 a -> ["13"]
            HGETEX h PERSIST FIELDS 2 a c -> ["13", "3"]
            HPEXPIRETIME h FIELDS 2 a b -> [:-1, :4000000000000]
            HGETEX none EX 10 FIELDS 2 a b -> [nil, nil]
            HGETDEL none FIELDS 1 a -> [nil]
            HGETDEL h FIELDS 3 a a x -> ["13", nil, nil]
            HSETEX h PX 0 FIELDS 2 b 5 y 6 -> :1
            HGETALL h -> ["c", "3"]
            HGETEX h PXAT 1 FIELDS 2 x c -> [nil, "3"]
            EXISTS h -> :0
            HSETEX h EX 0 FIELDS 1 a 1 -> :1
            EXISTS h -> :0
            HSET h a 1 -> :1
            HGETDEL h FIELDS 2 a a -> ["1", nil]
            EXISTS h -> :0
            """);
        Assert.Equal(0, Registered(server));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_expired_field_is_seen_by_nobody_and_still_counted(bool checking)
    {
        using TestServer server = Start(checking);
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            HSET h stay 1 go 2 too 3 -> :3
            HPEXPIRE h 10 FIELDS 2 go too -> [:1, :1]
            HEXPIRE h 1000 FIELDS 1 stay -> [:1]
            """);
        server.Clock.Advance(TimeSpan.FromMilliseconds(50));
        TestClock.WaitUntil(() => client.Line("HGET h go").IsNull, "the field to expire");
        CommandScript.Run(client, """
            HLEN h -> :3
            HGET h go -> nil
            HMGET h stay go -> ["1", nil]
            HEXISTS h go -> :0
            HSTRLEN h go -> :0
            HGETALL h -> ["stay", "1"]
            HKEYS h -> ["stay"]
            HVALS h -> ["1"]
            HSCAN h 0 -> ["0", ["stay", "1"]]
            HRANDFIELD h 5 -> ["stay"]
            HRANDFIELD h 2 -> ["stay"]
            HRANDFIELD h -3 -> ["stay", "stay", "stay"]
            HTTL h FIELDS 2 go x -> [:-2, :-2]
            HEXPIRE h 10 FIELDS 1 go -> [:-2]
            HPERSIST h FIELDS 1 go -> [:-2]
            HGETEX h EX 10 FIELDS 1 go -> [nil]
            HGETDEL h FIELDS 1 go -> [nil]
            HDEL h go -> :0
            HSETEX h FXX FIELDS 1 go 5 -> :0
            HLEN h -> :3
            HINCRBY h go 7 -> :7
            HTTL h FIELDS 1 go -> [:-1]
            HSETNX h too back -> :1
            HTTL h FIELDS 1 too -> [:-1]
            HLEN h -> :3
            """);
        Assert.Equal(2, Expired(server));
        Assert.Equal(1, Registered(server));
    }

    [Fact]
    public void A_hash_all_of_whose_fields_have_expired_gives_nothing()
    {
        using TestServer server = Start(false);
        using RespClient client = server.Connect();
        client.Line("HSETEX h PX 1 FIELDS 3 a 1 b 2 c 3");
        server.Clock.Advance(TimeSpan.FromMilliseconds(50));
        TestClock.WaitUntil(() => client.Line("HGET h a").IsNull, "the fields to expire");
        CommandScript.Run(client, """
            HGETALL h -> []
            HRANDFIELD h -> nil
            HRANDFIELD h 1 -> []
            HRANDFIELD h -5 -> []
            HRANDFIELD h 2 WITHVALUES -> []
            EXISTS h -> :1
            HLEN h -> :3
            """);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_expiry_cycle_removes_what_is_due_and_nothing_else(bool checking)
    {
        using TestServer server = Start(checking, activeExpiry: true);
        using RespClient client = server.Connect();
        for (int i = 0; i < 30; i++)
        {
            client.Send(["HSETEX", "h", "PX", $"{1_000_000 + i * 100_000}", "FIELDS", "50", .. Enumerable.Range(i * 50, 50).SelectMany(f => (string[])["f" + f, "v"])]);
            client.Send("HSETEX", "small" + i, "PX", "1000000", "FIELDS", "1", "f", "v");
            client.Send("HSET", "mixed" + i, "stay", "1");
            client.Send("HSETEX", "mixed" + i, "PX", "1000000", "FIELDS", "1", "f", "v");
        }
        Assert.Equal(61, Registered(server));
        Assert.Equal(0, Expired(server));
        server.Clock.Advance(TimeSpan.FromMilliseconds(2_050_000));
        TestClock.WaitUntil(() => Expired(server) >= 11 * 50 + 60, "the fields to be removed");
        Assert.Equal(30 * 50 - 11 * 50, client.Line("HLEN h").Number);
        Assert.Equal(":0", client.Line("EXISTS small0"));
        Assert.Equal(":1", client.Line("HLEN mixed29"));
        Assert.Equal(1, Registered(server));
        Assert.Equal(31, server.OnEngine(engine => engine.Databases[0].Keys.Count));
        server.Clock.Advance(TimeSpan.FromMilliseconds(10_000_000));
        TestClock.WaitUntil(() => Registered(server) == 0, "all fields to be removed");
        Assert.Equal(":0", client.Line("EXISTS h"));
        Assert.Equal(1560, Expired(server));
        Assert.Contains("expired_fields:1560", client.Line("INFO stats").Text);
    }

    [Fact]
    public void Hashes_take_their_times_along_wherever_they_go()
    {
        using TestServer server = Start(true);
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            HSETEX h PXAT 4000000000123 FIELDS 1 a 1 -> :1
            RENAME h i -> +OK
            COPY i j -> :1
            COPY i k DB 1 -> :1
            MOVE j 1 -> :1
            EXPIRE i 1000 -> :1
            PERSIST i -> :1
            HPEXPIRETIME i FIELDS 1 a -> [:4000000000123]
            """);
        Assert.Equal((1, 2), (Registered(server), Registered(server, 1)));
        Assert.Contains("db1:keys=2,expires=0,avg_ttl=0,keys_with_volatile_items=2", client.Line("INFO keyspace").Text);
        client.Line("SWAPDB 0 1");
        Assert.Equal((2, 1), (Registered(server), Registered(server, 1)));
        Assert.Equal("[:4000000000123]", client.Line("HPEXPIRETIME j FIELDS 1 a"));
        byte[] payload = client.Line("DUMP j").Bytes;
        client.Send("RESTORE"u8.ToArray(), "r"u8.ToArray(), "0"u8.ToArray(), payload);
        Assert.Equal(3, Registered(server));
        client.Line("SET j v");
        Assert.Equal(2, Registered(server));
        client.Line("HDEL k a");
        Assert.Equal(1, Registered(server));
        client.Line("HSET r a 1");
        Assert.Equal(0, Registered(server));
        client.Line("HEXPIRE r 10 FIELDS 1 a");
        Assert.Equal(1, Registered(server));
        client.Line("FLUSHDB");
        Assert.Equal((0, 1), (Registered(server), Registered(server, 1)));
        client.Line("FLUSHALL ASYNC");
        Assert.Equal(0, Registered(server, 1));
    }
}
