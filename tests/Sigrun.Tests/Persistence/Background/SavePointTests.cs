using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.Background;

/// <summary>Snapshots that the server takes by itself, and what it refuses while it cannot.</summary>
public sealed class SavePointTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(30);

    [Fact]
    public void OneIsTakenWhenThereWereEnoughChangesForLongEnough()
    {
        using var server = New(new SavePoint(100, 3), new SavePoint(1000, 1));
        server.Do("MSET a 1 b 2");
        server.Clock.Advance(TimeSpan.FromSeconds(200));
        AwaitCron(server);
        Assert.Equal("0", server.Field("rdb_saves"));
        server.Do("SET c 3");
        server.Await("rdb_saves", "1");
        server.AwaitEnd();
        Assert.Contains("3 changes in 100 seconds. Saving...", server.Log);
        Assert.Equal("0", server.Field("rdb_changes_since_last_save"));
        server.Do("SET d 4");
        server.Clock.Advance(TimeSpan.FromSeconds(2000));
        server.Await("rdb_saves", "2");
        Assert.Contains("1 changes in 1000 seconds. Saving...", server.Log);
    }

    [Fact]
    public void AfterAFailureItWaitsFiveSeconds()
    {
        using var server = New(new SavePoint(10, 1));
        server.Do("SET a b");
        server.Files.Room = 0;
        long failed = server.Clock.UnixMilliseconds;
        server.Clock.Advance(Short);
        server.Await("rdb_last_bgsave_status", "err");
        server.AwaitEnd();
        AwaitCron(server);
        string saves = server.Field("rdb_saves");
        bool isEarly = server.Clock.UnixMilliseconds - failed < Short.TotalMilliseconds + 4000;
        Assert.True(!isEarly || saves == "1", $"{saves} attempts");
        server.Files.Room = long.MaxValue;
        server.Clock.Advance(TimeSpan.FromSeconds(6));
        server.Await("rdb_last_bgsave_status", "ok");
        Assert.True(int.Parse(server.Field("rdb_saves")) >= 2);
    }

    /// <summary>One that was asked for is tried at once, whatever failed before.</summary>
    [Fact]
    public void WritesAreRefusedUntilOneSucceeds()
    {
        using var server = New(new SavePoint(100000, 1));
        server.Do("SET a b");
        server.Files.Room = 0;
        server.Do("BGSAVE");
        server.Await("rdb_last_bgsave_status", "err");
        Assert.StartsWith("-MISCONF", server.Do("SET a c"));
        Assert.StartsWith("-MISCONF", server.Do("PING"));
        Assert.Equal("\"b\"", server.Do("GET a"));
        Assert.Equal("+OK", server.Do("MULTI"));
        Assert.StartsWith("-MISCONF", server.Do("SET a c"));
        Assert.StartsWith("-EXECABORT", server.Do("EXEC"));
        server.Files.Room = long.MaxValue;
        Assert.Equal("+Background saving started", server.Do("BGSAVE"));
        server.Await("rdb_last_bgsave_status", "ok");
        Assert.Equal("+OK", server.Do("SET a c"));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void WritesGoOnWhenThatIsNotWanted(bool hasSavePoints, bool stops)
    {
        using var server = new PersistentServer(configure: s =>
        {
            s.Persistence.SavePoints = hasSavePoints ? [new SavePoint(100000, 1)] : [];
            s.Persistence.StopWritesOnSaveError = stops;
        });
        server.Do("SET a b");
        server.Files.Room = 0;
        server.Do("BGSAVE");
        server.Await("rdb_last_bgsave_status", "err");
        Assert.Equal("+OK", server.Do("SET a c"));
    }

    private static PersistentServer New(params SavePoint[] points) => new(configure: s => s.Persistence.SavePoints = points);

    /// <summary>Waits until everything that is done now and then was done.</summary>
    private static void AwaitCron(PersistentServer server)
    {
        int runs = 0;
        server.OnEngine(engine =>
        {
            engine.Cron.AfterRun.Add(() => Interlocked.Increment(ref runs));
            return true;
        });
        TestClock.WaitUntil(() => server.Do("PING").Length > 0 && Volatile.Read(ref runs) >= 2, "cron");
    }
}
