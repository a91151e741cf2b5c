using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence;

/// <summary>Snapshot files exchanged with redis-server in both directions.</summary>
public sealed class SnapshotPeerTests
{
    private static readonly string[] Debug = ["--enable-debug-command", "yes", "--save", ""];

    [Fact]
    public void A_peer_loads_our_file()
    {
        using ServerProcess sigrun = ServerProcess.StartSigrun([.. Debug, "--rdb-save-version", "10"]);
        using RespClient ours = sigrun.Connect();
        SampleData.Fill(ours);
        Assert.Equal("+OK", ours.Line("SAVE"));
        string digest = ours.Line("DEBUG DIGEST");
        AssertLoads("redis-server", Path.Combine(sigrun.Directory, "dump.rdb"), digest);
    }

    [Fact]
    public void A_peer_loads_what_we_saved_in_the_background()
    {
        using ServerProcess sigrun = ServerProcess.StartSigrun([.. Debug, "--rdb-save-version", "10"]);
        using RespClient ours = sigrun.Connect();
        SampleData.Fill(ours);
        Assert.Equal("+Background saving started", ours.Line("BGSAVE"));
        string digest = ours.Line("DEBUG DIGEST");
        Await(ours, "rdb_bgsave_in_progress:0");
        AssertLoads("redis-server", Path.Combine(sigrun.Directory, "dump.rdb"), digest);
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("no")]
    public void A_peer_starts_with_a_log_that_we_have_rewritten(string preamble)
    {
        string[] log = ["--appendonly", "yes", "--aof-use-rdb-preamble", preamble];
        using ServerProcess sigrun = ServerProcess.StartSigrun([.. Debug, .. log, "--rdb-save-version", "10"]);
        using RespClient ours = sigrun.Connect();
        SampleData.Fill(ours);
        Assert.Equal("+Background append only file rewriting started", ours.Line("BGREWRITEAOF"));
        Assert.Equal(":1", ours.Line("RPUSH afterwards x"));
        Await(ours, "aof_rewrite_in_progress:0");
        string digest = ours.Line("DEBUG DIGEST");
        Assert.Equal(0, sigrun.Terminate());
        Assert.Contains("Background AOF rewrite finished successfully", sigrun.Log, StringComparison.Ordinal);
        using ServerProcess redis = ServerProcess.Start("redis-server", [.. Debug, .. log, "--dir", sigrun.Directory]);
        using RespClient theirs = redis.Connect();
        Assert.Equal(digest, theirs.Line("DEBUG DIGEST"));
    }

    [Fact]
    public void We_load_a_file_of_a_peer()
    {
        using ServerProcess redis = ServerProcess.Start("redis-server", Debug);
        using RespClient theirs = redis.Connect();
        SampleData.Fill(theirs);
        Assert.Equal("+OK", theirs.Line("SAVE"));
        string digest = theirs.Line("DEBUG DIGEST");
        AssertLoads(Repository.ServerProgram, Path.Combine(redis.Directory, "dump.rdb"), digest);
    }

    [Fact]
    public void A_server_starts_with_the_data_it_ended_with()
    {
        using ServerProcess first = ServerProcess.Start(Repository.ServerProgram, "--enable-debug-command", "yes", "--save", "3600 1");
        string digest;
        using (RespClient client = first.Connect())
        {
            SampleData.Fill(client);
            digest = client.Line("DEBUG DIGEST");
        }
        Assert.Equal(0, first.Terminate());
        Assert.Contains("DB saved on disk", first.Log, StringComparison.Ordinal);
        AssertLoads(Repository.ServerProgram, Path.Combine(first.Directory, "dump.rdb"), digest);
    }

    private static void Await(RespClient client, string line) =>
        TestClock.WaitUntil(() => client.Line("INFO persistence").Text.Contains(line + "\r\n", StringComparison.Ordinal), line);

    /// <summary>A server is started, and its file put in place of its data.</summary>
    private static void AssertLoads(string program, string file, string digest)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("sigrun-test-");
        try
        {
            File.Copy(file, Path.Combine(directory.FullName, "dump.rdb"));
            using ServerProcess server = ServerProcess.Start(program, [.. Debug, "--dir", directory.FullName]);
            using RespClient client = server.Connect();
            Assert.Equal(digest, client.Line("DEBUG DIGEST"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
