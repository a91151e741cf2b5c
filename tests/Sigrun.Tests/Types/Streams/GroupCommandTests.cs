using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Streams;

/// <summary>Consumer groups: replies, errors, and what they remember.</summary>
public sealed class GroupCommandTests : IDisposable
{
    private readonly TestServer _server = new(checking: true);
    private readonly RespClient _client;

    public GroupCommandTests()
    {
        _client = _server.Connect();
        for (int i = 1; i <= 5; i++) _client.Line($"XADD s {i}-0 f {i}");
        _client.Line("XGROUP CREATE s g 0");
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Groups_are_made_set_and_removed() => CommandScript.Run(_client, """
        XGROUP CREATE s g 0 -> -BUSYGROUP Consumer Group name already exists
        XGROUP CREATE none g 0 -> -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
        XGROUP CREATE none g x MKSTREAM -> -ERR Invalid stream ID specified as stream command argument
        EXISTS none -> :0
        XGROUP CREATE none g $ MKSTREAM -> +OK
        XLEN none -> :0
        XGROUP CREATE s h $ ENTRIESREAD -2 -> -ERR value for ENTRIESREAD must be positive or -1
        XGROUP CREATE s h $ FOO -> -ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
        XGROUP CREATE s h 3 ENTRIESREAD 3 -> +OK
        XINFO GROUPS s -> [["name", "g", "consumers", :0, "pending", :0, "last-delivered-id", "0-0", "entries-read", nil, "lag", :5], ["name", "h", "consumers", :0, "pending", :0, "last-delivered-id", "3-0", "entries-read", :3, "lag", :2]]
        XGROUP SETID s h $ -> +OK
        XGROUP SETID s none 0 -> -NOGROUP No such consumer group 'none' for key name 's'
        XGROUP SETID s h 0 MKSTREAM -> -ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP.
        XGROUP DESTROY s h -> :1
        XGROUP DESTROY s h -> :0
        XGROUP CREATECONSUMER s g c -> :1
        XGROUP CREATECONSUMER s g c -> :0
        XGROUP CREATECONSUMER s h c -> -NOGROUP No such consumer group 'h' for key name 's'
        XGROUP DELCONSUMER s g none -> :0
        XGROUP DELCONSUMER s g c -> :0
        XGROUP FOO s g -> -ERR unknown subcommand 'FOO'. Try XGROUP HELP.
        """);

    [Fact]
    public void Each_entry_goes_to_one_consumer_until_it_is_acknowledged() => CommandScript.Run(_client, """
        XREADGROUP GROUP g a COUNT 2 STREAMS s > -> [["s", [["1-0", ["f", "1"]], ["2-0", ["f", "2"]]]]]
        XREADGROUP GROUP g b COUNT 1 STREAMS s > -> [["s", [["3-0", ["f", "3"]]]]]
        XREADGROUP GROUP g a STREAMS s 0 -> [["s", [["1-0", ["f", "1"]], ["2-0", ["f", "2"]]]]]
        XREADGROUP GROUP g a COUNT 1 STREAMS s 1-0 -> [["s", [["2-0", ["f", "2"]]]]]
        XREADGROUP GROUP g c STREAMS s 0 -> [["s", []]]
        XACK s g 1-0 1-0 3-0 9-9 -> :2
        XACK s none 1-0 -> :0
        XACK none g 1-0 -> :0
        XACK s g x -> -ERR Invalid stream ID specified as stream command argument
        XDEL s 2-0 -> :1
        XREADGROUP GROUP g a STREAMS s 0 -> [["s", [["2-0", nil]]]]
        XREADGROUP GROUP g b NOACK STREAMS s > -> [["s", [["4-0", ["f", "4"]], ["5-0", ["f", "5"]]]]]
        XREADGROUP GROUP g b STREAMS s > -> nil
        XPENDING s g -> [:1, "2-0", "2-0", [["a", "1"]]]
        XGROUP SETID s g 0 -> +OK
        XREADGROUP GROUP g b COUNT 2 STREAMS s > -> [["s", [["1-0", ["f", "1"]], ["3-0", ["f", "3"]]]]]
        XGROUP DELCONSUMER s g b -> :2
        XPENDING s g -> [:1, "2-0", "2-0", [["a", "1"]]]
        """);

    [Fact]
    public void An_entry_that_is_delivered_again_changes_its_consumer() => CommandScript.Run(_client, """
        XREADGROUP GROUP g a COUNT 1 STREAMS s > -> [["s", [["1-0", ["f", "1"]]]]]
        XGROUP SETID s g 0 -> +OK
        XREADGROUP GROUP g b COUNT 1 STREAMS s > -> [["s", [["1-0", ["f", "1"]]]]]
        XPENDING s g -> [:1, "1-0", "1-0", [["b", "1"]]]
        XREADGROUP GROUP g a STREAMS s 0 -> [["s", []]]
        """);

    [Theory]
    [InlineData("XREADGROUP GROUP none c STREAMS s >", "NOGROUP No such key 's' or consumer group 'none' in XREADGROUP with GROUP option")]
    [InlineData("XREADGROUP GROUP g c STREAMS none >", "NOGROUP No such key 'none' or consumer group 'g' in XREADGROUP with GROUP option")]
    [InlineData("XREADGROUP COUNT 1 NOACK STREAMS s t > >", "ERR Missing GROUP option for XREADGROUP")]
    [InlineData("XREADGROUP GROUP g c STREAMS s t >", "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified.")]
    [InlineData("XREADGROUP GROUP g c STREAMS s x", "ERR Invalid stream ID specified as stream command argument")]
    [InlineData("XPENDING s none", "NOGROUP No such key 's' or consumer group 'none'")]
    [InlineData("XPENDING s g - +", "ERR syntax error")]
    [InlineData("XPENDING s g IDLE x - + 1", "ERR value is not an integer or out of range")]
    [InlineData("XPENDING s g IDLE 5 - +", "ERR syntax error")]
    [InlineData("XCLAIM s none c 0 1-0", "NOGROUP No such key 's' or consumer group 'none'")]
    [InlineData("XCLAIM s g c x 1-0", "ERR Invalid min-idle-time argument for XCLAIM")]
    [InlineData("XCLAIM s g c 0 1-0 FOO", "ERR Unrecognized XCLAIM option 'FOO'")]
    [InlineData("XCLAIM s g c 0 1-0 IDLE x", "ERR Invalid IDLE option argument for XCLAIM")]
    [InlineData("XCLAIM s g c 0 1-0 RETRYCOUNT x", "ERR Invalid RETRYCOUNT option argument for XCLAIM")]
    [InlineData("XAUTOCLAIM s g c x 0", "ERR Invalid min-idle-time argument for XAUTOCLAIM")]
    [InlineData("XAUTOCLAIM s g c 0 0 COUNT 0", "ERR COUNT must be > 0")]
    [InlineData("XAUTOCLAIM s g c 0 0 COUNT 8070450532247928833", "ERR COUNT must be > 0")]
    [InlineData("XAUTOCLAIM s none c 0 0", "NOGROUP No such key 's' or consumer group 'none'")]
    public void What_is_refused(string command, string error) => Assert.Equal("-" + error, _client.Line(command));

    [Fact]
    public void The_dollar_means_nothing_to_a_group()
    {
        foreach (string sign in (string[])["$", "+"])
        {
            Assert.Equal($"-ERR The {sign} ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The {sign} ID would just return an empty result set.",
                _client.Line($"XREADGROUP GROUP g c STREAMS s {sign}"));
        }
    }

    [Fact]
    public void Pending_entries_by_range_consumer_and_time()
    {
        _client.Line("XREADGROUP GROUP g a COUNT 2 STREAMS s >");
        _server.Clock.Advance(TimeSpan.FromSeconds(100));
        _client.Line("XREADGROUP GROUP g b COUNT 2 STREAMS s >");
        Assert.Equal("""[:4, "1-0", "4-0", [["a", "2"], ["b", "2"]]]""", _client.Line("XPENDING s g"));
        Assert.Equal(["1-0", "2-0", "3-0", "4-0"], Ids("XPENDING s g - + 10"));
        Assert.Equal(["2-0", "3-0"], Ids("XPENDING s g (1-0 3 10"));
        Assert.Equal(["3-0"], Ids("XPENDING s g - + 1 b"));
        Assert.Equal(["1-0", "2-0"], Ids("XPENDING s g IDLE 50000 - + 10"));
        Assert.Equal([], Ids("XPENDING s g IDLE 50000 - + 10 b"));
        Assert.Equal([], Ids("XPENDING s g - + 10 nobody"));
        RespValue first = _client.Line("XPENDING s g - + 1").Items[0];
        Assert.Equal("a", first.Items[1].Text);
        Assert.InRange(first.Items[2].Number, 100_000, 110_000);
        Assert.Equal(1, first.Items[3].Number);
        Assert.InRange(_client.Line("XINFO CONSUMERS s g").Items[0].Items[5].Number, 100_000, 110_000);
    }

    [Fact]
    public void Claiming_by_id()
    {
        _client.Line("XREADGROUP GROUP g a COUNT 3 STREAMS s >");
        CommandScript.Run(_client, """
            XCLAIM s g b 100000 1-0 -> []
            XCLAIM s g b 0 1-0 9-9 -> [["1-0", ["f", "1"]]]
            XCLAIM s g b 0 2-0 JUSTID -> ["2-0"]
            XCLAIM s g b 0 5-0 -> []
            XCLAIM s g b 0 5-0 FORCE JUSTID RETRYCOUNT 7 LASTID 4-0 -> ["5-0"]
            XDEL s 3-0 -> :1
            XCLAIM s g b 0 3-0 -> []
            XPENDING s g -> [:3, "1-0", "5-0", [["b", "3"]]]
            """);
        Assert.Equal([":2", ":1", ":7"], _client.Line("XPENDING s g - + 10").Items.Select(i => i.Items[3].ToString()));
        Assert.Equal("4-0", _client.Line("XINFO GROUPS s").Items[0].Items[7].Text);
        _client.Line("XCLAIM s g b 0 1-0 IDLE 5000 JUSTID");
        Assert.InRange(_client.Line("XPENDING s g - + 1").Items[0].Items[2].Number, 5000, 9000);
    }

    [Fact]
    public void Claiming_what_has_been_pending_for_long()
    {
        _client.Line("XREADGROUP GROUP g a COUNT 4 STREAMS s >");
        CommandScript.Run(_client, """
            XDEL s 2-0 -> :1
            XAUTOCLAIM s g b 100000 0 -> ["0-0", [], ["2-0"]]
            XAUTOCLAIM s g b 0 0 COUNT 1 -> ["3-0", [["1-0", ["f", "1"]]], []]
            XAUTOCLAIM s g b 0 (1-0 COUNT 1 JUSTID -> ["4-0", ["3-0"], []]
            XAUTOCLAIM s g b 0 4-0 COUNT 1 -> ["0-0", [["4-0", ["f", "4"]]], []]
            XPENDING s g -> [:3, "1-0", "4-0", [["b", "3"]]]
            XTRIM s MAXLEN 0 -> :4
            XAUTOCLAIM s g c 0 - COUNT 2 -> ["4-0", [], ["1-0", "3-0"]]
            """);
    }

    [Fact]
    public void Lag_is_told_as_long_as_it_is_known() => CommandScript.Run(_client, """
        XREADGROUP GROUP g a COUNT 2 STREAMS s > -> [["s", [["1-0", ["f", "1"]], ["2-0", ["f", "2"]]]]]
        XINFO GROUPS s -> [["name", "g", "consumers", :1, "pending", :2, "last-delivered-id", "2-0", "entries-read", :2, "lag", :3]]
        XDEL s 4-0 -> :1
        XINFO GROUPS s -> [["name", "g", "consumers", :1, "pending", :2, "last-delivered-id", "2-0", "entries-read", :2, "lag", nil]]
        XREADGROUP GROUP g a STREAMS s > -> [["s", [["3-0", ["f", "3"]], ["5-0", ["f", "5"]]]]]
        XINFO GROUPS s -> [["name", "g", "consumers", :1, "pending", :4, "last-delivered-id", "5-0", "entries-read", :5, "lag", :0]]
        XTRIM s MAXLEN 0 -> :4
        XINFO GROUPS s -> [["name", "g", "consumers", :1, "pending", :4, "last-delivered-id", "5-0", "entries-read", :5, "lag", :0]]
        """);

    [Fact]
    public void Large_groups_are_found_listed_and_freed()
    {
        const int Count = 3000;
        for (int i = 0; i < Count; i++)
        {
            _client.Write("XADD", "large", $"{i + 1}-0", "f", "v");
            _client.Write("XGROUP", "CREATE", "large", $"group number {i:D5}", "0");
            _client.Write("XGROUP", "CREATECONSUMER", "large", "group number 00000", $"consumer number {i:D5}");
        }
        for (int i = 0; i < 3 * Count; i++) Assert.False(_client.Read().IsError);
        for (int i = 0; i < Count; i++) _client.Write("XREADGROUP", "GROUP", "group number 00000", $"consumer number {i % 50:D5}", "COUNT", "1", "STREAMS", "large", ">");
        for (int i = 0; i < Count; i++) Assert.False(_client.Read().IsError);
        RespValue consumers = _client.Send("XINFO", "CONSUMERS", "large", "group number 00000");
        Assert.Equal(Count, consumers.Items.Length);
        Assert.Equal("consumer number 00049", consumers.Items[49].Items[1].Text);
        Assert.Equal(Count / 50, consumers.Items[49].Items[3].Number);
        Assert.Equal(Count, _client.Send("XPENDING", "large", "group number 00000").Items[0].Number);
        Assert.Equal(Count / 50, _client.Send("XGROUP", "DELCONSUMER", "large", "group number 00000", "consumer number 00007").Number);
        Assert.Equal(":1", _client.Line("UNLINK large"));
    }

    private IEnumerable<string> Ids(string command) => _client.Line(command).Items.Select(i => i.Items[0].Text);
}
