using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Allocation;

/// <summary>Publishing allocates nothing, neither to subscribers that the engine's thread serves nor to those of I/O threads.</summary>
[Collection(Alone.Name)]
public sealed class PublishAllocationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Messages_and_events_cost_no_garbage(int ioThreads)
    {
        using TestServer server = new(settings =>
        {
            settings.Network.IoThreads = ioThreads;
            settings.Types.KeyspaceEvents = Sigrun.Keyspace.KeyspaceEventClass.Keyevent | Sigrun.Keyspace.KeyspaceEventClass.String;
        });
        RespClient[] subscribers = [.. Enumerable.Range(0, 4).Select(_ => server.Connect())];
        subscribers[3].Send("HELLO", "3");
        foreach (RespClient subscriber in subscribers)
        {
            subscriber.Send("SUBSCRIBE", "channel:1");
            subscriber.Send("PSUBSCRIBE", "*:set");
        }
        BackgroundThread[] readers = [.. subscribers.Select(subscriber => new BackgroundThread(() => subscriber.DropToTheEnd()))];
        using (var state = new SteadyState(server))
        {
            state.AssertAllocatesNothing("PUBLISH channel:1 message:{0}");
            state.AssertAllocatesNothing("SET key:{0} value");
        }
        foreach (RespClient subscriber in subscribers) subscriber.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Both);
        foreach (BackgroundThread reader in readers) reader.Join();
        foreach (RespClient subscriber in subscribers) subscriber.Dispose();
    }
}
