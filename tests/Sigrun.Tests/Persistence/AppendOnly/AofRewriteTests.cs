using System.Text;
using Sigrun.Configuration;
using Sigrun.Tests.Harness;
using Sigrun.Tests.Persistence.Background;

namespace Sigrun.Tests.Persistence.AppendOnly;

/// <summary>The append-only file is made short while the server works; the data stays the same.</summary>
public sealed class AofRewriteTests
{
    private const string Started = "+Background append only file rewriting started";

    [Theory]
    [InlineData(true, "rdb")]
    [InlineData(false, "aof")]
    public void ChangesMeanwhileAreKept(bool isSnapshot, string form)
    {
        using var server = new PersistentServer(appends: true, configure: s => s.Persistence.AofUseRdbPreamble = isSnapshot);
        server.Fill();
        Assert.Equal("+OK", server.Do("CONFIG SET rdb-key-save-delay 3000"));
        Assert.Equal(Started, server.Do("BGREWRITEAOF"));
        Assert.InRange(server.ChangeUntil(() => server.Field("aof_rewrite_in_progress") == "0"), 1, int.MaxValue);
        Assert.Equal("ok", server.Field("aof_last_bgrewrite_status"));
        string[] names = [$"appendonly.aof.2.base.{form}", "appendonly.aof.2.incr.aof", "appendonly.aof.manifest"];
        Assert.Equal(names, server.FileNames);
        long bytes = server.Files.Names.Where(n => !n.EndsWith("manifest", StringComparison.Ordinal)).Sum(server.Files.Length);
        Assert.Equal(bytes.ToString(), server.Field("aof_current_size"));
        Assert.Equal(server.Digest, PersistentServer.DigestOfLog(server.Files));
        string[] lines =
        [
            "Background append only file rewriting started by pid", "Successfully created the temporary AOF base file temp-rewriteaof-bg-",
            "Background AOF rewrite terminated with success", "Removing the history file appendonly.aof.1.incr.aof in the background",
            "Background AOF rewrite finished successfully",
        ];
        Assert.All(lines, line => Assert.Contains(line, server.Log));
    }

    /// <summary>Many of its chunks begin within a value, and the engine fills them again while the value is read.</summary>
    [Fact]
    public void CommandsHaveTheKeysOfTheirValues()
    {
        using var server = new PersistentServer(appends: true, configure: s => s.Persistence.AofUseRdbPreamble = false);
        string value = new('v', 100);
        for (int i = 0; i < 2000; i++)
            server.Client.Send(["HSET", $"hash:{i}", .. Enumerable.Range(0, 60).SelectMany(f => new[] { $"field:{i}:{f}", value })]);
        Assert.Equal(Started, server.Do("BGREWRITEAOF"));
        server.AwaitEnd();
        Assert.Equal(server.Digest, PersistentServer.DigestOfLog(server.Files));
    }

    /// <summary>Snapshots have them in stretches, some compressed.</summary>
    [Fact]
    public void LargeElementsOfListsAreWhole()
    {
        using var server = new PersistentServer(appends: true, configure: s => s.Persistence.AofUseRdbPreamble = false);
        server.Do("CONFIG SET list-compress-depth 1");
        var random = new Random(1);
        for (int i = 0; i < 12; i++)
        {
            byte[] element = new byte[150_000];
            if (i % 2 == 0) random.NextBytes(element);
            server.Client.Send("RPUSH", "list", Encoding.Latin1.GetString(element));
        }
        Assert.Equal(Started, server.Do("BGREWRITEAOF"));
        server.AwaitEnd();
        Assert.Equal(server.Digest, PersistentServer.DigestOfLog(server.Files));
    }

    [Fact]
    public void CommandsAddAFewElementsEach()
    {
        using var server = new PersistentServer(appends: true, configure: s => s.Persistence.AofUseRdbPreamble = false);
        server.Client.Send(["SADD", "set", .. Enumerable.Range(0, 1000).Select(i => $"member:{i}")]);
        server.Do("PEXPIREAT set 9999999999999");
        Assert.Equal(Started, server.Do("BGREWRITEAOF"));
        server.AwaitEnd();
        string name = server.Files.Names.Single(static n => n.EndsWith(".base.aof", StringComparison.Ordinal));
        string[] lines = Encoding.ASCII.GetString(server.Files[name]).Split("\r\n");
        Assert.Equal(["*2", .. Enumerable.Repeat("*66", 15), "*42", "*3"], lines.Where(static l => l.StartsWith('*')));
        Assert.Equal(["*3", "$9", "PEXPIREAT", "$3", "set", "$13", "9999999999999", ""], lines[^8..]);
        Assert.Equal(server.Digest, PersistentServer.DigestOfLog(server.Files));
    }

    [Fact]
    public void DataGetsItsFirstBase()
    {
        using var server = new PersistentServer();
        server.Fill();
        Assert.Equal("+OK", server.Do("CONFIG SET rdb-key-save-delay 3000"));
        Assert.True(server.OnEngine(engine => engine.AppendOnlyFile!.TurnOn()));
        Assert.Equal("1", server.Field("aof_enabled"));
        server.ChangeUntil(() => server.Field("aof_rewrite_in_progress") == "0");
        Assert.Equal(["appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof", "appendonly.aof.manifest"], server.FileNames);
        Assert.Equal(server.Digest, PersistentServer.DigestOfLog(server.Files));
    }

