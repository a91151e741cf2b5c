using Sigrun.Tests.Harness;
using Sigrun.Tests.Persistence;

namespace Sigrun.Tests.Migration;

/// <summary>MIGRATE to redis-server and from it, of data of every type.</summary>
public sealed class MigratePeerTests
{
    private static readonly string[] Debug = ["--enable-debug-command", "yes", "--save", ""];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Everything_arrives_as_it_was(bool isSource)
    {
        using ServerProcess sigrun = ServerProcess.StartSigrun([.. Debug, "--rdb-save-version", "10"]);
        using ServerProcess redis = ServerProcess.Start("redis-server", Debug);
        (ServerProcess from, ServerProcess to) = isSource ? (sigrun, redis) : (redis, sigrun);
        using RespClient source = from.Connect();
        using RespClient target = to.Connect();
        SampleData.Fill(source);
        string before = source.Line("DEBUG DIGEST");
        foreach (string database in (string[])["0", "9"])
        {
            source.Send("SELECT", database);
            string[] keys = [.. source.Line("KEYS *").Items.Select(static k => k.Text)];
            Assert.Equal("+OK", source.Send(["MIGRATE", "127.0.0.1", $"{to.Port}", "", database, "5000", "KEYS", .. keys]));
            Assert.Equal(":0", source.Line("DBSIZE"));
        }
        Assert.Equal(before, target.Line("DEBUG DIGEST"));
        Assert.InRange(target.Line("TTL expiring").Number, 99900, 100000);
    }

    [Fact]
    public void A_version_that_the_peer_does_not_know_is_refused_there()
    {
        using var sigrun = new TestServer();
        using ServerProcess redis = ServerProcess.Start("redis-server", Debug);
        using RespClient client = sigrun.Connect();
        client.Line("SET k v");
        Assert.Equal(
            "-ERR Target instance replied with error: ERR DUMP payload version or checksum are wrong",
            client.Line($"MIGRATE 127.0.0.1 {redis.Port} k 0 5000"));
        Assert.Equal("\"v\"", client.Line("GET k"));
    }
}
