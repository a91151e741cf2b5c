using System.Text;
using Sigrun.Configuration;
using Sigrun.Persistence;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Storage.Files;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.AppendOnly;

/// <summary>A data set written as the commands that make it is the same data set when they are loaded.</summary>
public sealed class AofBaseTests
{
    private const string Manifest = "file appendonly.aof.1.base.aof seq 1 type b\n";

    private static readonly string[] Details =
    [
        "XINFO STREAM stream", "XINFO STREAM stream:empty", "XINFO GROUPS stream", "XPENDING stream group",
        "XRANGE stream - +", "XINFO GROUPS stream:empty", "LRANGE list:compressed 0 -1",
        "PEXPIRETIME expiring", "HPEXPIRETIME hash:expiring FIELDS 3 a b c", "HPEXPIRETIME hash:all FIELDS 1 f", "ZRANGE zset:odd 0 -1 WITHSCORES",
    ];

    [Fact]
    public void CommandsMakeTheSameData()
    {
        using TestServer source = NewServer(new MemoryFiles());
        using RespClient before = source.Connect();
        Fill(before);
        var files = new MemoryFiles();
        files["/data/appendonlydir/appendonly.aof.1.base.aof"] = Write(source, isSnapshot: false);
        files["/data/appendonlydir/appendonly.aof.manifest"] = Encoding.ASCII.GetBytes(Manifest);
        files.EnsureDirectory("/data/appendonlydir");
        using TestServer target = NewServer(files);
        using RespClient after = target.Connect();
        Assert.True(target.OnEngine(engine => (engine.AppendOnlyFile = new AppendOnlyFile(engine)).Start(null, out _)), target.LogLines.ToString());
        Assert.Equal(before.Line("DEBUG DIGEST").Text, after.Line("DEBUG DIGEST").Text);
        Assert.All(Details, line => Assert.Equal(WithoutNodes(before.Line(line)), WithoutNodes(after.Line(line))));
        Assert.Equal(Pending(before), Pending(after));
    }

    [Fact]
    public void RedisLoadsThem()
    {
        using TestServer source = NewServer(new MemoryFiles());
        using RespClient before = source.Connect();
        SampleData.Fill(before);
        using var directory = new TestDirectory();
        string parts = Directory.CreateDirectory(Path.Combine(directory.Path, "appendonlydir")).FullName;
        File.WriteAllBytes(Path.Combine(parts, "appendonly.aof.1.base.aof"), Write(source, isSnapshot: false));
        File.WriteAllText(Path.Combine(parts, "appendonly.aof.manifest"), Manifest);
        using ServerProcess server = ServerProcess.Start(
            "redis-server", ["--save", "", "--dir", directory.Path, "--appendonly", "yes", "--enable-debug-command", "yes"]);
        using RespClient after = server.Connect();
        Assert.Equal(before.Line("DEBUG DIGEST").Text, after.Line("DEBUG DIGEST").Text);
        Assert.Equal(before.Line("XPENDING stream group").ToString(), after.Line("XPENDING stream group").ToString());
    }

    /// <summary>A database for each key, since keys have no order.</summary>
    [Fact]
    public void CommandsAreThoseOfRedis()
    {
        string[] data =
        [
            "SET number 12345", "SELECT 1", "SET text hello PXAT 9999999999999", "SELECT 2", "RPUSH list 1 two 3.5", "SELECT 3", "ZADD ranks 1 a 2.5 b -inf c 1024 d 0.25 e",
            "SELECT 4", "HSET hash f v 1 2", "SELECT 5", "SADD numbers 3 1 2", "SELECT 6", "XADD stream MAXLEN 0 0-1 x y", "SELECT 7", "XADD log 1-1 a b c d",
            "XADD log 2-0 a b", "XADD log 3-7 e 5", "XDEL log 2-0", "XGROUP CREATE log g 1-1 ENTRIESREAD 1", "XGROUP CREATECONSUMER log g idle",
            "XCLAIM log g busy 0 1-1 TIME 1000 RETRYCOUNT 7 JUSTID FORCE", "XGROUP CREATE log other $", "SELECT 8", "SET empty \"\"",
        ];
        using TestServer source = NewServer(new MemoryFiles());
        using RespClient ours = source.Connect();
        using ServerProcess redis = ServerProcess.Start(
            "redis-server", ["--save", "", "--appendonly", "yes", "--aof-use-rdb-preamble", "no"]);
        using RespClient theirs = redis.Connect();
        foreach (string line in data) Assert.Equal(theirs.Line(line).ToString(), ours.Line(line).ToString());
        foreach (RespClient client in (RespClient[])[ours, theirs])
        {
            client.Line("SELECT 9");
            client.Send(["RPUSH", "list", .. Enumerable.Range(0, 130).Select(i => i.ToString())]);
        }
        theirs.Line("BGREWRITEAOF");
        TestClock.WaitUntil(() => !theirs.Line("INFO persistence").Text.Contains("aof_last_rewrite_time_sec:-1", StringComparison.Ordinal), "rewriting");
        string file = Directory.GetFiles(Path.Combine(redis.Directory, "appendonlydir"), "*.2.base.aof").Single();
        Assert.Equal(File.ReadAllText(file, Encoding.Latin1), Encoding.Latin1.GetString(Write(source, isSnapshot: false)));
    }

