using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Allocation;

/// <summary>However a client is connected, its requests allocate nothing in steady state.</summary>
[Collection(Alone.Name)]
public sealed class TransportAllocationTests
{
    [Fact]
    public void Requests_within_the_process_allocate_no_managed_memory()
    {
        using var server = new TestServer();
        using var state = new SteadyState(server, new RespClient(server.ConnectInProcess()));
        // A client that waits is woken through the thread pool, which takes an object; no command takes one.
        const int SmallestObject = 24;
        state.AssertAllocatesNothing("GET key:{0}", bytesMax: SteadyState.CommandsPerRound * (SmallestObject - 1));
    }

    [Fact]
    public void Requests_through_the_sockets_of_the_framework_allocate_no_managed_memory()
    {
        using var server = new TestServer(settings => settings.Network.Transport = TransportChoice.Sockets);
        using var state = new SteadyState(server);
        state.AssertAllocatesNothing("GET key:{0}");
    }
}
