using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Allocation;

/// <summary>
/// In steady state commands allocate nothing on the managed heap: the bytes that the engine's thread
/// allocates are read before and after thousands of pipelined commands.
/// </summary>
[Collection(Alone.Name)]
public sealed class SteadyStateTests : IDisposable
{
    private readonly TestServer _server = new();
    private readonly SteadyState _state;

    public SteadyStateTests() => _state = new SteadyState(_server);

    public void Dispose()
    {
        _state.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData("GET key:{0}")]
    [InlineData("GET number:{0}")]
    [InlineData("GET nothing:{0}")]
    [InlineData("GET expiring:{0}")]
    [InlineData("SET key:{0} 0123456789012345678901234567890123456789012345678901234567890123")]
    [InlineData("SET number:{0} 12345")]
    [InlineData("SET expiring:{0} v EX 50000")]
    [InlineData("SET new:{0} v")]
    [InlineData("INCR number:{0}")]
    [InlineData("INCRBY number:{0} 77")]
    [InlineData("MSET key:{0} a number:{0} 3")]
    [InlineData("MGET key:{0} number:{0} nothing")]
    [InlineData("EXISTS key:{0}")]
    [InlineData("TTL expiring:{0}")]
    [InlineData("EXPIRE expiring:{0} 50000")]
    [InlineData("DEL nothing:{0}")]
    [InlineData("TYPE key:{0}")]
    [InlineData("STRLEN key:{0}")]
    [InlineData("GETRANGE key:{0} 1 5")]
    [InlineData("DUMP key:{0}")]
    [InlineData("RESTORE key:{0} 0 \u0000\u0003barP\u0000)\u0094\u0080\u00f1p4\u009a\u00e3 REPLACE")] // "bar"
    [InlineData("RPUSH list:{0} v")]
    [InlineData("LPUSH new:{0} v")]
    [InlineData("LPOP long:{0}")]
    [InlineData("RPOP list:{0} 2")]
    [InlineData("LMOVE list:{0} list:{0} LEFT RIGHT")]
    [InlineData("RPOPLPUSH long:{0} long:{0}")]
    [InlineData("LRANGE list:{0} 0 9")]
    [InlineData("LRANGE long:{0} 400 -410")]
    [InlineData("LINDEX long:{0} 450")]
    [InlineData("LSET list:{0} 3 v")]
    [InlineData("LINSERT list:{0} AFTER a b")]
    [InlineData("LREM list:{0} 0 b")]
    [InlineData("LPOS long:{0} element:300 COUNT 2")]
    [InlineData("LLEN list:{0}")]
    [InlineData("PING")]
    public void A_command_allocates_nothing(string command) => _state.AssertAllocatesNothing(command);

    [Theory]
    [InlineData(MaxMemoryPolicy.AllKeysLru)]
    [InlineData(MaxMemoryPolicy.AllKeysLfu)]
    [InlineData(MaxMemoryPolicy.AllKeysRandom)]
    internal void Eviction_allocates_nothing(MaxMemoryPolicy policy)
    {
        _server.OnEngine(engine =>
        {
            engine.Settings.Memory.Policy = policy;
            engine.Databases[0].Flush(inBackground: false);
            engine.Heap.AbsorbBackgroundFrees(int.MaxValue);
            engine.Settings.Memory.MaxMemoryBytes = 1UL << 60;
            engine.ApplySettings();
            // Room for some of the keys.
            engine.Settings.Memory.MaxMemoryBytes = (ulong)(engine.Heap.UsedBytes + engine.BytesBesideHeap + 120_000);
            engine.ApplySettings();
            return true;
        });
        _state.AssertAllocatesNothing("SET new:{0} " + new string('v', 2000));
        Assert.True(_server.OnEngine(engine => engine.Statistics.EvictedKeys) > SteadyState.CommandsPerRound / 2);
    }

    /// <summary>The measurement sees what a command allocates: CONFIG GET makes strings.</summary>
    [Fact]
    public void The_measurement_sees_allocation()
    {
        byte[] requests = SteadyState.Pipeline("CONFIG GET port");
        long before = _state.Allocated();
        _state.Exchange(requests);
        Assert.True(_state.Allocated() - before > 20 * SteadyState.CommandsPerRound);
    }

    /// <summary>A long load: hundreds of thousands of commands, and the oldest generation is never collected.</summary>
    [Fact]
    public void A_long_load_collects_nothing()
    {
        byte[] requests = SteadyState.Pipeline("GET key:{0}", "SET key:{0} 0123456789", "INCR number:{0}");
        for (int i = 0; i < 3; i++) _state.Exchange(requests);
        int before = GC.CollectionCount(2);
        int youngBefore = GC.CollectionCount(0);
        for (int i = 0; i < 100; i++) _state.Exchange(requests);
        Assert.Equal(before, GC.CollectionCount(2));
        Assert.True(GC.CollectionCount(0) - youngBefore <= 1, $"{GC.CollectionCount(0) - youngBefore} young collections");
    }
}
