using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.AppendOnly;

/// <summary>The server is killed again and again while clients write: what was acknowledged is there afterwards.</summary>
/// <remarks><c>tests/kill</c> runs the same for as many rounds as one likes, against any server: it sets the variables that are read here.</remarks>
public sealed class AofKillTests
{
    private const int Clients = 3;
    private const int Commands = 7;

    /// <summary>With <c>everysec</c> a write waits so long for a synchronisation that is under way, and goes with the process until then.</summary>
    private const double LossSecondsMax = 2;

    /// <summary>So many rounds of <c>everysec</c> are short, which may lose everything, for one that writes for longer than it may lose.</summary>
    private const int ShortRounds = 8;

    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("SIGRUN_KILL_ROUNDS") ?? "17", CultureInfo.InvariantCulture);
    private static readonly int Seed = int.Parse(Environment.GetEnvironmentVariable("SIGRUN_KILL_SEED") ?? "7", CultureInfo.InvariantCulture);
    private static readonly string Program = Environment.GetEnvironmentVariable("SIGRUN_KILL_SERVER") ?? Repository.ServerProgram;

    [Theory]
    [InlineData("always", "1")]
    [InlineData("always", "3")]
    [InlineData("everysec", "1")]
    public void NothingAcknowledgedIsLost(string policy, string ioThreads)
    {
        using var directory = new TestDirectory();
        var chance = new Random(Seed);
        Load[] loads = [.. Enumerable.Range(0, Clients).Select(i => new Load($"{i}"))];
        for (int round = 0; round <= Rounds; round++)
        {
            using ServerProcess server = ServerProcess.Start(
                Program, "--save", "", "--dir", directory.Path, "--appendonly", "yes", "--appendfsync", policy, "--io-threads", ioThreads);
            using (RespClient reader = server.Connect())
            {
                foreach (Load load in loads) load.Check(reader, policy == "always", round);
            }
            if (round == Rounds) return;
            // Connected here: a writer that comes late would else meet another test's server, which has got the port of the dead one.
            RespClient[] connections = [.. loads.Select(_ => server.Connect())];
            Thread[] writers = [.. loads.Zip(connections, (load, connection) => new Thread(() => load.Write(connection)) { IsBackground = true })];
            foreach (Thread writer in writers) writer.Start();
            long target = loads.Sum(load => load.Acknowledged) + chance.Next(30, 300);
            TestClock.WaitUntil(() => loads.Sum(load => load.Acknowledged) >= target, "writes");
            bool isLong = policy != "always" && round % (ShortRounds + 1) == 0;
            if (isLong) AwaitOldWrites();
            long killed = Stopwatch.GetTimestamp();
            server.Kill();
            foreach (Thread writer in writers) writer.Join();
            foreach (Load load in loads) load.OnKilled(killed);
            if (isLong) Assert.Contains(loads, load => load.MustHaveGrown);
        }
    }

    /// <summary>Returns when what was acknowledged before must not be lost any more.</summary>
    private static void AwaitOldWrites()
    {
        long begun = Stopwatch.GetTimestamp();
        TestClock.WaitUntil(() => Stopwatch.GetElapsedTime(begun).TotalSeconds > LossSecondsMax + 1, "time");
    }

    /// <summary>A client that counts up: a transaction over several types, a list with every number among them.</summary>
    private sealed class Load(string client)
    {
        private readonly List<long> _times = [];
        private long _acknowledged;
        private long _found;
        private long _old;

        public long Acknowledged => Volatile.Read(ref _acknowledged);

        /// <summary>Whether more must be there after the kill than was before the round.</summary>
        public bool MustHaveGrown => _old > _found;

        public void Write(RespClient connection)
        {
            using RespClient owned = connection;
            try
            {
                for (; ; )
                {
                    string number = (_acknowledged + 1).ToString(CultureInfo.InvariantCulture);
                    connection.Write("MULTI");
                    connection.Write("RPUSH", "list" + client, number);
                    connection.Write("HSET", "hash" + client, "n", number);
                    connection.Write("ZADD", "ranks" + client, number, "last");
                    connection.Write("INCR", "count" + client);
                    connection.Write("XADD", "log" + client, "MAXLEN", "5", number + "-1", "n", number);
                    connection.Write("EXEC");
                    for (int i = 1; i < Commands; i++) connection.Read();
                    if (connection.Read().IsError) return;
                    _times.Add(Stopwatch.GetTimestamp());
                    Volatile.Write(ref _acknowledged, _acknowledged + 1);
                }
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // The server is gone.
            }
        }

        /// <summary>Counts what was acknowledged so long before that it must be there whatever the policy.</summary>
        public void OnKilled(long time)
        {
            _old = _found + _times.Count(t => Stopwatch.GetElapsedTime(t, time).TotalSeconds > LossSecondsMax);
            _times.Clear();
        }

        public void Check(RespClient reader, bool isAlways, int round)
        {
            long count = reader.Send("LLEN", "list" + client).Number;
            long least = isAlways ? _acknowledged : Math.Max(_found, _old);
            Assert.True(count >= least && count <= _acknowledged + 1, $"Round {round}: {_acknowledged} acknowledged, at least {least} of them expected, {count} there.");
            _acknowledged = _found = count;
            if (count == 0) return;
            Assert.Equal(count, reader.Send("HGET", "hash" + client, "n").Number);
            Assert.Equal(count, reader.Send("ZSCORE", "ranks" + client, "last").Number);
            Assert.Equal(count, reader.Send("LINDEX", "list" + client, "-1").Number);
            Assert.Equal(count, reader.Send("GET", "count" + client).Number);
            Assert.Equal($"{count}-1", reader.Send("XREVRANGE", "log" + client, "+", "-", "COUNT", "1").Items[0].Items[0].Text);
        }
    }
}
