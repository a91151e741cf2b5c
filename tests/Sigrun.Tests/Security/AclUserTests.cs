using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Security;

/// <summary>Logging in, and what becomes of clients when their user changes.</summary>
public sealed class AclUserTests
{
    [Fact]
    public void Users_log_in_with_any_of_their_passwords()
    {
        using TestServer server = new();
        using RespClient client = server.Connect();
        const string Wrong = "-WRONGPASS invalid username-password pair or user is disabled.";
        CommandScript.Run(client, $"""
            ACL SETUSER u >one >two ~* +@all -> +OK
            AUTH u one -> {Wrong}
            ACL SETUSER u on -> +OK
            AUTH u three -> {Wrong}
            AUTH nobody one -> {Wrong}
            AUTH u two -> +OK
            ACL WHOAMI -> "u"
            ACL SETUSER u <two -> +OK
            AUTH u two -> {Wrong}
            ACL WHOAMI -> "u"
            HELLO 2 AUTH u two AUTH u one SETNAME n -> ["server", "valkey", "version", "9.1.0", "proto", :2, "id", :1, "mode", "standalone", "role", "master", "modules", []]
            RESET -> +RESET
            ACL WHOAMI -> "default"
            AUTH x -> -ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
            CLIENT LIST USER u -> ""
            CLIENT LIST USER nobody -> -ERR No such user 'nobody'
            """);
        Assert.Contains(" user=default ", client.Line("CLIENT LIST USER default").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_user_decides_whether_connections_have_to_log_in()
    {
        using TestServer server = new();
        using RespClient admin = server.Connect();
        admin.Line("ACL SETUSER admin on nopass ~* &* +@all");
        admin.Line("AUTH admin x");
        using RespClient early = server.Connect();
        Assert.Equal("+PONG", early.Line("PING"));

        admin.Line("ACL SETUSER default off");
        using RespClient late = server.Connect();
        Assert.Equal("-NOAUTH Authentication required.", late.Line("PING"));
        Assert.Equal("+PONG", early.Line("PING"));
        Assert.StartsWith("-NOAUTH HELLO must be called with the client already authenticated", late.Line("HELLO 3"), StringComparison.Ordinal);
        admin.Line("ACL SETUSER default on");
        Assert.Equal("+PONG", late.Line("PING"));
        admin.Line("ACL SETUSER default >secret");
        Assert.Equal("-NOAUTH Authentication required.", late.Line("PING"));
        Assert.Equal("+OK", late.Line("AUTH secret"));
        Assert.Equal("+PONG", late.Line("PING"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Clients_of_a_user_who_is_deleted_are_closed(int ioThreads)
    {
        using TestServer server = TestServer.WithIoThreads(ioThreads);
        using RespClient admin = server.Connect();
        using RespClient other = server.Connect();
        admin.Line("ACL SETUSER u on nopass ~* +@all");
        admin.Line("AUTH u x");
        other.Line("AUTH u x");
        using RespClient unaffected = server.Connect();
        Assert.Equal("+PONG", unaffected.Line("PING"));
        admin.WriteRaw([.. RespClient.Request("ACL", "DELUSER", "u"), .. RespClient.Request("SET", "a", "1")]);
        Assert.Equal(":1\r\n", admin.ReadToEnd());
        Assert.Equal("", other.ReadToEnd());
        Assert.Equal("nil", unaffected.Line("GET a"));
    }

    [Fact]
    public void What_a_deleted_user_waited_for_stays()
    {
        using TestServer server = new();
        using RespClient admin = server.Connect();
        using RespClient client = server.Connect();
        admin.Line("ACL SETUSER u on nopass ~* +@all");
        client.Line("AUTH u x");
        client.Write("BLPOP", "list", "0");
        TestClock.WaitUntil(() => server.OnEngine(static engine => engine.Blocked.Count) == 1, "the client to wait");
        admin.WriteRaw([.. RespClient.Request("ACL", "DELUSER", "u"), .. RespClient.Request("RPUSH", "list", "a"), .. RespClient.Request("LLEN", "list")]);
        Assert.Equal(":1", admin.Read());
        Assert.Equal(":1", admin.Read());
        Assert.Equal(":1", admin.Read());
        Assert.Equal("", client.ReadToEnd());
    }

    [Theory]
    [InlineData("SUBSCRIBE news:1", "resetchannels &news:1 &other", false)]
    [InlineData("SUBSCRIBE news:1", "resetchannels &other", true)]
    [InlineData("SSUBSCRIBE news:1", "resetchannels", true)]
    [InlineData("PSUBSCRIBE news:*", "resetchannels &news:1", true)]
    [InlineData("PSUBSCRIBE news:*", "resetchannels &news:* &b", false)]
    [InlineData("PSUBSCRIBE news:*", "allchannels", false)]
    [InlineData("PING", "resetchannels", false)]
    public void Subscribers_are_closed_when_they_may_not_listen_any_more(string command, string rules, bool isClosed)
    {
        using TestServer server = new();
        using RespClient admin = server.Connect();
        using RespClient subscriber = server.Connect();
        using RespClient witness = server.Connect();
        witness.Line("SUBSCRIBE anything");
        admin.Line("ACL SETUSER u on nopass +@all ~* &news:*");
        subscriber.Line("AUTH u x");
        admin.Line("ACL SETUSER u allchannels");
        subscriber.Line(command);
        Assert.Equal("+OK", admin.Line("ACL SETUSER u " + rules));
        if (isClosed) Assert.Equal("", subscriber.ReadToEnd());
        else Assert.False(subscriber.Line("PING").IsError);
    }

    [Fact]
    public void A_subscriber_who_takes_the_channel_from_himself_gets_the_reply()
    {
        using TestServer server = new();
        using RespClient client = server.Connect();
        client.Line("ACL SETUSER u on nopass +@all &a");
        client.Line("HELLO 3");
        client.Line("AUTH u x");
        client.Line("SUBSCRIBE a");
        client.Write("ACL", "SETUSER", "u", "resetchannels");
        Assert.Equal("+OK\r\n", client.ReadToEnd());
    }
}
