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

    [Fact]
    public void Purge_gives_pages_back()
    {
        _client.Send("SET", "k", new string('v', 4 << 20));
        _client.Line("DEL k");
        Assert.Equal("+OK", _client.Line("MEMORY PURGE"));
        Assert.Equal(0, _server.OnEngine(engine => engine.Heap.FreeBytesInRuns));
    }

    private long HeapBytes() => _server.OnEngine(engine => engine.Heap.UsedBytes);
}
