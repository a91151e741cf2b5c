using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Migration;

/// <summary>MIGRATE between two engines of this process, and to targets that answer as they should not.</summary>
public sealed class MigrateTests : IDisposable
{
    private readonly TestServer _source = new(checking: true);
    private readonly TestServer _target = new(checking: true);
    private readonly RespClient _client;
    private readonly RespClient _there;

    public MigrateTests()
    {
        _client = _source.Connect();
        _there = _target.Connect();
    }

    public void Dispose()
    {
        _there.Dispose();
        _client.Dispose();
        _target.Dispose();
        _source.Dispose();
    }

    [Fact]
    public void A_key_is_moved_with_its_time_to_live()
    {
        _client.Line("SET k v PX 50000");
        Assert.Equal("+OK", Migrate("k 9 5000"));
        Assert.Equal(":0", _client.Line("EXISTS k"));
        _there.Line("SELECT 9");
        Assert.Equal("\"v\"", _there.Line("GET k"));
        Assert.InRange(_there.Line("PTTL k").Number, 1, 50000);
    }

    [Fact]
    public void What_follows_a_move()
    {
        _client.Line("MSET a 1 b 2 c 3");
        Recorder recorder = Recorder.Of(_source);
        Assert.Equal("+OK", Migrate("'' 0 5000 KEYS a nokey b"));
        string[] expected = ["event keymiss nokey", "written a", "event del a", "written b", "event del b", "effect DEL a b"];
        Assert.Equal(expected, recorder.Take());
        Assert.Equal("+OK", Migrate("c 0 5000 COPY"));
        Assert.Empty(recorder.Take());
        Assert.Equal("+NOKEY", Migrate("nokey 0 5000"));
        Assert.Equal("+NOKEY", Migrate("'' 0 5000 KEYS"));
        Assert.Equal(["event keymiss nokey"], recorder.Take());
        Assert.Equal(":5", _source.OnEngine(engine => $":{engine.Dirty}"));
        Assert.Equal("[\"1\", \"2\", \"3\"]", _there.Line("MGET a b c"));
    }

    [Fact]
    public void Only_what_the_target_took_is_removed()
    {
        _client.Line("MSET a 1 b 2 c 3");
        _there.Line("SET b old");
        Assert.Equal("-ERR Target instance replied with error: BUSYKEY Target key name already exists.", Migrate("'' 0 5000 KEYS a b c"));
        Assert.Equal("[nil, \"2\", nil]", _client.Line("MGET a b c"));
        Assert.Equal("+OK", Migrate("b 0 5000 REPLACE"));
        Assert.Equal("[\"1\", \"2\", \"3\"]", _there.Line("MGET a b c"));
    }

    [Fact]
    public void A_database_that_is_not_there_takes_nothing()
    {
        _client.Line("SET k v");
        Assert.Equal("-ERR Target instance replied with error: ERR DB index is out of range", Migrate("k 99 5000"));
        Assert.Equal("\"v\"", _client.Line("GET k"));
        Assert.Equal("+OK", Migrate("k 1 5000"));
        _there.Line("SELECT 1");
        Assert.Equal("\"v\"", _there.Line("GET k"));
    }

    [Theory]
    [InlineData("k 0 5000 AUTH", "-ERR syntax error")]
    [InlineData("k 0 5000 AUTH2 x", "-ERR syntax error")]
    [InlineData("k 0 5000 other", "-ERR syntax error")]
    [InlineData("k 0 5000 KEYS a", "-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string")]
    [InlineData("k 0 x", "-ERR value is not an integer or out of range")]
    [InlineData("k x 1", "-ERR value is not an integer or out of range")]
    public void Errors(string arguments, string error) => Assert.Equal(error, Migrate(arguments));

    [Theory]
    [InlineData("AUTH secret", "+OK")]
    [InlineData("AUTH2 default secret", "+OK")]
    [InlineData("AUTH wrong", "-ERR Target instance replied with error: WRONGPASS")]
    [InlineData("AUTH2 nobody secret", "-ERR Target instance replied with error: WRONGPASS")]
    [InlineData("", "-ERR Target instance replied with error: NOAUTH Authentication required.")]
    public void A_target_with_a_password(string words, string reply)
    {
        using var target = new TestServer(static s => s.Security.RequirePass = "secret");
        _client.Line("SET k v");
        RespValue answer = _client.Line($"MIGRATE 127.0.0.1 {target.Port} k 0 5000 {words}".TrimEnd());
        Assert.StartsWith(reply, answer.ToString());
        Assert.Equal(reply == "+OK" ? ":0" : ":1", _client.Line("EXISTS k"));
    }

