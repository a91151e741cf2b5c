using Sigrun.Configuration;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;
using Sigrun.Tests.Persistence.Background;

namespace Sigrun.Tests.Persistence.AppendOnly;

/// <summary>While an append-only file loads, clients are told so, and the server can be stopped.</summary>
public sealed class AofLoadingTests
{
    private const int Keys = 20_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ClientsAreToldToWait(bool isSnapshot)
    {
        using var directory = new TestDirectory();
        long size = WriteFile(directory.Path, isSnapshot);
        using ServerProcess server = StartSlowly(directory.Path);
        using RespClient client = server.Connect();
        Assert.Equal("LOADING Valkey is loading the dataset in memory", client.Line("GET key:1").Text);
        Assert.Equal("LOADING Valkey is loading the dataset in memory", client.Line("PING").Text);
        Dictionary<string, string> info = Persistence(client);
        Assert.Equal("1", info["loading"]);
        Assert.Equal(size, long.Parse(info["loading_total_bytes"]));
        Assert.InRange(long.Parse(info["loading_loaded_bytes"]), 0, size - 1);
        Assert.InRange(double.Parse(info["loading_loaded_perc"]), 0, 99.99);
        TestClock.WaitUntil(() => Persistence(client)["loading_loaded_bytes"] != info["loading_loaded_bytes"], "progress");
        Assert.Equal("LOADING Valkey is loading the dataset in memory", client.Line("CONFIG SET appendonly no").Text);
        Assert.Equal("OK", client.Line("CONFIG SET key-load-delay 0").Text);
        TestClock.WaitUntil(() => server.Log.Contains("Ready to accept connections", StringComparison.Ordinal), "end of loading");
        Assert.Equal(Keys, client.Line("DBSIZE").Number);
        info = Persistence(client);
        Assert.Equal("0", info["loading"]);
        Assert.False(info.ContainsKey("loading_total_bytes"));
    }

    /// <summary>Wherever the system stopped within a transaction: nothing of it is left, and what is written then is there after the next start.</summary>
    [Fact]
    public void ACutTransactionDoesNotSwallowWhatIsWrittenNext()
    {
        var written = new MemoryFiles();
        long begin;
        using (var server = new PersistentServer(written, appends: true))
        {
            Assert.Equal(":1", server.Do("RPUSH list 1"));
            begin = Increment(written).Bytes.Length;
            foreach (string line in (string[])["MULTI", "RPUSH list 2", "HSET hash n 2", "EXEC"]) server.Do(line);
        }
        (string name, byte[] bytes) = Increment(written);
        for (int length = (int)begin + 1; length < bytes.Length; length++)
        {
            MemoryFiles files = written.AfterCrash();
            files[name] = bytes[..length];
            using (var server = new PersistentServer(files, appends: true))
            {
                Assert.Equal((":1", ":0"), (server.Do("LLEN list"), server.Do("EXISTS hash")));
                foreach (string line in (string[])["MULTI", "RPUSH list 3", "HSET hash n 3", "EXEC"]) server.Do(line);
            }
            using (var server = new PersistentServer(files.AfterCrash(), appends: true))
            {
                Assert.Equal(("[\"1\", \"3\"]", "\"3\""), (server.Do("LRANGE list 0 -1"), server.Do("HGET hash n")));
            }
        }
    }

    [Fact]
    public void LoadingAgainServesNobodyFromThePast()
    {
        using var server = new PersistentServer(appends: true);
        Assert.Equal(":1", server.Do("RPUSH list past"));
        Assert.Equal(":1", server.Do("DEL list"));
        using RespClient waiter = server.Connect();
        waiter.Write("BLPOP", "list", "0");
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Blocked.Count) == 1, "a blocked client");
        Assert.Equal("+OK", server.Do("DEBUG LOADAOF"));
        Assert.Equal(1, server.OnEngine(engine => engine.Blocked.Count));
        Assert.Equal(":1", server.Do("RPUSH list now"));
        Assert.Equal(["list", "now"], waiter.Read().Items.Select(item => item.Text));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheServerCanBeStopped(bool isSnapshot)
    {
        using var directory = new TestDirectory();
        WriteFile(directory.Path, isSnapshot);
        using ServerProcess server = StartSlowly(directory.Path);
        using (RespClient client = server.Connect()) client.Line("INFO persistence");
        Assert.Equal(0, server.Terminate());
        server.WaitForExit();
        Assert.DoesNotContain("Ready to accept connections", server.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("DB loaded", server.Log, StringComparison.Ordinal);
        Assert.Contains("Received shutdown signal during loading, scheduling shutdown.", server.Log, StringComparison.Ordinal);
        Assert.Contains("bye bye", server.Log, StringComparison.Ordinal);
    }

    private static ServerProcess StartSlowly(string directory) => ServerProcess.StartUntil(
        "Server initialized", Repository.ServerProgram, "--dir", directory, "--appendonly", "yes", "--key-load-delay", "500",
        "--loading-process-events-interval-bytes", "1024");

    /// <summary>Writes an append-only file of one part; returns its length.</summary>
    private static long WriteFile(string directory, bool isSnapshot)
    {
        using var source = new TestServer(static s => s.Security.EnableDebugCommand = ProtectedAction.Yes);
        using (RespClient client = source.Connect()) Assert.Equal("OK", client.Line($"DEBUG POPULATE {Keys} key 100").Text);
        byte[] bytes = AofBaseTests.Write(source, isSnapshot);
        string parts = Directory.CreateDirectory(Path.Combine(directory, "appendonlydir")).FullName;
        string name = isSnapshot ? "appendonly.aof.1.base.rdb" : "appendonly.aof.1.base.aof";
        File.WriteAllBytes(Path.Combine(parts, name), bytes);
        File.WriteAllText(Path.Combine(parts, "appendonly.aof.manifest"), $"file {name} seq 1 type b\n");
        return bytes.Length;
    }

    private static Dictionary<string, string> Persistence(RespClient client) => client.Line("INFO persistence").Text
        .Split("\r\n").Where(line => line.Contains(':')).Select(line => line.Split(':')).ToDictionary(field => field[0], field => field[1]);

    private static (string Name, byte[] Bytes) Increment(MemoryFiles files)
    {
        string name = files.Names.Single(file => file.EndsWith(".incr.aof", StringComparison.Ordinal));
        return (name, files[name]);
    }
}
