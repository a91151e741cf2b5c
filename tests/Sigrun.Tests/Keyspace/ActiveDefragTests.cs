using System.Globalization;
using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Keyspace;

/// <summary>activedefrag: memory becomes dense, and nothing else is to be seen of it.</summary>
public sealed class ActiveDefragTests
{
    private const int PerRequest = 500;

    [Fact]
    public void Memory_full_of_holes_becomes_dense()
    {
        using TestServer server = Start();
        using RespClient client = server.Connect();
        Fill(client);
        Thin(client);
        string digest = client.Line("DEBUG DIGEST").Text;
        Assert.InRange(Ratio(client), 1.5, 10);
        Assert.Equal("+OK", client.Line("CONFIG SET activedefrag yes"));
        TestClock.WaitUntil(() => Figure(client, "active_defrag_hits") > 0, "the beginning of defragmentation");
        TestClock.WaitUntil(() => Figure(client, "active_defrag_running") == 0, "the end of defragmentation");
        Assert.InRange(Ratio(client), 1, 1.1);
        Assert.InRange(Figure(client, "allocator_muzzy"), 0, 4 << 20);
        Assert.Equal(digest, client.Line("DEBUG DIGEST").Text);
        Assert.InRange(Figure(client, "active_defrag_misses"), 1, long.MaxValue);
        Assert.InRange(Figure(client, "active_defrag_key_hits"), 1, 100_000);
        Assert.InRange(Figure(client, "active_defrag_key_misses"), 1, 100_000);
        Assert.InRange(Figure(client, "total_active_defrag_time"), 1, 20_000);
        Assert.Equal(0, Figure(client, "current_active_defrag_time"));
        client.Line("CONFIG RESETSTAT");
        Assert.Equal((0, 0), (Figure(client, "active_defrag_hits"), Figure(client, "total_active_defrag_time")));
    }

    [Theory]
    [InlineData("active-defrag-threshold-lower", "1000")]
    [InlineData("active-defrag-ignore-bytes", "1gb")]
    public void It_does_not_begin_where_little_can_be_won(string directive, string value)
    {
        using TestServer server = Start();
        using RespClient client = server.Connect();
        FillStrings(client);
        ThinStrings(client);
        client.Send("CONFIG", "SET", directive, value, "activedefrag", "yes");
        AwaitCron(server);
        Assert.Equal((0, 0), (Figure(client, "active_defrag_running"), Figure(client, "active_defrag_misses")));
    }

    /// <summary>The share of the time is what the thresholds and the range say; what was won is kept when it is switched off.</summary>
    [Fact]
    public void It_can_be_switched_off_midway()
    {
        using TestServer server = Start(settings => (settings.ActiveDefragCycleMinPercent, settings.ActiveDefragCycleMaxPercent, settings.ActiveDefragCycleMicros) = (1, 1, 1));
        using RespClient client = server.Connect();
        FillStrings(client);
        ThinStrings(client);
        // In one go: a pass does not take long.
        int share = server.OnEngine(engine =>
        {
            engine.Settings.Memory.ActiveDefrag = true;
            engine.Defrag.Monitor();
            while (engine.Defrag.CpuPercent > 0 && engine.Defrag.Blocks.Moved == 0)
            {
                server.Clock.Advance(TimeSpan.FromMilliseconds(1));
                engine.ReadClock();
                engine.Defrag.OnTurn();
            }
            engine.Settings.Memory.ActiveDefrag = false;
            return engine.Defrag.CpuPercent;
        });
        Assert.Equal(1, share);
        TestClock.WaitUntil(() => Figure(client, "active_defrag_running") == 0, "the end of defragmentation");
        long hits = Figure(client, "active_defrag_hits");
        AwaitCron(server);
        Assert.Equal(hits, Figure(client, "active_defrag_hits"));
        // The slabs that were to be emptied are used again.
        long active = Figure(client, "allocator_active");
        client.Line("DEBUG POPULATE 60000 s 200");
        Assert.InRange(Figure(client, "allocator_active"), active, active + (1 << 20));
    }

