using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Streams;

/// <summary>XDELEX and XACKDEL.</summary>
public sealed class ReferenceCommandTests : IDisposable
{
    private readonly TestServer _server = new(checking: true);
    private readonly RespClient _client;

    public ReferenceCommandTests()
    {
        _client = _server.Connect();
        CommandScript.Run(_client, """
            XADD s 1-0 f v -> "1-0"
            XADD s 2-0 f v -> "2-0"
            XADD s 3-0 f v -> "3-0"
            XGROUP CREATE s g 0 -> +OK
            XGROUP CREATE s h 0 -> +OK
            XREADGROUP GROUP g a COUNT 2 STREAMS s > -> [["s", [["1-0", ["f", "v"]], ["2-0", ["f", "v"]]]]]
            XREADGROUP GROUP h b COUNT 2 STREAMS s > -> [["s", [["1-0", ["f", "v"]], ["2-0", ["f", "v"]]]]]
            """);
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void References_are_kept() => CommandScript.Run(_client, """
        XDELEX s IDS 2 1-0 9-0 -> [:1, :-1]
        XDELEX s KEEPREF IDS 1 1-0 -> [:-1]
        XACKDEL s g IDS 3 1-0 2-0 3-0 -> [:1, :1, :-1]
        XLEN s -> :1
        XPENDING s g -> [:0, nil, nil, nil]
        XPENDING s h -> [:2, "1-0", "2-0", [["b", "2"]]]
        XACKDEL s h KEEPREF IDS 2 1-0 2-0 -> [:1, :1]
        """);

    [Fact]
    public void References_are_removed() => CommandScript.Run(_client, """
        XDELEX s DELREF IDS 1 1-0 -> [:1]
        XPENDING s h -> [:1, "2-0", "2-0", [["b", "1"]]]
        XACKDEL s g DELREF IDS 1 2-0 -> [:1]
        XPENDING s h -> [:0, nil, nil, nil]
        XACKDEL s h DELREF IDS 1 2-0 -> [:-1]
        XLEN s -> :1
        """);

    [Fact]
    public void Entries_stay_while_they_are_needed() => CommandScript.Run(_client, """
        XDELEX s ACKED IDS 2 1-0 3-0 -> [:2, :2]
        XACKDEL s g ACKED IDS 2 1-0 2-0 -> [:2, :2]
        XLEN s -> :3
        XACKDEL s h ACKED IDS 1 1-0 -> [:1]
        XLEN s -> :2
        XACK s h 2-0 -> :1
        XDELEX s acked ids 2 2-0 1-0 -> [:1, :-1]
        XLEN s -> :1
        """);

    [Fact]
    public void Keys_and_groups_that_are_not_there() => CommandScript.Run(_client, """
        XDELEX none IDS 2 1-0 2-0 -> [:-1, :-1]
        XACKDEL none g IDS 2 1-0 2-0 -> [:-1, :-1]
        XACKDEL s none IDS 1 1-0 -> [:-1]
        SET text v -> +OK
        XDELEX text IDS 1 1-0 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        """);

    [Theory]
    [InlineData("XDELEX s IDS x 1-0", "Number of IDs must be a positive integer")]
    [InlineData("XDELEX s IDS 0 1-0", "Number of IDs must be a positive integer")]
    [InlineData("XDELEX s IDS 3 1-0 2-0", "The `numids` parameter must match the number of arguments")]
    [InlineData("XDELEX s IDS 1 1-0 2-0", "syntax error")]
    [InlineData("XDELEX s KEEPREF DELREF IDS 1 1-0", "syntax error")]
    [InlineData("XDELEX s KEEPREF DELREF 1-0", "syntax error")]
    [InlineData("XDELEX s IDS 1 x", "Invalid stream ID specified as stream command argument")]
    [InlineData("XACKDEL s g ACKED ACKED IDS 1 1-0", "syntax error")]
    [InlineData("XACKDEL s g IDS 1", null)]
    public void What_is_refused(string command, string? error) =>
        Assert.Equal("-ERR " + (error ?? "wrong number of arguments for 'xackdel' command"), _client.Line(command));

    [Fact]
    public void Many_ids_at_once()
    {
        string[] ids = [.. Enumerable.Range(0, 500).Select(i => i + "-1")];
        RespValue reply = _client.Send((string[])["XACKDEL", "s", "g", "IDS", "500", .. ids]);
        Assert.Equal(500, reply.Items.Length);
        Assert.All(reply.Items, item => Assert.Equal(":-1", item));
    }
}