    [Fact]
    public void A_password_stays_out_of_the_slow_log()
    {
        _source.OnEngine(static engine =>
        {
            engine.SlowLog.Apply(threshold: 0, lengthMax: 128);
            return true;
        });
        Migrate("nokey 0 5000 AUTH2 user secret");
        string log = _client.Line("SLOWLOG GET").ToString();
        Assert.Contains("AUTH2", log);
        Assert.DoesNotContain("secret", log);
    }

    [Fact]
    public void Connections_are_kept_for_a_while()
    {
        _client.Line("MSET a 1 b 2");
        Assert.Equal("+OK", Migrate("a 0 20000"));
        Assert.Equal("+OK", Migrate("b 0 20000"));
        Assert.Equal(1, ConnectionsKept);
        _source.Clock.Advance(TimeSpan.FromSeconds(12));
        TestClock.WaitUntil(() => ConnectionsKept == 0, "end of the connection");
    }

    [Fact]
    public void A_kept_connection_that_was_closed_is_made_anew()
    {
        _client.Line("MSET a 1 b 2");
        Assert.Equal("+OK", Migrate("a 3 20000"));
        _there.Line("CLIENT KILL TYPE normal SKIPME yes");
        TestClock.WaitUntil(() => _target.ClientCount == 1, "end of the connection");
        Assert.Equal("+OK", Migrate("b 3 20000"));
        _there.Line("SELECT 3");
        Assert.Equal("\"2\"", _there.Line("GET b"));
    }

    [Fact]
    public void No_more_connections_than_sixty_four()
    {
        // It closes those that were idle for long, which takes no longer than 70 migrations may on a bad day.
        _source.OnEngine(static engine => engine.Cron.IsPaused = true);
        using var target = new TestServer(static s => s.Network.ProtectedMode = false, address: "0.0.0.0");
        for (int host = 1; host <= 70; host++)
        {
            _client.Line("SET k v");
            Assert.Equal("+OK", _client.Line($"MIGRATE 127.0.0.{host} {target.Port} k 0 5000 REPLACE"));
        }
        Assert.Equal(64, ConnectionsKept);
    }

    [Fact]
    public void A_target_that_nobody_listens_for()
    {
        _client.Line("SET k v");
        Assert.Equal("-IOERR error or timeout writing to target instance", _client.Line("MIGRATE 127.0.0.1 1 k 0 20000"));
        Assert.Equal("-IOERR error or timeout connecting to the client", _client.Send("MIGRATE", "", "1", "k", "0", "20000"));
        Assert.Equal("\"v\"", _client.Line("GET k"));
    }

    /// <summary>A port is the number that its text begins with, and the network takes its lower 16 bits.</summary>
    [Theory]
    [InlineData("0", "writing to target instance")]
    [InlineData("", "writing to target instance")]
    [InlineData("text", "writing to target instance")]
    [InlineData("65536", "writing to target instance")]
    [InlineData("-1", "connecting to the client")]
    [InlineData("99999999999999999999", "connecting to the client")]
    public void Ports_that_nobody_can_listen_on(string port, string end)
    {
        _client.Line("SET k v");
        Assert.Equal("-IOERR error or timeout " + end, _client.Send("MIGRATE", "127.0.0.1", port, "k", "0", "20000"));
        Assert.Equal("\"v\"", _client.Line("GET k"));
    }

    [Theory]
    [InlineData(65536, "")]
    [InlineData(1L << 32, "")]
    [InlineData(0, "th")]
    public void Ports_that_mean_another_one(long more, string end)
    {
        _client.Line("SET k v");
        Assert.Equal("+OK", _client.Send("MIGRATE", "127.0.0.1", $"{_target.Port + more}{end}", "k", "0", "20000"));
        Assert.Equal("\"v\"", _there.Line("GET k"));
    }

    [Theory]
    [InlineData(1, "-IOERR error or timeout reading to target instance")]
    [InlineData(2, "-IOERR error or timeout reading to target instance")]
    public void A_target_that_never_answers(int attempts, string error)
    {
        using var silent = new SilentTarget(closes: attempts == 2, "");
        _client.Line("SET k v");
        Assert.Equal(error, _client.Line($"MIGRATE 127.0.0.1 {silent.Port} k 0 {(attempts == 1 ? 50 : 20_000)}"));
        Assert.Equal("\"v\"", _client.Line("GET k"));
        // Connections are taken in their order: with this one all before it have been counted.
        using var last = new RespClient(silent.Port);
        last.WriteRaw("x");
        TestClock.WaitUntil(() => silent.Clients.Contains(last.LocalAddress), "the last connection");
        // What has timed out is not tried again; what was closed is, once.
        Assert.Equal(attempts + 1, silent.Clients.Count);
        Assert.Equal(0, ConnectionsKept);
    }

