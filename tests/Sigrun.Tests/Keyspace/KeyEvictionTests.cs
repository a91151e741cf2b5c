using System.Globalization;
using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Keyspace;

/// <summary>maxmemory: what goes when it is reached, what is refused, and who is told.</summary>
public sealed class KeyEvictionTests : IDisposable
{
    private const string Refusal = "-OOM command not allowed when used memory > 'maxmemory'.";

    private readonly TestServer _server = new(settings => settings.Memory.MaxMemorySamples = 32);
    private readonly RespClient _client;

    public KeyEvictionTests() => _client = _server.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Keys_that_were_not_used_for_long_go_first()
    {
        Fill("cold", 1000);
        Fill("hot", 50);
        _server.Clock.Advance(TimeSpan.FromSeconds(30));
        TestClock.WaitUntil(() => Idle("cold:1") >= 30, "clock of access times");
        for (int i = 0; i < 50; i++) _client.Send("GET", $"hot:{i}");
        SetLimit(MaxMemoryPolicy.AllKeysLru);
        Fill("new", 600);
        Assert.Equal(50, Existing("hot", 50));
        Assert.Equal(600, Existing("new", 600));
        Assert.InRange(Existing("cold", 1000), 300, 500);
        AssertWithinLimit();
    }

    [Fact]
    public void Keys_that_were_used_least_go_first()
    {
        _server.OnEngine(engine =>
        {
            engine.Settings.Memory.Policy = MaxMemoryPolicy.AllKeysLfu;
            engine.Settings.Memory.LfuLogFactor = 0;
            engine.ApplySettings();
            return true;
        });
        Fill("rare", 1000);
        Fill("often", 50);
        for (int i = 0; i < 50 * 20; i++) _client.Send("GET", $"often:{i % 50}");
        SetLimit(MaxMemoryPolicy.AllKeysLfu);
        Fill("new", 600);
        Assert.Equal(50, Existing("often", 50));
        Assert.InRange(_client.Send("DBSIZE").Number, 950, 1100);
        AssertWithinLimit();
    }

    [Fact]
    public void Keys_that_expire_soonest_go_first()
    {
        for (int i = 0; i < 1000; i++) _client.Send("SET", $"k:{i}", Value, "EX", (10_000 + i).ToString(CultureInfo.InvariantCulture));
        SetLimit(MaxMemoryPolicy.VolatileTtl);
        for (int i = 0; i < 300; i++) _client.Send("SET", $"new:{i}", Value, "EX", "100000");
        Assert.Equal(300, Existing("new", 300));
        int late = 0;
        for (int i = 600; i < 1000; i++) late += (int)_client.Send("EXISTS", $"k:{i}").Number;
        Assert.Equal(400, late);
    }

    [Theory]
    [InlineData(MaxMemoryPolicy.VolatileLru)]
    [InlineData(MaxMemoryPolicy.VolatileLfu)]
    [InlineData(MaxMemoryPolicy.VolatileRandom)]
    [InlineData(MaxMemoryPolicy.VolatileTtl)]
    internal void Volatile_policies_leave_keys_that_do_not_expire(MaxMemoryPolicy policy)
    {
        Fill("stays", 500);
        for (int i = 0; i < 500; i++) _client.Send("SET", $"goes:{i}", Value, "EX", "1000");
        SetLimit(policy);
        for (int i = 0; i < 300; i++) Assert.Equal("+OK", _client.Send("SET", $"new:{i}", Value, "EX", "1000"));
        Assert.Equal(500, Existing("stays", 500));
        AssertWithinLimit();
        // Without a key that may go there is no room either.
        RespValue last = _client.Send("PING");
        for (int i = 0; i < 1000 && !last.IsError; i++) last = _client.Send("SET", $"more:{i}", Value);
        Assert.Equal(Refusal, last);
        Assert.Equal(0, _client.Send("DBSIZE").Number - Existing("stays", 500) - Existing("more", 1000));
    }

