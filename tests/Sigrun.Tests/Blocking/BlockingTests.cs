using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Blocking;

/// <summary>Clients that wait for keys, with all connections on the engine's thread and with I/O threads.</summary>
public abstract class BlockingTests : IDisposable
{
    private readonly TestServer _server;
    private readonly List<RespClient> _clients = [];
    private readonly RespClient _writer;

    protected BlockingTests(int ioThreads)
    {
        _server = TestServer.WithIoThreads(ioThreads);
        _writer = Connect();
    }

    public void Dispose()
    {
        foreach (RespClient client in _clients) client.Dispose();
        _server.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_client_waits_until_there_is_something()
    {
        RespClient waiter = Blocked("BLPOP", "k", "0");
        Assert.Equal(":2", _writer.Line("RPUSH k a b"));
        Assert.Equal("""["k", "a"]""", waiter.Read());
        Assert.Equal("""["b"]""", _writer.Line("LRANGE k 0 -1"));
        Assert.Equal("+PONG", waiter.Line("PING"));
    }

    [Fact]
    public void Whoever_came_first_is_served_first()
    {
        RespClient[] waiters = [.. Enumerable.Range(0, 5).Select(_ => Blocked("BRPOP", "k", "0"))];
        Assert.Equal(":3", _writer.Line("RPUSH k a b c"));
        Assert.Equal("""["k", "c"]""", waiters[0].Read());
        Assert.Equal("""["k", "b"]""", waiters[1].Read());
        Assert.Equal("""["k", "a"]""", waiters[2].Read());
        Assert.Equal(2, BlockedCount);
        Assert.Equal(":0", _writer.Line("EXISTS k"));
    }

    [Fact]
    public void The_first_key_with_something_serves()
    {
        RespClient waiter = Blocked("BLPOP", "a", "b", "c", "b", "0");
        _writer.WriteRaw("MULTI\r\nRPUSH c 3\r\nRPUSH b 2\r\nEXEC\r\n");
        for (int i = 0; i < 4; i++) _writer.Read();
        Assert.Equal("""["b", "2"]""", waiter.Read());
        Assert.Equal(0, _server.OnEngine(engine => engine.Blocked.KeyCount));
    }

    [Fact]
    public void What_a_transaction_leaves_is_what_counts()
    {
        RespClient waiter = Blocked("BLPOP", "k", "0");
        _writer.WriteRaw("MULTI\r\nRPUSH k 1\r\nDEL k\r\nEXEC\r\n");
        for (int i = 0; i < 4; i++) _writer.Read();
        Assert.Equal(1, BlockedCount);
        Assert.Equal(":1", _writer.Line("RPUSH k 2"));
        Assert.Equal("""["k", "2"]""", waiter.Read());
    }

    [Fact]
    public void Another_type_wakes_nobody()
    {
        RespClient waiter = Blocked("BLPOP", "k", "0");
        Assert.Equal("+OK", _writer.Line("SET k word"));
        Assert.Equal(1, BlockedCount);
        Assert.Equal(":1", _writer.Line("DEL k"));
        Assert.Equal(":1", _writer.Line("LPUSH k x"));
        Assert.Equal("""["k", "x"]""", waiter.Read());
    }

    [Theory]
    [InlineData("RENAME other k")]
    [InlineData("COPY other k")]
    [InlineData("SWAPDB 0 1")]
    [InlineData("LMOVE other k LEFT LEFT")]
    public void A_list_may_come_in_many_ways(string command)
    {
        RespClient waiter = Blocked("BLPOP", "k", "0");
        Assert.Equal(":1", _writer.Line("RPUSH other x"));
        _writer.WriteRaw("SELECT 1\r\nRPUSH k x\r\nSELECT 0\r\n");
        for (int i = 0; i < 3; i++) _writer.Read();
        Assert.False(_writer.Line(command).IsError);
        Assert.Equal("""["k", "x"]""", waiter.Read());
    }

    [Fact]
    public void A_chain_of_waits_is_served_in_one_go()
    {
        RespClient first = Blocked("BLMOVE", "a", "b", "LEFT", "RIGHT", "0");
        RespClient second = Blocked("BLMOVE", "b", "c", "LEFT", "RIGHT", "0");
        RespClient third = Blocked("BLPOP", "c", "0");
        Assert.Equal(":1", _writer.Line("RPUSH a x"));
        Assert.Equal(":0", _writer.Line("EXISTS a b c"));
        Assert.Equal("\"x\"", first.Read());
        Assert.Equal("\"x\"", second.Read());
        Assert.Equal("""["c", "x"]""", third.Read());
    }

    [Fact]
    public void Waiting_ends_in_time()
    {
        RespClient array = Blocked("BLPOP", "k", "3000.5");
        RespClient value = Blocked("BLMOVE", "k", "l", "LEFT", "LEFT", "1000");
        RespClient late = Blocked("BLPOP", "k", "9000");
        _server.Clock.Advance(TimeSpan.FromSeconds(1000));
        Assert.Equal("nil", value.Read());
        Assert.Equal(2, BlockedCount);
        _server.Clock.Advance(TimeSpan.FromSeconds(2000.5));
        Assert.Equal("nil", array.Read());
        Assert.Equal(":1", _writer.Line("RPUSH k x"));
        Assert.Equal("""["k", "x"]""", late.Read());
    }

    /// <summary>Only zero itself waits for ever.</summary>
    [Theory]
    [InlineData("0.0000001")]
    [InlineData("1e-400")]
    public void The_shortest_waits_end(string seconds)
    {
        using RespClient client = Connect();
        Assert.Equal("nil", client.Send("BZPOPMIN", "k", seconds));
    }

    [Fact]
    public void Requests_behind_a_blocking_one_wait_with_it()
    {
        RespClient waiter = Connect();
        waiter.WriteRaw("PING\r\nBLPOP k 0\r\nLPUSH l 1\r\nBLPOP k 0\r\nPING\r\n");
        Assert.Equal("+PONG", waiter.Read());
        WaitUntilBlocked(1);
        Assert.Equal(":0", _writer.Line("EXISTS l"));
        waiter.WriteRaw("LPUSH l 2\r\n");
        Assert.Equal(":1", _writer.Line("RPUSH k x"));
        Assert.Equal("""["k", "x"]""", waiter.Read());
        Assert.Equal(":1", waiter.Read());
        WaitUntilBlocked(1);
        Assert.Equal(":1", _writer.Line("RPUSH k y"));
        Assert.Equal("""["k", "y"]""", waiter.Read());
        Assert.Equal("+PONG", waiter.Read());
        Assert.Equal(":2", waiter.Read());
    }

    [Fact]
    public void A_client_that_goes_takes_nothing()
    {
        RespClient gone = Blocked("BLPOP", "k", "0");
        RespClient waiter = Blocked("BLPOP", "k", "0");
        gone.Reset();
        WaitUntilBlocked(1);
        Assert.Equal(":1", _writer.Line("RPUSH k x"));
        Assert.Equal("""["k", "x"]""", waiter.Read());
    }

    [Fact]
    public void A_client_that_ends_its_requests_is_gone()
    {
        RespClient gone = Blocked("BLPOP", "k", "0");
        gone.WriteRaw("PING\r\n");
        gone.EndOfRequests();
        Assert.Equal("", gone.ReadToEnd());
        WaitUntilBlocked(0);
    }

    [Fact]
    public void A_waiting_client_can_be_woken_or_killed()
    {
        RespClient patient = Blocked("BLPOP", "k", "0");
        RespClient impatient = Blocked("BLMOVE", "k", "l", "LEFT", "LEFT", "0");
        RespClient killed = Blocked("BLPOP", "k", "0");
        Assert.Equal(":1", _writer.Send("CLIENT", "UNBLOCK", IdOf(patient)));
        Assert.Equal("nil", patient.Read());
        Assert.Equal(":0", _writer.Send("CLIENT", "UNBLOCK", IdOf(patient)));
        Assert.Equal(":1", _writer.Send("CLIENT", "UNBLOCK", IdOf(impatient), "ERROR"));
        Assert.Equal("-UNBLOCKED client unblocked via CLIENT UNBLOCK", impatient.Read());
        Assert.Equal(":1", _writer.Send("CLIENT", "KILL", "ID", IdOf(killed)));
        Assert.Equal("", killed.ReadToEnd());
        WaitUntilBlocked(0);
        Assert.Equal("-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR", _writer.Send("CLIENT", "UNBLOCK", "1", "NOW"));
        Assert.Equal("+PONG", patient.Line("PING"));
    }

    /// <summary>What comes behind CLIENT KILL is not for the client that was killed, whose connection ends a little later.</summary>
    [Fact]
    public void Who_was_killed_takes_nothing_any_more()
    {
        RespClient waiter = Blocked("BLPOP", "k", "0");
        _writer.WriteRaw([.. RespClient.Request("CLIENT", "KILL", "ID", IdOf(waiter)), .. RespClient.Request("RPUSH", "k", "x"), .. RespClient.Request("LLEN", "k")]);
        Assert.Equal(":1", _writer.Read());
        Assert.Equal(":1", _writer.Read());
        Assert.Equal(":1", _writer.Read());
        Assert.Equal("", waiter.ReadToEnd());
    }

    [Fact]
    public void Who_was_killed_is_met_nowhere_any_more()
    {
        RespClient listener = Connect();
        listener.Line("SUBSCRIBE news");
        string id = IdOf(listener);
        foreach (string line in (string[])["CLIENT KILL ID " + id, "PUBLISH news x", "CLIENT LIST ID " + id, "PUBSUB CHANNELS", "CLIENT KILL ID " + id])
            _writer.Write(line.Split(' '));
        Assert.Equal(":1", _writer.Read());
        Assert.Equal(":0", _writer.Read());
        Assert.Equal("", _writer.Read().Text);
        Assert.Equal("[]", _writer.Read());
        Assert.Equal(":0", _writer.Read());
        Assert.Equal("", listener.ReadToEnd());
    }

    [Fact]
    public void Nobody_waits_within_a_transaction() => CommandScript.Run(_writer, """
        MULTI -> +OK
        BLPOP k 0 -> +QUEUED
        BLMOVE k l LEFT LEFT 0 -> +QUEUED
        EXEC -> [nil, nil]
        """);

    [Fact]
    public void Timeouts_are_checked() => CommandScript.Run(_writer, """
        BLPOP k -1 -> -ERR timeout is negative
        BLPOP k x -> -ERR timeout is not a float or out of range
        BLPOP k 1e300 -> -ERR timeout is out of range
        BLPOP k 9223372036854775 -> -ERR timeout is out of range
        """);

    [Fact]
    public void Commands_are_counted_when_they_end()
    {
        RespClient waiter = Blocked("BLPOP", "k", "0");
        Assert.DoesNotContain("cmdstat_blpop", _writer.Line("INFO commandstats").Text, StringComparison.Ordinal);
        string clients = _writer.Line("INFO clients").Text;
        Assert.Contains("blocked_clients:1\r\n", clients, StringComparison.Ordinal);
        Assert.Contains("total_blocking_keys:1\r\n", clients, StringComparison.Ordinal);
        Assert.Contains(" flags=b ", _writer.Send("CLIENT", "LIST", "ID", IdOf(waiter)).Text, StringComparison.Ordinal);
        Assert.Equal(":1", _writer.Line("RPUSH k x"));
        Assert.Equal("""["k", "x"]""", waiter.Read());
        Assert.Contains("cmdstat_blpop:calls=1,", _writer.Line("INFO commandstats").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_thousand_pops_meet_ten_thousand_pushes()
    {
        const int Count = 10_000;
        const int Poppers = 8;
        BackgroundThread[] poppers = [.. Enumerable.Range(0, Poppers).Select(_ => Pop(Connect(), Count / Poppers))];
        byte[] pushes = [.. Enumerable.Range(0, 50).SelectMany(_ => RespClient.Request("RPUSH", "jobs", "x"))];
        for (int sent = 0; sent < Count; sent += 50)
        {
            _writer.WriteRaw(pushes);
            for (int i = 0; i < 50; i++) Assert.Equal(':', _writer.Read().Kind);
        }
        foreach (BackgroundThread popper in poppers) popper.Join();
        Assert.Equal(":0", _writer.Line("EXISTS jobs"));
        Assert.Equal(0, BlockedCount);
    }

    private static BackgroundThread Pop(RespClient client, int count) => new(() =>
    {
        for (int i = 0; i < count; i++) Assert.Equal("""["jobs", "x"]""", client.Line("BLPOP jobs 0"));
    });

    private int BlockedCount => _server.OnEngine(engine => engine.Blocked.Count);

    private RespClient Connect()
    {
        RespClient client = _server.Connect();
        _clients.Add(client);
        return client;
    }

    private RespClient Blocked(params string[] command)
    {
        int before = BlockedCount;
        RespClient client = Connect();
        client.Write(command);
        WaitUntilBlocked(before + 1);
        return client;
    }

    private void WaitUntilBlocked(int count) => TestClock.WaitUntil(() => BlockedCount == count, $"{count} blocked clients");

    private string IdOf(RespClient client) => _server.OnEngine(engine =>
        $"{engine.Clients.All.First(c => c.Connection?.RemoteAddress == client.LocalAddress).Id}");
}

/// <summary>With all connections on the engine's thread.</summary>
public sealed class BlockingOnEngineThreadTests() : BlockingTests(1);

/// <summary>With connections on I/O threads.</summary>
public sealed class BlockingOnIoThreadsTests() : BlockingTests(3);