    [Fact]
    public void A_target_that_goes_in_between_keeps_what_it_took()
    {
        using var target = new SilentTarget(closes: true, "+OK\r\n+OK\r\n");
        _client.Line("MSET a 1 b 2");
        Recorder recorder = Recorder.Of(_source);
        Assert.Equal("-IOERR error or timeout reading to target instance", _client.Send("MIGRATE", "127.0.0.1", Text(target.Port), "", "0", "20000", "KEYS", "a", "b"));
        Assert.Equal(["written a", "event del a", "effect DEL a"], recorder.Take());
        Assert.Equal("[nil, \"2\"]", _client.Line("MGET a b"));
        Assert.Single(target.Clients);
    }

    [Fact]
    public void A_reply_that_has_no_end_is_cut()
    {
        using var target = new SilentTarget(closes: true, $"+OK\r\n-{new string('x', 5000)}\r\n");
        _client.Line("SET k v");
        RespValue reply = _client.Line($"MIGRATE 127.0.0.1 {target.Port} k 0 20000");
        Assert.Equal($"-ERR Target instance replied with error: {new string('x', 1022)}", reply);
    }

    [Fact]
    public void A_value_of_any_size()
    {
        string value = string.Concat(Enumerable.Range(0, 400_000).Select(i => (i * 7919L).ToString(CultureInfo.InvariantCulture)));
        _client.Send("SET", "k", value);
        Assert.Equal("+OK", Migrate("k 0 20000"));
        Assert.Equal(value, _there.Line("GET k").Text);
    }

    [Fact]
    public void A_value_that_the_version_has_no_form_for_stays()
    {
        _source.OnEngine(static engine => engine.Settings.Persistence.RdbSaveVersion = RdbSaveVersion.Legacy);
        _client.Line("HSET h f v");
        _client.Line("HEXPIRE h 100 FIELDS 1 f");
        _client.Line("SET k v");
        const string Error = "-ERR Can't store key 'h' (db 0) in RDB version 11";
        Assert.Equal(Error, _client.Line("DUMP h"));
        Assert.Equal(Error, Migrate("'' 0 5000 KEYS k h"));
        Assert.Equal(":2", _client.Line("EXISTS k h"));
        Assert.Equal(0, ConnectionsKept);
    }

    [Theory]
    [InlineData("MIGRATE host 1 k 0 10", "[\"k\"]")]
    [InlineData("MIGRATE host 1 '' 0 10 COPY AUTH keys KEYS a b", "[\"a\", \"b\"]")]
    [InlineData("MIGRATE host 1 '' 0 10 AUTH2 keys keys KEYS a", "[\"a\"]")]
    public void Where_the_keys_are(string command, string keys) =>
        Assert.Equal(keys, _client.Send(["COMMAND", "GETKEYS", .. Words(command)]));

    private long ConnectionsKept => _source.OnEngine(static engine => engine.Migrator?.ConnectionCount ?? 0);

    private RespValue Migrate(string arguments) => _client.Send(["MIGRATE", "127.0.0.1", Text(_target.Port), .. Words(arguments)]);

    private static string[] Words(string text) => [.. text.Split(' ').Select(static w => w == "''" ? "" : w)];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Takes connections, waits for a request, says what it has to say, and then closes or never does anything.</summary>
    private sealed class SilentTarget : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _sockets = [];
        private readonly Thread _thread;

        public SilentTarget(bool closes, string answer)
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
            Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
            _thread = new Thread(() => Serve(closes, Encoding.ASCII.GetBytes(answer))) { IsBackground = true };
            _thread.Start();
        }

        public int Port { get; }

        /// <summary>The addresses of all who have connected.</summary>
        public ConcurrentQueue<string> Clients { get; } = [];

        public void Dispose()
        {
            _listener.Dispose();
            _thread.Join();
            _sockets.ForEach(static s => s.Dispose());
        }

        private void Serve(bool closes, byte[] answer)
        {
            byte[] request = new byte[4096];
            try
            {
                for (; ; )
                {
                    Socket socket = _listener.Accept();
                    _sockets.Add(socket);
                    Clients.Enqueue(socket.RemoteEndPoint!.ToString()!);
                    socket.Receive(request);
                    socket.Send(answer);
                    if (closes) socket.Dispose();
                }
            }
            catch (Exception end) when (end is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
