using System.Text;
using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Commands;

/// <summary>rename-command: commands by another name, or none.</summary>
public sealed class RenamedCommandTests : IDisposable
{
    private readonly TestServer _server = new(Rename);
    private readonly RespClient _client;

    public RenamedCommandTests() => _client = _server.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void OnlyTheNewNameIsKnown()
    {
        Assert.Equal("-ERR unknown command 'get', with args beginning with: 'a' ", _client.Line("get a"));
        Assert.Equal("+OK", _client.Line("set a 1"));
        Assert.Equal("\"1\"", _client.Line("Fetch a"));
        Assert.Equal(":1", _client.Line("DEL a"));
        Assert.Equal("-ERR unknown command 'FLUSHALL', with args beginning with: ", _client.Line("FLUSHALL"));
        Assert.Equal("-ERR wrong number of arguments for 'get' command", _client.Line("fetch"));
    }

    [Fact]
    public void SubcommandsFollowTheirContainer()
    {
        Assert.Equal("[\"port\", \"6379\"]", _client.Line("settings get port"));
        Assert.Equal("-ERR unknown subcommand 'nonesuch'. Try SETTINGS HELP.", _client.Line("settings nonesuch"));
        Assert.StartsWith("-ERR unknown command 'config'", _client.Line("config get port").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void CommandTellsOfThemByTheNamesTheyWereDeclaredWith()
    {
        Assert.Equal("\"get\"", _client.Line("COMMAND INFO fetch").Items[0].Items[0].ToString());
        Assert.Equal("nil", _client.Line("COMMAND INFO flushall").Items[0].ToString());
        Assert.Equal("[\"get\"]", _client.Line("COMMAND LIST FILTERBY PATTERN get"));
        Assert.Equal("[]", _client.Line("COMMAND LIST FILTERBY PATTERN flushall"));
        Assert.Equal(_client.Line("COMMAND COUNT").Number, _client.Line("COMMAND").Items.Length);
        Assert.Equal("[\"a\"]", _client.Line("COMMAND GETKEYS fetch a"));
        Assert.Equal("-ERR Invalid command specified", _client.Line("COMMAND GETKEYS get a"));
        _client.Line("fetch a");
        Assert.Contains("cmdstat_get:calls=1,", _client.Line("INFO commandstats").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void UsersAreGivenThemByTheNamesTheyWereDeclaredWith()
    {
        Assert.Equal("+OK", _client.Line("ACL SETUSER bob on nopass ~* +get"));
        using RespClient bob = _server.Connect();
        bob.Line("AUTH bob x");
        Assert.Equal("nil", bob.Line("fetch a"));
        Assert.Equal("+OK", _client.Line("ACL DRYRUN bob fetch a"));
    }

    [Fact]
    public void TwoMayChangePlaces()
    {
        SecuritySettings security = new();
        Assert.Null(security.CommandNames.Rename("get"u8.ToArray(), "x"u8.ToArray()));
        Assert.Null(security.CommandNames.Rename("set"u8.ToArray(), "get"u8.ToArray()));
        Assert.Null(security.CommandNames.Rename("x"u8.ToArray(), "set"u8.ToArray()));
        Assert.Equal(Sigrun.Commands.CommandTable.Lookup("set"u8), security.CommandNames.Lookup("GET"u8));
        Assert.Equal(Sigrun.Commands.CommandTable.Lookup("get"u8), security.CommandNames.Lookup("Set"u8));
        Assert.Equal(-1, security.CommandNames.Lookup("x"u8));
    }

    private static void Rename(EngineSettings settings)
    {
        foreach ((string from, string to) in (ReadOnlySpan<(string, string)>)[("GET", "fetch"), ("FLUSHALL", ""), ("CONFIG", "settings")])
            Assert.Null(settings.Security.CommandNames.Rename(Encoding.ASCII.GetBytes(from), Encoding.ASCII.GetBytes(to)));
    }
}
