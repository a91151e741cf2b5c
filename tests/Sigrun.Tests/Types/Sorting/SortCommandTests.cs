using System.Globalization;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Sorting;

/// <summary>SORT through a socket; once over a heap that moves every block on every write.</summary>
public sealed class SortCommandTests
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
    public void Numbers_and_texts_are_sorted(bool checking) => Run(checking, """
        RPUSH l 10 9 2.5 -1 1e1 inf -inf 010 -> :8
        SORT l -> ["-inf", "-1", "2.5", "9", "010", "10", "1e1", "inf"]
        SORT l DESC -> ["inf", "1e1", "10", "010", "9", "2.5", "-1", "-inf"]
        SORT l LIMIT 2 3 -> ["2.5", "9", "010"]
        SORT l LIMIT -5 2 DESC -> ["inf", "1e1"]
        SORT l LIMIT 6 100 -> ["1e1", "inf"]
        SORT l LIMIT 8 1 -> []
        SORT l LIMIT 1 0 -> []
        SORT l LIMIT 1 -1 DESC ASC -> ["-1", "2.5", "9", "010", "10", "1e1", "inf"]
        SORT l ALPHA LIMIT 0 5 -> ["-1", "-inf", "010", "10", "1e1"]
        SORT_RO l ALPHA DESC LIMIT 0 2 -> ["inf", "9"]
        SADD s 3 1 2 -> :3
        SORT s -> ["1", "2", "3"]
        SADD s x -> :1
        SORT s -> -ERR One or more scores can't be converted into double
        SORT s ALPHA -> ["1", "2", "3", "x"]
        ZADD z 1 b 2 a 3 c -> :3
        SORT z ALPHA -> ["a", "b", "c"]
        SORT z BY nosort -> ["b", "a", "c"]
        SORT z BY nosort DESC LIMIT 0 2 -> ["c", "a"]
        SORT z BY nosort LIMIT 1 1 -> ["a"]
        SORT l BY nosort DESC LIMIT 0 2 -> ["010", "-inf"]
        SORT none -> []
        SORT none ALPHA BY x* GET # -> []
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Patterns_name_keys_and_fields(bool checking) => Run(checking, """
        RPUSH l a b c d -> :4
        MSET w_a 3 w_b 1 w_c 2 -> +OK
        HSET h_a f 1 -> :1
        HSET h_b f 3 name bob -> :2
        HSET h_c f 2 -> :1
        SORT l BY w_* -> ["d", "b", "c", "a"]
        SORT l BY w_* DESC GET # GET w_* -> ["a", "3", "c", "2", "b", "1", "d", nil]
        SORT l BY h_*->f -> ["d", "a", "c", "b"]
        SORT l BY h_*->f GET h_*->name GET none -> [nil, nil, nil, nil, nil, nil, "bob", nil]
        SORT l BY w_* ALPHA -> ["d", "b", "c", "a"]
        SORT l BY none_* ALPHA DESC -> ["a", "b", "c", "d"]
        SORT l ALPHA GET w_*-> -> [nil, nil, nil, nil]
        SORT l BY h_* -> ["a", "b", "c", "d"]
        SORT l BY nosort GET h_*->f -> ["1", "3", "2", nil]
        SET w_a x -> +OK
        SORT l BY w_* -> -ERR One or more scores can't be converted into double
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Results_are_stored(bool checking) => Run(checking, """
        RPUSH l 3 1 2 -> :3
        SORT l STORE l -> :3
        LRANGE l 0 -1 -> ["1", "2", "3"]
        OBJECT ENCODING l -> "listpack"
        SORT l BY nosort GET # GET none_* STORE to -> :6
        LRANGE to 0 -1 -> ["1", "", "2", "", "3", ""]
        SORT none STORE to -> :0
        EXISTS to -> :0
        SADD s 10 9 8 -> :3
        SORT s BY nosort STORE to -> :3
        LRANGE to 0 -1 -> ["10", "8", "9"]
        SET text x -> +OK
        SORT l LIMIT 0 1 STORE text -> :1
        TYPE text -> +list
        SORT_RO l STORE to -> -ERR syntax error
        """);

    [Fact]
    public void Errors_are_those_of_all_servers() => Run(false, """
        SET text x -> +OK
        SORT text -> -WRONGTYPE Operation against a key holding the wrong kind of value
        HSET h f v -> :1
        SORT h -> -WRONGTYPE Operation against a key holding the wrong kind of value
        SORT text bogus -> -ERR syntax error
        SORT none LIMIT 1 -> -ERR syntax error
        SORT none LIMIT a 1 -> -ERR value is not an integer or out of range
        SORT none BY -> -ERR syntax error
        SORT none GET -> -ERR syntax error
        SORT none STORE -> -ERR syntax error
        COMMAND GETKEYS SORT abc STORE invalid STORE stillbad STORE def -> ["abc", "def"]
        COMMAND GETKEYS SORT_RO abc -> ["abc"]
        """);

    /// <summary>Many elements, of which the larger half is sorted by bytes of keys, against the framework's sort.</summary>
    [Theory]
    [InlineData(1, 300, 100)]
    [InlineData(2, 5000, 1_000_000)]
    [InlineData(3, 5000, 20)]
    public void Many_are_sorted(int seed, int count, int numberMax)
    {
        var random = new Random(seed);
        using var server = new TestServer();
        using RespClient client = server.Connect();
        string[] numbers = [.. Enumerable.Range(0, count).Select(_ => (random.Next(2 * numberMax) - numberMax).ToString(CultureInfo.InvariantCulture))];
        string[] texts = [.. numbers.Select(n => random.Next(3) == 0 ? "a common start " + n : n)];
        client.Send(["RPUSH", "n", .. numbers]);
        client.Send(["RPUSH", "t", .. texts]);
        Assert.Equal(numbers.OrderBy(int.Parse), client.Line("SORT n").Items.Select(i => i.Text));
        Assert.Equal(numbers.OrderByDescending(int.Parse), client.Line("SORT n DESC").Items.Select(i => i.Text));
        Assert.Equal(texts.Order(StringComparer.Ordinal), client.Line("SORT t ALPHA").Items.Select(i => i.Text));
        Assert.Equal(texts.OrderDescending(StringComparer.Ordinal), client.Line("SORT_RO t ALPHA DESC").Items.Select(i => i.Text));
    }

    [Theory]
    [InlineData("SORT l STORE to", "SORT l STORE to", "new to, sortstore to")]
    [InlineData("SORT l", "", "")]
    [InlineData("SORT none STORE l", "SORT none STORE l", "del l")]
    [InlineData("SORT none STORE to", "", "")]
    public void A_change_tells_its_effect_and_its_events(string command, string effect, string events)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Line("RPUSH l 3 1 2");
        Recorder recorder = Recorder.Of(server);
        client.Line(command);
        string[] lines = recorder.Take();
        Assert.Equal(effect, Recorder.Join(lines, "effect "));
        Assert.Equal(events, string.Join(", ", Recorder.Join(lines, "event ").Split(", ").Where(e => !e.StartsWith("keymiss", StringComparison.Ordinal))));
    }
}
