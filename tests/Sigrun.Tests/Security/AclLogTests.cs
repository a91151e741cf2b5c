using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Security;

/// <summary>ACL LOG, what INFO counts of refusals, and what other logs must not show.</summary>
public sealed class AclLogTests : IDisposable
{
    private readonly TestServer _server = new();
    private readonly RespClient _admin;
    private readonly RespClient _user;

    public AclLogTests()
    {
        _admin = _server.Connect();
        _user = _server.Connect();
        _admin.Line("ACL SETUSER u on >secret +@all -info ~a* resetchannels db=0");
        _user.Line("AUTH u secret");
    }

    public void Dispose()
    {
        _admin.Dispose();
        _user.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Refusals_are_entered_with_their_reason()
    {
        foreach (string command in (string[])["INFO", "GET b", "PUBLISH c m", "SELECT 1", "FLUSHALL", "AUTH u wrong", "HELLO 3 AUTH nobody x"])
            Assert.True(_user.Line(command).IsError, command);
        RespValue[] entries = _admin.Line("ACL LOG").Items;
        Assert.Equal(
            ["auth toplevel HELLO nobody", "auth toplevel AUTH u", "database toplevel flushall u", "database toplevel 1 u", "channel toplevel c u", "key toplevel b u", "command toplevel info u"],
            entries.Select(static e => $"{e.Items[3].Text} {e.Items[5].Text} {e.Items[7].Text} {e.Items[9].Text}"));
        Assert.Equal([6, 5, 4, 3, 2, 1, 0], entries.Select(static e => e.Items[15].Number));
        Assert.Contains(" cmd=info user=u ", entries[^1].Items[13].Text, StringComparison.Ordinal);
        string info = _admin.Line("INFO stats").Text;
        foreach (string field in (string[])["auth:2", "cmd:1", "key:1", "channel:1", "tls_cert:0", "db:2"])
            Assert.Contains($"acl_access_denied_{field}\r\n", info, StringComparison.Ordinal);
    }

    [Fact]
    public void Refusals_of_the_same_kind_are_counted_together_for_a_minute()
    {
        _user.Line("GET b");
        long created = _admin.Line("ACL LOG 1").Items[0].Items[17].Number;
        _server.Clock.Advance(TimeSpan.FromSeconds(50));
        _user.Line("GET b");
        RespValue[] entry = _admin.Line("ACL LOG").Items[0].Items;
        Assert.Equal([2, 0, created], [entry[1].Number, entry[15].Number, entry[17].Number]);
        Assert.InRange(entry[19].Number - created, 50_000, 60_000);
        _server.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.InRange(double.Parse(_admin.Line("ACL LOG").Items[0].Items[11].Text, System.Globalization.CultureInfo.InvariantCulture), 61, 90);
        _user.Line("GET b");
        Assert.Equal([1, 2], _admin.Line("ACL LOG").Items.Select(static e => e.Items[1].Number));
    }

    [Fact]
    public void The_context_tells_transactions_apart()
    {
        _user.Line("MULTI");
        _user.Line("GET b");
        _user.Line("DISCARD");
        _user.Line("MULTI");
        _user.Line("GET a");
        _admin.Line("ACL SETUSER u resetkeys");
        _user.Line("EXEC");
        RespValue[] entries = _admin.Line("ACL LOG").Items;
        Assert.Equal(["multi a", "multi b"], entries.Select(static e => $"{e.Items[5].Text} {e.Items[7].Text}"));
        Assert.Contains(" cmd=exec ", entries[0].Items[13].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_is_as_long_as_it_may_be()
    {
        _admin.Line("CONFIG SET acllog-max-len 3");
        for (int i = 0; i < 5; i++) _user.Line("GET b" + i);
        Assert.Equal(["b4", "b3", "b2"], _admin.Line("ACL LOG").Items.Select(static e => e.Items[7].Text));
        Assert.Equal(["b4"], _admin.Line("ACL LOG 1").Items.Select(static e => e.Items[7].Text));
        Assert.Empty(_admin.Line("ACL LOG -1").Items);
        _admin.Line("CONFIG SET acllog-max-len 0");
        Assert.Equal(3, _admin.Line("ACL LOG").Items.Length);
        _user.Line("GET b");
        Assert.Empty(_admin.Line("ACL LOG").Items);
        Assert.Equal("+OK", _admin.Line("ACL LOG RESET"));
    }

    [Fact]
    public void Passwords_do_not_show_in_the_slow_log()
    {
        _server.OnEngine(static engine =>
        {
            engine.SlowLog.Apply(threshold: 0, lengthMax: 128);
            return true;
        });
        _admin.Line("ACL SETUSER other on >topsecret");
        _admin.Line("AUTH other topsecret");
        _admin.Line("ACL GETUSER other");
        _admin.Line("AUTH default x");
        _admin.Line("ACL DELUSER other");
        string log = _admin.Line("SLOWLOG GET 100");
        Assert.DoesNotContain("topsecret", log, StringComparison.Ordinal);
        Assert.DoesNotContain("other", log, StringComparison.Ordinal);
        Assert.Contains("[\"ACL\", \"SETUSER\", \"(redacted)\", \"(redacted)\", \"(redacted)\"]", log, StringComparison.Ordinal);
    }
}
