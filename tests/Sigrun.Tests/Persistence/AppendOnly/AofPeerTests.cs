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
        Assert.Equal("OK", client.Send("DEBUG", "LOADAOF").Text);
        Assert.Equal(before, client.Send("DEBUG", "DIGEST").Text);
    }

    private static void RoundTrip(bool isOurs, string preamble)
    {
        using var directory = new TestDirectory();
        string before = Fill(Start(isOurs, directory.Path, preamble));
        using ServerProcess server = Start(!isOurs, directory.Path, preamble);
        using RespClient client = server.Connect();
        Assert.Equal(before, client.Send("DEBUG", "DIGEST").Text);
    }

    private static string Fill(ServerProcess server)
    {
        using (server)
        {
            using RespClient client = server.Connect();
            foreach (string line in Data) Assert.False(client.Line(line).IsError, line);
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
