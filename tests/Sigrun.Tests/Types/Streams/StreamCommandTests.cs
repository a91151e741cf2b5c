using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Streams;

/// <summary>Commands on the entries of streams: replies and errors.</summary>
public sealed class StreamCommandTests : IDisposable
{
    private readonly TestServer _server = new(settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes, checking: true);
    private readonly RespClient _client;

    public StreamCommandTests() => _client = _server.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Entries_are_added_behind_the_last_one() => CommandScript.Run(_client, """
        XADD s 1-1 f v -> "1-1"
        XADD s 1-1 f v -> -ERR The ID specified in XADD is equal or smaller than the target stream top item
        XADD s 1-0 f v -> -ERR The ID specified in XADD is equal or smaller than the target stream top item
        XADD s 1-* f v -> "1-2"
        XADD s 5-* f v -> "5-0"
        XADD s 6 f v -> "6-0"
        XADD s 4-* f v -> -ERR The ID specified in XADD is equal or smaller than the target stream top item
        XADD s 0-0 f v -> -ERR The ID specified in XADD must be greater than 0-0
        XADD s 07-01 a b c d -> "7-1"
        XADD s - f v -> -ERR Invalid stream ID specified as stream command argument
        XADD s + f v -> -ERR Invalid stream ID specified as stream command argument
        XADD s 1-2-3 f v -> -ERR Invalid stream ID specified as stream command argument
        XADD s 18446744073709551616-1 f v -> -ERR Invalid stream ID specified as stream command argument
        XADD s 8-0 f -> -ERR wrong number of arguments for 'xadd' command
        XADD s 8-0 f v g -> -ERR wrong number of arguments for 'xadd' command
        XADD s NOMKSTREAM 8-0 f v -> "8-0"
        XADD none NOMKSTREAM * f v -> nil
        XADD new 0-* f v -> "0-1"
        XLEN s -> :6
        XLEN none -> :0
        TYPE s -> +stream
        OBJECT ENCODING s -> "stream"
        XADD s 18446744073709551615-18446744073709551614 f v -> "18446744073709551615-18446744073709551614"
        XADD s * f v -> "18446744073709551615-18446744073709551615"
        XADD s * f v -> -ERR The stream has exhausted the last possible ID, unable to add more items
        SET text v -> +OK
        XADD text * f v -> -WRONGTYPE Operation against a key holding the wrong kind of value
        XLEN text -> -WRONGTYPE Operation against a key holding the wrong kind of value
        """);

    [Fact]
    public void Ids_that_the_server_makes_follow_its_clock_and_never_go_back()
    {
        long before = _server.Clock.UnixMilliseconds;
        string id = _client.Send("XADD", "s", "*", "f", "v").Text;
        long ms = long.Parse(id[..id.IndexOf('-')]);
        Assert.InRange(ms, before - 1, _server.Clock.UnixMilliseconds + 1);
        CommandScript.Run(_client, """
            XADD s 99999999999999-5 f v -> "99999999999999-5"
            XADD s * f v -> "99999999999999-6"
            """);
    }

    [Fact]
    public void Ranges_have_ends_that_belong_to_them_or_not() => CommandScript.Run(_client, """
        XADD s 1-1 a 1 -> "1-1"
        XADD s 1-2 a 2 b 3 -> "1-2"
        XADD s 2-1 a '' -> "2-1"
        XRANGE s - + -> [["1-1", ["a", "1"]], ["1-2", ["a", "2", "b", "3"]], ["2-1", ["a", ""]]]
        XREVRANGE s + - -> [["2-1", ["a", ""]], ["1-2", ["a", "2", "b", "3"]], ["1-1", ["a", "1"]]]
        XRANGE s 1 1 -> [["1-1", ["a", "1"]], ["1-2", ["a", "2", "b", "3"]]]
        XRANGE s (1-1 (2-1 -> [["1-2", ["a", "2", "b", "3"]]]
        XREVRANGE s (2-1 (1-1 -> [["1-2", ["a", "2", "b", "3"]]]
        XRANGE s - + COUNT 1 -> [["1-1", ["a", "1"]]]
        XREVRANGE s + - COUNT 1 -> [["2-1", ["a", ""]]]
        XRANGE s - + COUNT 0 -> nil
        XRANGE s - + COUNT -5 -> nil
        XRANGE s 3 + -> []
        XRANGE s + - -> []
        XREVRANGE s - + -> []
        XRANGE none - + -> []
        XRANGE s (+ + -> -ERR Invalid stream ID specified as stream command argument
        XRANGE s (18446744073709551615-18446744073709551615 + -> -ERR invalid start ID for the interval
        XRANGE s - (0-0 -> -ERR invalid end ID for the interval
        XRANGE s - (0-1 -> []
        XRANGE s - + COUNT x -> -ERR value is not an integer or out of range
        XRANGE s - + LIMIT 1 -> -ERR syntax error
        XRANGE s - + COUNT -> -ERR syntax error
        """);

