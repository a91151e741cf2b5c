using Sigrun.Configuration;
using Sigrun.Persistence;
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
        string pending = server.PendingDigest;
        string before = server.Digest;
        // The first round comes with the command, in one turn of the server: the snapshot has not ended before it.
        server.Client.WriteRaw([.. RespClient.Request("BGSAVE"), .. PersistentServer.Changes(0, out int changes)]);
        Assert.Equal("+Background saving started", server.Client.Read());
        for (; changes > 0; changes--) Assert.False(server.Client.Read().IsError);
        server.ChangeUntil(() => server.Field("rdb_bgsave_in_progress") == "0", from: 1);
        Assert.Equal("ok", server.Field("rdb_last_bgsave_status"));
        Assert.NotEqual(before, server.Digest);
        Assert.Equal(before, PersistentServer.DigestOfSnapshot(server.Files));
        Assert.NotEqual(pending, server.PendingDigest);
        Assert.Equal(pending, PersistentServer.OfSnapshot(server.Files, s => s.PendingDigest));
        Assert.Equal(["dump.rdb"], server.FileNames);
    }

    /// <summary>Whether a value is written whole, or put together of pieces, makes no difference.</summary>
    [Fact]
    public void ItsBytesAreThoseOfSave()
    {
        const int Large = 17 << 20;
        using var server = new PersistentServer();
        RespClient client = server.Client;
        client.Send("SET"u8.ToArray(), "text"u8.ToArray(), Samples.Make($"noise:1:{Large}:3"));
        client.Line("SELECT 1");
        client.Send("SET"u8.ToArray(), "noise"u8.ToArray(), Samples.Make($"noise:1:{Large}:256"));
        client.Line("SELECT 2");
        client.Line("CONFIG SET list-compress-depth 1");
        byte[][] elements = [.. ((string[])["text:a", "noise:2:90000:256", "noise:3:90000:5", "noise:4:2000000:6", "noise:5:9000:3", "text:z"]).Select(Samples.Make)];
        client.Send(["RPUSH"u8.ToArray(), "list"u8.ToArray(), .. elements]);
        Assert.Equal("+OK", server.Do("SAVE"));
        byte[] saved = KeysOf(server.Files[PersistentServer.Snapshot]);
        Assert.Equal("+Background saving started", server.Do("BGSAVE"));
        server.AwaitEnd();
        Assert.True(saved.AsSpan().SequenceEqual(KeysOf(server.Files[PersistentServer.Snapshot])));
        Assert.InRange(saved.Length, Large, 2 * Large - Large / 3);
    }

    [Theory]
    [InlineData("SWAPDB 0 9")]
    [InlineData("FLUSHDB")]
    [InlineData("FLUSHDB ASYNC")]
    [InlineData("DEBUG RELOAD")]
    [InlineData("DEBUG LOADAOF")]
    [InlineData("DEL huge noise list:large list:compressed set:large zset:huge hash:huge stream stream:pending list:long")]
    [InlineData("UNLINK huge noise list:large list:compressed set:large zset:huge hash:huge stream stream:pending list:long")]
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
        server.Client.WriteRaw("BGSAVE\r\nSET f 6\r\nINFO persistence\r\n");
        Assert.Equal("+Background saving started", server.Client.Read());
        Assert.Equal("+OK", server.Client.Read());
        Assert.Contains("rdb_bgsave_in_progress:1\r\n", server.Client.Read().Text);
        server.AwaitEnd();
        Assert.Equal("1", server.Field("rdb_changes_since_last_save"));
    }

    /// <summary>A file from the first database on, without the checksum.</summary>
    private static byte[] KeysOf(byte[] file)
    {
        ReadOnlySpan<byte> first = [(byte)RdbOpcode.SelectDatabase, 0, (byte)RdbOpcode.ResizeDatabase];
        return file[file.AsSpan().IndexOf(first)..^sizeof(ulong)];
    }

    private static string DigestThen(PersistentServer server, string command, string reply)
    {
        server.Client.WriteRaw([.. RespClient.Request("DEBUG", "DIGEST"), .. RespClient.Request(command)]);
        string digest = server.Client.Read();
        Assert.Equal(reply, server.Client.Read());
        return digest;
    }
}
