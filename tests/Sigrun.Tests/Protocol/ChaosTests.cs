using System.Globalization;
using System.Net.Sockets;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Protocol;

/// <summary>
/// Everything at once: connections that come, send, half read, vanish and are killed, values of all sizes, threads
/// that come and go. Beside it a few clients count, and no count may be lost; in the end everything is as before.
/// </summary>
[Collection(Alone.Name)]
public sealed class ChaosTests
{
    private const int Rioters = 6;
    private const int ActionsPerRioter = 300;
    private const int Counters = 3;

    /// <summary>The controlling connection and the counting ones.</summary>
    private const int LastSparedId = 1 + Counters;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 4)]
    public void The_server_survives_and_forgets(int seed, int ioThreads)
    {
        using ServerProcess server = ServerProcess.StartSigrun("--io-threads", $"{ioThreads}");
        using RespClient control = server.Connect();
        using var end = new CancellationTokenSource();
        BackgroundThread[] counters = [.. Enumerable.Range(0, Counters).Select(i => Count(server, i, end.Token))];
        // The counting clients have the lowest ids, by which the killers spare them.
        TestClock.WaitUntil(() => Enumerable.Range(0, Counters).All(i => !control.Send("GET", "count:" + i).IsNull), "first counts");
        BackgroundThread[] rioters = [.. Enumerable.Range(0, Rioters).Select(i => Riot(server, new Random(seed * 1000 + i)))];
        foreach (BackgroundThread rioter in rioters) rioter.Join();
        end.Cancel();
        foreach (BackgroundThread counter in counters) counter.Join();

        Assert.Equal("+PONG", control.Send("PING"));
        TestClock.WaitUntil(() => control.Send("CLIENT", "LIST").Text.Count(c => c == '\n') == 1, "end of all other connections");
        control.Send("FLUSHALL", "SYNC");
        Assert.Equal(":0", control.Send("DBSIZE"));
        Assert.Equal(0, server.Terminate());
        Assert.DoesNotContain("failed unexpectedly", server.Log, StringComparison.Ordinal);
    }

    /// <summary>Counts up in pipelines over a connection that nobody kills; every reply must be the next number.</summary>
    private static BackgroundThread Count(ServerProcess server, int index, CancellationToken end) => new(() =>
    {
        using RespClient client = server.Connect();
        byte[] batch = [.. Enumerable.Repeat(RespClient.Request("INCR", "count:" + index), 20).SelectMany(r => r)];
        long expected = 0;
        while (!end.IsCancellationRequested)
        {
            client.WriteRaw(batch);
            for (int i = 0; i < 20; i++) Assert.Equal(":" + ++expected, client.Read());
        }
    });

    private static BackgroundThread Riot(ServerProcess server, Random random) => new(() =>
    {
        for (int i = 0; i < ActionsPerRioter; i++)
        {
            using RespClient client = server.Connect();
            try
            {
                Act(client, random);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // Killed by another one: that is part of it.
            }
        }
    });

    private static void Act(RespClient client, Random random)
    {
        string key = "riot:" + random.Next(20);
        switch (random.Next(10))
        {
            case 0:
                client.Send("SET", key, new string('x', random.Next(200_000)));
                break;
            case 1:
                // Replies that nobody reads, then a reset.
                for (int i = 0; i < 20; i++) client.Write("GET", key);
                client.Reset();
                break;
            case 2:
                client.Write("GET", key);
                client.EndOfRequests();
                client.ReadToEnd();
                break;
            case 3:
                byte[] request = RespClient.Request("SET", key, new string('y', random.Next(50_000)));
                client.WriteRaw(request[..random.Next(1, request.Length)]);
                if (random.Next(2) == 0) client.Reset();
                break;
            case 4:
                KillSomebody(client, random);
                break;
            case 5:
                client.Send("CONFIG", "SET", "io-threads", random.Next(1, 5).ToString(CultureInfo.InvariantCulture));
                break;
            case 6:
                client.WriteRaw("*1\r\n$4\r\nPING\r\n*x\r\n");
                client.ReadToEnd();
                break;
            case 7:
                client.Send("HELLO", "3");
                client.Send("APPEND", key, new string('z', random.Next(5000)));
                client.Write("QUIT");
                client.ReadToEnd();
                break;
            case 8:
                client.Send("DEL", key);
                break;
            default:
                for (int i = 0; i < 300; i++) client.Write("INCR", "riot:n");
                for (int i = random.Next(300); i > 0; i--) client.Read();
                break;
        }
    }

    /// <summary>Kills a connection of a rioter: those that count, and the controlling one, do not take part.</summary>
    private static void KillSomebody(RespClient client, Random random)
    {
        string[] lines = client.Send("CLIENT", "LIST").Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        long[] ids = [.. lines.Select(l => long.Parse(l.Split(' ')[0][3..], CultureInfo.InvariantCulture)).Where(id => id > LastSparedId)];
        if (ids.Length > 0) client.Send("CLIENT", "KILL", "ID", ids[random.Next(ids.Length)].ToString(CultureInfo.InvariantCulture));
    }
}
