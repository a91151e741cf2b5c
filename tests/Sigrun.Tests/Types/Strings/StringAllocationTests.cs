using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Strings;

/// <summary>No command that clients run often leaves anything to the garbage collector.</summary>
[Collection(Alone.Name)]
public sealed class StringAllocationTests
{
    [Fact]
    public void Commands_allocate_no_managed_memory()
    {
        string[] commands =
        [
            "SET k value", "GET k", "SET k value EX 100", "SET k value KEEPTTL GET", "SET k v IFEQ value", "SETNX k v", "SETEX k 10 v",
            "GETSET k v", "GETEX k EX 50", "GETEX k PERSIST", "GETDEL k", "DELIFEQ k v", "MSET a 1 b 2 c 3", "MGET a b c d", "MSETNX a 1",
            "MSETEX 2 a 1 b 2 PX 100000", "INCR a", "DECRBY a 7", "INCRBYFLOAT f 0.1", "INCRBYFLOAT f 123456.789", "APPEND s x",
            "SETRANGE s 3 abc", "GETRANGE s 0 -1", "STRLEN s", "SETBIT s 1 1", "SETBIT s 1 0", "GETBIT s 5", "BITCOUNT s", "BITCOUNT s 1 20 BIT",
            "BITPOS s 1", "BITOP OR d s a", "BITOP NOT d s", "BITFIELD s SET u8 0 7 INCRBY i5 100 1 GET u4 0", "BITFIELD_RO s GET u8 0",
            "LCS a s", "SET s 0",
        ];
        using var server = new TestServer();
        using RespClient client = server.Connect();
        byte[] batch = [.. commands.SelectMany(c => RespClient.Request(c.Split(' ')))];
        // Everything is compiled and every buffer is grown; then the same again is measured.
        for (int i = 0; i < 300; i++) Run(client, batch, commands.Length);
        long before = server.OnEngine(_ => GC.GetAllocatedBytesForCurrentThread());
        for (int i = 0; i < 200; i++) Run(client, batch, commands.Length);
        long allocated = server.OnEngine(_ => GC.GetAllocatedBytesForCurrentThread()) - before;
        // Asking costs a little itself; one byte per command would be 7,200.
        Assert.InRange(allocated, 0, 4096);
    }

    private static void Run(RespClient client, byte[] batch, int replies)
    {
        client.WriteRaw(batch);
        for (int i = 0; i < replies; i++) client.Read();
    }
}
