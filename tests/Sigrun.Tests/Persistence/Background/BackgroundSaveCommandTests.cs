using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.Background;

/// <summary>What the commands reply in each state, and what is told of the snapshots.</summary>
public sealed class BackgroundSaveCommandTests
{
    private const string Busy = "-ERR Background save already in progress";
    private const string Another =
        "-ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.";
    private const string Cancelled = "+Background saving cancelled";
    private const string Scheduled = "+Background saving scheduled";
    private const string NotThere = "-ERR Background saving is currently not in progress or scheduled";

    [Fact]
    public void WithNothingElseUnderWay()
    {
        using var server = new PersistentServer();
        server.Do("SET a b");
        CommandScript.Run(server.Client, $"""
            BGSAVE x -> -ERR syntax error
            BGSAVE SCHEDULE CANCEL -> -ERR syntax error
            BGSAVE CANCEL -> {NotThere}
            BGSAVE schedule -> +Background saving started
            """);
        server.AwaitEnd();
        Assert.Contains($"Background saving started by pid {Environment.ProcessId}", server.Log);
        Assert.Contains("DB saved on disk", server.Log);
        Assert.Contains("Background saving terminated with success", server.Log);
        Assert.Equal(["dump.rdb"], server.FileNames);
    }

    [Fact]
    public void WhileOneIsUnderWay()
    {
        using var server = new PersistentServer();
        server.Do("MSET a b c d");
        server.HoldSnapshots();
        Assert.Equal("-1", server.Field("rdb_current_bgsave_time_sec"));
        CommandScript.Run(server.Client, $"""
            BGSAVE -> +Background saving started
            BGSAVE -> {Busy}
            BGSAVE SCHEDULE -> {Busy}
            SAVE -> {Busy}
            BGREWRITEAOF -> +Background append only file rewriting scheduled
            """);
        server.Clock.Advance(TimeSpan.FromSeconds(100));
        Assert.InRange(int.Parse(server.Field("rdb_current_bgsave_time_sec")), 100, 130);
        Assert.Equal(("1", "1", "2"), (server.Field("rdb_bgsave_in_progress"), server.Field("aof_rewrite_scheduled"), server.Field("current_save_keys_total")));
        server.ReleaseSnapshots();
        Assert.Equal(Cancelled, server.Do("BGSAVE CANCEL"));
        server.Await("rdb_bgsave_in_progress", "0");
        server.Await("aof_rewrites", "1");
        server.AwaitEnd();
        Assert.InRange(int.Parse(server.Field("rdb_last_bgsave_time_sec")), 100, 130);
        Assert.Equal(("ok", "0"), (server.Field("rdb_last_bgsave_status"), server.Field("current_save_keys_total")));
        Assert.Contains("Background saving will be aborted due to user request", server.Log);
        Assert.DoesNotContain("dump.rdb", server.Files.Names.Select(Path.GetFileName));
    }

    [Fact]
    public void WhileTheLogIsRewritten()
    {
        using var server = new PersistentServer(appends: true);
        server.Do("SET a b");
        server.HoldSnapshots();
        CommandScript.Run(server.Client, $"""
            BGREWRITEAOF -> +Background append only file rewriting started
            BGREWRITEAOF -> -ERR Background append only file rewriting already in progress
            BGSAVE -> {Another}
            BGSAVE SCHEDULE -> {Scheduled}
            BGSAVE CANCEL -> +Scheduled background saving cancelled
            BGSAVE CANCEL -> {NotThere}
            BGSAVE SCHEDULE -> {Scheduled}
            CONFIG SET rdb-key-save-delay 0 -> +OK
            SAVE -> +OK
            """);
        Assert.Contains("Background saving scheduled due to user request", server.Log);
        Assert.Contains("Scheduled background saving will be cancelled due to user request", server.Log);
        Assert.Equal("1", server.Field("rdb_saves"));
        server.OnEngine(engine =>
        {
            engine.AppendOnlyFile!.Rewrite.Abort();
            return 0;
        });
        Assert.Contains("Background AOF rewrite cancelled", server.Log);
        server.Await("rdb_saves", "2");
        server.AwaitEnd();
        Assert.Contains("Background saving terminated with success", server.Log);
    }

    [Fact]
    public void InATransaction()
    {
        using var server = new PersistentServer(appends: true);
        server.Do("SET a b");
        CommandScript.Run(server.Client, """
            MULTI -> +OK
            BGSAVE -> +QUEUED
            BGREWRITEAOF -> +QUEUED
            EXEC -> [+Background saving scheduled, +Background append only file rewriting scheduled]
            MULTI -> +OK
            SAVE -> -ERR Command 'save' not allowed inside a transaction
            DISCARD -> +OK
            """);
        Assert.Contains("Background saving scheduled to run after transaction execution", server.Log);
        server.Await("rdb_saves", "1");
        server.Await("aof_rewrites", "1");
        server.AwaitEnd();
        Assert.Equal("ok", server.Field("aof_last_bgrewrite_status"));
        Assert.Contains("dump.rdb", server.FileNames);
    }

    [Fact]
    public void AFailureIsToldAndTheOldFileStays()
    {
        using var server = new PersistentServer();
        server.Do("SET a b");
        Assert.Equal("+OK", server.Do("SAVE"));
        byte[] old = server.Files[PersistentServer.Snapshot];
        for (int call = 1; ; call++)
        {
            server.Do($"SET a {call}");
            string saved = server.Do("LASTSAVE");
            server.Files.FailingCall = server.Files.Calls + call;
            Assert.Equal("+Background saving started", server.Do("BGSAVE"));
            server.AwaitEnd();
            if (server.Field("rdb_last_bgsave_status") == "ok")
            {
                Assert.InRange(call, 4, 100);
                return;
            }
            Assert.Equal(saved, server.Do("LASTSAVE"));
            Assert.Contains("Background saving error", server.Log);
            Assert.Equal(["dump.rdb"], server.FileNames);
            Assert.NotEqual("0", server.Field("rdb_changes_since_last_save"));
            bool isRenamed = server.Log.Contains("Failed to fsync directory while saving DB", StringComparison.Ordinal);
            if (!isRenamed) Assert.Equal(old, server.Files[PersistentServer.Snapshot]);
        }
    }

    [Fact]
    public void LastSaveIsTheTimeOfTheLastSuccess()
    {
        using var server = new PersistentServer();
        server.Do("SET a b");
        server.Clock.Advance(TimeSpan.FromHours(1));
        long now = server.Clock.UnixMilliseconds / 1000;
        Assert.InRange(server.Client.Line("LASTSAVE").Number, now - 3600 - 60, now - 3599);
        server.Do("BGSAVE");
        server.AwaitEnd();
        Assert.InRange(server.Client.Line("LASTSAVE").Number, now, now + 60);
        Assert.Equal(server.Field("rdb_last_save_time"), server.Client.Line("LASTSAVE").Text);
    }
}