    [Fact]
    public void Deleted_entries_are_gone() => CommandScript.Run(_client, """
        XADD s 1-1 f 1 -> "1-1"
        XADD s 2-1 f 2 -> "2-1"
        XADD s 3-1 f 3 -> "3-1"
        XDEL s 2-1 2-1 9-9 -> :1
        XDEL s 1-x -> -ERR Invalid stream ID specified as stream command argument
        XDEL none 1-x -> :0
        XRANGE s - + -> [["1-1", ["f", "1"]], ["3-1", ["f", "3"]]]
        XREVRANGE s + - -> [["3-1", ["f", "3"]], ["1-1", ["f", "1"]]]
        XLEN s -> :2
        XDEL s 1-1 3-1 -> :2
        XLEN s -> :0
        EXISTS s -> :1
        XADD s 3-1 f v -> -ERR The ID specified in XADD is equal or smaller than the target stream top item
        XADD s 4-1 f v -> "4-1"
        """);

    [Fact]
    public void Trimming_by_length_and_by_id() => CommandScript.Run(_client, """
        CONFIG SET stream-node-max-entries 3 -> +OK
        XADD s 1-0 f v -> "1-0"
        XADD s 2-0 f v -> "2-0"
        XADD s 3-0 f v -> "3-0"
        XADD s 4-0 f v -> "4-0"
        XADD s 5-0 f v -> "5-0"
        XTRIM s MAXLEN ~ 3 -> :0
        XTRIM s MAXLEN 4 -> :1
        XTRIM s MAXLEN ~ 3 LIMIT 1 -> :0
        XTRIM s MAXLEN ~ 2 LIMIT 2 -> :2
        XRANGE s - + -> [["4-0", ["f", "v"]], ["5-0", ["f", "v"]]]
        XADD s MAXLEN = 2 6-0 f v -> "6-0"
        XADD s MINID 6 7-0 f v -> "7-0"
        XRANGE s - + -> [["6-0", ["f", "v"]], ["7-0", ["f", "v"]]]
        XTRIM s MINID = 7-0 -> :1
        XADD s MAXLEN 0 8-0 f v -> "8-0"
        XLEN s -> :0
        XTRIM none MAXLEN 1 -> :0
        """);

    [Theory]
    [InlineData("XTRIM s MAXLEN -1", "The MAXLEN argument must be >= 0.")]
    [InlineData("XTRIM s MAXLEN x", "value is not an integer or out of range")]
    [InlineData("XTRIM s MAXLEN ~ 1 LIMIT -1", "The LIMIT argument must be >= 0.")]
    [InlineData("XTRIM s MAXLEN 1 LIMIT 1", "syntax error, LIMIT cannot be used without the special ~ option")]
    [InlineData("XTRIM s LIMIT 1 MAXLEN = 5", "syntax error, LIMIT cannot be used without the special ~ option")]
    [InlineData("XTRIM s MAXLEN 1 MINID 1", "syntax error, MAXLEN and MINID options at the same time are not compatible")]
    [InlineData("XTRIM s MINID -", "Invalid stream ID specified as stream command argument")]
    [InlineData("XTRIM s LIMIT 0", "syntax error, XTRIM must be called with a trimming strategy")]
    [InlineData("XTRIM s MAXLEN", null)]
    [InlineData("XTRIM s FOO 1", "syntax error")]
    [InlineData("XADD s LIMIT 5 * f v", "syntax error, LIMIT cannot be used without specifying a trimming strategy")]
    [InlineData("XADD s MAXLEN 5", null)]
    public void Options_that_make_no_sense(string command, string? error)
    {
        string arity = $"-ERR wrong number of arguments for '{command[..command.IndexOf(' ')].ToLowerInvariant()}' command";
        Assert.Equal(error is null ? arity : "-ERR " + error, _client.Line(command));
    }

    [Fact]
    public void Figures_can_be_set() => CommandScript.Run(_client, """
        XSETID none 1-1 -> -ERR no such key
        XADD s 2-0 f v -> "2-0"
        XADD s 3-0 f v -> "3-0"
        XSETID s 1-0 -> -ERR The ID specified in XSETID is smaller than the target stream top item
        XSETID s 5-0 ENTRIESADDED 1 -> -ERR The entries_added specified in XSETID is smaller than the target stream length
        XSETID s 5-0 ENTRIESADDED -1 -> -ERR entries_added must be positive
        XSETID s 5-0 MAXDELETEDID 6-0 -> -ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id
        XSETID s 5-0 FOO 1 -> -ERR syntax error
        XSETID s + -> -ERR Invalid stream ID specified as stream command argument
        XSETID s 200-1 ENTRIESADDED 10 MAXDELETEDID 4-0 -> +OK
        XSETID s 3-0 -> -ERR The ID specified in XSETID is smaller than current max_deleted_entry_id
        XINFO STREAM s -> ["length", :2, "radix-tree-keys", :1, "radix-tree-nodes", :2, "last-generated-id", "200-1", "max-deleted-entry-id", "4-0", "entries-added", :10, "recorded-first-entry-id", "2-0", "groups", :0, "first-entry", ["2-0", ["f", "v"]], "last-entry", ["3-0", ["f", "v"]]]
        """);

