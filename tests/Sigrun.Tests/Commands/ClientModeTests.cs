using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Commands;

/// <summary>CLIENT REPLY, NO-TOUCH, PAUSE and UNPAUSE, on one thread and on several.</summary>
public sealed class ClientModeTests : IDisposable
{
    private readonly TestServer _server = new();
    private readonly RespClient _client;
    private readonly RespClient _other;

    public ClientModeTests() => (_client, _other) = (_server.Connect(), _server.Connect());

    public void Dispose()
    {
        _client.Dispose();
        _other.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData("CLIENT REPLY", "-ERR wrong number of arguments for 'client|reply' command")]
    [InlineData("CLIENT REPLY maybe", "-ERR syntax error")]
    [InlineData("CLIENT NO-TOUCH maybe", "-ERR syntax error")]
    [InlineData("CLIENT NO-TOUCH on", "+OK")]
    [InlineData("CLIENT PAUSE x", "-ERR timeout is not an integer or out of range")]
    [InlineData("CLIENT PAUSE -1", "-ERR timeout is negative")]
    [InlineData("CLIENT PAUSE 9223372036854775807", "-ERR timeout is out of range")]
    [InlineData("CLIENT PAUSE 10 some", "-ERR CLIENT PAUSE mode must be WRITE or ALL")]
    [InlineData("CLIENT PAUSE 0", "+OK")]
    [InlineData("CLIENT UNPAUSE", "+OK")]
    public void Arguments(string line, string reply) => Assert.Equal(reply, _client.Line(line));

    [Fact]
    public void Off_silences_everything_until_on()
    {
        _client.WriteRaw("CLIENT REPLY OFF\r\nSET a 1\r\nNONESUCH\r\nMULTI\r\nINCR a\r\nEXEC\r\nCLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nGET a\r\n");
        Assert.Equal("+OK", _client.Read());
        Assert.Equal("\"2\"", _client.Read());
    }

    [Fact]
    public void Skip_leaves_out_one_reply()
    {
        _client.WriteRaw("PING 1\r\nCLIENT REPLY SKIP\r\nPING 2\r\nPING 3\r\nCLIENT REPLY SKIP\r\nNONESUCH\r\nPING 4\r\nCLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nPING 5\r\n");
        foreach (string reply in new[] { "\"1\"", "\"3\"", "\"4\"", "+OK", "\"5\"" }) Assert.Equal(reply, _client.Read());
    }

    [Fact]
    public void Skip_holds_for_a_command_that_waits()
    {
        _client.WriteRaw("CLIENT REPLY SKIP\r\nBLPOP list 0\r\nPING after\r\n");
        WaitForBlocked(1);
        _other.Line("RPUSH list a");
        Assert.Equal("\"after\"", _client.Read());
    }

    [Fact]
    public void Reset_gives_replies_back()
    {
        _client.WriteRaw("CLIENT REPLY OFF\r\nRESET\r\n");
        Assert.Equal("+RESET", _client.Read());
    }

    [Fact]
    public void Reply_is_refused_in_a_transaction()
    {
        _client.Line("MULTI");
        Assert.Equal("-ERR Command 'client|reply' not allowed inside a transaction", _client.Line("CLIENT REPLY OFF"));
    }

    [Fact]
    public void No_touch_leaves_access_times_as_they_are()
    {
        _client.Line("SET k v");
        _client.Line("CLIENT NO-TOUCH on");
        Assert.Contains("flags=T", _client.Line("CLIENT LIST").Text, StringComparison.Ordinal);
        _server.Clock.Advance(TimeSpan.FromSeconds(1000));
        _client.Line("GET k");
        _client.Line("APPEND k w");
        Assert.InRange(_other.Line("OBJECT IDLETIME k").Number, 1000, 1100);
        _client.Line("TOUCH k");
        Assert.InRange(_other.Line("OBJECT IDLETIME k").Number, 0, 100);
    }

    [Fact]
    public void A_pause_of_writes_lets_readers_go_on()
    {
        _client.Line("SET k v");
        _client.Line("CLIENT PAUSE 60000 WRITE");
        Assert.Equal("\"v\"", _other.Line("GET k"));
        Assert.Equal("-ERR wrong number of arguments for 'set' command", _other.Line("SET k"));
        _other.WriteRaw("SET k w\r\nGET k\r\nPFCOUNT hll\r\n");
        WaitForBlocked(1);
        Assert.Equal("\"v\"", _client.Line("GET k"));
        string info = _client.Line("INFO clients").Text;
        Assert.Contains("paused_reason:client_pause\r\npaused_actions:write\r\npaused_timeout_milliseconds:", info, StringComparison.Ordinal);
        _client.Line("CLIENT UNPAUSE");
        foreach (string reply in new[] { "+OK", "\"w\"", ":0" }) Assert.Equal(reply, _other.Read());
        WaitForBlocked(0);
    }

