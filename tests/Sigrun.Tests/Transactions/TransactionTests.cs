using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Transactions;

/// <summary>MULTI, EXEC, DISCARD, WATCH and UNWATCH as clients see them.</summary>
public sealed class TransactionTests : IDisposable
{
    private readonly TestServer _server = new(static settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes, checking: true);
    private readonly RespClient _client;
    private readonly RespClient _other;

    public TransactionTests()
    {
        _client = _server.Connect();
        _other = _server.Connect();
    }

    public void Dispose()
    {
        _client.Dispose();
        _other.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Queued_requests_run_at_once() => CommandScript.Run(_client, """
        MULTI -> +OK
        SET x 1 -> +QUEUED
        INCR x -> +QUEUED
        LCS x -> -ERR wrong number of arguments for 'lcs' command
        EXEC -> -EXECABORT Transaction discarded because of previous errors.
        GET x -> nil
        MULTI -> +OK
        SET x 1 -> +QUEUED
        INCR x -> +QUEUED
        EXEC -> [+OK, :2]
        GET x -> "2"
        EXEC -> -ERR EXEC without MULTI
        """);

    /// <summary>What will not run takes no memory.</summary>
    [Fact]
    public void A_lost_transaction_keeps_nothing()
    {
        CommandScript.Run(_client, """
            WATCH x -> +OK
            MULTI -> +OK
            SET x 2 -> +QUEUED
            """);
        _other.Line("SET x 1");
        CommandScript.Run(_client, "SET x 3 -> +QUEUED");
        string List() => _other.Line("CLIENT LIST NOT-ID " + _other.Line("CLIENT ID").Number).Text;
        Assert.Contains(" multi=0 ", List(), StringComparison.Ordinal);
        CommandScript.Run(_client, """
            EXEC -> nil
            MULTI -> +OK
            SET x 2 -> +QUEUED
            GET -> -ERR wrong number of arguments for 'get' command
            SET x 3 -> +QUEUED
            """);
        Assert.Contains(" multi=0 ", List(), StringComparison.Ordinal);
        Assert.StartsWith("-EXECABORT", _client.Line("EXEC").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_is_known_by_what_it_has_sent_last()
    {
        string LastCommand() => _other.Line("CLIENT LIST NOT-ID " + _other.Line("CLIENT ID").Number).Text.Split(" cmd=")[1].Split(' ')[0];
        _client.Line("MULTI");
        _client.Line("CLIENT INFO");
        Assert.Equal("client|info", LastCommand());
        Assert.Contains(" cmd=exec ", _client.Line("EXEC").Items[0].Text, StringComparison.Ordinal);
        _client.Line("GET");
        Assert.Equal("get", LastCommand());
        _client.Line("NONSENSE");
        Assert.Equal("NULL", LastCommand());
    }

    [Fact]
    public void A_failing_request_does_not_stop_the_others() => CommandScript.Run(_client, """
        MULTI -> +OK
        SET x word -> +QUEUED
        INCR x -> +QUEUED
        APPEND x s -> +QUEUED
        EXEC -> [+OK, -ERR value is not an integer or out of range, :5]
        """);

    [Fact]
    public void What_cannot_be_queued_aborts() => CommandScript.Run(_client, """
        MULTI -> +OK
        MULTI -> -ERR Command 'multi' not allowed inside a transaction
        SET x 1 -> +QUEUED
        EXEC -> -EXECABORT Transaction discarded because of previous errors.
        MULTI -> +OK
        WATCH x -> -ERR Command 'watch' not allowed inside a transaction
        DISCARD -> +OK
        DISCARD -> -ERR DISCARD without MULTI
        GET x -> nil
        """);

    [Fact]
    public void The_database_can_change_within() => CommandScript.Run(_client, """
        MULTI -> +OK
        SELECT 5 -> +QUEUED
        SET x five -> +QUEUED
        EXEC -> [+OK, +OK]
        GET x -> "five"
        SELECT 0 -> +OK
        GET x -> nil
        """);

    [Theory]
    [InlineData("SET x 2")]
    [InlineData("DEL x")]
    [InlineData("EXPIRE x 100")]
    [InlineData("FLUSHDB")]
    [InlineData("FLUSHALL")]
    [InlineData("SWAPDB 0 1")]
    [InlineData("RENAME x z")]
    [InlineData("MOVE x 3")]
    [InlineData("COPY other x REPLACE")]
    public void A_change_of_a_watched_key_undoes_the_transaction(string change)
    {
        CommandScript.Run(_client, """
            MSET x 1 other 3 -> +OK
            WATCH x -> +OK
            """);
        Assert.False(_other.Send(change.Split(' ')).IsError);
        CommandScript.Run(_client, """
            MULTI -> +OK
            SET y 1 -> +QUEUED
            EXEC -> nil
            GET y -> nil
            MULTI -> +OK
            PING -> +QUEUED
            EXEC -> [+PONG]
            """);
    }

    [Theory]
    [InlineData("GET x")]
    [InlineData("SET other 4")]
    [InlineData("SELECT 0")]
    [InlineData("SWAPDB 2 1")]
    [InlineData("PERSIST x")]
    public void Anything_else_does_not(string request)
    {
        CommandScript.Run(_client, """
            SET x 1 -> +OK
            WATCH x -> +OK
            """);
        Assert.False(_other.Send(request.Split(' ')).IsError);
        CommandScript.Run(_client, """
            MULTI -> +OK
            PING -> +QUEUED
            EXEC -> [+PONG]
            """);
    }

    [Fact]
    public void Unwatching_forgets_changes()
    {
        CommandScript.Run(_client, "WATCH x -> +OK");
        CommandScript.Run(_other, "SET x 1 -> +OK");
        CommandScript.Run(_client, """
            UNWATCH -> +OK
            MULTI -> +OK
            GET x -> +QUEUED
            EXEC -> ["1"]
            """);
    }

    [Fact]
    public void The_end_of_a_watched_keys_time_is_a_change()
    {
        CommandScript.Run(_client, """
            SET x 1 PX 100000 -> +OK
            WATCH x -> +OK
            """);
        _server.Clock.Advance(TimeSpan.FromSeconds(200));
        CommandScript.Run(_client, """
            MULTI -> +OK
            PING -> +QUEUED
            EXEC -> nil
            """);
    }

    [Fact]
    public void Removal_after_the_end_of_its_time_is_none()
    {
        CommandScript.Run(_client, """
            DEBUG SET-ACTIVE-EXPIRE 0 -> +OK
            SET x 1 PX 1000 -> +OK
            """);
        _server.Clock.Advance(TimeSpan.FromSeconds(2));
        CommandScript.Run(_client, "WATCH x -> +OK");
        CommandScript.Run(_other, "GET x -> nil");
        CommandScript.Run(_client, """
            MULTI -> +OK
            PING -> +QUEUED
            EXEC -> [+PONG]
            """);
    }

    [Theory]
    [InlineData("FLUSHALL")]
    [InlineData("FLUSHDB")]
    [InlineData("SWAPDB 0 1")]
    public void Many_watched_keys_may_go_at_once(string change)
    {
        CommandScript.Run(_client, """
            MSET a 1 b 2 c 3 -> +OK
            WATCH a b c -> +OK
            """);
        CommandScript.Run(_other, "WATCH c b a -> +OK");
        Assert.Equal("+OK", _other.Line(change));
        Assert.Equal(":0", _other.Line("DBSIZE"));
        Assert.Contains("watch=3", _other.Line("CLIENT INFO").Text, StringComparison.Ordinal);
        foreach (RespClient client in (RespClient[])[_client, _other])
        {
            CommandScript.Run(client, """
                MULTI -> +OK
                EXEC -> nil
                """);
        }
        Assert.Equal(0, _server.OnEngine(engine => engine.WatchedKeys.KeyCount));
    }

    [Fact]
    public void An_EXEC_that_cannot_run_ends_the_transaction() => CommandScript.Run(_client, """
        MULTI -> +OK
        EXEC now -> -EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
        PING -> +PONG
        """);

    [Fact]
    public void An_EXEC_that_is_refused_says_so_without_a_transaction_too()
    {
        using TestServer server = new(static s => s.Security.RequirePass = "secret");
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            EXEC -> -EXECABORT Transaction discarded because of: NOAUTH Authentication required.
            AUTH secret -> +OK
            EXEC -> -ERR EXEC without MULTI
            EXEC now -> -EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
            """);
    }

    [Fact]
    public void Clients_are_told_about()
    {
        CommandScript.Run(_client, """
            CLIENT SETNAME tester -> +OK
            WATCH x y -> +OK
            MULTI -> +OK
            PING -> +QUEUED
            """);
        string line = _other.Send("CLIENT", "LIST", "NAME", "tester").Text;
        Assert.Contains(" flags=x ", line, StringComparison.Ordinal);
        Assert.Contains(" multi=1 watch=2 ", line, StringComparison.Ordinal);
        string info = _other.Send("INFO", "clients").Text;
        Assert.Contains("watching_clients:1\r\n", info, StringComparison.Ordinal);
        Assert.Contains("total_watched_keys:2\r\n", info, StringComparison.Ordinal);
        CommandScript.Run(_client, "RESET -> +RESET");
        Assert.Contains("watching_clients:0\r\n", _other.Send("INFO", "clients").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_that_goes_leaves_nothing_watched()
    {
        using (RespClient gone = _server.Connect()) CommandScript.Run(gone, "WATCH x -> +OK");
        TestClock.WaitUntil(() => _server.OnEngine(engine => engine.WatchedKeys.KeyCount) == 0, "end of the watch");
        Assert.False(_server.OnEngine(engine => engine.Observers.IsActive));
    }
}
