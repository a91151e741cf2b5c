using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Allocation;

/// <summary>No command on collections that clients run often leaves anything to the garbage collector.</summary>
[Collection(Alone.Name)]
public sealed class CollectionAllocationTests
{
    private static readonly string[] OfStreams =
    [
        "XGROUP CREATE x g 0 MKSTREAM", "XADD x 1-1 f v", "XADD x MAXLEN ~ 100 2-1 f v g w", "XADD x * f v", "XLEN x", "XRANGE x - +",
        "XREVRANGE x + - COUNT 1", "XREAD COUNT 2 STREAMS x 0", "XREADGROUP GROUP g c COUNT 2 STREAMS x >", "XREADGROUP GROUP g c STREAMS x 0",
        "XPENDING x g", "XPENDING x g - + 5", "XCLAIM x g d 0 2-1", "XAUTOCLAIM x g c 0 0", "XACK x g 1-1 2-1", "XDEL x 1-1", "XTRIM x MAXLEN 1", "DEL x",
    ];

    private static readonly string[] OfDerivedTypes =
    [
        "PFADD p a b c d", "PFADD p a", "PFADD q e f", "PFCOUNT p", "PFCOUNT p q", "PFMERGE r p q", "DEL p q r",
        "GEOADD geo 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", "GEODIST geo Palermo Catania km", "GEOPOS geo Palermo", "GEOHASH geo Palermo",
        "GEOSEARCH geo FROMLONLAT 15 37 BYRADIUS 200 km ASC", "GEOSEARCH geo FROMMEMBER Palermo BYBOX 400 400 km WITHCOORD WITHDIST",
        "GEOSEARCHSTORE near geo FROMLONLAT 15 37 BYRADIUS 200 km", "DEL geo near",
        "RPUSH l 3 1 2", "SORT l", "SORT l DESC LIMIT 0 2", "SORT l ALPHA", "SORT l BY w* GET v* GET #", "SORT l STORE sorted", "SORT_RO l", "DEL l sorted",
    ];

    private static readonly string[] OfSetsAndHashes =
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
    public void Commands_on_sets_and_hashes_allocate_no_managed_memory() => AssertAllocateNothing(OfSetsAndHashes);

    [Fact]
    public void Commands_on_streams_allocate_no_managed_memory() => AssertAllocateNothing(OfStreams);

    [Fact]
    public void Commands_on_derived_types_and_SORT_allocate_no_managed_memory() => AssertAllocateNothing(OfDerivedTypes);

    private static void AssertAllocateNothing(string[] commands)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Send(["SADD", "big", .. Enumerable.Range(0, 600).Select(i => "m" + i)]);
        client.Send(["HSET", "wide", .. Enumerable.Range(0, 600).SelectMany(i => (string[])["f" + i, "v"])]);
        byte[] batch = [.. commands.SelectMany(c => RespClient.Request(c.Split(' ')))];
        // Everything is compiled and every buffer is grown; then the same again is measured.
        for (int i = 0; i < 200; i++) Run(client, batch, commands.Length);
        long before = server.OnEngine(_ => GC.GetAllocatedBytesForCurrentThread());
        for (int i = 0; i < 200; i++) Run(client, batch, commands.Length);
        long allocated = server.OnEngine(_ => GC.GetAllocatedBytesForCurrentThread()) - before;
        // Asking costs a little itself; the smallest object of a single command would be 4,800.
        Assert.InRange(allocated, 0, 4096);
    }

    private static void Run(RespClient client, byte[] batch, int count)
    {
        client.WriteRaw(batch);
        for (int i = 0; i < count; i++) Assert.False(client.Read().IsError);
    }
}