    /// <summary>A first base that could not be written is tried again, and only then anything is durable.</summary>
    [Fact]
    public void NothingIsDurableBeforeTheFirstBase()
    {
        using var server = new PersistentServer();
        using RespClient other = server.Connect();
        server.Do("SET a b");
        server.HoldSnapshots();
        Assert.True(server.OnEngine(engine => engine.AppendOnlyFile!.TurnOn()));
        CommandScript.Run(server.Client, """
            SET c d -> +OK
            WAITAOF 0 0 0 -> [:0, :0]
            WAITAOF 1 0 1 -> [:0, :0]
            """);
        server.Client.Write("WAITAOF", "1", "0", "0");
        TestClock.WaitUntil(() => other.Line("INFO clients").Text.Contains("blocked_clients:1\r\n", StringComparison.Ordinal), "waiting");
        Assert.Equal("+OK", other.Line("CONFIG SET rdb-key-save-delay 0"));
        server.OnEngine(engine =>
        {
            engine.AppendOnlyFile!.Rewrite.Abort();
            return 0;
        });
        Assert.Equal("[:1, :0]", server.Client.Read());
        Assert.Equal("2", server.Field("aof_rewrites"));
        Assert.Equal(server.Digest, PersistentServer.DigestOfLog(server.Files));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ItCanBeSwitchedOffMeanwhile(bool wasOn)
    {
        using var server = new PersistentServer(appends: wasOn);
        server.Fill();
        server.HoldSnapshots();
        if (wasOn) Assert.Equal(Started, server.Do("BGREWRITEAOF"));
        else Assert.True(server.OnEngine(engine => engine.AppendOnlyFile!.TurnOn()));
        server.Do("SET meanwhile x");
        string digest = server.Digest;
        server.OnEngine(engine =>
        {
            engine.AppendOnlyFile!.TurnOff();
            return 0;
        });
        Assert.Equal(("0", "0", "0"), (server.Field("aof_enabled"), server.Field("aof_rewrite_in_progress"), server.Field("aof_rewrite_scheduled")));
        server.Do("SET afterwards x");
        Assert.DoesNotContain(server.FileNames, static n => n.StartsWith("temp", StringComparison.Ordinal));
        if (wasOn) Assert.Equal(digest, PersistentServer.DigestOfLog(server.Files));
        else Assert.Empty(server.Files.Names);
    }

    [Fact]
    public void ItIsRewrittenWhenItHasGrown()
    {
        using var server = new PersistentServer(appends: true, configure: s =>
        {
            s.Persistence.AutoAofRewritePercentage = 50;
            s.Persistence.AutoAofRewriteMinBytes = 50_000;
        });
        for (int i = 0; i < 40; i++) server.Client.Send("SET", "key", new string('x', 1000));
        Assert.Equal("0", server.Field("aof_rewrites"));
        for (int i = 0; i < 20; i++) server.Client.Send("SET", "key", new string('x', 1000));
        server.Await("aof_rewrites", "1");
        server.AwaitEnd();
        Assert.Contains("Starting automatic rewriting of AOF on ", server.Log);
        Assert.InRange(int.Parse(server.Field("aof_current_size")), 1, 50_000);
    }

    /// <summary>A hash with fields that expire cannot be kept in the version that is asked for.</summary>
    [Fact]
    public void AfterThreeFailuresThereArePauses()
    {
        using var server = new PersistentServer(appends: true, configure: s => s.Persistence.RdbSaveVersion = RdbSaveVersion.Oldest);
        server.Do("HSET h f v");
        server.Do("HPEXPIREAT h 9999999999999 FIELDS 1 f");
        Assert.Equal("+OK", server.Do("CONFIG SET auto-aof-rewrite-min-size 1 auto-aof-rewrite-percentage 1"));
        AwaitLog(server, "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in 1 minutes");
        Assert.Equal(("3", "err"), (server.Field("aof_rewrites_consecutive_failures"), server.Field("aof_last_bgrewrite_status")));
        Assert.Contains("Background AOF rewrite terminated with error", server.Log);
        server.Clock.Advance(TimeSpan.FromSeconds(61));
        AwaitLog(server, "will retry in 2 minutes");
        Assert.Equal("4", server.Field("aof_rewrites_consecutive_failures"));
        Assert.Equal(server.Digest, PersistentServer.DigestOfLog(server.Files));
        server.Do("DEL h");
        server.Do("BGREWRITEAOF");
        server.Await("aof_rewrites_consecutive_failures", "0");
        server.Await("aof_last_bgrewrite_status", "ok");
        server.AwaitEnd();
        Assert.Equal(server.Digest, PersistentServer.DigestOfLog(server.Files));
    }

    /// <summary>A write is one call on the files, and synchronising it another one.</summary>
    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    public void SynchronisingCanWaitForTheEndOfASnapshot(bool waits, int calls)
    {
        using var server = new PersistentServer(appends: true, configure: s => s.Persistence.NoAppendFsyncOnRewrite = waits);
        server.Fill();
        server.HoldSnapshots();
        Assert.Equal("+Background saving started", server.Do("BGSAVE"));
        TestClock.WaitUntil(() => server.FileNames.Any(static n => n.StartsWith("temp-bg", StringComparison.Ordinal)), "the file");
        Assert.Equal(calls, CallsOf(server, "SET a b"));
        server.Do("BGSAVE CANCEL");
        server.AwaitEnd();
        server.Do("SET a b");
        Assert.Equal(2, CallsOf(server, "SET a c"));
    }

    private static int CallsOf(PersistentServer server, string command)
    {
        int before = server.Files.Calls;
        server.Do(command);
        return server.Files.Calls - before;
    }

    private static void AwaitLog(PersistentServer server, string line) =>
        TestClock.WaitUntil(() => server.Do("PING").Length > 0 && server.Log.Contains(line, StringComparison.Ordinal), line);
}