    [Fact]
    public void Random_policies_take_keys_of_all_databases_in_turn()
    {
        foreach (string database in new[] { "0", "3" })
        {
            _client.Send("SELECT", database);
            Fill("k", 500);
        }
        SetLimit(MaxMemoryPolicy.AllKeysRandom);
        Fill("k", 300, from: 500);
        Assert.InRange(_client.Send("DBSIZE").Number, 500, 700);
        _client.Send("SELECT", "0");
        Assert.InRange(_client.Send("DBSIZE").Number, 300, 400);
        AssertWithinLimit();
    }

    [Fact]
    public void A_command_that_has_waited_is_refused_too()
    {
        CommandScript.Run(_client, "RPUSH other x -> :1");
        using RespClient waiter = _server.Connect();
        waiter.Write("BLMOVE", "source", "target", "LEFT", "LEFT", "0");
        TestClock.WaitUntil(() => _server.OnEngine(engine => engine.Blocked.Count) == 1, "a blocked client");
        SetLimit(MaxMemoryPolicy.NoEviction, room: -1000);
        CommandScript.Run(_client, "RENAME other source -> +OK");
        Assert.Equal(Refusal, waiter.Read().ToString());
        CommandScript.Run(_client, """
            LRANGE source 0 -1 -> ["x"]
            EXISTS target -> :0
            """);
    }

    [Fact]
    public void Without_eviction_commands_that_need_memory_are_refused()
    {
        Fill("k", 100);
        SetLimit(MaxMemoryPolicy.NoEviction, room: -1000);
        CommandScript.Run(_client, $"""
            SET a b -> {Refusal}
            MULTI -> +OK
            SET a b -> {Refusal}
            EXEC -> -EXECABORT Transaction discarded because of previous errors.
            GET nothing -> nil
            STRLEN k:1 -> :100
            EXPIRE k:1 1000 -> :1
            """);
        Assert.Contains("errorstat_OOM:count=2\r\n", _client.Send("INFO", "errorstats").Text, StringComparison.Ordinal);
        Assert.Equal(":50", _client.Send(["DEL", .. Enumerable.Range(0, 50).Select(i => $"k:{i}")]));
        CommandScript.Run(_client, "SET a b -> +OK");
    }

    [Fact]
    public void A_transaction_that_was_queued_in_time_is_refused_as_a_whole()
    {
        Fill("k", 100);
        _client.Send("MULTI");
        _client.Send("SET", "a", "b");
        SetLimit(MaxMemoryPolicy.NoEviction, room: -1000);
        CommandScript.Run(_client, $"""
            EXEC -> -EXECABORT Transaction discarded because of: {Refusal[1..]}
            MULTI -> +OK
            GET a -> +QUEUED
            EXEC -> [nil]
            """);
    }

    [Theory]
    [InlineData(true, "UNLINK")]
    [InlineData(false, "DEL")]
    public void Those_who_follow_keys_are_told(bool isLazy, string command)
    {
        _server.OnEngine(engine => engine.Settings.Memory.LazyFreeEviction = isLazy);
        _client.Send("SET", "k", new string('v', 10_000));
        Recorder recorder = Recorder.Of(_server);
        SetLimit(MaxMemoryPolicy.AllKeysLru, room: -5000);
        _client.Send("PING");
        Assert.Equal([$"written k", "event evicted k", $"effect {command} k"], recorder.Take());
        Assert.Contains("evicted_keys:1\r\n", _client.Send("INFO", "stats").Text, StringComparison.Ordinal);
    }

    /// <summary>Values that another thread frees are not there yet when the next key is looked for, and count all the same.</summary>
    [Fact]
    public void Large_values_do_not_go_one_after_the_other()
    {
        string[] members = [.. Enumerable.Range(0, 5000).Select(i => $"member:{i}")];
        for (int i = 0; i < 40; i++) _client.Send(["SADD", $"set:{i}", .. members]);
        long bytes = _client.Send("MEMORY", "USAGE", "set:0", "SAMPLES", "0").Number;
        SetLimit(MaxMemoryPolicy.AllKeysLru, room: -bytes / 2);
        for (int i = 0; i < 100; i++) _client.Send("PING");
        Assert.Equal(":39", _client.Send("DBSIZE"));
    }

