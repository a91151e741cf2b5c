using System.Diagnostics;
using System.Text;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Allocation;

/// <summary>
/// In steady state commands allocate nothing on the managed heap: the bytes that the engine's thread
/// allocates are read before and after thousands of pipelined commands.
/// </summary>
/// <remarks>
/// Code allocates while it is cold (the first call of a method, code that is not optimised yet), so rounds are
/// repeated until several in a row are free of allocation; when that does not come about in time, the
/// test fails with what the last round allocated. The client's side reuses its buffers as well, since collections
/// are the process's.
/// </remarks>
[Collection(Alone.Name)]
public sealed class SteadyStateTests : IDisposable
{
    private const int CommandsPerRound = 5000;
    private const int CleanRoundsWanted = 5;

    private readonly TestServer _server = new();
    private readonly RespClient _client;
    private readonly byte[] _received = new byte[64 * 1024];

    public SteadyStateTests()
    {
        _client = _server.Connect();
        for (int i = 0; i < 100; i++)
        {
            _client.Send("SET", "key:" + i, new string('v', 64));
            _client.Send("SET", "number:" + i, "1000000000");
            _client.Send("SET", "expiring:" + i, "v", "EX", "50000");
            _client.Send("RPUSH", "list:" + i, "a", "2", "c", "4", "e", "6", "g", "8", "i", "10");
            _client.Send(["RPUSH", "long:" + i, .. Enumerable.Range(0, 900).Select(n => "element:" + n)]);
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData("GET key:{0}")]
    [InlineData("GET number:{0}")]
    [InlineData("GET nothing:{0}")]
    [InlineData("GET expiring:{0}")]
    [InlineData("SET key:{0} 0123456789012345678901234567890123456789012345678901234567890123")]
    [InlineData("SET number:{0} 12345")]
    [InlineData("SET expiring:{0} v EX 50000")]
    [InlineData("SET new:{0} v")]
    [InlineData("INCR number:{0}")]
    [InlineData("INCRBY number:{0} 77")]
    [InlineData("MSET key:{0} a number:{0} 3")]
    [InlineData("MGET key:{0} number:{0} nothing")]
    [InlineData("EXISTS key:{0}")]
    [InlineData("TTL expiring:{0}")]
    [InlineData("EXPIRE expiring:{0} 50000")]
    [InlineData("DEL nothing:{0}")]
    [InlineData("TYPE key:{0}")]
    [InlineData("STRLEN key:{0}")]
    [InlineData("GETRANGE key:{0} 1 5")]
    [InlineData("DUMP key:{0}")]
    [InlineData("RESTORE key:{0} 0 \u0000\u0003barP\u0000)\u0094\u0080\u00f1p4\u009a\u00e3 REPLACE")] // "bar"
    [InlineData("RPUSH list:{0} v")]
    [InlineData("LPUSH new:{0} v")]
    [InlineData("LPOP long:{0}")]
    [InlineData("RPOP list:{0} 2")]
    [InlineData("LMOVE list:{0} list:{0} LEFT RIGHT")]
    [InlineData("RPOPLPUSH long:{0} long:{0}")]
    [InlineData("LRANGE list:{0} 0 9")]
    [InlineData("LRANGE long:{0} 400 -410")]
    [InlineData("LINDEX long:{0} 450")]
    [InlineData("LSET list:{0} 3 v")]
    [InlineData("LINSERT list:{0} AFTER a b")]
    [InlineData("LREM list:{0} 0 b")]
    [InlineData("LPOS long:{0} element:300 COUNT 2")]
    [InlineData("LLEN list:{0}")]
    [InlineData("PING")]
    public void A_command_allocates_nothing(string command)
    {
        byte[] requests = Pipeline(command);
        int replyBytes = ReplyBytes(requests);
        var watch = Stopwatch.StartNew();
        int clean = 0;
        long collections = 0;
        long allocated = 0;
        while (clean < CleanRoundsWanted)
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(20)) Assert.Fail($"{command}: {allocated} bytes for {CommandsPerRound} commands");
            if (clean == 0) collections = GC.CollectionCount(2);
            long before = Allocated();
            Exchange(requests, replyBytes);
            // Reading the counter itself takes a few objects; what two readings in a row differ by is theirs.
            long between = Allocated();
            allocated = between - before - (Allocated() - between);
            clean = allocated <= 0 ? clean + 1 : 0;
        }
        Assert.Equal(collections, GC.CollectionCount(2));
    }

    /// <summary>The measurement sees what a command allocates: CONFIG GET makes strings.</summary>
    [Fact]
    public void The_measurement_sees_allocation()
    {
        byte[] requests = Pipeline("CONFIG GET port");
        int replyBytes = ReplyBytes(requests);
        long before = Allocated();
        Exchange(requests, replyBytes);
        Assert.True(Allocated() - before > 20 * CommandsPerRound);
    }

    /// <summary>A long load: hundreds of thousands of commands, and the oldest generation is never collected.</summary>
    [Fact]
    public void A_long_load_collects_nothing()
    {
        byte[] requests = Pipeline("GET key:{0}", "SET key:{0} 0123456789", "INCR number:{0}");
        int replyBytes = 0;
        Exchange(requests, replyBytes = ReplyBytes(requests));
        int before = GC.CollectionCount(2);
        int youngBefore = GC.CollectionCount(0);
        for (int i = 0; i < 100; i++) Exchange(requests, replyBytes);
        Assert.Equal(before, GC.CollectionCount(2));
        Assert.True(GC.CollectionCount(0) - youngBefore <= 1, $"{GC.CollectionCount(0) - youngBefore} young collections");
    }

    private static byte[] Pipeline(params string[] commands)
    {
        var requests = new MemoryStream();
        for (int i = 0; i < CommandsPerRound; i++)
        {
            string command = commands[i % commands.Length].Replace("{0}", (i % 100).ToString(), StringComparison.Ordinal);
            requests.Write(RespClient.Request(command.Split(' ')));
        }
        return requests.ToArray();
    }

    private long Allocated() => _server.OnEngine(_ => GC.GetAllocatedBytesForCurrentThread());

    /// <summary>Runs the commands twice, since a counter's replies have their final length only later, and counts the reply's bytes.</summary>
    private int ReplyBytes(byte[] requests)
    {
        int bytes = 0;
        for (int round = 0; round < 2; round++)
        {
            bytes = 0;
            _client.WriteRaw([.. requests, .. RespClient.Request("PING", "end of round")]);
            string tail = "";
            while (!tail.EndsWith("$12\r\nend of round\r\n", StringComparison.Ordinal))
            {
                int read = _client.Socket.Receive(_received);
                bytes += read;
                tail = (tail + Encoding.Latin1.GetString(_received, 0, read))[^Math.Min(read + tail.Length, 40)..];
            }
        }
        return bytes - "$12\r\nend of round\r\n".Length;
    }

    private void Exchange(byte[] requests, int replyBytes)
    {
        for (int sent = 0; sent < requests.Length;) sent += _client.Socket.Send(requests.AsSpan(sent));
        for (int left = replyBytes; left > 0;) left -= _client.Socket.Receive(_received);
    }
}