    /// <summary>A server in which everything moves all the time has the same data as one in which nothing does.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Clients_notice_nothing(bool checking)
    {
        using TestServer still = Start();
        using TestServer moving = Start(
            settings =>
            {
                settings.ActiveDefragThresholdLowerPercent = 0;
                settings.ActiveDefragIgnoreBytes = 1;
                settings.ActiveDefragMaxScanFields = 20;
                settings.ActiveDefragCycleMicros = 50;
                settings.ActiveDefragCycleMinPercent = settings.ActiveDefragCycleMaxPercent = 5;
            },
            checking);
        using RespClient first = still.Connect();
        using RespClient second = moving.Connect();
        RespClient[] clients = [first, second];
        foreach (RespClient client in clients)
        {
            FillStrings(client);
            ThinStrings(client);
        }
        clients[1].Line("CONFIG SET activedefrag yes");
        var random = new Random(7);
        for (int round = 0; round < 40; round++)
        {
            byte[][] requests = [.. Enumerable.Range(0, PerRequest).Select(_ => RespClient.Request(RandomCommand(random)))];
            foreach (RespClient client in clients) client.WriteRaw([.. requests.SelectMany(r => r)]);
            for (int i = 0; i < PerRequest; i++) Assert.Equal(clients[0].Read().ToString(), clients[1].Read().ToString());
            if (round % 8 == 0) clients[1].Line("BGSAVE");
            Assert.Equal(clients[0].Line("DEBUG DIGEST").Text, clients[1].Line("DEBUG DIGEST").Text);
        }
        Assert.InRange(Figure(clients[1], "active_defrag_hits"), 1, long.MaxValue);
    }

    [Fact]
    public void A_slice_allocates_no_managed_memory()
    {
        using TestServer server = Start();
        using RespClient client = server.Connect();
        Fill(client);
        Thin(client);
        (long slices, long allocated) = server.OnEngine(engine =>
        {
            engine.Settings.Memory.ActiveDefrag = true;
            engine.Defrag.Monitor();
            long before = GC.GetAllocatedBytesForCurrentThread();
            long turns = 0;
            for (; engine.Defrag.CpuPercent > 0; turns++)
            {
                server.Clock.Advance(TimeSpan.FromMilliseconds(1));
                engine.ReadClock();
                engine.Defrag.OnTurn();
            }
            return (turns, GC.GetAllocatedBytesForCurrentThread() - before);
        });
        // What the end of the pass logs is all.
        Assert.InRange(slices, 10, long.MaxValue);
        Assert.InRange(allocated, 0, 4096);
    }

    private static TestServer Start(Action<MemorySettings>? configure = null, bool checking = false) => new(
        settings =>
        {
            settings.Security.EnableDebugCommand = ProtectedAction.Yes;
            settings.Memory.ActiveDefragThresholdLowerPercent = 5;
            settings.Memory.ActiveDefragIgnoreBytes = 1 << 20;
            settings.Memory.ActiveDefragCycleMinPercent = 40;
            settings.Memory.ActiveDefragCycleMaxPercent = 60;
            configure?.Invoke(settings.Memory);
        },
        checking);

    /// <summary>Values of all types, many small ones and some large.</summary>
    private static void Fill(RespClient client)
    {
        FillStrings(client);
        Pipeline(client, 8000, i => ["HSET", "h" + i, "a", "1", "b", new string('x', 50 + i % 2 * 50)]);
        Pipeline(client, 8000, i => ["RPUSH", "l" + i, "a", new string('x', 100)]);
        Pipeline(client, 8000, i => ["XADD", "x" + i, "1-1", "field", new string('x', 100)]);
        Pipeline(client, 40_000, i => ["HSET", "hash", "field" + i, new string('x', 60)]);
        Pipeline(client, 40_000, i => ["SADD", "set", "member:" + i]);
        Pipeline(client, 40_000, i => ["ZADD", "zset", (i % 1000).ToString(CultureInfo.InvariantCulture), "member:" + i]);
        Pipeline(client, 40_000, i => ["RPUSH", "list", new string('x', 100)]);
        Pipeline(client, 10_000, i => ["XADD", "stream", $"{1 + i}-1", "field", new string('x', 100)]);
    }

    /// <summary>Removes three quarters of all keys and elements.</summary>
    private static void Thin(RespClient client)
    {
        ThinStrings(client);
        Pipeline(client, 8000, i => i % 4 == 0 ? ["PING"] : ["DEL", "h" + i, "l" + i, "x" + i]);
        Pipeline(client, 40_000, i => i % 4 == 0 ? ["PING"] : ["HDEL", "hash", "field" + i]);
        Pipeline(client, 40_000, i => i % 4 == 0 ? ["PING"] : ["SREM", "set", "member:" + i]);
        Pipeline(client, 40_000, i => i % 4 == 0 ? ["PING"] : ["ZREM", "zset", "member:" + i]);
        client.Line("LTRIM list 0 10000");
        client.Line("XTRIM stream MAXLEN 2500");
    }

