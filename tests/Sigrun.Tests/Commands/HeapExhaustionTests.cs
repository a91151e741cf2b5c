using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Commands;

/// <summary>A heap without room: whatever needs memory is refused before it has changed anything, and the server goes on.</summary>
public sealed class HeapExhaustionTests : IDisposable
{
    private const string Refusal = "-OOM command not allowed when used memory > 'maxmemory'.";

    /// <summary>What comes back while a full heap is looked at, empty slabs and a value that was refused, is much less.</summary>
    private const int Large = 4_000_000;

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
        MakeValues();
        int blocks = FillHeap();
        string digest = _client.Line("DEBUG DIGEST");
        Assert.Equal(Refusal, _client.Line(line.Replace("BIG", new string('x', Large), StringComparison.Ordinal)));
        Assert.Equal(digest, _client.Line("DEBUG DIGEST"));
        Assert.Equal("+PONG", _client.Line("PING"));
        for (int i = 0; i < blocks; i++) Assert.Equal(":1", _client.Line($"DEL fill{i}"));
        // What DEL frees comes back from another thread.
        string small = line.Replace("BIG", new string('x', 1000), StringComparison.Ordinal);
        TestClock.WaitUntil(() => _client.Line(small) != Refusal, "memory");
    }

    [Theory]
    [InlineData("SADD smallset k BIG")]
    [InlineData("SADD new k BIG")]
    [InlineData("MSET new 1 other BIG")]
    [InlineData("MSET string 1 other BIG")]
    [InlineData("HSET largehash 1 w g BIG")]
    [InlineData("HSET new f BIG")]
    [InlineData("ZADD largezset 7 1 8 BIG")]
    [InlineData("RPUSH largelist c BIG")]
    [InlineData("SET smalllist BIG")]
    [InlineData("COPY fill0 string REPLACE")]
    public void A_change_of_several_steps_is_made_whole_or_not_at_all(string line)
    {
        MakeValues();
        FillHeap();
        FillBlocks();
        string digest = _client.Line("DEBUG DIGEST");
        Assert.Equal(Refusal, _client.Line(line.Replace("BIG", new string('x', Large), StringComparison.Ordinal)));
        Assert.Equal(digest, _client.Line("DEBUG DIGEST"));
    }

    [Fact]
    public void A_key_that_has_the_name_stays_when_there_is_no_room_for_the_name()
    {
        MakeValues();
        string name = new('n', 6_000_000);
        _client.Line($"SET {name} v");
        FillHeap();
        string digest = _client.Line("DEBUG DIGEST");
        Assert.Equal(Refusal, _client.Line($"RENAME string {name}"));
        Assert.Equal(digest, _client.Line("DEBUG DIGEST"));
    }

    [Theory]
    [InlineData("SREM largeset 1 2 3 4 m5 m6 m7 m8", ":8")]
    [InlineData("SPOP shrinking 30", "*30")]
    [InlineData("SREM shrinking e1 e2 e3 e4 e5 e6 e7 e8 e9 e10 e11 e12 e13 e14 e15", ":15")]
    [InlineData("SREM numbers 1", ":1")]
    [InlineData("HDEL largehash 1 2 3 4", ":4")]
    [InlineData("ZREM largezset 1 2 3 4", ":4")]
    [InlineData("LPOP largelist 20", "*20")]
    [InlineData("LTRIM largelist 190 -1", "+OK")]
    [InlineData("XTRIM stream MAXLEN 0", ":1")]
    [InlineData("EXPIRE string 100", ":1")]
    [InlineData("EXPIRE grown 100", ":1")]
    [InlineData("HEXPIRE smallhash 100 FIELDS 1 f", "*1")]
    [InlineData("RENAME string another-name-that-is-longer-than-the-old-one", "+OK")]
    [InlineData("RENAME string smalllist", "+OK")]
    [InlineData("SMOVE smallset largeset a", ":1")]
    [InlineData("SMOVE smallset new a", ":1")]
    [InlineData("MOVE string 1", ":1")]
    [InlineData("DEL string smalllist largelist largeset", ":4")]
    public void What_makes_room_or_takes_hardly_any_needs_none(string line, string reply)
    {
        MakeValues();
        FillHeap();
        FillBlocks();
        RespValue answer = _client.Line(line);
        Assert.Equal(reply, answer.Kind == '*' ? $"*{answer.Items.Length}" : answer.ToString());
        Assert.Equal("+PONG", _client.Line("PING"));
    }

    [Theory]
    [InlineData("SADD largeset k a b c d e f g h")]
    [InlineData("SADD numbers 100000 a b c")]
    [InlineData("MSET k1 a k2 b k3 c")]
    [InlineData("HSET smallhash a 1 b 2 c 3")]
    [InlineData("ZADD largezset 1 a 2 b 3 c")]
    [InlineData("RPUSH smalllist a b c d e f g")]
    [InlineData("LMOVE largelist largelist LEFT RIGHT")]
    [InlineData("LMOVE smalllist largelist LEFT RIGHT")]
    [InlineData("LMOVE smalllist new LEFT RIGHT")]
    [InlineData("SET smalllist v")]
    [InlineData("SET largelist a-value-that-takes-a-little-more")]
    [InlineData("COPY largeset string REPLACE")]
    [InlineData("RESTORE largelist 0 DUMP REPLACE")]
    [InlineData("XADD stream * f v g w")]
    [InlineData("SUNIONSTORE string largeset shrinking")]
    [InlineData("ZUNIONSTORE string 2 largezset largeset")]
    public void A_small_change_that_finds_no_memory_has_changed_nothing(string line)
    {
        MakeValues();
        _client.Line("SET source a-value-to-be-dumped");
        byte[] dump = _client.Send("DUMP", "source").Bytes!;
        FillHeap();
        FillBlocks();
        string digest = _client.Line("DEBUG DIGEST");
        byte[][] arguments = [.. line.Split(' ').Select(word => word == "DUMP" ? dump : System.Text.Encoding.ASCII.GetBytes(word))];
        if (_client.Send(arguments).IsError) Assert.Equal(digest, _client.Line("DEBUG DIGEST"));
        Assert.Equal("+PONG", _client.Line("PING"));
    }

    private void MakeValues()
    {
        foreach (string command in Make) _client.Line(command);
        _client.Line("SET grown " + new string('g', 44));
        for (int i = 0; i < 200; i++)
        {
            _client.Line($"SADD largeset {i} m{i} {new string('m', 70)}");
            _client.Line($"HSET largehash {i} {new string('v', 70)}");
            _client.Line($"ZADD largezset {i} {i} {i} {new string('m', 70)}");
            _client.Line($"RPUSH largelist {i} {new string('e', 70)}");
            if (i < 60) _client.Line($"SADD shrinking e{i}");
        }
    }

    /// <summary>Takes blocks of all sizes until there is none left.</summary>
    private void FillBlocks()
    {
        int size = 32_000;
        for (int i = 0; size > 0; i++)
        {
            if (_client.Send("SET", $"rest{i}", new string('r', size)).IsError) size = size > 200 ? size * 3 / 4 : size - 4;
        }
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
