using System.Net.Sockets;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.AppendOnly;

/// <summary>The server is killed again and again while clients write: what was acknowledged is there afterwards.</summary>
public sealed class AofKillTests
{
    private const int Clients = 3;
    private const int Rounds = 17;

    [Theory]
    [InlineData("always", "1")]
    [InlineData("always", "3")]
    [InlineData("everysec", "1")]
    public void NothingAcknowledgedIsLost(string policy, string ioThreads)
    {
        using var directory = new TestDirectory();
        var chance = new Random(7);
        long[] acknowledged = new long[Clients];
        // With everysec a write may wait for a synchronisation, so that the last second may go, but nothing that was found once.
        long[] found = new long[Clients];
        for (int round = 0; round <= Rounds; round++)
        {
            using ServerProcess server = ServerProcess.StartSigrun("--dir", directory.Path, "--appendonly", "yes", "--appendfsync", policy, "--io-threads", ioThreads);
            using (RespClient reader = server.Connect()) Check(reader, acknowledged, policy == "always" ? acknowledged : found, round);
            found = [.. acknowledged];
            if (round == Rounds) return;
            Thread[] writers = [.. Enumerable.Range(0, Clients).Select(i => new Thread(() => Write(server, i, acknowledged)) { IsBackground = true })];
            foreach (Thread writer in writers) writer.Start();
            long target = acknowledged.Sum() + chance.Next(30, 300);
            TestClock.WaitUntil(() => acknowledged.Sum() >= target, "writes");
            server.Kill();
            foreach (Thread writer in writers) writer.Join();
        }
    }

    /// <summary>Each client counts up: a transaction over several types, and a list with every number.</summary>
    private static void Write(ServerProcess server, int client, long[] acknowledged)
    {
        try
        {
            using RespClient connection = server.Connect();
            for (; ; )
            {
                string number = (acknowledged[client] + 1).ToString();
                connection.Write("MULTI");
                connection.Write("RPUSH", "list" + client, number);
                connection.Write("HSET", "hash" + client, "n", number);
                connection.Write("ZADD", "ranks" + client, number, "last");
                connection.Write("EXEC");
                for (int i = 0; i < 4; i++) connection.Read();
                RespValue reply = connection.Read();
                if (reply.IsError) return;
                acknowledged[client]++;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The server is gone.
        }
    }

    private static void Check(RespClient reader, long[] acknowledged, long[] least, int round)
    {
        for (int i = 0; i < Clients; i++)
        {
            long count = reader.Send("LLEN", "list" + i).Number;
            Assert.True(count >= least[i] && count <= acknowledged[i] + 1, $"Round {round}: {acknowledged[i]} acknowledged, {count} there.");
            acknowledged[i] = count;
            if (count == 0) continue;
            Assert.Equal(count, reader.Send("HGET", "hash" + i, "n").Number);
            Assert.Equal(count, reader.Send("ZSCORE", "ranks" + i, "last").Number);
            Assert.Equal(count, reader.Send("LINDEX", "list" + i, "-1").Number);
        }
    }
}
