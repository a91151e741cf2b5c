using System.Text.RegularExpressions;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Observability;

/// <summary>MONITOR: every command, as it ran.</summary>
public sealed partial class MonitorTests : IDisposable
{
    private readonly TestServer _server = new();
    private readonly RespClient _monitor;
    private readonly RespClient _client;

    public MonitorTests()
    {
        _monitor = _server.Connect();
        _client = _server.Connect();
        Assert.Equal("+OK", _monitor.Line("MONITOR").ToString());
    }

    public void Dispose()
    {
        _monitor.Dispose();
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void A_line_has_the_time_the_database_and_the_client()
    {
        _client.Line("SELECT 3");
        _client.Send("ECHO", "quote\" backslash\\ end\r\n tab\t bell\a\b \x7f");
        Match line = Line().Match(Read("SELECT"));
        Assert.Equal(("3", _client.LocalAddress), (line.Groups[2].Value, line.Groups[3].Value));
        double seconds = double.Parse(line.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(seconds, _server.Clock.UnixMilliseconds / 1000.0 - 20, _server.Clock.UnixMilliseconds / 1000.0 + 1);
        Assert.Equal("\"ECHO\" \"quote\\\" backslash\\\\ end\\r\\n tab\\t bell\\a\\b \\x7f\"", Next());
    }

    [Fact]
    public void Transactions_show_in_the_order_in_which_they_run()
    {
        foreach (string command in (string[])["MULTI", "SET a 1", "NONSENSE x", "EXEC", "MULTI", "SET a 1", "GET a", "EXEC"]) _client.Line(command);
        string[] expected = ["\"MULTI\"", "\"EXEC\"", "\"MULTI\"", "\"SET\" \"a\" \"1\"", "\"GET\" \"a\"", "\"EXEC\""];
        Assert.Equal(expected, expected.Select(_ => Next()));
    }

    [Fact]
    public void A_command_that_waits_shows_once()
    {
        using RespClient waiter = _server.Connect();
        waiter.Write("BLPOP", "list", "0");
        Assert.Equal("\"BLPOP\" \"list\" \"0\"", Next());
        _client.Line("RPUSH list x");
        Assert.Equal("\"RPUSH\" \"list\" \"x\"", Next());
        _client.Line("PING");
        Assert.Equal("\"PING\"", Next());
    }

    [Fact]
    public void Secrets_and_what_administrators_do_stay_away()
    {
        _client.Line("AUTH someone secret");
        _client.Line("HELLO 2 AUTH someone secret");
        _client.Line("CONFIG SET requirepass secret");
        _client.Line("ACL SETUSER someone on >secret");
        _client.Line("PING");
        string[] expected = ["\"AUTH\" \"(redacted)\" \"(redacted)\"", "\"HELLO\" \"2\" \"AUTH\" \"(redacted)\" \"(redacted)\"", "\"PING\""];
        Assert.Equal(expected, expected.Select(_ => Next()));
    }

    [Fact]
    public void Who_listens_cannot_work_with_data_until_a_reset()
    {
        Assert.Equal("-ERR Replica can't interact with the keyspace", _monitor.Line("GET a").ToString());
        Assert.Contains(" flags=O ", _client.Line("CLIENT LIST").Text, StringComparison.Ordinal);
        Assert.Equal("+RESET", _monitor.Line("RESET").ToString());
        _client.Line("GET a");
        Assert.Equal("nil", _monitor.Line("GET a").ToString());
        Assert.DoesNotContain(" flags=O ", _client.Line("CLIENT LIST").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_does_not_begin_within_a_transaction()
    {
        CommandScript.Run(_client, """
            MULTI -> +OK
            MONITOR -> +QUEUED
            EXEC -> [-ERR MONITOR isn't allowed for DENY BLOCKING client]
            """);
    }

    [GeneratedRegex("^\\+?([0-9]+\\.[0-9]{6}) \\[([0-9]+) ([^ \\]]+)\\] (.*)$")]
    private static partial Regex Line();

    private string Next() => Line().Match(_monitor.Read().Text).Groups[4].Value;

    private string Read(string command)
    {
        string line = _monitor.Read().Text;
        Assert.Contains(command, line, StringComparison.Ordinal);
        return line;
    }
}