    [Fact]
    public void CommandsAreThoseThatServersHaveAlwaysWritten()
    {
        using TestServer source = NewServer(new MemoryFiles(), s => s.Persistence.AofTimestamps = true);
        using RespClient client = source.Connect();
        client.Line("SELECT 3");
        client.Send(["RPUSH", "list", .. Enumerable.Range(0, 130).Select(i => i.ToString())]);
        client.Line("PEXPIREAT list 9999999999999");
        string[] lines = Encoding.ASCII.GetString(Write(source, isSnapshot: false)).Split("\r\n");
        Assert.StartsWith("#TS:", lines[0]);
        Assert.Equal(["*2", "$6", "SELECT", "$1", "3", "*66", "$5", "RPUSH", "$4", "list", "$1", "0"], lines[1..13]);
        Assert.Equal(["*66", "*66", "*4"], lines.Where(line => line.StartsWith('*') && line is not ("*2" or "*3")));
        Assert.Equal(["*3", "$9", "PEXPIREAT", "$4", "list", "$13", "9999999999999", ""], lines[^8..]);
    }

    [Fact]
    public void ASnapshotIsTheOtherForm()
    {
        using TestServer source = NewServer(new MemoryFiles());
        using RespClient client = source.Connect();
        client.Line("SET a b");
        byte[] bytes = Write(source, isSnapshot: true);
        Assert.StartsWith("VALKEY", Encoding.ASCII.GetString(bytes, 0, 6));
        Assert.Equal(Crc64.Compute(bytes.AsSpan(0, bytes.Length - 8)), BitConverter.ToUInt64(bytes, bytes.Length - 8));
    }

    [Fact]
    public void FunctionsAreWritten()
    {
        using TestServer source = NewServer(new MemoryFiles());
        byte[] bytes = Write(source, isSnapshot: false, "#!lua name=x\n"u8.ToArray());
        Assert.Equal("*3\r\n$8\r\nFUNCTION\r\n$4\r\nLOAD\r\n$13\r\n#!lua name=x\n\r\n", Encoding.ASCII.GetString(bytes));
    }

    /// <summary>However much data there is, and however long a string.</summary>
    [Fact]
    public void MemoryIsBounded()
    {
        using TestServer source = NewServer(new MemoryFiles());
        using RespClient client = source.Connect();
        client.Send("SET", "long", new string('x', 20 << 20));
        for (int i = 0; i < 100; i++) client.Send(["RPUSH", "list", .. Enumerable.Repeat(new string('e', 1000), 100)]);
        (long bytes, long allocated) = source.OnEngine(engine =>
        {
            var sink = new CountingSink();
            long start = GC.GetAllocatedBytesForCurrentThread();
            new CommandEncoder(new CommandWriter(sink), Job(engine, isSnapshot: false)).WriteAll(new LiveRecords(engine.Databases));
            return (sink.Bytes, GC.GetAllocatedBytesForCurrentThread() - start);
        });
        Assert.True(bytes > 30_000_000, $"{bytes} bytes were written.");
        Assert.True(allocated < 1 << 20, $"{allocated} bytes were allocated.");
    }

    private static void Fill(RespClient client)
    {
        SampleData.Fill(client);
        Assert.Equal("+OK", client.Line("CONFIG SET list-compress-depth 1 list-max-listpack-size 8"));
        client.Send(["RPUSH", "list:compressed", .. Enumerable.Range(0, 200).Select(i => new string((char)('a' + i % 26), 100))]);
        client.Line("HSET hash:expiring a 1 b 2 c 3");
        client.Line("HPEXPIREAT hash:expiring 9999999999999 FIELDS 1 b");
        client.Line("HSETEX hash:all PXAT 9999999999998 FIELDS 1 f v");
        client.Line("ZADD zset:odd 1e20 a 3.3 b -0 c 0.1 d 1e-7 e 12345678901234567 f");
        client.Line("XGROUP CREATE stream:empty late $ ENTRIESREAD 1");
        client.Line("XGROUP CREATE stream other 0");
        client.Line("XREADGROUP GROUP other bob COUNT 3 STREAMS stream >");
    }

    /// <summary>What a base of a server's data holds.</summary>
    internal static byte[] Write(TestServer server, bool isSnapshot, params byte[][] functions) => server.OnEngine(engine =>
    {
        var files = new MemoryFiles();
        AofBaseJob job = Job(engine, isSnapshot);
        using (IWritableFile file = files.Create("/base"))
            AofBase.Write(file, job with { Snapshot = job.Snapshot with { Functions = functions } }, new LiveRecords(engine.Databases), engine.Settings);
        return files["/base"];
    });

    private static AofBaseJob Job(Engine engine, bool isSnapshot) => AofBase.NewJob(engine) with { IsSnapshot = isSnapshot };

    /// <summary>What is pending: all but for how long, since time passes.</summary>
    private static IEnumerable<string> Pending(RespClient client) =>
        client.Line("XPENDING stream group - + 100").Items.Select(entry => $"{entry.Items[0]} {entry.Items[1]} {entry.Items[3]}");

    /// <summary>How a stream is divided into nodes is no part of its value.</summary>
    private static string WithoutNodes(RespValue reply)
    {
        string text = reply.ToString();
        int start = text.IndexOf("\"radix-tree-keys\"", StringComparison.Ordinal);
        return start < 0 ? text : text[..start] + text[text.IndexOf("\"last-generated-id\"", StringComparison.Ordinal)..];
    }

    private static TestServer NewServer(MemoryFiles files, Action<EngineSettings>? configure = null) => new(
        s =>
        {
            s.Security.EnableDebugCommand = ProtectedAction.Yes;
            s.Persistence.Directory = "/data";
            s.Persistence.AppendOnly = true;
            configure?.Invoke(s);
        },
        files: files);

    private sealed class CountingSink : IDataSink
    {
        public long Bytes { get; private set; }

        public void Take(ReadOnlySpan<byte> bytes) => Bytes += bytes.Length;
    }
}
