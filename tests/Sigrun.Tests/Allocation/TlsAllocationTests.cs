using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Allocation;

/// <summary>Encrypting and decrypting leaves nothing to the garbage collector.</summary>
[Collection(Alone.Name)]
public sealed class TlsAllocationTests
{
    [Fact]
    public void Requests_allocate_no_managed_memory()
    {
        using var certificates = new Certificates();
        using TestServer server = new(certificates.Use);
        using RespClient client = certificates.Connect(server);
        client.Send("SET", "big", new string('x', 200_000));
        byte[] batch = [.. Enumerable.Repeat(RespClient.Request("PING"), 50).SelectMany(static r => r), .. RespClient.Request("GET", "big")];
        for (int i = 0; i < 200; i++) Run(client, batch);
        long before = server.OnEngine(_ => GC.GetAllocatedBytesForCurrentThread());
        for (int i = 0; i < 100; i++) Run(client, batch);
        long allocated = server.OnEngine(_ => GC.GetAllocatedBytesForCurrentThread()) - before;
        // Asking costs a little itself; one byte per command would be 5,100.
        Assert.InRange(allocated, 0, 4096);
    }

    private static void Run(RespClient client, byte[] batch)
    {
        client.WriteRaw(batch);
        for (int i = 0; i < 51; i++) client.Read();
    }
}
