using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Streams;

/// <summary>What replicas and those who follow keys are told of changes to streams.</summary>
public sealed class StreamEffectTests
{
    /// <summary>A command, its effects, its events, and whether those who follow the key are told.</summary>
    public static TheoryData<string, string, string, bool> Changes => new()
    {
        { "XADD s 9-9 f v", "XADD s 9-9 f v", "xadd s", true },
        { "XADD s 9-* f v", "XADD s 9-0 f v", "xadd s", true },
        { "xadd s NOMKSTREAM 9-9 f v", "xadd s NOMKSTREAM 9-9 f v", "xadd s", true },
        { "XADD k 9-9 f v", "XADD k 9-9 f v", "new k, xadd k", true },
        { "XADD none NOMKSTREAM * f v", "", "", false },
        { "XADD s MAXLEN 2 9-9 f v", "XADD s MAXLEN 2 9-9 f v", "xadd s, xtrim s", true },
        { "XADD s MAXLEN ~ 2 9-9 f v", "XADD s MAXLEN = 6 9-9 f v", "xadd s", true },
        { "XADD s MAXLEN ~ 2 9 f v", "XADD s MAXLEN = 6 9 f v", "xadd s", true },
        { "XADD s MAXLEN ~ 0 LIMIT 100 9-9 f v", "XADD s MAXLEN = 0 LIMIT 100 9-9 f v", "xadd s, xtrim s", true },
        { "XADD s MINID ~ 2 9-9 f v", "XADD s MINID = 1-0 9-9 f v", "xadd s", true },
        { "XADD s 1-0 f v", "", "", false },
        { "XTRIM s MAXLEN 3", "XTRIM s MAXLEN 3", "xtrim s", true },
        { "XTRIM s MAXLEN ~ 3", "", "", false },
        { "XTRIM s MINID ~ 9", "XTRIM s MINID = 18446744073709551615-18446744073709551615", "xtrim s", true },
        { "XTRIM s MAXLEN 9", "", "", false },
        { "XDEL s 1-0 2-0", "XDEL s 1-0 2-0", "xdel s", true },
        { "XDEL s 9-0", "", "", false },
        { "XSETID s 9-0", "XSETID s 9-0", "xsetid s", false },
        { "XGROUP CREATE s h $", "XGROUP CREATE s h $", "xgroup-create s", false },
        { "XGROUP CREATE k h $ MKSTREAM", "XGROUP CREATE k h $ MKSTREAM", "new k, xgroup-create k", true },
        { "XGROUP SETID s g 0", "XGROUP SETID s g 0", "xgroup-setid s", false },
        { "XGROUP DESTROY s g", "XGROUP DESTROY s g", "xgroup-destroy s", false },
        { "XGROUP DESTROY s h", "", "", false },
        { "XGROUP CREATECONSUMER s g b", "XGROUP CREATECONSUMER s g b", "xgroup-createconsumer s", false },
        { "XGROUP CREATECONSUMER s g a", "", "", false },
        { "XGROUP DELCONSUMER s g a", "XGROUP DELCONSUMER s g a", "xgroup-delconsumer s", false },
        { "XACK s g 1-0 7-0", "XACK s g 1-0 7-0", "", false },
        { "XACK s g 7-0", "", "", false },
        {
            "XREADGROUP GROUP g a COUNT 1 STREAMS s >",
            "XCLAIM s g a 0 3-0 TIME T RETRYCOUNT 1 FORCE JUSTID LASTID 3-0, XGROUP SETID s g 3-0 ENTRIESREAD 3", "", false
        },
        {
            "XREADGROUP GROUP g b COUNT 1 NOACK STREAMS s >",
            "XGROUP CREATECONSUMER s g b, XGROUP SETID s g 3-0 ENTRIESREAD 3", "xgroup-createconsumer s", false
        },
        { "XREADGROUP GROUP g a STREAMS s 0", "", "", false },
        { "XCLAIM s g b 0 1-0 JUSTID", "XCLAIM s g b 0 1-0 TIME T RETRYCOUNT 1 FORCE JUSTID LASTID 2-0", "xgroup-createconsumer s", false },
        { "XCLAIM s g a 0 01 LASTID 4-0", "XCLAIM s g a 0 01 TIME T RETRYCOUNT 2 FORCE JUSTID LASTID 4-0", "", false },
        { "XCLAIM s g a 0 9-0 LASTID 4-0", "XGROUP SETID s g 4-0 ENTRIESREAD 2", "", false },
        { "XCLAIM s g b 0 9-0", "", "xgroup-createconsumer s", false },
        {
            "XAUTOCLAIM s g b 0 - JUSTID",
            "XCLAIM s g b 0 1-0 TIME T RETRYCOUNT 1 FORCE JUSTID LASTID 2-0, XCLAIM s g b 0 2-0 TIME T RETRYCOUNT 1 FORCE JUSTID LASTID 2-0",
            "xgroup-createconsumer s", false
        },
        { "XDELEX s ACKED IDS 2 1-0 3-0", "", "", false },
        { "XDELEX s DELREF IDS 3 1-0 3-0 9-0", "XACK s g 1-0, XDEL s 1-0, XDEL s 3-0", "xdel s", true },
        { "XACKDEL s g IDS 2 1-0 3-0", "XACK s g 1-0, XDEL s 1-0", "xdel s", true },
        { "DEL s", "DEL s", "del s", true },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_change_tells_its_effects_and_its_events(string command, string effects, string events, bool isTold)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        for (int i = 1; i <= 5; i++) client.Line($"XADD s {i}-0 f {i}");
        client.Line("XGROUP CREATE s g 0");
        client.Line("XREADGROUP GROUP g a COUNT 2 STREAMS s >");
        Recorder recorder = Recorder.Of(server);
        client.Line(command);
        string[] lines = recorder.Take();
        Assert.Equal(effects, Join(lines, "effect ", hideTimes: true));
        Assert.Equal(events, Join(lines, "event ", hideTimes: false));
        Assert.Equal(isTold, lines.Any(l => l.StartsWith("written ", StringComparison.Ordinal)));
    }

    [Fact]
    public void An_id_that_the_server_makes_is_told()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        Recorder recorder = Recorder.Of(server);
        string id = client.Line("XADD s * f v").Text;
        Assert.Contains($"effect XADD s {id} f v", recorder.Take());
    }

    [Fact]
    public void A_missing_key_is_told_where_a_command_reads_it()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        foreach (string command in (string[])["XLEN none", "XRANGE none - +", "XACK none g 1-0", "XPENDING none g", "XCLAIM none g c 0 1-0", "XAUTOCLAIM none g c 0 0", "XINFO STREAM none"])
        {
            Recorder recorder = Recorder.Of(server);
            client.Line(command);
            Assert.Equal((command, 1), (command, recorder.Take().Count(l => l == "event keymiss none")));
        }
    }

    private static string Join(string[] lines, string kind, bool hideTimes) =>
        string.Join(", ", lines.Where(l => l.StartsWith(kind, StringComparison.Ordinal)).Select(l => hideTimes ? HideTime(l[kind.Length..]) : l[kind.Length..]));

    private static string HideTime(string effect) =>
        string.Join(' ', effect.Split(' ').Select(word => word.Length == 13 && word.All(char.IsDigit) ? "T" : word));
}
