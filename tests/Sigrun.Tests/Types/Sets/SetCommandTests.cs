using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Sets;

/// <summary>The set commands through a socket; once over a heap that moves every block on every write.</summary>
public sealed class SetCommandTests
{
    private static void Run(bool checking, string script)
    {
        using var server = new TestServer(checking: checking);
        using RespClient client = server.Connect();
        CommandScript.Run(client, script);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Members_are_added_found_and_removed(bool checking) => Run(checking, """
        SADD s 3 1 2 2 -> :3
        SADD s 1 4 -> :1
        OBJECT ENCODING s -> "intset"
        SMEMBERS s -> ["1", "2", "3", "4"]
        SISMEMBER s 4 -> :1
        SISMEMBER s 04 -> :0
        SISMEMBER none 4 -> :0
        SMISMEMBER s 1 x 2 -> [:1, :0, :1]
        SMISMEMBER none 1 x -> [:0, :0]
        SCARD s -> :4
        SCARD none -> :0
        SMEMBERS none -> []
        SREM s 1 9 2 -> :2
        SADD s text -> :1
        OBJECT ENCODING s -> "listpack"
        SMEMBERS s -> ["3", "4", "text"]
        SREM s 3 4 text more -> :3
        EXISTS s -> :0
        SREM none a -> :0
        TYPE s -> +none
        SADD s a -> :1
        TYPE s -> +set
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Members_move_between_sets(bool checking) => Run(checking, """
        SADD a 1 2 -> :2
        SADD b x -> :1
        SMOVE a b 1 -> :1
        SMOVE a b 1 -> :0
        SMEMBERS a -> ["2"]
        SMEMBERS b -> ["x", "1"]
        SMOVE a a 2 -> :1
        SMOVE a a 9 -> :0
        SMOVE a none 2 -> :1
        EXISTS a -> :0
        OBJECT ENCODING none -> "intset"
        SMOVE a b 2 -> :0
        SADD b 2 -> :1
        SMOVE none b 2 -> :1
        SCARD b -> :3
        """);

    [Theory]
    [InlineData("SADD k a")]
    [InlineData("SREM k a")]
    [InlineData("SISMEMBER k a")]
    [InlineData("SMISMEMBER k a")]
    [InlineData("SCARD k")]
    [InlineData("SMEMBERS k")]
    [InlineData("SPOP k")]
    [InlineData("SPOP k 1")]
    [InlineData("SRANDMEMBER k")]
    [InlineData("SRANDMEMBER k 2")]
    [InlineData("SSCAN k 0")]
    [InlineData("SMOVE k s a")]
    [InlineData("SMOVE s k a")]
    [InlineData("SINTER s k")]
    [InlineData("SINTER none k")]
    [InlineData("SINTERCARD 2 s k")]
    [InlineData("SINTERSTORE d s k")]
    [InlineData("SUNION s k")]
    [InlineData("SUNIONSTORE d k s")]
    [InlineData("SDIFF s k")]
    [InlineData("SDIFFSTORE d none k")]
    public void Other_types_are_refused(string command)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Line("SET k v");
        client.Line("SADD s a");
        Assert.Equal("-WRONGTYPE Operation against a key holding the wrong kind of value", client.Line(command));
        Assert.Equal(":0", client.Line("EXISTS d"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Operations_combine_sets_of_all_encodings(bool checking) => Run(checking, """
        SADD numbers 1 2 3 4 -> :4
        SADD mixed 2 3 x -> :3
        SADD texts x 3 yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy -> :3
        OBJECT ENCODING texts -> "hashtable"
        SINTER numbers mixed -> ["2", "3"]
        SINTER mixed numbers texts -> ["3"]
        SINTER numbers -> ["1", "2", "3", "4"]
        SINTER numbers none -> []
        SINTERCARD 2 numbers mixed -> :2
        SINTERCARD 2 numbers mixed LIMIT 1 -> :1
        SINTERCARD 1 numbers LIMIT 0 -> :4
        SINTERCARD 2 numbers none -> :0
        SDIFF numbers mixed -> ["1", "4"]
        SDIFF numbers none -> ["1", "2", "3", "4"]
        SDIFF numbers mixed numbers -> []
        SDIFF none numbers -> []
        SINTERSTORE d mixed texts -> :2
        OBJECT ENCODING d -> "listpack"
        SINTERSTORE d numbers texts -> :1
        OBJECT ENCODING d -> "intset"
        SUNIONSTORE d numbers mixed -> :5
        OBJECT ENCODING d -> "listpack"
        SUNIONSTORE d numbers none -> :4
        OBJECT ENCODING d -> "intset"
        SDIFFSTORE d mixed numbers -> :1
        SMEMBERS d -> ["x"]
        SUNIONSTORE mixed mixed numbers -> :5
        SCARD mixed -> :5
        SET d string -> +OK
        SINTERSTORE d numbers -> :4
        TYPE d -> +set
        SINTERSTORE d numbers none -> :0
        EXISTS d -> :0
        SDIFFSTORE d none -> :0
        SUNIONSTORE d none -> :0
        """);

    [Fact]
    public void Arguments_are_checked() => Run(false, """
        SADD s 1 2 3 -> :3
        SINTERCARD 0 s -> -ERR numkeys should be greater than 0
        SINTERCARD x s -> -ERR numkeys should be greater than 0
        SINTERCARD 3 s s -> -ERR Number of keys can't be greater than number of args
        SINTERCARD 1 s LIMIT -> -ERR syntax error
        SINTERCARD 1 s LIMIT -1 -> -ERR LIMIT can't be negative
        SINTERCARD 1 s LIMIT x -> -ERR LIMIT can't be negative
        SINTERCARD 1 s s -> -ERR syntax error
        SPOP s -1 -> -ERR value is out of range, must be positive
        SPOP s x -> -ERR value is out of range, must be positive
        SPOP s 1 2 -> -ERR syntax error
        SPOP s 0 -> []
        SPOP none 1 -> []
        SPOP none -> nil
        SRANDMEMBER s x -> -ERR value is not an integer or out of range
        SRANDMEMBER s 1 2 -> -ERR syntax error
        SRANDMEMBER s -9223372036854775808 -> -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        SRANDMEMBER s 0 -> []
        SRANDMEMBER none -> nil
        SRANDMEMBER none 5 -> []
        SSCAN s x -> -ERR invalid cursor
        SSCAN none x -> -ERR invalid cursor
        SSCAN none 5 -> ["0", []]
        SSCAN s 0 COUNT 0 -> -ERR syntax error
        SSCAN s 0 COUNT x -> -ERR value is not an integer or out of range
        SSCAN s 0 NOVALUES -> -ERR NOVALUES option can only be used in HSCAN
        SSCAN s 0 NOSCORES -> -ERR NOSCORES option can only be used in ZSCAN
        SSCAN s 0 TYPE set -> -ERR syntax error
        SSCAN s 0 MATCH [12] -> ["0", ["1", "2"]]
        """);

    [Fact]
    public void Sets_have_a_type_of_their_own_in_the_newer_protocol()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Line("HELLO 3");
        CommandScript.Run(client, """
            SADD s 1 2 -> :2
            SMEMBERS s -> ~["1", "2"]
            SMEMBERS none -> ~[]
            SINTER s s -> ~["1", "2"]
            SINTER s none -> ~[]
            SUNION s none -> ~["1", "2"]
            SDIFF s none -> ~["1", "2"]
            SPOP none 3 -> ~[]
            SPOP none -> nil
            SRANDMEMBER s 5 -> ["1", "2"]
            SISMEMBER s 1 -> :1
            SPOP s 2 -> ~["1", "2"]
            EXISTS s -> :0
            """);
    }

    [Theory]
    [InlineData("intset", 10)]
    [InlineData("listpack", 10)]
    [InlineData("hashtable", 300)]
    public void Random_members_are_members_and_different_where_they_must_be(string encoding, int size)
    {
        using var server = new TestServer(settings => settings.Types.SetMaxIntsetEntries = 20);
        using RespClient client = server.Connect();
        string[] names = [.. Enumerable.Range(0, size).Select(i => (encoding == "intset" ? "" : "m") + i)];
        client.Send(["SADD", "s", .. names]);
        Assert.Equal($"\"{encoding}\"", client.Line("OBJECT ENCODING s"));
        Assert.Contains(client.Line("SRANDMEMBER s").Text, names);
        foreach (int count in (int[])[1, 3, size / 2, size - 1, size, size + 5])
        {
            string[] chosen = Texts(client.Line($"SRANDMEMBER s {count}"));
            Assert.Equal(Math.Min(count, size), chosen.Distinct().Count());
            Assert.Equal(Math.Min(count, size), chosen.Length);
            Assert.Empty(chosen.Except(names));
            chosen = Texts(client.Line($"SRANDMEMBER s -{count}"));
            Assert.Equal(count, chosen.Length);
            Assert.Empty(chosen.Except(names));
        }
        HashSet<string> left = [.. names];
        Assert.True(left.Remove(client.Line("SPOP s").Text));
        foreach (int count in (int[])[1, 2, size / 2, 1000])
        {
            string[] popped = Texts(client.Line($"SPOP s {count}"));
            Assert.Equal(Math.Min(count, left.Count), popped.Length);
            Assert.All(popped, name => Assert.True(left.Remove(name)));
        }
        Assert.Equal(":0", client.Line("EXISTS s"));
    }

    [Fact]
    public void A_table_of_which_little_is_left_by_a_pop_is_a_listpack_again()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Send(["SADD", "s", .. Enumerable.Range(0, 200).Select(i => "m" + i)]);
        client.Line("SPOP s 100");
        Assert.Equal("\"hashtable\"", client.Line("OBJECT ENCODING s"));
        client.Line("SPOP s 95");
        Assert.Equal("\"listpack\"", client.Line("OBJECT ENCODING s"));
        Assert.Equal(":5", client.Line("SCARD s"));
    }

    [Fact]
    public void A_large_set_is_scanned_in_steps_and_freed_in_the_background()
    {
        using var server = new TestServer(settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes);
        using RespClient client = server.Connect();
        for (int i = 0; i < 20; i++) client.Send(["SADD", "s", .. Enumerable.Range(i * 500, 500).Select(m => "m" + m)]);
        HashSet<string> seen = [];
        string cursor = "0";
        int steps = 0;
        do
        {
            RespValue step = client.Send("SSCAN", "s", cursor, "COUNT", "100");
            cursor = step.Items[0].Text;
            Assert.InRange(step.Items[1].Items.Length, 1, 250);
            seen.UnionWith(step.Items[1].Items.Select(m => m.Text));
            steps++;
        }
        while (cursor != "0");
        Assert.Equal(10_000, seen.Count);
        Assert.InRange(steps, 40, 120);
        Assert.InRange(client.Line("MEMORY USAGE s SAMPLES 0").Number, 10_000 * 12, 10_000 * 40);
        Assert.Contains("number of entries: 10000\n", client.Line("DEBUG HTSTATS-KEY s").Text);
        long used = server.OnEngine(engine => engine.Heap.UsedBytes);
        Assert.Equal(":1", client.Line("UNLINK s"));
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Heap.UsedBytes) < used - 200_000, "the set to be freed");
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.LazyFree.Freed) == 1, "the count of what was freed");
    }

    [Fact]
    public void Copies_dumps_and_digests_are_equal_in_all_encodings()
    {
        using var server = new TestServer(settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes, checking: true);
        using RespClient client = server.Connect();
        client.Line("SADD ints 1 2 70000");
        client.Line("SADD texts 1 2 abc");
        client.Send(["SADD", "table", .. Enumerable.Range(0, 300).Select(i => "m" + i)]);
        foreach (string key in (string[])["ints", "texts", "table"])
        {
            Assert.Equal(":1", client.Line($"COPY {key} copy REPLACE"));
            byte[] payload = client.Line($"DUMP {key}").Bytes;
            Assert.Equal("+OK", client.Send("RESTORE"u8.ToArray(), "restored"u8.ToArray(), "0"u8.ToArray(), payload, "REPLACE"u8.ToArray()));
            string[] digests = [.. client.Line($"DEBUG DIGEST-VALUE {key} copy restored").Items.Select(d => d.Text)];
            Assert.Single(digests.Distinct());
            string[] encodings = [.. ((string[])[key, "copy", "restored"]).Select(k => client.Line($"OBJECT ENCODING {k}").Text)];
            Assert.Single(encodings.Distinct());
            client.Line("SADD copy another");
            Assert.Equal(":0", client.Line($"SISMEMBER {key} another"));
        }
    }

    /// <summary>Sets too large for anything but a table, whose copies and unions are made line by line, against a model.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Operations_on_large_sets(bool checking)
    {
        using var server = new TestServer(checking: checking);
        using RespClient client = server.Connect();
        string[] Members(int first, int count) => [.. Enumerable.Range(first, count).Select(i => "member:" + i)];
        string[][] sets = [Members(0, 3000), Members(2000, 5000), Members(100, 700)];
        for (int i = 0; i < sets.Length; i++) Assert.Equal($":{sets[i].Length}", client.Send(["SADD", $"s{i}", .. sets[i]]));

        Assert.Equal(":7000", client.Line("SUNIONSTORE d s0 s1 s2"));
        Assert.Equal(Members(0, 7000).Order(), Texts(client.Line("SMEMBERS d")).Order());
        Assert.Equal(Members(0, 7000).Order(), Texts(client.Line("SUNION s2 s1 s0")).Order());
        Assert.Equal(sets[1].Except(sets[0]).Except(sets[2]).Order(), Texts(client.Line("SDIFF s1 s0 s2")).Order());
        Assert.Equal(":1300", client.Line("SDIFFSTORE d s0 s1 s2 none"));
        Assert.Equal(":1", client.Line("COPY s1 d REPLACE"));
        Assert.Equal(sets[1].Order(), Texts(client.Line("SMEMBERS d")).Order());
        foreach (string member in Members(2000, 4900)) client.Send("SREM", "d", member);
        Assert.Equal(Members(6900, 100).Order(), Texts(client.Line("SMEMBERS d")).Order());
        Assert.Equal(":5000", client.Line("SCARD s1"));
    }

    private static string[] Texts(RespValue reply) => [.. reply.Items.Select(i => i.Text)];
}
