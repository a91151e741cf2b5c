using System.Diagnostics;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Protocol;

/// <summary>Whoever sends much takes a share and no more: others are served meanwhile.</summary>
[Collection(Alone.Name)]
public sealed class FairnessTests
{
    private const int PoliteClients = 50;
    private const int Rounds = 100;
    private const int RoundsMax = 5000;
    private const int ProgressMin = 1_000_000;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Others_are_served_while_a_huge_request_arrives(int ioThreads)
    {
        const int Length = 64 << 20;
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient slow = server.Connect();
        using RespClient polite = server.Connect();
        slow.WriteRaw($"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${Length}\r\n");
        byte[] piece = new byte[1 << 20];
        var waits = new List<double>();
        for (int i = 0; i < Length / piece.Length; i++)
        {
            slow.WriteRaw(piece);
            var watch = Stopwatch.StartNew();
            Assert.Equal("+PONG", polite.Send("PING"));
            waits.Add(watch.Elapsed.TotalMilliseconds);
        }
        slow.WriteRaw("\r\n");
        Assert.Equal("+OK", slow.Read());
        waits.Sort();
        double median = waits[waits.Count / 2];
        Assert.True(median < 200, $"A PING took {median} ms, the longest {waits[^1]} ms.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Polite_clients_are_served_beside_an_endless_pipeline(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient greedy = server.Connect();
        greedy.Send("SET", "k", new string('v', 100));
        using var end = new CancellationTokenSource();
        long answered = 0;
        BackgroundThread writer = StartWriter(greedy, end.Token);
        BackgroundThread reader = StartReader(greedy, bytes => Interlocked.Add(ref answered, bytes));

        RespClient[] polite = [.. Enumerable.Range(0, PoliteClients).Select(_ => server.Connect())];
        var rounds = new List<double>();
        TestClock.WaitUntil(() => Interlocked.Read(ref answered) > 0, "the pipeline to run");
        long answeredBefore = Interlocked.Read(ref answered);
        long progress = 0;
        for (int i = 0; i < Rounds || (progress <= ProgressMin && i < RoundsMax); i++)
        {
            var watch = Stopwatch.StartNew();
            foreach (RespClient client in polite) client.Write("GET", "k");
            foreach (RespClient client in polite) Assert.Equal(100, client.Read().Bytes.Length);
            rounds.Add(watch.Elapsed.TotalMilliseconds);
            progress = Interlocked.Read(ref answered) - answeredBefore;
        }
        end.Cancel();
        writer.Join();
        reader.Join();
        foreach (RespClient client in polite) client.Dispose();

        rounds.Sort();
        double median = rounds[rounds.Count / 2];
        string figures = $"median {median} ms, longest {rounds[^1]} ms, {progress} bytes to the pipeline meanwhile";
        // Margins for a busy machine: starving takes seconds, a fair turn milliseconds.
        Assert.True(median < 200 && rounds[^1] < 3000, figures);
        Assert.True(progress > ProgressMin, figures);
    }

    private static BackgroundThread StartWriter(RespClient client, CancellationToken end)
    {
        byte[] many = [.. Enumerable.Repeat(RespClient.Request("GET", "k"), 2000).SelectMany(r => r)];
        return new BackgroundThread(() =>
        {
            while (!end.IsCancellationRequested) client.WriteRaw(many);
            client.EndOfRequests();
        });
    }

    private static BackgroundThread StartReader(RespClient client, Action<long> count)
    {
        return new BackgroundThread(() =>
        {
            byte[] buffer = new byte[64 * 1024];
            for (int read = client.Socket.Receive(buffer); read > 0; read = client.Socket.Receive(buffer)) count(read);
        });
    }
}
