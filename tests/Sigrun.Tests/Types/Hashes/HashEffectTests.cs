using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Hashes;

/// <summary>What replicas and those who follow keys are told of changes to hashes.</summary>
public sealed class HashEffectTests
{
    /// <summary>A command, all that it causes, and by how much it makes the data dirty.</summary>
    public static TheoryData<string, string, string, int> Changes => new()
    {
        { "HSET h a 1 x 2", "HSET h a 1 x 2", "hset h", 2 },
        { "HSET k a 1", "HSET k a 1", "new k, hset k", 1 },
        { "hmset k a 1", "hmset k a 1", "new k, hset k", 1 },
        { "HSETNX h a 1", "", "", 0 },
        { "hsetnx h x 1", "hsetnx h x 1", "hset h", 1 },
        { "hsetnx t x 1", "HSET t x 1", "hset t", 1 },
        { "hset t gone 1", "hset t gone 1", "hexpired t, hset t", 1 },
        { "HDEL h a b", "HDEL h a b", "hdel h", 2 },
        { "HDEL h a b n", "HDEL h a b n", "hdel h, del h", 3 },
        { "HDEL h x", "", "", 0 },
        { "HDEL t gone", "", "", 0 },
        { "HINCRBY h n 1", "HINCRBY h n 1", "hincrby h", 1 },
        { "HINCRBY t n 1", "HSETEX t PXAT 4000000000000 FIELDS 1 n 6", "hincrby t", 1 },
        { "HINCRBY t stay 1", "HSET t stay 2", "hincrby t", 1 },
        { "HINCRBY t gone 4", "HSET t gone 4", "hexpired t, hincrby t", 1 },
        { "HINCRBYFLOAT h n 0.5", "HSET h n 5.5", "hincrbyfloat h", 1 },
        { "HINCRBYFLOAT t n 0.5", "HSETEX t PXAT 4000000000000 FIELDS 1 n 5.5", "hincrbyfloat t", 1 },
        { "HEXPIREAT h 4000000000 NX FIELDS 2 a x", "HPEXPIREAT h 4000000000000 NX FIELDS 2 a x", "hexpire h", 1 },
        { "hpexpireat h 4000000000000 FIELDS 2 a b", "hpexpireat h 4000000000000 FIELDS 2 a b", "hexpire h", 2 },
        { "HEXPIREAT h 4000000000 FIELDS 1 x", "", "", 0 },
        { "HEXPIREAT h 4000000000 XX FIELDS 1 a", "", "", 0 },
        { "HEXPIREAT h 1 FIELDS 3 a x b", "HDEL h a b", "hexpired h", 2 },
        { "HEXPIREAT h 1 FIELDS 3 a n b", "HDEL h a n b", "hexpired h, del h", 3 },
        { "HPERSIST t FIELDS 2 n stay", "HPERSIST t FIELDS 2 n stay", "hpersist t", 1 },
        { "HPERSIST h FIELDS 1 a", "", "", 0 },
        { "HGETEX h FIELDS 1 a", "", "", 0 },
        { "HGETEX h EXAT 4000000000 FIELDS 3 a x b", "HPEXPIREAT h 4000000000000 FIELDS 2 a b", "hexpire h", 2 },
        { "HGETEX t PERSIST FIELDS 3 n stay x", "HPERSIST t FIELDS 1 n", "hpersist t", 1 },
        { "HGETEX h PERSIST FIELDS 1 a", "", "", 0 },
        { "HGETEX h EXAT 1 FIELDS 2 a x", "HDEL h a", "hexpired h", 1 },
        { "HGETEX h EXAT 1 FIELDS 3 a b n", "HDEL h a b n", "hexpired h, del h", 3 },
        { "HGETDEL h FIELDS 2 a x", "HGETDEL h FIELDS 2 a x", "hdel h", 1 },
        { "HGETDEL h FIELDS 3 a b n", "HGETDEL h FIELDS 3 a b n", "hdel h, del h", 3 },
        { "HGETDEL h FIELDS 1 x", "", "", 0 },
        { "HSETEX h FIELDS 1 a 2", "HSETEX h FIELDS 1 a 2", "hset h", 1 },
        { "HSETEX h PXAT 4000000000000 FIELDS 1 a 2", "HSETEX h PXAT 4000000000000 FIELDS 1 a 2", "hset h, hexpire h", 1 },
        { "HSETEX h XX EXAT 4000000000 FXX FIELDS 1 a 2", "HSETEX h PXAT 4000000000000 FIELDS 1 a 2", "hset h, hexpire h", 1 },
        { "HSETEX k NX FIELDS 1 a 2", "HSETEX k FIELDS 1 a 2", "new k, hset k", 1 },
        { "HSETEX k XX FIELDS 1 a 2", "", "", 0 },
        { "HSETEX h EXAT 1 FIELDS 2 a 2 x 3", "HDEL h a", "hset h, hexpire h, hexpired h", 1 },
        { "HSETEX h EXAT 1 FIELDS 1 x 3", "", "hset h, hexpire h, hexpired h", 0 },
        { "HSETEX k EXAT 1 FIELDS 1 x 3", "", "new k, hset k, hexpire k, hexpired k, del k", 0 },
        { "HSETEX h EXAT 1 FIELDS 3 a 2 b 3 n 4", "HDEL h a b n", "hset h, hexpire h, hexpired h, del h", 3 },
        { "HSETEX t KEEPTTL FIELDS 2 n 1 gone 2", "HDEL t gone, HSETEX t KEEPTTL FIELDS 2 n 1 gone 2", "hexpired t, hset t", 2 },
        { "HSETEX t KEEPTTL FIELDS 1 n 1", "HSETEX t KEEPTTL FIELDS 1 n 1", "hset t", 1 },
        { "HSETEX t FIELDS 1 gone 2", "HSETEX t FIELDS 1 gone 2", "hexpired t, hset t", 1 },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_change_tells_its_effect_and_its_events(string command, string effect, string events, int changes)
    {
        using var server = new TestServer();
        server.OnEngine(engine => engine.Expiry.IsEnabled = false);
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            HSET h a 1 b 2 n 5 -> :3
            HSET t stay 1 -> :1
            HSETEX t PXAT 4000000000000 FIELDS 1 n 5 -> :1
            HSETEX t PX 1 FIELDS 1 gone 1 -> :1
            """);
        server.Clock.Advance(TimeSpan.FromMilliseconds(10));
        TestClock.WaitUntil(() => client.Line("HGET t gone").IsNull, "the field to expire");
        long dirty = server.OnEngine(engine => engine.Dirty);
        Recorder recorder = Recorder.Of(server);
        client.Line(command);
        string[] lines = recorder.Take();
        Assert.Equal(effect, Recorder.Join(lines, "effect "));
        Assert.Equal(events, Recorder.Join(lines, "event "));
        Assert.Equal(changes, server.OnEngine(engine => engine.Dirty) - dirty);
        Assert.Equal(changes > 0, lines.Any(l => l.StartsWith("written ", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_expiry_cycle_tells_what_it_removes()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Line("HSET h stay 1");
        client.Line("HSETEX h PX 100000 FIELDS 1 a 1");
        client.Line("HSETEX h PX 100001 FIELDS 1 b 1");
        client.Line("HSETEX whole PX 100000 FIELDS 2 x 1 y 2");
        Recorder recorder = Recorder.Of(server);
        server.Clock.Advance(TimeSpan.FromMilliseconds(101_000));
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Statistics.ExpiredFields) == 4, "the fields to be removed");
        string[] lines = recorder.Take();
        Assert.Equal(["effect HDEL h a b"], lines.Where(l => l.StartsWith("effect HDEL h ", StringComparison.Ordinal)));
        Assert.Contains(lines, l => l is "effect HDEL whole x y" or "effect HDEL whole y x");
        Assert.Equal("hexpired whole, del whole", Recorder.Join([.. lines.Where(l => l.EndsWith(" whole", StringComparison.Ordinal))], "event "));
        Assert.Equal("hexpired h", Recorder.Join([.. lines.Where(l => l.EndsWith(" h", StringComparison.Ordinal))], "event "));
        Assert.Contains("effect UNLINK whole", lines);
        Assert.Contains("written h", lines);
        Assert.Contains("written whole", lines);
    }
}
