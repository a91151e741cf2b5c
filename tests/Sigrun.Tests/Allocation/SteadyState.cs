using System.Diagnostics;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Allocation;

/// <summary>Measures what the engine's thread of a server allocates for thousands of pipelined commands.</summary>
/// <remarks>
/// Code allocates while it is cold (the first call of a method, code that is not optimised yet), so rounds are
/// repeated until several in a row are free of allocation; when that does not come about in time, the
/// test fails with what the last round allocated. The client's side reuses its buffers as well, since collections
/// are the process's.
/// </remarks>
internal sealed class SteadyState : IDisposable
{
    /// <summary>Commands that are sent at once.</summary>
    public const int CommandsPerRound = 5000;

    private const int CleanRoundsWanted = 5;

    private static ReadOnlySpan<byte> EndReply => "$12\r\nend of round\r\n"u8;

    private readonly TestServer _server;
    private readonly RespClient _client;
    private readonly byte[] _received = new byte[64 * 1024];
    private readonly Action _read;
    private long _reading;

    /// <summary>Fills a server with keys that commands may name.</summary>
    /// <param name="server">The server.</param>
    /// <param name="client">Who asks; null for a client with a socket.</param>
    public SteadyState(TestServer server, RespClient? client = null)
    {
        _server = server;
        _client = client ?? server.Connect();
        _read = () => Volatile.Write(ref _reading, GC.GetAllocatedBytesForCurrentThread());
        for (int i = 0; i < 100; i++)
        {
            _client.Send("SET", "key:" + i, new string('v', 64));
            _client.Send("SET", "number:" + i, "1000000000");
            _client.Send("SET", "expiring:" + i, "v", "EX", "50000");
            _client.Send("RPUSH", "list:" + i, "a", "2", "c", "4", "e", "6", "g", "8", "i", "10");
            _client.Send(["RPUSH", "long:" + i, .. Enumerable.Range(0, 900).Select(n => "element:" + n)]);
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Runs a command, in which {0} stands for a number, until it allocates nothing.</summary>
    /// <param name="command">The command.</param>
    /// <param name="bytesMax">What a round may allocate all the same, whatever the number of its commands.</param>
    public void AssertAllocatesNothing(string command, long bytesMax = 0)
    {
        byte[] requests = Pipeline(command);
        var watch = Stopwatch.StartNew();
        int clean = 0;
        long collections = 0;
        long allocated = 0;
        while (clean < CleanRoundsWanted)
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(60)) Assert.Fail($"{command}: {allocated} bytes for {CommandsPerRound} commands");
            if (clean == 0) collections = GC.CollectionCount(2);
            long before = Allocated();
            Exchange(requests);
            // Reading the counter itself takes a few objects; what two readings in a row differ by is theirs.
            long between = Allocated();
            allocated = between - before - (Allocated() - between);
            // Nor does it make the oldest generation be collected, which others in the process may do once in a while.
            clean = allocated <= bytesMax && GC.CollectionCount(2) == collections ? clean + 1 : 0;
        }
    }

    /// <summary>A round of requests, of each command in turn, and a last one whose reply ends it.</summary>
    public static byte[] Pipeline(params string[] commands)
    {
        var requests = new MemoryStream();
        for (int i = 0; i < CommandsPerRound; i++)
        {
            string command = commands[i % commands.Length].Replace("{0}", (i % 100).ToString(), StringComparison.Ordinal);
            requests.Write(RespClient.Request(command.Split(' ')));
        }
        requests.Write(RespClient.Request("PING", "end of round"));
        return requests.ToArray();
    }

    /// <summary>Bytes that the engine's thread has allocated.</summary>
    /// <remarks>What wakes a thread that sleeps may allocate, on the side of the one that wakes it: so this one does not sleep.</remarks>
    public long Allocated()
    {
        Volatile.Write(ref _reading, -1);
        _server.Post(_read);
        TestClock.WaitUntil(() => Volatile.Read(ref _reading) >= 0, "the engine's thread");
        return _reading;
    }

    /// <summary>Sends requests and takes the replies, however long they are.</summary>
    public void Exchange(byte[] requests)
    {
        _client.WriteRaw(requests);
        for (int kept = 0; ;)
        {
            int length = kept + _client.ReadSome(_received.AsSpan(kept));
            if (_received.AsSpan(0, length).EndsWith(EndReply)) return;
            kept = Math.Min(length, EndReply.Length);
            _received.AsSpan(length - kept, kept).CopyTo(_received);
        }
    }
}
