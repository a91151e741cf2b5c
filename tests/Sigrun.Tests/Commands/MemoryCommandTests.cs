using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Commands;

public sealed class MemoryCommandTests : IDisposable
{
    private readonly TestServer _server = new();
    private readonly RespClient _client;

    public MemoryCommandTests() => _client = _server.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    /// <summary>What keys are said to take is what the heap has handed out for them.</summary>
    [Theory]
    [InlineData(3000, 10, false)]
    [InlineData(3000, 10, true)]
    [InlineData(1000, 700, false)]
    [InlineData(100, 5000, true)]
    [InlineData(4, 1_000_000, false)]
    public void Usages_add_up_to_the_heap(int count, int length, bool expires)
    {
        long before = HeapBytes();
        for (int i = 0; i < count; i++)
        {
            _client.Send("SET", $"key:{i}", new string('v', length));
            if (expires) _client.Send("EXPIRE", $"key:{i}", "1000");
        }
        long sum = 0;
        for (int i = 0; i < count; i++) sum += _client.Send("MEMORY", "USAGE", $"key:{i}").Number;
        // Shares of the tables are rounded down; tables of few keys have been there before.
        Assert.InRange(sum, HeapBytes() - before - 2 * count, HeapBytes());
    }

    [Theory]
    [InlineData("MEMORY USAGE nokey", "nil")]
    [InlineData("MEMORY USAGE k SAMPLES", "-ERR syntax error")]
    [InlineData("MEMORY USAGE k more 1", "-ERR syntax error")]
    [InlineData("MEMORY USAGE k SAMPLES x", "-ERR value is not an integer or out of range")]
    [InlineData("MEMORY USAGE k SAMPLES -1", "-ERR syntax error")]
    [InlineData("MEMORY USAGE", "-ERR wrong number of arguments for 'memory|usage' command")]
    [InlineData("MEMORY nonesuch", "-ERR unknown subcommand 'nonesuch'. Try MEMORY HELP.")]
    public void Mistakes(string line, string reply)
    {
        _client.Line("SET k v");
        Assert.Equal(reply, _client.Line(line));
    }

    [Fact]
    public void Samples_do_not_matter_for_strings()
    {
        _client.Line("SET k v");
        Assert.Equal(_client.Line("MEMORY USAGE k").Number, _client.Line("MEMORY USAGE k SAMPLES 0").Number);
    }

    /// <summary>A value takes the same however it was made, and does not seem to take less because another key came.</summary>
    [Theory]
    [InlineData("HSET first{t} f v g w", "HEXPIRE first{t} 100 FIELDS 1 f")]
    [InlineData("HSET first{t} f v g w", "HEXPIRE first{t} 100 FIELDS 2 f g")]
    [InlineData("ZADD first{t} 1 a 2 b", "EXPIRE first{t} 100")]
    [InlineData("SET first{t} v", "EXPIRE first{t} 100")]
    public void Copies_take_the_same(params string[] lines)
    {
        foreach (string line in lines) _client.Line(line);
        long usage = _client.Line("MEMORY USAGE first{t}").Number;
        byte[] payload = _client.Line("DUMP first{t}").Bytes;
        _client.Send("RESTORE"u8.ToArray(), "again{t}"u8.ToArray(), (lines[1].StartsWith("EXPIRE", StringComparison.Ordinal) ? "100000"u8 : "0"u8).ToArray(), payload);
        _client.Line("COPY first{t} other{t}");
        Assert.Equal(usage, _client.Line("MEMORY USAGE first{t}").Number);
        Assert.Equal(usage, _client.Line("MEMORY USAGE again{t}").Number);
        Assert.Equal(usage, _client.Line("MEMORY USAGE other{t}").Number);
    }

    [Fact]
    public void Purge_gives_pages_back()
    {
        _client.Send("SET", "k", new string('v', 4 << 20));
        _client.Line("DEL k");
        Assert.Equal("+OK", _client.Line("MEMORY PURGE"));
        Assert.Equal(0, _server.OnEngine(engine => engine.Heap.FreeBytesInRuns));
    }

    /// <summary>There may be many databases, of which few are used.</summary>
    [Fact]
    public void A_database_takes_memory_once_it_is_used()
    {
        using var server = new TestServer(settings => settings.Process.Databases = 1_000_000);
        using RespClient client = server.Connect();
        long empty = server.OnEngine(engine => engine.Heap.UsedBytes);
        Assert.InRange(empty, 0, 64 * 1024);
        Assert.Equal("+OK", client.Line("SELECT 999999"));
        client.Line("SET k v EX 100");
        client.Line("SWAPDB 999999 77");
        Assert.Equal("+OK", client.Line("SELECT 77"));
        Assert.StartsWith("# Keyspace\r\ndb77:keys=1,", client.Line("INFO keyspace").Text, StringComparison.Ordinal);
        server.Clock.Advance(TimeSpan.FromSeconds(200));
        TestClock.WaitUntil(() => client.Line("DBSIZE").Number == 0, "expiry");
        Assert.InRange(server.OnEngine(engine => engine.Heap.UsedBytes), 0, 128 * 1024);
    }

    private long HeapBytes() => _server.OnEngine(engine => engine.Heap.UsedBytes);
}
