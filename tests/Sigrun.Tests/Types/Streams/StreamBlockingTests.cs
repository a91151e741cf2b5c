using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Streams;

/// <summary>Reads that wait for entries.</summary>
public sealed class StreamBlockingTests : IDisposable
{
    private readonly TestServer _server = new();
    private readonly RespClient _client;
    private readonly RespClient _waiter;

    public StreamBlockingTests()
    {
        _client = _server.Connect();
        _waiter = _server.Connect();
    }

    public void Dispose()
    {
        _client.Dispose();
        _waiter.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void A_reader_gets_the_next_entry()
    {
        _client.Line("XADD s 1-0 f 1");
        Wait("XREAD BLOCK 0 STREAMS none s 0 $");
        Assert.Equal("\"2-0\"", _client.Line("XADD s 2-0 f 2"));
        Assert.Equal("""[["s", [["2-0", ["f", "2"]]]]]""", _waiter.Read());
    }

    [Fact]
    public void A_reader_waits_for_the_entry_behind_its_id()
    {
        _client.Line("XADD s 1-0 f 1");
        Wait("XREAD BLOCK 0 STREAMS s 5-0");
        _client.Line("XADD s 4-0 f 4");
        _client.Line("XADD s 5-0 f 5");
        Assert.Equal(1, Blocked);
        _client.Line("XADD s 6-0 f 6");
        Assert.Equal("""[["s", [["6-0", ["f", "6"]]]]]""", _waiter.Read());
    }

    [Fact]
    public void The_last_entry_is_read_at_once_or_waited_for()
    {
        Wait("XREAD BLOCK 0 STREAMS s +");
        _client.Line("XADD s 1-0 f 1");
        Assert.Equal("""[["s", [["1-0", ["f", "1"]]]]]""", _waiter.Read());
        Assert.Equal("""[["s", [["1-0", ["f", "1"]]]]]""", _waiter.Line("XREAD BLOCK 0 STREAMS s +"));
    }

    [Fact]
    public void Nobody_waits_longer_than_asked_for()
    {
        Wait("XREAD BLOCK 100000 STREAMS s $");
        _server.Clock.Advance(TimeSpan.FromSeconds(200));
        Assert.Equal("nil", _waiter.Read());
    }

    [Fact]
    public void All_readers_get_an_entry_and_one_consumer_of_a_group()
    {
        using RespClient other = _server.Connect();
        using RespClient second = _server.Connect();
        _client.Line("XGROUP CREATE s g $ MKSTREAM");
        Wait("XREADGROUP GROUP g a BLOCK 0 STREAMS s >");
        Wait("XREADGROUP GROUP g b BLOCK 0 STREAMS s >", second, 2);
        Wait("XREAD BLOCK 0 STREAMS s $", other, 3);
        _client.Line("XADD s 1-0 f 1");
        Assert.Equal("""[["s", [["1-0", ["f", "1"]]]]]""", _waiter.Read());
        Assert.Equal("""[["s", [["1-0", ["f", "1"]]]]]""", other.Read());
        Assert.Equal(1, Blocked);
        _client.Line("XADD s 2-0 f 2");
        Assert.Equal("""[["s", [["2-0", ["f", "2"]]]]]""", second.Read());
        Assert.Equal("""[:2, "1-0", "2-0", [["a", "1"], ["b", "1"]]]""", _client.Line("XPENDING s g"));
    }

    [Theory]
    [InlineData("XGROUP DESTROY s g", "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option")]
    [InlineData("DEL s", "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option")]
    [InlineData("SET s text", "-WRONGTYPE Operation against a key holding the wrong kind of value")]
    [InlineData("FLUSHALL", "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option")]
    [InlineData("RENAME s t", "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option")]
    public void A_consumer_is_told_when_its_group_is_gone(string command, string error)
    {
        _client.Line("XGROUP CREATE s g $ MKSTREAM");
        Wait("XREADGROUP GROUP g a BLOCK 0 STREAMS s >");
        Assert.False(_client.Line(command).IsError);
        Assert.Equal(error, _waiter.Read());
    }

    [Fact]
    public void A_group_beside_is_removed_without_a_word()
    {
        _client.Line("XGROUP CREATE s g $ MKSTREAM");
        _client.Line("XGROUP CREATE s h $");
        Wait("XREADGROUP GROUP g a BLOCK 0 STREAMS s >");
        _client.Line("XGROUP DESTROY s h");
        Assert.Equal(1, Blocked);
        _client.Line("XADD s 1-0 f 1");
        Assert.Equal("""[["s", [["1-0", ["f", "1"]]]]]""", _waiter.Read());
    }

    [Fact]
    public void A_stream_may_come_as_a_whole()
    {
        Wait("XREAD BLOCK 0 STREAMS s 0");
        _client.Line("XADD other 1-0 f 1");
        _client.Line("RENAME other s");
        Assert.Equal("""[["s", [["1-0", ["f", "1"]]]]]""", _waiter.Read());
    }

    [Fact]
    public void Nobody_waits_within_a_transaction()
    {
        _client.Line("XADD s 1-0 f 1");
        _client.Line("MULTI");
        _client.Line("XREAD BLOCK 0 STREAMS s $");
        Assert.Equal("[nil]", _client.Line("EXEC"));
    }

    private int Blocked => _server.OnEngine(engine => engine.Blocked.Count);

    private void Wait(string command, RespClient? waiter = null, int blocked = 1)
    {
        (waiter ?? _waiter).Write(command.Split(' '));
        TestClock.WaitUntil(() => Blocked == blocked, "a client that waits");
    }
}
