using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Commands;

/// <summary>The filters of CLIENT LIST and CLIENT KILL.</summary>
public sealed class ClientFilterTests : IDisposable
{
    private readonly TestServer _server = new();
    private readonly RespClient _admin;
    private readonly RespClient _named;
    private readonly RespClient _unnamed;

    public ClientFilterTests()
    {
        _admin = _server.Connect();
        _named = _server.Connect();
        _unnamed = _server.Connect();
        Assert.Equal("+OK", _named.Line("CLIENT SETNAME x").ToString());
        Assert.Equal("+OK", _named.Line("SELECT 3").ToString());
    }

    public void Dispose()
    {
        _admin.Dispose();
        _named.Dispose();
        _unnamed.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Who_has_no_name_does_not_have_the_empty_one()
    {
        Assert.Equal("", List("NAME", ""));
        Assert.Equal("1 2 3", List("NOT-NAME", ""));
        Assert.Equal("", List("LIB-NAME", ""));
        Assert.Equal("1 2 3", List("NOT-LIB-VER", ""));
        Assert.Equal(":0", _admin.Send("CLIENT", "KILL", "NAME", "").ToString());
        Assert.Equal("+PONG", _unnamed.Line("PING").ToString());
    }

    [Fact]
    public void The_last_filter_of_a_kind_counts()
    {
        Assert.Equal("2", List("NAME", "y", "NAME", "x"));
        Assert.Equal("1 3", List("DB", "3", "DB", "0"));
        Assert.Equal("1 2 3", List("TYPE", "pubsub", "TYPE", "normal"));
        Assert.Equal("2", List("NAME", "x", "NOT-NAME", "y"));
    }

    [Fact]
    public void Any_of_several_ids_will_do()
    {
        Assert.Equal("1 3", List("ID", "1", "ID", "3"));
        Assert.Equal("2", List("NOT-ID", "1", "NOT-ID", "3"));
        Assert.Equal(":2", _admin.Send("CLIENT", "KILL", "ID", "2", "ID", "3").ToString());
    }

    /// <summary>The clients that pass, by their places in the order in which they came.</summary>
    private string List(params string[] filters)
    {
        string[] lines = _admin.Send(["CLIENT", "LIST", .. filters]).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return string.Join(' ', lines.Select(line => line.Split(' ')[0]["id=".Length..]).Order(StringComparer.Ordinal));
    }
}
