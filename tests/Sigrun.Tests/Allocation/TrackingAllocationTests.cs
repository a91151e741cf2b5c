using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Allocation;

/// <summary>Remembering what clients have read, and telling them of changes, allocates nothing.</summary>
[Collection(Alone.Name)]
public sealed class TrackingAllocationTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" BCAST PREFIX key: PREFIX number:")]
    public void Tracking_costs_no_garbage(string options)
    {
        using var server = new TestServer();
        using RespClient listener = server.Connect();
        string id = listener.Line("CLIENT ID").Number.ToString();
        listener.Line("SUBSCRIBE __redis__:invalidate");
        var reader = new BackgroundThread(() => listener.DropToTheEnd());
        using (var state = new SteadyState(server))
        {
            state.Exchange(SteadyState.Pipeline($"CLIENT TRACKING ON REDIRECT {id}{options}"));
            foreach (string command in (string[])["GET key:{0}", "MGET key:{0} key:1", "SET key:{0} value", "INCR number:{0}"])
                state.AssertAllocatesNothing(command);
        }
        listener.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Both);
        reader.Join();
    }
}
