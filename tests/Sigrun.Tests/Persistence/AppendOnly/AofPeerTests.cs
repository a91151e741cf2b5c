using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.AppendOnly;

/// <summary>Our files load in redis-server, and its files load here.</summary>
public sealed class AofPeerTests
{
    private static readonly string[] Data =
    [
        "SET number 12345", "SET text hello", "SETRANGE text 10 world", "INCRBYFLOAT float 1.5", "SET expires x EX 10000", "APPEND raw abc",
        "RPUSH list 1 2 three", "LPOP list", "SADD numbers 1 2 3", "SADD words a b c d e f", "SPOP words 2", "ZADD scores 1 a 2.5 b -inf c",
        "HSET hash f1 v1 f2 v2", "HINCRBY hash n 5", "HINCRBYFLOAT hash x 0.25", "PFADD log a b c", "GEOADD places 13.361389 38.115556 Palermo",
        "XADD stream 1-1 a b", "XADD stream 2-1 c d", "XGROUP CREATE stream g 0", "XREADGROUP GROUP g c COUNT 1 STREAMS stream >",
        "XGROUP CREATECONSUMER stream g idle", "SETBIT bits 100 1", "SELECT 3", "SET other database", "MULTI", "SET a 1", "SET b 2", "EXEC",
        "COPY a c DB 5", "RENAME b d", "RPUSH sortable 3 1 2", "SORT sortable STORE sorted", "GETEX d PX 1000000", "SELECT 0", "SET gone x PX 1", "LMOVE list list2 LEFT RIGHT",
    ];

    [Fact]
    public void RedisLoadsOurs() => RoundTrip(isOurs: true, "no");

    [Fact]
    public void WeLoadThatOfRedis() => RoundTrip(isOurs: false, "no");

    [Fact]
    public void WeLoadOurs()
    {
        using var directory = new TestDirectory();
        string before = Fill(Start(true, directory.Path, "yes"));
        using ServerProcess server = Start(true, directory.Path, "yes");
        using RespClient client = server.Connect();
        Assert.Equal(before, client.Send("DEBUG", "DIGEST").Text);
        Assert.Equal("OK", client.Send("DEBUG", "LOADAOF", "more").Text);
        Assert.Equal(before, client.Send("DEBUG", "DIGEST").Text);
    }

    /// <summary>A base with data, and a single file that begins with a snapshot, each with commands behind it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WeLoadSnapshotsAndWhatFollows(bool isSingleFile)
    {
        using var directory = new TestDirectory();
        string before = Fill(Start(isOurs: false, directory.Path, "yes"), rewrites: true);
        if (isSingleFile) Join(directory.Path);
        using ServerProcess server = Start(isOurs: true, directory.Path, "yes");
        Assert.Contains("Done loading RDB, keys loaded: ", server.Log, StringComparison.Ordinal);
        using RespClient client = server.Connect();
        Assert.Equal(before, client.Send("DEBUG", "DIGEST").Text);
        Assert.Equal("OK", client.Send("DEBUG", "LOADAOF").Text);
        Assert.Equal(before, client.Send("DEBUG", "DIGEST").Text);
    }

    [Fact]
    public void TheFileGoesBeforeTheSnapshot()
    {
        using var directory = new TestDirectory();
        string[] arguments = ["--dir", directory.Path, "--save", "3600 1", "--appendonly"];
        using (ServerProcess server = ServerProcess.Start(Repository.ServerProgram, [.. arguments, "yes"]))
        {
            using (RespClient client = server.Connect()) client.Send("SET", "a", "recorded");
            Assert.Equal(0, server.Terminate());
            server.WaitForExit();
            string[] steps = ["Calling fsync() on the AOF file.", "Saving the final RDB snapshot before exiting.", "DB saved on disk"];
            Assert.All(steps, step => Assert.Contains(step, server.Log, StringComparison.Ordinal));
            Assert.Equal(steps, steps.OrderBy(step => server.Log.IndexOf(step, StringComparison.Ordinal)));
        }
        using (ServerProcess server = ServerProcess.Start(Repository.ServerProgram, [.. arguments, "no"]))
        {
            using (RespClient client = server.Connect()) Assert.Equal("OK", client.Send("SET", "a", "saved").Text);
            Assert.Equal(0, server.Terminate());
        }
        using (ServerProcess server = ServerProcess.Start(Repository.ServerProgram, [.. arguments, "yes"]))
        {
            using RespClient client = server.Connect();
            Assert.Equal("recorded", client.Send("GET", "a").Text);
        }
    }

    /// <summary>Makes one file of base and increment, as servers of before 7.0 wrote it.</summary>
    private static void Join(string directory)
    {
        string parts = Path.Combine(directory, "appendonlydir");
        byte[] start = File.ReadAllBytes(Directory.GetFiles(parts, "*.base.rdb").Single());
        byte[] rest = File.ReadAllBytes(Directory.GetFiles(parts, "*.incr.aof").Single());
        Directory.Delete(parts, recursive: true);
        File.WriteAllBytes(Path.Combine(directory, "appendonly.aof"), [.. start, .. rest]);
    }

    private static void Rewrite(RespClient client)
    {
        client.Send("BGREWRITEAOF");
        TestClock.WaitUntil(() => !client.Send("INFO", "persistence").Text.Contains("aof_last_rewrite_time_sec:-1", StringComparison.Ordinal), "rewriting");
    }

    private static void RoundTrip(bool isOurs, string preamble)
    {
        using var directory = new TestDirectory();
        string before = Fill(Start(isOurs, directory.Path, preamble));
        using ServerProcess server = Start(!isOurs, directory.Path, preamble);
        using RespClient client = server.Connect();
        Assert.Equal(before, client.Send("DEBUG", "DIGEST").Text);
    }

    private static string Fill(ServerProcess server, bool rewrites = false)
    {
        using (server)
        {
            using RespClient client = server.Connect();
            foreach (string line in Data) Assert.False(client.Line(line).IsError, line);
            if (rewrites) Rewrite(client);
            for (int i = 0; i < 300; i++)
            {
                client.Send("RPUSH", "long list", new string('x', i));
                client.Send("SADD", "many", "member" + i);
                client.Send("ZADD", "ranks", i.ToString(), "member" + i);
                client.Send("HSET", "fields", "field" + i, "value");
            }
            TestClock.WaitUntil(() => client.Send("EXISTS", "gone").Number == 0, "expiry");
            string digest = client.Send("DEBUG", "DIGEST").Text;
            Assert.Equal(0, server.Terminate());
            return digest;
        }
    }

    private static ServerProcess Start(bool isOurs, string directory, string preamble)
    {
        string[] arguments = ["--dir", directory, "--appendonly", "yes", "--aof-use-rdb-preamble", preamble, "--enable-debug-command", "yes"];
        return isOurs ? ServerProcess.StartSigrun(arguments) : ServerProcess.Start("redis-server", ["--save", "", .. arguments]);
    }
}
