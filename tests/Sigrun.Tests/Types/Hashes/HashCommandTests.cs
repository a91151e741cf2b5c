using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Hashes;

/// <summary>The hash commands through a socket; once over a heap that moves every block on every write.</summary>
public sealed class HashCommandTests
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
    public void Fields_are_set_read_and_removed(bool checking) => Run(checking, """
        HSET h a 1 b two a 3 -> :2
        HSET h b 2 c '' -> :1
        HMSET h d 4 -> +OK
        HSETNX h d 5 -> :0
        HSETNX h e 5 -> :1
        HSETNX new f v -> :1
        HGET h a -> "3"
        HGET h c -> ""
        HGET h x -> nil
        HGET none x -> nil
        HMGET h a x b -> ["3", nil, "2"]
        HMGET none a x -> [nil, nil]
        HGETALL h -> ["a", "3", "b", "2", "c", "", "d", "4", "e", "5"]
        HKEYS h -> ["a", "b", "c", "d", "e"]
        HVALS h -> ["3", "2", "", "4", "5"]
        HGETALL none -> []
        HKEYS none -> []
        HLEN h -> :5
        HLEN none -> :0
        HSTRLEN h a -> :1
        HSTRLEN h x -> :0
        HEXISTS h a -> :1
        HEXISTS h x -> :0
        HEXISTS none x -> :0
        HDEL h a x b -> :2
        HDEL none a -> :0
        HDEL h c d e f -> :3
        EXISTS h -> :0
        HSET h f v g -> -ERR wrong number of arguments for 'hset' command
        HMSET h f v g -> -ERR wrong number of arguments for 'hmset' command
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fields_count(bool checking) => Run(checking, """
        HINCRBY h n 5 -> :5
        HINCRBY h n -7 -> :-2
        HSET h max 9223372036854775807 text abc float 1.5 -> :3
        HINCRBY h max 1 -> -ERR increment or decrement would overflow
        HINCRBY h text 1 -> -ERR hash value is not an integer
        HINCRBY h float 1 -> -ERR hash value is not an integer
        HINCRBY h n x -> -ERR value is not an integer or out of range
        HINCRBYFLOAT h float 0.25 -> "1.75"
        HINCRBYFLOAT h float 1e2 -> "101.75"
        HINCRBYFLOAT h n 2.5 -> "0.5"
        HINCRBYFLOAT h fresh 3 -> "3"
        HINCRBYFLOAT h text 1 -> -ERR hash value is not a float
        HINCRBYFLOAT h n x -> -ERR value is not a valid float
        HINCRBYFLOAT h n inf -> -ERR value is NaN or Infinity
        HGET h n -> "0.5"
        """);

    [Theory]
    [InlineData("HSET k a 1")]
    [InlineData("HMSET k a 1")]
    [InlineData("HSETNX k a 1")]
    [InlineData("HGET k a")]
    [InlineData("HMGET k a")]
    [InlineData("HDEL k a")]
    [InlineData("HLEN k")]
    [InlineData("HSTRLEN k a")]
    [InlineData("HEXISTS k a")]
    [InlineData("HGETALL k")]
    [InlineData("HKEYS k")]
    [InlineData("HVALS k")]
    [InlineData("HINCRBY k a 1")]
    [InlineData("HINCRBYFLOAT k a 1")]
    [InlineData("HRANDFIELD k")]
    [InlineData("HRANDFIELD k 1")]
    [InlineData("HSCAN k 0")]
    [InlineData("HEXPIRE k 1 FIELDS 1 a")]
    [InlineData("HTTL k FIELDS 1 a")]
    [InlineData("HPERSIST k FIELDS 1 a")]
    [InlineData("HSETEX k FIELDS 1 a b")]
    [InlineData("HGETEX k FIELDS 1 a")]
    [InlineData("HGETDEL k FIELDS 1 a")]
    public void Other_types_are_refused(string command)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Line("SET k v");
        Assert.Equal("-WRONGTYPE Operation against a key holding the wrong kind of value", client.Line(command));
    }

    [Fact]
    public void Hashes_are_maps_in_the_newer_protocol()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Line("HELLO 3");
        CommandScript.Run(client, """
            HSET h a 1 -> :1
            HGETALL h -> {"a": "1"}
            HGETALL none -> {}
            HKEYS h -> ["a"]
            HVALS h -> ["1"]
            HGET none a -> nil
            HRANDFIELD h -> "a"
            HRANDFIELD h 2 -> ["a"]
            HRANDFIELD h 2 WITHVALUES -> [["a", "1"]]
            HRANDFIELD h -2 WITHVALUES -> [["a", "1"], ["a", "1"]]
            HSCAN h 0 -> ["0", ["a", "1"]]
            HSCAN h 0 NOVALUES -> ["0", ["a"]]
            HEXPIRE h 100 FIELDS 1 a -> [:1]
            HGETALL h -> {"a": "1"}
            """);
    }

    [Fact]
    public void Encodings_change_at_the_limits()
    {
        using var server = new TestServer(settings =>
        {
            settings.Types.HashMaxListpackEntries = 4;
            settings.Types.HashMaxListpackValueBytes = 10;
        });
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            HSET h a 1 b 2 c 3 d 0123456789 -> :4
            OBJECT ENCODING h -> "listpack"
            HSET h d 01234567890 -> :0
            OBJECT ENCODING h -> "hashtable"
            HMGET h a b c d -> ["1", "2", "3", "01234567890"]
            HSET many a 1 b 2 c 3 d 4 e 5 -> :5
            OBJECT ENCODING many -> "hashtable"
            HSET one a 1 b 2 c 3 d 4 -> :4
            HINCRBY one e 1 -> :1
            OBJECT ENCODING one -> "hashtable"
            HSETNX name 01234567890 v -> :1
            OBJECT ENCODING name -> "hashtable"
            HSET small a 1 -> :1
            HSET small a 2 a 3 a 4 a 5 a 6 -> :0
            OBJECT ENCODING small -> "hashtable"
            """);
    }

    [Theory]
    [InlineData("listpack", 10)]
    [InlineData("hashtable", 700)]
    public void Random_fields_are_fields_and_different_where_they_must_be(string encoding, int size)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        string[] names = [.. Enumerable.Range(0, size).Select(i => "f" + i)];
        client.Send(["HSET", "h", .. names.SelectMany(n => (string[])[n, "value of " + n])]);
        Assert.Equal($"\"{encoding}\"", client.Line("OBJECT ENCODING h"));
        Assert.Contains(client.Line("HRANDFIELD h").Text, names);
        foreach (int count in (int[])[1, 3, size / 2, size - 1, size, size + 5])
        {
            RespValue[] chosen = client.Line($"HRANDFIELD h {count} WITHVALUES").Items;
            Assert.Equal(2 * Math.Min(count, size), chosen.Length);
            Assert.Equal(Math.Min(count, size), chosen.Chunk(2).Select(p => p[0].Text).Distinct().Count());
            Assert.All(chosen.Chunk(2), pair => Assert.Equal("value of " + pair[0].Text, pair[1].Text));
            Assert.Equal(count, client.Line($"HRANDFIELD h -{count}").Items.Length);
        }
        CommandScript.Run(client, """
            HRANDFIELD h 0 -> []
            HRANDFIELD none -> nil
            HRANDFIELD none 3 -> []
            HRANDFIELD h x -> -ERR value is not an integer or out of range
            HRANDFIELD h 1 VALUES -> -ERR syntax error
            HRANDFIELD h 1 WITHVALUES x -> -ERR syntax error
            HRANDFIELD h 9223372036854775807 WITHVALUES -> -ERR value is out of range
            HRANDFIELD h -9223372036854775808 -> -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
            """);
    }

    [Fact]
    public void A_large_hash_is_scanned_in_steps()
    {
        using var server = new TestServer(settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes);
        using RespClient client = server.Connect();
        for (int i = 0; i < 10; i++) client.Send(["HSET", "h", .. Enumerable.Range(i * 300, 300).SelectMany(f => (string[])["f" + f, "v" + f])]);
        Dictionary<string, string> seen = [];
        string cursor = "0";
        do
        {
            RespValue step = client.Send("HSCAN", "h", cursor, "COUNT", "100", "MATCH", "f*");
            cursor = step.Items[0].Text;
            foreach (RespValue[] pair in step.Items[1].Items.Chunk(2)) seen[pair[0].Text] = pair[1].Text;
        }
        while (cursor != "0");
        Assert.Equal(3000, seen.Count);
        Assert.All(seen, pair => Assert.Equal("v" + pair.Key[1..], pair.Value));
        Assert.InRange(client.Line("MEMORY USAGE h").Number, 3000 * 20, 3000 * 45);
        Assert.Contains("number of entries: 3000\n", client.Line("DEBUG HTSTATS-KEY h").Text);
        Assert.StartsWith("-ERR", client.Line("DEBUG HTSTATS-KEY none"));
    }

    [Fact]
    public void Copies_dumps_and_digests_are_equal_in_all_encodings()
    {
        using var server = new TestServer(settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes, checking: true);
        using RespClient client = server.Connect();
        client.Line("HSET small 1 2 text abc");
        client.Send(["HSET", "table", .. Enumerable.Range(0, 600).SelectMany(i => (string[])["f" + i, "v" + i])]);
        client.Line("HSET expiring a 1 b 2 c 3");
        client.Line("HPEXPIREAT expiring 4000000000123 FIELDS 1 a");
        client.Line("HPEXPIREAT expiring 9223372036854775807 FIELDS 1 b");
        foreach (string key in (string[])["small", "table", "expiring"])
        {
            Assert.Equal(":1", client.Line($"COPY {key} copy REPLACE"));
            byte[] payload = client.Line($"DUMP {key}").Bytes;
            Assert.Equal("+OK", client.Send("RESTORE"u8.ToArray(), "restored"u8.ToArray(), "0"u8.ToArray(), payload, "REPLACE"u8.ToArray()));
            Assert.Single(client.Line($"DEBUG DIGEST-VALUE {key} copy restored").Items.Select(d => d.Text).Distinct());
            Assert.Single(((string[])[key, "copy", "restored"]).Select(k => client.Line($"OBJECT ENCODING {k}").Text).Distinct());
        }
        foreach (string key in (string[])["expiring", "copy", "restored"])
            Assert.Equal("[:4000000000123, :9223372036854775807, :-1]", client.Line($"HPEXPIRETIME {key} FIELDS 3 a b c"));
    }
}
