using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.SortedSets;

/// <summary>No sorted set command that clients run often leaves anything to the garbage collector, in either encoding.</summary>
[Collection(Alone.Name)]
public sealed class SortedSetAllocationTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(128)]
    public void Commands_allocate_no_managed_memory(int entries)
    {
        string[] commands =
        [
            "ZADD z 1.5 a 2.5 b 3 c 4 d 5 e", "ZADD z GT CH 7.25 a", "ZADD z INCR 0.1 b", "ZINCRBY z 3 c", "ZCARD z", "ZSCORE z a",
            "ZMSCORE z a b none", "ZRANK z b", "ZREVRANK z c WITHSCORE", "ZCOUNT z 1 (9", "ZLEXCOUNT z - +", "ZRANGE z 0 -1 WITHSCORES",
            "ZRANGE z 9 1 BYSCORE REV LIMIT 1 3", "ZRANGEBYLEX z [a +", "ZREVRANGE z 0 2", "ZRANGESTORE t z 0 3", "ZSCAN z 0 MATCH *",
            "ZRANDMEMBER z", "ZRANDMEMBER z 3 WITHSCORES", "ZUNION 2 z t WITHSCORES", "ZINTER 2 z t", "ZDIFF 2 z t", "ZINTERCARD 2 z t",
            "ZUNIONSTORE u 2 z t WEIGHTS 2 0.5 AGGREGATE MAX", "ZINTERSTORE u 2 z t", "ZDIFFSTORE u 2 z t", "ZREM z e", "ZPOPMIN z",
            "ZPOPMAX z 2", "ZMPOP 1 t MIN COUNT 2", "BZPOPMIN t u 0", "ZREMRANGEBYRANK z 0 0", "ZREMRANGEBYSCORE z -inf +inf",
            "ZREMRANGEBYLEX t - +", "DEL z t u",
        ];
        using var server = new TestServer(settings => settings.Types.ZsetMaxListpackEntries = entries);
        using RespClient client = server.Connect();
        byte[] batch = [.. commands.SelectMany(c => RespClient.Request(c.Split(' ')))];
        // Everything is compiled and every buffer is grown; then the same again is measured.
        for (int i = 0; i < 300; i++) Run(client, batch, commands.Length);
        long before = server.OnEngine(_ => GC.GetAllocatedBytesForCurrentThread());
        for (int i = 0; i < 200; i++) Run(client, batch, commands.Length);
        long allocated = server.OnEngine(_ => GC.GetAllocatedBytesForCurrentThread()) - before;
        // Asking costs a little itself; one byte per command would be 7,000.
        Assert.InRange(allocated, 0, 4096);
    }

    private static void Run(RespClient client, byte[] batch, int replies)
    {
        client.WriteRaw(batch);
        for (int i = 0; i < replies; i++) Assert.False(client.Read().IsError);
    }
}
