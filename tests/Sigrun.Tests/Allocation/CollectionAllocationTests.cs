using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Allocation;

/// <summary>No command on sets and hashes that clients run often leaves anything to the garbage collector.</summary>
[Collection(Alone.Name)]
public sealed class CollectionAllocationTests
{
    private static readonly string[] Commands =
    [
        "SADD s a b c 1 2 3", "SADD i 5 6 7", "SISMEMBER s b", "SMISMEMBER s a z", "SCARD s", "SMEMBERS s", "SREM s a", "SMOVE s i c",
        "SPOP s", "SPOP s 2", "SRANDMEMBER i", "SRANDMEMBER i 2", "SRANDMEMBER i -5", "SRANDMEMBER big 3", "SSCAN i 0", "SSCAN big 0",
        "SINTER i big", "SINTERCARD 2 i big", "SINTERSTORE d i big", "SUNION i s", "SUNIONSTORE d i s", "SDIFF i big", "SDIFFSTORE d i big",
        "DEL s i d", "SADD big again", "SREM big again", "SPOP big 1",
        "HSET h a 1 b 2", "HSETNX h c 3", "HGET h a", "HMGET h a x", "HGETALL h", "HKEYS h", "HVALS h", "HLEN h", "HSTRLEN h a", "HEXISTS h a",
        "HINCRBY h a 5", "HINCRBYFLOAT h a 0.5", "HRANDFIELD h 2 WITHVALUES", "HSCAN h 0", "HDEL h c", "HEXPIRE h 100 FIELDS 1 a",
        "HTTL h FIELDS 1 a", "HPERSIST h FIELDS 1 a", "HSETEX h EX 100 FIELDS 1 d 4", "HGETEX h PERSIST FIELDS 1 d", "HGETDEL h FIELDS 1 d",
        "HSET wide x y", "HGET wide f5", "HRANDFIELD wide 5", "HSCAN wide 0", "HDEL wide x", "DEL h",
    ];

    [Fact]
    public void Commands_allocate_no_managed_memory()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Send(["SADD", "big", .. Enumerable.Range(0, 600).Select(i => "m" + i)]);
        client.Send(["HSET", "wide", .. Enumerable.Range(0, 600).SelectMany(i => (string[])["f" + i, "v"])]);
        byte[] batch = [.. Commands.SelectMany(c => RespClient.Request(c.Split(' ')))];
        // Everything is compiled and every buffer is grown; then the same again is measured.
        for (int i = 0; i < 200; i++) Run(client, batch);
        long before = server.OnEngine(_ => GC.GetAllocatedBytesForCurrentThread());
        for (int i = 0; i < 100; i++) Run(client, batch);
        long allocated = server.OnEngine(_ => GC.GetAllocatedBytesForCurrentThread()) - before;
        // Asking costs a little itself; one byte per command would be 5,500.
        Assert.InRange(allocated, 0, 4096);
    }

    private static void Run(RespClient client, byte[] batch)
    {
        client.WriteRaw(batch);
        for (int i = 0; i < Commands.Length; i++) Assert.False(client.Read().IsError);
    }
}