    private static void FillStrings(RespClient client)
    {
        client.Line("DEBUG POPULATE 60000 s 200");
        client.Line("DEBUG POPULATE 10000 t 2000");
    }

    private static void ThinStrings(RespClient client)
    {
        for (int i = 0; i < 60_000; i += 4 * PerRequest) client.Send(["DEL", .. Enumerable.Range(i, 4 * PerRequest).Where(n => n % 4 > 0).Select(n => "s:" + n)]);
        for (int i = 0; i < 10_000; i += 4 * PerRequest) client.Send(["DEL", .. Enumerable.Range(i, 4 * PerRequest).Where(n => n % 4 > 0).Select(n => "t:" + n)]);
    }

    private static void AwaitCron(TestServer server)
    {
        long runs = 0;
        server.OnEngine(engine =>
        {
            engine.Cron.AfterRun.Add(() => Interlocked.Increment(ref runs));
            return true;
        });
        TestClock.WaitUntil(() => Interlocked.Read(ref runs) > 2, "the cron");
    }

    private static void Pipeline(RespClient client, int count, Func<int, string[]> request)
    {
        for (int from = 0; from < count; from += PerRequest)
        {
            client.WriteRaw([.. Enumerable.Range(from, Math.Min(PerRequest, count - from)).SelectMany(i => RespClient.Request(request(i)))]);
            for (int i = from; i < Math.Min(count, from + PerRequest); i++) Assert.False(client.Read().IsError);
        }
    }

    private static string[] RandomCommand(Random random)
    {
        string number = random.Next(300).ToString(CultureInfo.InvariantCulture);
        string id = $"{random.Next(1, 300)}-1";
        string text = new((char)('a' + random.Next(26)), random.Next(120));
        string member = number + text;
        return random.Next(26) switch
        {
            < 4 => ["SET", "s:" + number, new string('x', random.Next(1 << random.Next(4, 13)))],
            4 => ["DEL", "s:" + number],
            5 => ["SET", "s:" + number, text, "EX", "10000"],
            6 => ["GETRANGE", "s:" + number, "0", "100"],
            7 => ["APPEND", "s:" + number, text],
            8 => ["HSET", "h" + number[0], number, text],
            9 => ["HDEL", "h" + number[0], number],
            10 => ["HEXPIRE", "h" + number[0], "10000", "FIELDS", "1", number],
            11 => ["SADD", "set" + number[0], member],
            12 => ["SREM", "set" + number[0], member],
            13 or 14 => ["ZADD", "z" + number[0], number, "m" + random.Next(500)],
            15 => ["ZREM", "z" + number[0], "m" + random.Next(500)],
            16 => ["ZRANGE", "z" + number[0], "0", "20"],
            17 => ["RPUSH", "l" + number[0], text, text, text],
            18 => ["LPOP", "l" + number[0]],
            19 => ["LRANGE", "l" + number[0], "50", "60"],
            20 => ["XADD", "x" + number[0], id, "f", text],
            21 => ["XGROUP", "CREATE", "x" + number[0], "g" + number[^1], "0", "MKSTREAM"],
            22 => ["XREADGROUP", "GROUP", "g" + number[^1], "c" + random.Next(3), "COUNT", "5", "STREAMS", "x" + number[0], ">"],
            23 => ["XACK", "x" + number[0], "g" + number[^1], id],
            24 => ["XTRIM", "x" + number[0], "MAXLEN", "30"],
            _ => ["RENAME", "l" + number[0], "l" + number[^1]],
        };
    }

    private static long Figure(RespClient client, string name) => (long)Number(client, name);

    private static double Ratio(RespClient client) => Number(client, "allocator_frag_ratio");

    private static double Number(RespClient client, string name)
    {
        string info = client.Send("INFO", "memory", "stats").Text;
        int start = info.IndexOf("\n" + name + ":", StringComparison.Ordinal) + name.Length + 2;
        return double.Parse(info[start..info.IndexOf('\r', start)], CultureInfo.InvariantCulture);
    }
}
