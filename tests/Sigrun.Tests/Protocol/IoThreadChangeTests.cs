using System.Globalization;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Protocol;

/// <summary>CONFIG SET io-threads moves connections between threads; no reply is lost, doubled or out of order.</summary>
public sealed class IoThreadChangeTests
{
    private const int Clients = 12;
    private const int BatchLength = 40;

    [Fact]
    public void Changes_under_load_lose_nothing()
    {
        using ServerProcess server = ServerProcess.StartSigrun("--io-threads", "1");
        using RespClient control = server.Connect();
        using var end = new CancellationTokenSource();
        long[] progress = new long[Clients];
        BackgroundThread[] loads = [.. Enumerable.Range(0, Clients).Select(i => StartLoad(server, i, progress, end.Token))];
        foreach (int count in (int[])[2, 1, 4, 3, 1, 3, 2, 4, 1, 2, 3, 4, 1])
        {
            Assert.Equal("+OK", control.Send("CONFIG", "SET", "io-threads", count.ToString(CultureInfo.InvariantCulture)));
            // Every client must get on under the new number of threads.
            long[] before = [.. progress];
            TestClock.WaitUntil(
                () => loads.Any(load => load.HasFailed) || Enumerable.Range(0, Clients).All(i => Interlocked.Read(ref progress[i]) > before[i] + 3 * BatchLength),
                $"progress of all clients with {count} threads");
        }
        end.Cancel();
        foreach (BackgroundThread load in loads) load.Join();
        Assert.Equal("[\"io-threads\", \"1\"]", control.Send("CONFIG", "GET", "io-threads"));
        for (int i = 0; i < Clients; i++)
            Assert.Equal(progress[i], long.Parse(control.Send("GET", "counter:" + i).Text, CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Idle_connections_survive_changes()
    {
        using ServerProcess server = ServerProcess.StartSigrun("--io-threads", "4");
        RespClient[] idle = [.. Enumerable.Range(0, 40).Select(_ => server.Connect())];
        foreach (RespClient client in idle) Assert.Equal("+PONG", client.Send("PING"));
        foreach (string count in (string[])["1", "3", "2", "1", "4"])
        {
            Assert.Equal("+OK", idle[0].Send("CONFIG", "SET", "io-threads", count));
            foreach (RespClient client in idle) Assert.Equal("+PONG", client.Send("PING"));
        }
        foreach (RespClient client in idle) client.Dispose();
    }

    /// <summary>Counts up in pipelines and checks that the replies count up too.</summary>
    private static BackgroundThread StartLoad(ServerProcess server, int index, long[] progress, CancellationToken end)
    {
        byte[] batch = [.. Enumerable.Repeat(RespClient.Request("INCR", "counter:" + index), BatchLength).SelectMany(r => r)];
        return new BackgroundThread(() =>
        {
            using RespClient client = server.Connect();
            long expected = 0;
            while (!end.IsCancellationRequested)
            {
                client.WriteRaw(batch);
                for (int i = 0; i < BatchLength; i++) Assert.Equal(":" + ++expected, client.Read());
                Interlocked.Exchange(ref progress[index], expected);
            }
        });
    }
}
