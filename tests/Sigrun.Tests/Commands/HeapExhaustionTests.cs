using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Commands;

/// <summary>A heap without room: whatever needs memory is refused before it has changed anything, and the server goes on.</summary>
public sealed class HeapExhaustionTests : IDisposable
{
    private const string Refusal = "-OOM command not allowed when used memory > 'maxmemory'.";

    private static readonly string[] Make =
    [
        "RPUSH smalllist a b", "SADD numbers 1 2", "SADD smallset a b", "HSET smallhash f v", "ZADD smallzset 1 a", "XADD stream 1-1 f v",
        "XGROUP CREATE stream g 0", "SET string v",
    ];

    private readonly TestServer _server = new(settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes, reserveBytes: 32L << 20);
    private readonly RespClient _client;

    public HeapExhaustionTests() => _client = _server.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData("RPUSH smalllist BIG")]
    [InlineData("RPUSH largelist BIG")]
    [InlineData("LPUSHX largelist BIG c")]
    [InlineData("LINSERT smalllist BEFORE b BIG")]
    [InlineData("LINSERT largelist BEFORE 1 BIG")]
    [InlineData("LSET smalllist 0 BIG")]
    [InlineData("LSET largelist 0 BIG")]
    [InlineData("SADD numbers BIG")]
    [InlineData("SADD smallset BIG")]
    [InlineData("SADD largeset BIG")]
    [InlineData("SADD largeset 1 BIG")]
    [InlineData("HSET smallhash f BIG")]
    [InlineData("HSET smallhash g BIG")]
    [InlineData("HSET largehash 1 BIG")]
    [InlineData("HSETNX largehash g BIG")]
    [InlineData("HSETEX largehash EX 100 FIELDS 1 1 BIG")]
    [InlineData("ZADD smallzset 1 BIG")]
    [InlineData("ZADD largezset 1 BIG")]
    [InlineData("ZINCRBY largezset 1 BIG")]
    [InlineData("GEOADD largezset 1 1 BIG")]
    [InlineData("XADD stream 2-1 f BIG")]
    [InlineData("XGROUP CREATE stream BIG 0")]
    [InlineData("XGROUP CREATECONSUMER stream g BIG")]
    [InlineData("APPEND string BIG")]
    [InlineData("SETRANGE string 0 BIG")]
    [InlineData("SET string BIG")]
    [InlineData("SET new BIG")]
    [InlineData("RPUSH new BIG")]
    public void A_refused_change_leaves_everything_as_it_was(string line)
    {
        foreach (string command in Make) _client.Line(command);
        for (int i = 0; i < 200; i++)
        {
            _client.Line($"SADD largeset {i} m{i} {new string('m', 70)}");
            _client.Line($"HSET largehash {i} {new string('v', 70)}");
            _client.Line($"ZADD largezset {i} {i} {i} {new string('m', 70)}");
            _client.Line($"RPUSH largelist {i} {new string('e', 70)}");
        }
        int blocks = FillHeap();
        string digest = _client.Line("DEBUG DIGEST");
        Assert.Equal(Refusal, _client.Line(line.Replace("BIG", new string('x', 300_000), StringComparison.Ordinal)));
        Assert.Equal(digest, _client.Line("DEBUG DIGEST"));
        Assert.Equal("+PONG", _client.Line("PING"));
        for (int i = 0; i < blocks; i++) Assert.Equal(":1", _client.Line($"DEL fill{i}"));
        // What DEL frees comes back from another thread.
        string small = line.Replace("BIG", new string('x', 1000), StringComparison.Ordinal);
        TestClock.WaitUntil(() => _client.Line(small) != Refusal, "memory");
    }

    /// <summary>Takes large blocks until there is no room for another one; returns how many.</summary>
    private int FillHeap()
    {
        string value = new('f', 200_000);
        for (int i = 0; ; i++)
        {
            RespValue reply = _client.Send("SET", $"fill{i}", value);
            if (reply.IsError) return i;
        }
    }
}
