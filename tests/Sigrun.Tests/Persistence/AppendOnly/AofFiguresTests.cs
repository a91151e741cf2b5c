using System.Diagnostics;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.AppendOnly;

/// <summary>What is told and set about the append-only file while a server runs.</summary>
public sealed class AofFiguresTests
{
    /// <summary>As Valkey 9.1 lists them.</summary>
    private const string Fields =
        "loading async_loading current_cow_peak current_cow_size current_cow_size_age current_fork_perc current_save_keys_processed "
        + "current_save_keys_total rdb_changes_since_last_save rdb_bgsave_in_progress rdb_last_save_time rdb_last_bgsave_status "
        + "rdb_last_bgsave_time_sec rdb_current_bgsave_time_sec rdb_saves rdb_last_cow_size rdb_last_load_keys_expired rdb_last_load_keys_loaded "
        + "aof_enabled aof_rewrite_in_progress aof_rewrite_scheduled aof_last_rewrite_time_sec aof_current_rewrite_time_sec "
        + "aof_last_bgrewrite_status aof_rewrites aof_rewrites_consecutive_failures aof_last_write_status aof_last_cow_size "
        + "module_fork_in_progress module_fork_last_cow_size slot_migration_fork_in_progress";

    private const string FieldsWhenOn = " aof_current_size aof_base_size aof_pending_rewrite aof_buffer_length aof_pending_bio_fsync aof_delayed_fsync";

    [Theory]
    [InlineData("no", Fields)]
    [InlineData("yes", Fields + FieldsWhenOn)]
    public void FieldsAreThoseOfValkey(string appendOnly, string expected)
    {
        using ServerProcess server = ServerProcess.StartSigrun("--appendonly", appendOnly);
        using RespClient client = server.Connect();
        IEnumerable<string> names = client.Line("INFO persistence").Text.Split("\r\n").Where(line => line.Contains(':')).Select(line => line.Split(':')[0]);
        Assert.Equal(expected, string.Join(' ', names));
    }

    [Fact]
    public void AWriteCanBeMadeToTakeLong()
    {
        using ServerProcess server = ServerProcess.StartSigrun("--appendonly", "yes", "--enable-debug-command", "yes");
        using RespClient client = server.Connect();
        Assert.Equal("OK", client.Line("DEBUG AOF-FLUSH-SLEEP 100000").Text);
        var watch = Stopwatch.StartNew();
        Assert.Equal("OK", client.Line("SET k v").Text);
        Assert.InRange(watch.ElapsedMilliseconds, 99, long.MaxValue);
    }

    [Fact]
    public void WhatIsWrittenIsCounted()
    {
        using ServerProcess server = ServerProcess.StartSigrun("--appendonly", "yes", "--appendfsync", "always");
        using RespClient client = server.Connect();
        string parts = Path.Combine(server.Directory, "appendonlydir");
        for (int i = 0; i < 3; i++)
        {
            client.Line("SET key value");
            Assert.Equal(new FileInfo(Directory.GetFiles(parts, "*.incr.aof").Single()).Length, Figure(client, "aof_current_size"));
        }
        Assert.Equal(0, Figure(client, "aof_base_size"));
    }

    [Fact]
    public void HistoryGoesWhenItIsNoLongerWanted()
    {
        using var directory = new TestDirectory();
        directory.Write("appendonlydir/appendonly.aof.manifest", "file old.aof seq 1 type h\nfile appendonly.aof.2.incr.aof seq 2 type i\n");
        string old = directory.Write("appendonlydir/old.aof", "");
        directory.Write("appendonlydir/appendonly.aof.2.incr.aof", "");
        using ServerProcess server = ServerProcess.StartSigrun("--dir", directory.Path, "--appendonly", "yes", "--aof-disable-auto-gc", "yes");
        using RespClient client = server.Connect();
        Assert.True(File.Exists(old));
        Assert.Equal("OK", client.Line("CONFIG SET aof-disable-auto-gc no").Text);
        Assert.False(File.Exists(old));
        Assert.DoesNotContain("old.aof", File.ReadAllText(Path.Combine(directory.Path, "appendonlydir", "appendonly.aof.manifest")), StringComparison.Ordinal);
    }

    private static long Figure(RespClient client, string name) =>
        long.Parse(client.Line("INFO persistence").Text.Split("\r\n").Single(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..]);
}