    [Fact]
    public void Eviction_goes_on_between_commands_when_its_time_is_used_up()
    {
        Fill("k", 2000);
        _server.OnEngine(engine =>
        {
            engine.Settings.Memory.EvictionTenacity = 0;
            engine.Settings.Memory.Policy = MaxMemoryPolicy.AllKeysLru;
            engine.Settings.Memory.MaxMemoryBytes = (ulong)(engine.Heap.UsedBytes / 2 + engine.StartupMemory + 100_000);
            engine.ApplySettings();
            engine.Eviction.OnLimitSet();
            return true;
        });
        Assert.Contains("WARNING: the new maxmemory value set via CONFIG SET (", _server.LogLines.ToString(), StringComparison.Ordinal);
        TestClock.WaitUntil(() => _server.OnEngine(engine => !engine.Eviction.IsUnfinished), "end of eviction");
        Assert.InRange(_server.OnEngine(engine => engine.Statistics.EvictedKeys), 100, 1900);
        AssertWithinLimit();
    }

    [Fact]
    public void Nothing_goes_while_clients_are_paused()
    {
        Fill("k", 100);
        _client.Send("CLIENT", "PAUSE", "100000", "WRITE");
        SetLimit(MaxMemoryPolicy.AllKeysLru, room: -5000);
        Assert.Equal(":100", _client.Send("DBSIZE"));
        _client.Send("CLIENT", "UNPAUSE");
        Assert.NotEqual(":100", _client.Send("DBSIZE"));
    }

    [Fact]
    public void The_time_above_the_limit_is_counted()
    {
        Fill("k", 100);
        SetLimit(MaxMemoryPolicy.NoEviction, room: -5000);
        _client.Send("PING");
        _server.Clock.Advance(TimeSpan.FromSeconds(2000));
        string stats = _client.Send("INFO", "stats").Text;
        Assert.Matches("\r\ntotal_eviction_exceeded_time:2\\d{6}\r\ncurrent_eviction_exceeded_time:2\\d{6}\r\n", stats);
        SetLimit(MaxMemoryPolicy.AllKeysRandom, room: -5000);
        _client.Send("PING");
        stats = _client.Send("INFO", "stats").Text;
        Assert.Matches("\r\ntotal_eviction_exceeded_time:2\\d{6}\r\ncurrent_eviction_exceeded_time:0\r\n", stats);
    }

    private static string Value => new('v', 100);

    private void Fill(string name, int count, int from = 0)
    {
        for (int i = from; i < from + count; i++) Assert.Equal("+OK", _client.Send("SET", $"{name}:{i}", Value));
    }

    private long Existing(string name, int count) =>
        _client.Send(["EXISTS", .. Enumerable.Range(0, count).Select(i => $"{name}:{i}")]).Number;

    private long Idle(string key) => _client.Send("OBJECT", "IDLETIME", key).Number;

    /// <summary>Sets the limit to what is used now, and so much more.</summary>
    private void SetLimit(MaxMemoryPolicy policy, long room = 0) => _server.OnEngine(engine =>
    {
        engine.Settings.Memory.Policy = policy;
        engine.Settings.Memory.MaxMemoryBytes = 1UL << 60;
        engine.ApplySettings();
        engine.Settings.Memory.MaxMemoryBytes = (ulong)(engine.Heap.UsedBytes + engine.BytesBesideHeap + room);
        engine.ApplySettings();
        return true;
    });

    private void AssertWithinLimit() =>
        Assert.True(_server.OnEngine(engine => engine.Heap.UsedBytes + engine.BytesBesideHeap <= (long)engine.Settings.Memory.MaxMemoryBytes + 4096));
}
