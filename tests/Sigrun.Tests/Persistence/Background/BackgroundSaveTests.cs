using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.Background;

/// <summary>A snapshot in the background has the data of the moment at which it began.</summary>
public sealed class BackgroundSaveTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ChangesMeanwhileAreNotInIt(bool isLegacy)
    {
        using var server = new PersistentServer(configure: s => s.Persistence.RdbSaveVersion = isLegacy ? RdbSaveVersion.Legacy : default);
        server.Fill();
        if (isLegacy) Assert.Equal(":1", server.Do("DEL hash:huge"));
        Assert.Equal("+OK", server.Do("CONFIG SET rdb-key-save-delay 5000"));
        string before = DigestThen(server, "BGSAVE", "+Background saving started");
        int rounds = server.ChangeUntil(() => server.Field("rdb_bgsave_in_progress") == "0");
        Assert.InRange(rounds, 2, int.MaxValue);
        Assert.Equal("ok", server.Field("rdb_last_bgsave_status"));
        Assert.NotEqual(before, server.Digest);
        Assert.Equal(before, PersistentServer.DigestOfSnapshot(server.Files));
        Assert.Equal(["dump.rdb"], server.FileNames);
    }

    [Theory]
    [InlineData("SWAPDB 0 9")]
    [InlineData("FLUSHDB")]
    [InlineData("FLUSHDB ASYNC")]
    [InlineData("DEBUG RELOAD")]
    [InlineData("DEBUG LOADAOF")]
    [InlineData("DEL huge noise list:large list:compressed set:large zset:huge hash:huge stream")]
    [InlineData("UNLINK huge noise list:large list:compressed set:large zset:huge hash:huge stream")]
    public void WhateverHappensToKeysTheyAreInIt(string command)
    {
        using var server = new PersistentServer(appends: true);
        server.Fill();
        Assert.Equal("+OK", server.Do("CONFIG SET rdb-key-save-delay 2000"));
        string before = DigestThen(server, "BGSAVE", "+Background saving started");
        Assert.False(server.Client.Line(command).IsError);
        server.AwaitEnd();
        Assert.Equal(before, PersistentServer.DigestOfSnapshot(server.Files));
        string after = server.Digest;
        Assert.Equal(after, PersistentServer.DigestOfLog(server.Files));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FlushAllCancelsIt(bool hasSavePoints)
    {
        using var server = new PersistentServer(configure: s => s.Persistence.SavePoints = hasSavePoints ? [new SavePoint(3600, 1000)] : []);
        server.Fill();
        server.HoldSnapshots();
        Assert.Equal("+Background saving started", server.Do("BGSAVE"));
        server.ReleaseSnapshots();
        Assert.Equal("+OK", server.Do("FLUSHALL"));
        server.AwaitEnd();
        Assert.Contains("Background saving cancelled", server.Log);
        Assert.Equal("ok", server.Field("rdb_last_bgsave_status"));
        Assert.Equal(hasSavePoints ? ["dump.rdb"] : [], server.FileNames);
        Assert.Equal("+Background saving started", server.Do("BGSAVE"));
        server.AwaitEnd();
        Assert.Equal(server.Digest, PersistentServer.DigestOfSnapshot(server.Files));
    }

    /// <summary>Also while the engine has copied as much as it may ahead of a disk that is slow, or fails.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OneThatIsGivenUpEnds(bool isCancelled)
    {
        using var server = new PersistentServer();
        server.Fill();
        for (int i = 0; i < 100; i++) server.Client.Send("SET", $"long:{i}", new string('x', 90_000));
        string used = server.Digest;
        if (isCancelled) server.HoldSnapshots();
        else server.Files.Room = 0;
        Assert.Equal("+Background saving started", server.Do("BGSAVE"));
        if (isCancelled)
        {
            TestClock.WaitUntil(() => server.OnEngine(engine => !engine.Background.HasWork), "a full pipe");
            Assert.Equal("+Background saving cancelled", server.Do("BGSAVE CANCEL"));
        }
        server.AwaitEnd();
        Assert.Empty(server.Files.Names);
        server.Files.Room = long.MaxValue;
        server.ReleaseSnapshots();
        Assert.Equal("+Background saving started", server.Do("BGSAVE"));
        server.AwaitEnd();
        Assert.Equal(used, PersistentServer.DigestOfSnapshot(server.Files));
    }

    [Fact]
    public void ChangesMeanwhileCountAsNotSaved()
    {
        using var server = new PersistentServer();
        server.Do("MSET a 1 b 2 c 3");
        server.HoldSnapshots();
        server.Do("BGSAVE");
        server.Do("MSET d 4 e 5");
        Assert.Equal("5", server.Field("rdb_changes_since_last_save"));
        server.Do("BGSAVE CANCEL");
        server.AwaitEnd();
        Assert.Equal("5", server.Field("rdb_changes_since_last_save"));
        Assert.Equal("+OK", server.Do("CONFIG SET rdb-key-save-delay 50000"));
        server.Do("BGSAVE");
        server.Do("SET f 6");
        Assert.Equal("1", server.Field("rdb_bgsave_in_progress"));
        server.AwaitEnd();
        Assert.Equal("1", server.Field("rdb_changes_since_last_save"));
    }

    private static string DigestThen(PersistentServer server, string command, string reply)
    {
        server.Client.WriteRaw([.. RespClient.Request("DEBUG", "DIGEST"), .. RespClient.Request(command)]);
        string digest = server.Client.Read();
        Assert.Equal(reply, server.Client.Read());
        return digest;
    }
}