    [Fact]
    public void A_transaction_waits_before_exec_when_it_writes()
    {
        _other.Line("MULTI");
        _other.Line("SET k v");
        _client.Line("CLIENT PAUSE 60000 WRITE");
        _other.WriteRaw("EXEC\r\n");
        WaitForBlocked(1);
        Assert.Equal(":0", _client.Line("EXISTS k"));
        _client.Line("CLIENT UNPAUSE");
        Assert.Equal("[+OK]", _other.Read());
    }

    [Fact]
    public void A_pause_of_all_ends_by_time()
    {
        _client.Line("CLIENT PAUSE 60000");
        _client.Line("NONESUCH");
        _client.WriteRaw("PING\r\n");
        TestClock.WaitUntil(() => _server.OnEngine(engine => engine.Pause.WaitingCount) == 1, "a client that waits");
        _server.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("+PONG", _client.Read());
    }

    [Fact]
    public void The_longer_and_stricter_pause_counts()
    {
        _client.Line("MULTI");
        _client.Line("CLIENT PAUSE 50000 ALL");
        _client.Line("CLIENT PAUSE 10 WRITE");
        _client.Line("INFO clients");
        Assert.Matches("paused_actions:all\r\npaused_timeout_milliseconds:(50|49)...\r", _client.Line("EXEC").Items[2].Text);
    }

    [Fact]
    public void Nothing_expires_in_a_pause()
    {
        _client.Line("SET k v EX 100");
        _client.Line("CLIENT PAUSE 600000 WRITE");
        _server.Clock.Advance(TimeSpan.FromSeconds(200));
        Assert.Equal("nil", _client.Line("GET k"));
        Assert.Equal("\"k\"", _client.Line("RANDOMKEY"));
        Assert.Equal(":1", _client.Line("DBSIZE"));
        Assert.Contains("expired_keys:0", _client.Line("INFO stats").Text, StringComparison.Ordinal);
        _client.Line("CLIENT UNPAUSE");
        Assert.Equal("nil", _client.Line("GET k"));
        Assert.Contains("expired_keys:1", _client.Line("INFO stats").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_write_in_the_transaction_that_pauses_replaces_an_expired_key()
    {
        _client.Line("SET k v PX 10");
        _client.Line("MULTI");
        _client.Line("CLIENT PAUSE 60000 WRITE");
        _client.Line("SET k w");
        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        _client.Line("EXEC");
        Assert.Equal("\"w\"", _client.Line("GET k"));
        Assert.Equal(":1", _client.Line("DBSIZE"));
    }

    [Fact]
    public void Unblock_does_not_reach_a_paused_client()
    {
        long id = _other.Line("CLIENT ID").Number;
        _client.Line("CLIENT PAUSE 60000 WRITE");
        _other.WriteRaw("BLPOP list 0\r\n");
        WaitForBlocked(1);
        Assert.Equal(":0", _client.Line($"CLIENT UNBLOCK {id}"));
        _client.Line("CLIENT UNPAUSE");
        TestClock.WaitUntil(() => _client.Line($"CLIENT UNBLOCK {id} error") == ":1", "a client that is blocked");
        Assert.StartsWith("-UNBLOCKED", _other.Read(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_paused_client_that_goes_is_forgotten()
    {
        _client.Line("CLIENT PAUSE 60000 WRITE");
        _other.WriteRaw("SET k v\r\n");
        WaitForBlocked(1);
        _other.Reset();
        WaitForBlocked(0);
        _client.Line("CLIENT UNPAUSE");
        Assert.Equal(":0", _client.Line("EXISTS k"));
    }

    [Fact]
    public void Clients_of_other_threads_wait_as_well()
    {
        using TestServer server = TestServer.WithIoThreads(3);
        RespClient[] clients = [.. Enumerable.Range(0, 9).Select(_ => server.Connect())];
        clients[0].Line("CLIENT PAUSE 60000 WRITE");
        for (int i = 1; i < clients.Length; i++) clients[i].WriteRaw("INCR k\r\nPING\r\n");
        TestClock.WaitUntil(() => server.OnEngine(engine => engine.Pause.WaitingCount) == clients.Length - 1, "clients that wait");
        clients[0].Line("CLIENT UNPAUSE");
        long sum = 0;
        for (int i = 1; i < clients.Length; i++)
        {
            sum += clients[i].Read().Number;
            Assert.Equal("+PONG", clients[i].Read());
        }
        Assert.Equal(36, sum);
        foreach (RespClient client in clients) client.Dispose();
    }

    private void WaitForBlocked(int count) =>
        TestClock.WaitUntil(() => _server.OnEngine(engine => engine.Blocked.Count + engine.Pause.WaitingCount) == count, $"{count} blocked clients");
}
