using System.Diagnostics;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Protocol;

/// <summary>Whoever sends much takes a share and no more: others are served meanwhile.</summary>
[Collection(Alone.Name)]
public sealed class FairnessTests
{
    private const int PoliteClients = 50;
    private const int Rounds = 100;

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
        var watch = new Stopwatch();
        TimeSpan longest = default;
        for (int i = 0; i < Length / piece.Length; i++)
        {
            slow.WriteRaw(piece);
            watch.Restart();
            Assert.Equal("+PONG", polite.Send("PING"));
            if (watch.Elapsed > longest) longest = watch.Elapsed;
        }
        slow.WriteRaw("\r\n");
        Assert.Equal("+OK", slow.Read());
        Assert.True(longest < TimeSpan.FromSeconds(1), $"A PING took {longest.TotalMilliseconds} ms.");
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
        long answeredBefore = Interlocked.Read(ref answered);
        for (int i = 0; i < Rounds; i++)
        {
            var watch = Stopwatch.StartNew();
            foreach (RespClient client in polite) client.Write("GET", "k");
            foreach (RespClient client in polite) Assert.Equal(100, client.Read().Bytes.Length);
            rounds.Add(watch.Elapsed.TotalMilliseconds);
        }
        long progress = Interlocked.Read(ref answered) - answeredBefore;
        end.Cancel();
        writer.Join();
        reader.Join();
        foreach (RespClient client in polite) client.Dispose();

        rounds.Sort();
        string figures = $"median {rounds[Rounds / 2]} ms, longest {rounds[^1]} ms, {progress} bytes to the pipeline meanwhile";
        // Margins for a busy machine: starving takes seconds, a fair turn milliseconds.
        Assert.True(rounds[Rounds / 2] < 200 && rounds[^1] < 3000, figures);
        Assert.True(progress > 1_000_000, figures);
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
