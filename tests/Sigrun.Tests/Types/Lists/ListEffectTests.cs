using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Lists;

/// <summary>What replicas and those who follow keys are told of changes to lists.</summary>
public sealed class ListEffectTests
{
    /// <summary>A command, its effects, its events in their order, and the changes it counts.</summary>
    public static TheoryData<string, string, string, int> Changes => new()
    {
        { "LPUSH k a b", "LPUSH k a b", "new k, lpush k", 2 },
        { "RPUSH l x", "RPUSH l x", "rpush l", 1 },
        { "lpushx l x", "lpushx l x", "lpush l", 1 },
        { "LPUSHX k x", "", "", 0 },
        { "LPOP l", "LPOP l", "lpop l", 1 },
        { "RPOP one", "RPOP one", "rpop one, del one", 1 },
        { "LPOP l 2", "LPOP l 2", "lpop l", 2 },
        { "LPOP l 100", "LPOP l 100", "lpop l, del l", 4 },
        { "LPOP l 0", "", "", 0 },
        { "LPOP k", "", "", 0 },
        { "LMPOP 2 k l RIGHT COUNT 2", "RPOP l 2", "rpop l", 2 },
        { "LMPOP 1 one LEFT COUNT 5", "LPOP one 1", "lpop one, del one", 1 },
        { "LMPOP 1 k LEFT", "", "", 0 },
        { "BLPOP k l 0", "LPOP l", "lpop l", 1 },
        { "BRPOP one 0", "RPOP one", "rpop one, del one", 1 },
        { "BLMPOP 0 2 k l LEFT COUNT 3", "LPOP l 3", "lpop l", 3 },
        { "LMOVE l one LEFT RIGHT", "LMOVE l one LEFT RIGHT", "rpush one, lpop l", 1 },
        { "LMOVE one k LEFT left", "LMOVE one k LEFT left", "new k, lpush k, lpop one, del one", 1 },
        { "LMOVE one one LEFT RIGHT", "LMOVE one one LEFT RIGHT", "rpush one, lpop one", 1 },
        { "LMOVE k one LEFT RIGHT", "", "", 0 },
        { "RPOPLPUSH l k", "RPOPLPUSH l k", "new k, lpush k, rpop l", 1 },
        { "BLMOVE l k RIGHT left 0", "LMOVE l k RIGHT left", "new k, lpush k, rpop l", 1 },
        { "BRPOPLPUSH l k 0", "RPOPLPUSH l k", "new k, lpush k, rpop l", 1 },
        { "LSET l 0 x", "LSET l 0 x", "lset l", 1 },
        { "LSET l 9 x", "", "", 0 },
        { "LINSERT l BEFORE a x", "LINSERT l BEFORE a x", "linsert l", 1 },
        { "LINSERT l BEFORE z x", "", "", 0 },
        { "LREM l 0 a", "LREM l 0 a", "lrem l", 2 },
        { "LREM one 1 a", "LREM one 1 a", "lrem one, del one", 1 },
        { "LREM l 0 z", "", "", 0 },
        { "LTRIM l 1 2", "LTRIM l 1 2", "ltrim l", 2 },
        { "LTRIM l 3 1", "LTRIM l 3 1", "ltrim l, del l", 4 },
        { "LTRIM l 0 -1", "", "ltrim l", 0 },
        { "LTRIM k 0 1", "", "", 0 },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_change_tells_its_effect_and_its_events(string command, string effect, string events, int changes)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            RPUSH l a b a c -> :4
            RPUSH one a -> :1
            """);
        long dirty = server.OnEngine(engine => engine.Dirty);
        Recorder recorder = Recorder.Of(server);
        client.Line(command);
        string[] lines = recorder.Take();
        Assert.Equal(effect, Recorder.Join(lines, "effect "));
        Assert.Equal(events, Recorder.Join(lines, "event "));
        Assert.Equal(changes, server.OnEngine(engine => engine.Dirty) - dirty);
        Assert.Equal(changes > 0, lines.Any(l => l.StartsWith("written ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("LLEN none", true)]
    [InlineData("LRANGE none 0 1", true)]
    [InlineData("LINDEX none 0", true)]
    [InlineData("LPOS none x", true)]
    [InlineData("LPOP none", false)]
    [InlineData("LPUSHX none x", false)]
    [InlineData("LREM none 0 x", false)]
    [InlineData("LTRIM none 0 1", false)]
    [InlineData("LINSERT none AFTER x y", false)]
    public void Reads_of_missing_keys_are_told_writes_are_not(string command, bool isMiss)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        Recorder recorder = Recorder.Of(server);
        client.Line(command);
        Assert.Equal(isMiss ? 1 : 0, recorder.Take().Count(l => l == "event keymiss none"));
    }
}
