using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Sets;

/// <summary>What replicas and those who follow keys are told of changes to sets.</summary>
public sealed class SetEffectTests
{
    /// <summary>A command, all that it causes, and by how much it makes the data dirty.</summary>
    public static TheoryData<string, string, string, int> Changes => new()
    {
        { "SADD s a b", "SADD s a b", "sadd s", 2 },
        { "SADD s 1 a", "SADD s 1 a", "sadd s", 1 },
        { "SADD s 1", "", "", 0 },
        { "SADD k 1", "SADD k 1", "new k, sadd k", 1 },
        { "SREM s 1 2", "SREM s 1 2", "srem s", 2 },
        { "SREM s 1 2 3 4", "SREM s 1 2 3 4", "srem s, del s", 3 },
        { "SREM s x", "", "", 0 },
        { "SMOVE s t 1", "SMOVE s t 1", "srem s, sadd t", 2 },
        { "SMOVE s k 1", "SMOVE s k 1", "srem s, new k, sadd k", 2 },
        { "SMOVE one t x", "SMOVE one t x", "srem one, del one, sadd t", 2 },
        { "SMOVE t one x", "", "", 0 },
        { "SMOVE s u 1", "SMOVE s u 1", "srem s", 1 },
        { "SMOVE s s 1", "", "", 0 },
        { "SPOP one", "SREM one x", "spop one, del one", 1 },
        { "SPOP s 3", "UNLINK s", "spop s, del s", 3 },
        { "SPOP s 0", "", "", 0 },
        { "SPOP none 2", "", "", 0 },
        { "SINTERSTORE d s u", "SINTERSTORE d s u", "new d, sinterstore d", 1 },
        { "SINTERSTORE one s u", "SINTERSTORE one s u", "sinterstore one", 1 },
        { "SINTERSTORE one s none", "SINTERSTORE one s none", "del one", 1 },
        { "SINTERSTORE d s none", "", "", 0 },
        { "SUNIONSTORE d s t", "SUNIONSTORE d s t", "new d, sunionstore d", 1 },
        { "SDIFFSTORE d s t", "SDIFFSTORE d s t", "new d, sdiffstore d", 1 },
        { "SDIFFSTORE one s s", "SDIFFSTORE one s s", "del one", 1 },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_change_tells_its_effect_and_its_events(string command, string effect, string events, int changes)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            SADD s 1 2 3 -> :3
            SADD t y -> :1
            SADD u 1 -> :1
            SADD one x -> :1
            """);
        long dirty = server.OnEngine(engine => engine.Dirty);
        Recorder recorder = Recorder.Of(server);
        client.Line(command);
        string[] lines = recorder.Take();
        Assert.Equal(effect, Recorder.Join(lines, "effect "));
        Assert.Equal(events, string.Join(", ", Recorder.Join(lines, "event ").Split(", ").Where(e => !e.StartsWith("keymiss", StringComparison.Ordinal))));
        Assert.Equal(changes, server.OnEngine(engine => engine.Dirty) - dirty);
        Assert.Equal(changes > 0, lines.Any(l => l.StartsWith("written ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Random_pops_are_told_as_the_removals_that_happened()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Send(["SADD", "s", .. Enumerable.Range(0, 3000).Select(i => "m" + i)]);
        Recorder recorder = Recorder.Of(server);
        string[] popped = [.. client.Line("SPOP s 2100").Items.Select(m => m.Text)];
        string[] effects = [.. recorder.Take().Where(l => l.StartsWith("effect ", StringComparison.Ordinal))];
        Assert.Equal(3, effects.Length);
        Assert.All(effects, e => Assert.StartsWith("effect SREM s ", e));
        Assert.Equal([1024, 1024, 52], effects.Select(e => e.Split(' ').Length - 3));
        Assert.Equal(popped, effects.SelectMany(e => e.Split(' ')[3..]));
    }
}
