using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Security.Ldap;

/// <summary>The directives, on a server of its own.</summary>
public sealed class LdapConfigurationTests(LdapDirectory directory) : IClassFixture<LdapDirectory>
{
    [Fact]
    public void All_of_it_can_be_changed_at_run_time()
    {
        using ServerProcess server = ServerProcess.StartSigrun();
        using RespClient admin = server.Connect();
        admin.Line("ACL SETUSER bob on resetpass +@all");
        admin.Line("ACL SETUSER e1 on resetpass +@all");
        Assert.Equal("", admin.Line("INFO ldap").Text);
        Assert.StartsWith("-WRONGPASS", LogIn(server, "bob", "bob-secret"), StringComparison.Ordinal);
        Assert.Equal("+OK", admin.Send("CONFIG", "SET", "ldap.servers", directory.Url, "ldap.bind_dn_suffix", ",dc=example,dc=com"));
        Assert.Equal("+OK", LogIn(server, "bob", "bob-secret"));
        Assert.StartsWith("# ldap_status\r\nldap_server_0:host=127.0.0.1,status=healthy", admin.Line("INFO ldap").Text, StringComparison.Ordinal);
        Assert.Equal("+OK", admin.Line("CONFIG SET ldap.auth_mode search+bind ldap.search_base dc=example,dc=com"));
        Assert.Equal("+OK", LogIn(server, "e1", "eve-secret"));
        Assert.Equal("+OK", admin.Line("CONFIG SET ldap.search_scope one"));
        Assert.StartsWith("-WRONGPASS", LogIn(server, "e1", "eve-secret"), StringComparison.Ordinal);
        Assert.Equal("+OK", admin.Send("CONFIG", "SET", "ldap.servers", ""));
        Assert.Equal("", admin.Line("INFO ldap").Text);
    }

    [Fact]
    public void A_server_may_start_with_it()
    {
        using ServerProcess server = ServerProcess.StartSigrun("--ldap.servers", $"ldap://127.0.0.1:1 {directory.Url}",
            "--ldap.bind_dn_suffix", ",dc=example,dc=com", "--user", "bob", "on", "+@all");
        Assert.Equal("+OK", LogIn(server, "bob", "bob-secret"));
        Assert.Equal(0, server.Terminate());
    }

    [Theory]
    [InlineData("ldap.servers", "localhost", "'localhost' is not a URL such as ldap://host:389; servers are separated by blanks")]
    [InlineData("ldap.servers", "http://localhost", "the scheme of an LDAP server is ldap or ldaps, not 'http'")]
    [InlineData("ldap.servers", "ldap://a,ldap://b", "'ldap://a,ldap://b' is not a URL such as ldap://host:389; servers are separated by blanks")]
    [InlineData("ldap.servers", "ldap://a/dc=example", "'ldap://a/dc=example' must name a host and may name a port, nothing else")]
    [InlineData("ldap.servers", "ldap://a:99999", "'ldap://a:99999' is not a URL such as ldap://host:389; servers are separated by blanks")]
    [InlineData("ldap.search_filter", "(a=b", "not a valid LDAP search filter")]
    [InlineData("ldap.search_filter", "a=b)(c=d", "not a valid LDAP search filter")]
    [InlineData("ldap.search_filter", "(a=\\4)", "not a valid LDAP search filter")]
    [InlineData("ldap.search_filter", "person", "not a valid LDAP search filter")]
    [InlineData("ldap.search_attribute", "uid=*)(cn", "not a valid name of an LDAP attribute")]
    [InlineData("ldap.connection_pool_size", "0", "argument must be between 1 and 8192 inclusive")]
    [InlineData("ldap.auth_mode", "magic", "argument(s) must be one of the following: bind, search+bind")]
    public void Mistakes_are_refused(string name, string value, string reason)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        string before = client.Send("CONFIG", "GET", name).Items[1].Text;
        Assert.Equal($"-ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}", client.Send("CONFIG", "SET", name, value));
        Assert.Equal(before, client.Send("CONFIG", "GET", name).Items[1].Text);
    }

    [Fact]
    public void Servers_may_have_any_address()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        Assert.Equal("+OK", client.Send("CONFIG", "SET", "ldap.servers", "ldap://[::1]:3890  ldaps://directory.example.com ldap://10.0.0.1/"));
    }

    private static string LogIn(ServerProcess server, string user, string password)
    {
        using RespClient client = server.Connect();
        return client.Send("AUTH", user, password);
    }
}
