using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.SortedSets;

/// <summary>What replicas and those who follow keys are told of changes to sorted sets, and who is woken by them.</summary>
public sealed class SortedSetEffectTests
{
    /// <summary>A command, its effects, its events in their order, and the changes it counts.</summary>
    public static TheoryData<string, string, string, int> Changes => new()
    {
        { "ZADD k 1 a 2 b", "ZADD k 1 a 2 b", "new k, zadd k", 2 },
        { "zadd z 1 a 5 b 7 new", "zadd z 1 a 5 b 7 new", "zadd z", 2 },
        { "ZADD z 1 a", "", "", 0 },
        { "ZADD z NX 5 a", "", "", 0 },
        { "ZADD k XX 5 a", "", "", 0 },
        { "ZADD z INCR 5 a", "ZADD z INCR 5 a", "zincr z", 1 },
        { "ZADD z XX INCR 5 k", "", "", 0 },
        { "ZINCRBY k 1 a", "ZINCRBY k 1 a", "new k, zincr k", 1 },
        { "ZINCRBY z 0 a", "", "", 0 },
        { "ZREM z a b x", "ZREM z a b x", "zrem z", 2 },
        { "ZREM one a", "ZREM one a", "zrem one, del one", 1 },
        { "ZREM z x", "", "", 0 },
        { "ZREMRANGEBYRANK z 0 1", "ZREMRANGEBYRANK z 0 1", "zremrangebyrank z", 2 },
        { "ZREMRANGEBYSCORE z -inf inf", "ZREMRANGEBYSCORE z -inf inf", "zremrangebyscore z, del z", 3 },
        { "ZREMRANGEBYLEX z - +", "ZREMRANGEBYLEX z - +", "zremrangebylex z, del z", 3 },
        { "ZREMRANGEBYRANK z 5 9", "", "", 0 },
        { "ZPOPMIN z", "ZPOPMIN z", "zpopmin z", 1 },
        { "ZPOPMAX z 9", "ZPOPMAX z 9", "zpopmax z, del z", 3 },
        { "ZPOPMIN z 0", "", "", 0 },
        { "ZMPOP 2 k z MAX COUNT 2", "ZPOPMAX z 2", "zpopmax z", 2 },
        { "ZMPOP 1 one MIN COUNT 5", "ZPOPMIN one 1", "zpopmin one, del one", 1 },
        { "ZMPOP 1 k MIN", "", "", 0 },
        { "BZPOPMIN k z 0", "ZPOPMIN z", "zpopmin z", 1 },
        { "BZPOPMAX one 0", "ZPOPMAX one", "zpopmax one, del one", 1 },
        { "BZMPOP 0 2 k z MIN COUNT 9", "ZPOPMIN z 3", "zpopmin z, del z", 3 },
        { "ZRANGESTORE k z 0 1", "ZRANGESTORE k z 0 1", "new k, zrangestore k", 1 },
        { "ZRANGESTORE one z 5 9", "ZRANGESTORE one z 5 9", "del one", 1 },
        { "ZRANGESTORE k z 5 9", "", "", 0 },
        { "ZUNIONSTORE one 2 z one", "ZUNIONSTORE one 2 z one", "zunionstore one", 1 },
        { "ZINTERSTORE k 2 z one", "ZINTERSTORE k 2 z one", "new k, zinterstore k", 1 },
        { "ZDIFFSTORE k 2 z one", "ZDIFFSTORE k 2 z one", "new k, zdiffstore k", 1 },
        { "ZDIFFSTORE one 2 one z", "ZDIFFSTORE one 2 one z", "del one", 1 },
        { "ZDIFFSTORE k 2 one z", "", "", 0 },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_change_tells_its_effect_and_its_events(string command, string effect, string events, int changes)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Line("ZADD z 1 a 2 b 3 c");
        client.Line("ZADD one 1 a");
        long dirty = server.OnEngine(engine => engine.Dirty);
        Recorder recorder = Recorder.Of(server);
        client.Line(command);
        string[] lines = recorder.Take();
        Assert.Equal(effect, Recorder.Join(lines, "effect "));
        Assert.Equal(events, string.Join(", ", Recorder.Join(lines, "event ").Split(", ").Where(e => !e.StartsWith("keymiss", StringComparison.Ordinal))));
        Assert.Equal(changes, server.OnEngine(engine => engine.Dirty) - dirty);
        Assert.Equal(changes > 0, lines.Any(l => l.StartsWith("written ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("BZPOPMIN a b 0", "ZADD b 2 x 1 y", "[\"b\", \"y\", \"1\"]")]
    [InlineData("BZPOPMAX a b 0", "ZADD a 2 x 1 y", "[\"a\", \"x\", \"2\"]")]
    [InlineData("BZMPOP 0 2 a b MIN COUNT 5", "ZADD b 2 x 1 y", "[\"b\", [[\"y\", \"1\"], [\"x\", \"2\"]]]")]
    [InlineData("BZPOPMIN a 0", "ZUNIONSTORE a 1 source", "[\"a\", \"s\", \"7\"]")]
    [InlineData("BZPOPMIN a 0", "RENAME source a", "[\"a\", \"s\", \"7\"]")]
    public void A_waiting_client_is_served_by_what_comes(string wait, string write, string reply)
    {
        using var server = new TestServer(checking: true);
        using RespClient waiting = server.Connect(), writing = server.Connect();
        writing.Line("ZADD source 7 s");
        waiting.Write(wait.Split(' '));
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Blocked.Count) == 1, "blocked client");
        writing.Line("LPUSH b x");
        writing.Line("DEL b");
        Recorder recorder = Recorder.Of(server);
        Assert.False(writing.Line(write).IsError);
        Assert.Equal(reply, waiting.Read());
        Assert.Contains(recorder.Take(), l => l.StartsWith("effect ZPOPM", StringComparison.Ordinal));
    }
}