    [Fact]
    public void Information_on_a_stream()
    {
        CommandScript.Run(_client, """
            HELLO 2 -> ["server", "valkey", "version", "9.1.0", "proto", :2, "id", :1, "mode", "standalone", "role", "master", "modules", []]
            XINFO STREAM none -> -ERR no such key
            XGROUP CREATE s g $ MKSTREAM -> +OK
            XINFO STREAM s -> ["length", :0, "radix-tree-keys", :0, "radix-tree-nodes", :1, "last-generated-id", "0-0", "max-deleted-entry-id", "0-0", "entries-added", :0, "recorded-first-entry-id", "0-0", "groups", :1, "first-entry", nil, "last-entry", nil]
            XINFO STREAM s FULL COUNT -> -ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
            XINFO STREAM s HALF -> -ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
            XINFO STREAM s FULL COUNT x -> -ERR value is not an integer or out of range
            XINFO GROUPS s x -> -ERR wrong number of arguments for 'xinfo|groups' command
            XINFO CONSUMERS s none -> -NOGROUP No such consumer group 'none' for key name 's'
            XINFO FOO s -> -ERR unknown subcommand 'FOO'. Try XINFO HELP.
            """);
        _client.Line("HELLO 3");
        Assert.StartsWith("""{"length": :0, "radix-tree-keys": :0,""", _client.Line("XINFO STREAM s FULL"));
        Assert.Equal("""[{"name": "g", "consumers": :0, "pending": :0, "last-delivered-id": "0-0", "entries-read": _, "lag": :0}]""".Replace("_", "nil"), _client.Line("XINFO GROUPS s"));
    }

    [Fact]
    public void Reading_on_from_ids() => CommandScript.Run(_client, """
        XADD s 1-0 f 1 -> "1-0"
        XADD s 2-0 f 2 -> "2-0"
        XADD t 7-0 f 3 -> "7-0"
        XREAD STREAMS s t 1-0 0 -> [["s", [["2-0", ["f", "2"]]]], ["t", [["7-0", ["f", "3"]]]]]
        XREAD COUNT 1 STREAMS s none t 0 0 7 -> [["s", [["1-0", ["f", "1"]]]]]
        XREAD STREAMS s $ -> nil
        XREAD STREAMS s + -> [["s", [["2-0", ["f", "2"]]]]]
        XREAD STREAMS none + -> nil
        XREAD STREAMS s 2-0 -> nil
        XREAD STREAMS s > -> -ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.
        XREAD STREAMS s t 0 -> -ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.
        XREAD STREAMS s - -> -ERR Invalid stream ID specified as stream command argument
        XREAD COUNT 1 s 0 -> -ERR syntax error
        XREAD GROUP a b STREAMS s 0 -> -ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.
        XREAD NOACK STREAMS s 0 -> -ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.
        XREAD COUNT x STREAMS s 0 -> -ERR value is not an integer or out of range
        XREAD BLOCK -1 STREAMS s 0 -> -ERR timeout is negative
        XREAD BLOCK 1.5 STREAMS s 0 -> -ERR timeout is not an integer or out of range
        """);

    [Fact]
    public void With_the_newer_protocol_streams_are_the_keys_of_a_map()
    {
        _client.Line("HELLO 3");
        CommandScript.Run(_client, """
            XADD s 1-0 f 1 -> "1-0"
            XADD t 7-0 f 3 -> "7-0"
            XGROUP CREATE s g 0 -> +OK
            XREAD STREAMS s t 0 0 -> {"s": [["1-0", ["f", "1"]]], "t": [["7-0", ["f", "3"]]]}
            XREAD STREAMS s $ -> nil
            XREADGROUP GROUP g c STREAMS s > -> {"s": [["1-0", ["f", "1"]]]}
            XREADGROUP GROUP g c STREAMS s > -> nil
            XRANGE s - + -> [["1-0", ["f", "1"]]]
            """);
    }

    [Fact]
    public void Copies_renames_and_digests()
    {
        for (int i = 1; i <= 250; i++) _client.Line($"XADD s {i}-0 field {i} other text");
        CommandScript.Run(_client, """
            XGROUP CREATE s g 0 -> +OK
            XREADGROUP GROUP g c COUNT 1 STREAMS s > -> [["s", [["1-0", ["field", "1", "other", "text"]]]]]
            COPY s t -> :1
            COPY s same -> :1
            XACK s g 1-0 -> :1
            XPENDING t g -> [:1, "1-0", "1-0", [["c", "1"]]]
            XLEN t -> :250
            RENAME t u -> +OK
            XDEL u 1-0 -> :1
            XLEN s -> :250
            """);
        RespValue[] digests = _client.Line("DEBUG DIGEST-VALUE s same u").Items;
        Assert.Equal(digests[0].Text, digests[1].Text);
        Assert.NotEqual(digests[0].Text, digests[2].Text);
        Assert.InRange(_client.Line("MEMORY USAGE s").Number, 4000, 8000);
        Assert.InRange(_client.Line("MEMORY USAGE s SAMPLES 0").Number, 4000, 8000);
    }
}
