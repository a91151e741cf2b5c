using System.Diagnostics;
using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Commands;

public sealed class DebugCommandTests : IDisposable
{
    private readonly TestServer _server = new(settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes);
    private readonly RespClient _client;

    public DebugCommandTests() => _client = _server.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData(nameof(ProtectedAction.No), false)]
    [InlineData(nameof(ProtectedAction.Local), true)]
    [InlineData(nameof(ProtectedAction.Yes), true)]
    public void Only_those_who_may_use_it(string setting, bool works)
    {
        _server.OnEngine(engine => engine.Settings.Security.EnableDebugCommand = Enum.Parse<ProtectedAction>(setting));
        string expected = works ? "+OK"
            : "-ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local "
                + "connection, otherwise you need to set this option in the configuration file, and then restart the server.";
        Assert.Equal(expected, _client.Line("DEBUG SLEEP 0"));
    }

    [Theory]
    [InlineData("DEBUG nonesuch", "-ERR unknown subcommand or wrong number of arguments for 'nonesuch'. Try DEBUG HELP.")]
    [InlineData("debug Object", "-ERR unknown subcommand or wrong number of arguments for 'Object'. Try DEBUG HELP.")]
    [InlineData("DEBUG", "-ERR wrong number of arguments for 'debug' command")]
    [InlineData("DEBUG OBJECT nokey", "-ERR no such key")]
    [InlineData("DEBUG HTSTATS x", "-ERR value is not an integer or out of range")]
    [InlineData("DEBUG HTSTATS 16", "-ERR Out of range database")]
    [InlineData("DEBUG HTSTATS -1", "-ERR Out of range database")]
    [InlineData("DEBUG HTSTATS-KEY nokey", "-ERR no such key")]
    [InlineData("DEBUG HTSTATS-KEY k", "-ERR The value stored at the specified key is not represented using an hash table")]
    [InlineData("DEBUG POPULATE -1", "-ERR value is out of range, must be positive")]
    [InlineData("DEBUG POPULATE 1 p x", "-ERR value is out of range, must be positive")]
    [InlineData("DEBUG POPULATE 1 p 9999999999999", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    [InlineData("DEBUG PROTOCOL none", "-ERR Wrong protocol type name. Please use one of the following: "
        + "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")]
    public void Mistakes(string line, string error)
    {
        _client.Line("SET k v");
        Assert.Equal(error, _client.Line(line));
    }

    [Theory]
    [InlineData("DEBUG REPLYBUFFER RESIZING 0", "+OK")]
    [InlineData("DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER", "+OK")]
    [InlineData("DEBUG REPLYBUFFER PEAK-RESET-TIME reset", "+OK")]
    [InlineData("DEBUG REPLYBUFFER PEAK-RESET-TIME 100", "+OK")]
    [InlineData("DEBUG REPLYBUFFER PEAK-RESET-TIME x", "-ERR value is not an integer or out of range")]
    [InlineData("DEBUG REPLYBUFFER x 1", "-ERR unknown subcommand or wrong number of arguments for 'REPLYBUFFER'. Try DEBUG HELP.")]
    public void Buffers_of_replies_have_one_size(string line, string reply) => Assert.Equal(reply, _client.Line(line));

    /// <summary>A client that has logged in before may get more than one that never has.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_first_buffer_of_a_client_can_count(bool hasLoggedIn)
    {
        using RespClient other = _server.Connect();
        if (!hasLoggedIn) other.Line("AUTH nobody nothing");
        _client.Line("ACL SETUSER default >secret");
        using RespClient late = _server.Connect();
        if (hasLoggedIn)
        {
            late.Line("AUTH secret");
            late.Line("RESET");
        }
        Assert.Equal("+OK", _client.Line("DEBUG CLIENT-ENFORCE-REPLY-LIST 1"));
        late.Write("SET", "x", "5");
        if (hasLoggedIn) Assert.Equal("NOAUTH Authentication required.", late.Read().Text);
        else Assert.Equal("", late.ReadToEnd());
        Assert.Equal("+OK", _client.Line("DEBUG CLIENT-ENFORCE-REPLY-LIST 0"));
    }

    [Theory]
    [InlineData("bar", 1, "embstr", 4)]
    [InlineData("12", 1, "int", 2)]
    [InlineData("aaaaaaaaaaaa", 10, "raw", 13)]
    public void Object_tells_how_a_value_is_kept(string value, int times, string encoding, int saved)
    {
        _client.Send("SET", "k", string.Concat(Enumerable.Repeat(value, times)));
        string line = _client.Line("DEBUG OBJECT k").Text;
        Assert.Matches(
            $"^Value at:0x[0-9a-f]+ refcount:1 encoding:{encoding} serializedlength:{saved} lru:[0-9]+ lru_seconds_idle:[0-9]+$", line);
        string lasting = line[..line.IndexOf(" lru_seconds_idle", StringComparison.Ordinal)];
        Assert.StartsWith(lasting, _client.Line("DEBUG OBJECT k").Text);
        Assert.StartsWith(lasting.Replace($" serializedlength:{saved}", ""), _client.Line("DEBUG OBJECT k FAST").Text);
    }

    [Fact]
    public void Object_tells_frequencies_where_they_are_kept()
    {
        _server.OnEngine(engine =>
        {
            engine.Settings.Memory.Policy = MaxMemoryPolicy.AllKeysLfu;
            engine.Settings.Memory.LfuDecayMinutes = 0;
            engine.ApplySettings();
            return true;
        });
        _client.Line("SET k v");
        Assert.Matches("encoding:embstr lfu_freq:5 lfu_access_time_minutes:[0-9]+$", _client.Line("DEBUG OBJECT k fast").Text);
    }

    [Fact]
    public void Without_active_expiry_a_key_stays_until_it_is_asked_for()
    {
        Assert.Equal("+OK", _client.Line("DEBUG SET-ACTIVE-EXPIRE 0"));
        _client.Line("SET k v PX 10");
        _server.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(":1", _client.Line("DBSIZE"));
        Assert.StartsWith("Value at:", _client.Line("DEBUG OBJECT k").Text);
        Assert.Equal("+OK", _client.Line("DEBUG SET-ACTIVE-EXPIRE 1"));
        TestClock.WaitUntil(() => _client.Line("DBSIZE").Number == 0, "expiry");
    }

    [Fact]
    public void Without_resizing_a_table_keeps_its_size()
    {
        for (int i = 0; i < 1000; i++) _client.Line($"SET k{i} v");
        string size = TableSize();
        Assert.Equal("+OK", _client.Line("DEBUG DICT-RESIZING 0"));
        for (int i = 10; i < 1000; i++) _client.Line($"DEL k{i}");
        for (int i = 0; i < 3000; i++) _client.Line($"SET l{i} v");
        Assert.Equal(size, TableSize());
        Assert.Equal("\"v\"", _client.Line("GET l2999"));
        for (int i = 0; i < 3000; i++) _client.Line($"DEL l{i}");
        Assert.Equal("+OK", _client.Line("DEBUG DICT-RESIZING 1"));
        TestClock.WaitUntil(() => TableSize() != size, "a smaller table");
        Assert.Equal(":10", _client.Line("DBSIZE"));
    }

    private string TableSize() => _client.Line("DEBUG HTSTATS 0").Text.Split('\n').First(line => line.Contains("table size", StringComparison.Ordinal));

    [Fact]
    public void The_replication_id_can_be_changed()
    {
        string before = ReplicationId();
        Assert.Equal("+OK", _client.Line("DEBUG CHANGE-REPL-ID"));
        Assert.NotEqual(before, ReplicationId());
    }

    private string ReplicationId() => _client.Line("INFO replication").Text.Split('\n').First(line => line.StartsWith("master_replid:", StringComparison.Ordinal));

    [Fact]
    public void Sleep_holds_the_server_up()
    {
        var watch = Stopwatch.StartNew();
        Assert.Equal("+OK", _client.Line("DEBUG SLEEP 0.02"));
        Assert.True(watch.ElapsedMilliseconds >= 20);
        Assert.Equal("+OK", _client.Line("DEBUG SLEEP nothing"));
        Assert.Equal("+OK", _client.Line("DEBUG SLEEP -1"));
    }

    [Fact]
    public void Populate_makes_the_keys_that_are_missing()
    {
        _client.Line("SET key:1 mine");
        Recorder recorder = Recorder.Of(_server);
        Assert.Equal("+OK", _client.Line("DEBUG POPULATE 3"));
        Assert.Equal(["written key:0", "event new key:0", "written key:2", "event new key:2"], recorder.Take());
        Assert.Equal("[\"value:0\", \"mine\", \"value:2\", nil]", _client.Line("MGET key:0 key:1 key:2 key:3"));
        Assert.Equal("+OK", _client.Line("DEBUG POPULATE 12 p 9"));
        Assert.Equal("[\"value:0\0\0\", \"value:11\0\"]", _client.Line("MGET p:0 p:11"));
        Assert.Equal("+OK", _client.Line("DEBUG POPULATE 1 cut 3"));
        Assert.Equal("\"val\"", _client.Line("GET cut:0"));
        Assert.Equal("+OK", _client.Send("DEBUG", "POPULATE", "2", new string('x', 200)));
        Assert.Equal(":1", _client.Send("EXISTS", new string('x', 127)));
    }

    [Fact]
    public void Table_statistics_are_those_of_the_table()
    {
        Assert.Equal("\"[Dictionary HT]\n[Expires HT]\n\"", _client.Line("DEBUG HTSTATS 0"));
        _client.Line("DEBUG POPULATE 1000");
        _client.Line("EXPIRE key:1 100");
        string text = _client.Line("DEBUG HTSTATS 0 full").Text;
        Assert.Matches("^\\[Dictionary HT\\]\nHash table 0 stats \\(main hash table\\):\n table size: [0-9]+0\n number of entries: 1000\n"
            + " rehashing index: -1\n top-level buckets: [0-9]+\n child buckets: [0-9]+\n max chain length: [0-9]+\n"
            + " avg chain length: 0\\.[0-9]{6}\n\\[Expires HT\\]\nHash table 0 stats \\(main hash table\\):\n table size: 10\n"
            + " number of entries: 1\n", text);
        Assert.DoesNotContain("top-level", _client.Line("DEBUG HTSTATS 0").Text);
    }

    [Fact]
    public void Error_replies_what_it_is_given()
    {
        Assert.Equal("-ANY thing  goes ", _client.Send("DEBUG", "ERROR", "ANY thing\r\ngoes\n"));
        Assert.Equal(0, _server.OnEngine(engine => engine.Statistics.ErrorReplies));
    }

    [Fact]
    public void Protocol_shows_every_type_in_both_versions()
    {
        const string Names = "string integer double bignum null array set map attrib verbatim true false";
        Assert.Equal("\"Hello World\" :12345 \"3.141\" \"1234567999999999999999999999999999999\" nil [:0, :1, :2] [:0, :1, :2] "
            + "[:0, :0, :1, :1, :2, :0] \"Some real reply following the attribute\" \"This is a verbatim\nstring\" :1 :0", Samples());
        Assert.Equal("-ERR RESP2 is not supported by this command", _client.Line("DEBUG PROTOCOL push"));
        _client.Line("HELLO 3");
        Assert.Equal("\"Hello World\" :12345 ,3.141 (1234567999999999999999999999999999999 _ [:0, :1, :2] ~[:0, :1, :2] "
            + "{:0: #f, :1: #t, :2: #f} {\"key-popularity\": [\"key:123\", :90]} \"Some real reply following the attribute\" "
            + "=txt:This is a verbatim\nstring #t #f", Samples().Replace("nil", "_"));
        Assert.Equal("\"Some real reply following the push reply\"", _client.Line("DEBUG PROTOCOL push"));
        Assert.Equal(">[\"server-cpu-usage\", :42]", _client.Read());

        string Samples() => string.Join(' ', Names.Split(' ').Select(name =>
        {
            RespValue reply = _client.Line("DEBUG PROTOCOL " + name);
            return reply.Kind == '|' ? reply + " " + _client.Read() : reply.ToString();
        }));
    }

    [Fact]
    public void Help_names_every_tool()
    {
        string text = _client.Line("DEBUG HELP").ToString();
        foreach (string name in "ASSERT DIGEST DIGEST-VALUE ERROR HELP HTSTATS HTSTATS-KEY LOG OBJECT PANIC PAUSE-CRON POPULATE PROTOCOL SLEEP".Split(' '))
            Assert.Contains("+" + name, text);
    }
}
