using System.Text;
using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Security.Ldap;

/// <summary>AUTH and HELLO where a directory knows the passwords.</summary>
public sealed class LdapLoginTests(LdapDirectory directory) : IClassFixture<LdapDirectory>
{
    private const string WrongPassword = "-WRONGPASS invalid username-password pair or user is disabled.";
    private const string NoSuchUser = "-ERR Failed to authenticate with ACL";

    [Fact]
    public void The_directory_says_whether_a_password_is_right()
    {
        using var server = new LdapTestServer(directory.Url);
        server.AddUsers("bob", "nobody");
        Assert.Equal("+OK", server.LogIn("bob", "bob-secret"));
        Assert.Equal(WrongPassword, server.LogIn("bob", "wrong"));
        Assert.Equal(WrongPassword, server.LogIn("nobody", "bob-secret"));
        Assert.Equal(["AUTH nobody", "AUTH bob"], FailedLogins(server));
        Assert.Contains(
            " # <ldap> LDAP authentication failure: error in bind operation: LDAP operation result: rc=49 (invalidCredentials), dn: \"\", text: \"\"\n",
            server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void The_users_own_passwords_count_when_the_directory_says_no()
    {
        using var server = new LdapTestServer(directory.Url);
        server.Admin.Line("ACL SETUSER bob on >mine +@all");
        server.Admin.Line("ACL SETUSER local on >mine +@all");
        foreach (string user in (string[])["bob", "local"]) Assert.Equal("+OK", server.LogIn(user, "mine"));
        Assert.Equal("+OK", server.LogIn("bob", "bob-secret"));
        Assert.Empty(FailedLogins(server));
    }

    [Fact]
    public void Whom_only_the_directory_knows_may_do_nothing_here()
    {
        using var server = new LdapTestServer(directory.Url);
        server.Admin.Line("ACL SETUSER eve off +@all");
        server.Change(static s => s.BindDnSuffix = ",ou=staff,dc=example,dc=com");
        Assert.Equal(NoSuchUser, server.LogIn("eve", "eve-secret"));
        server.Admin.Line("ACL DELUSER eve");
        Assert.Equal(NoSuchUser, server.LogIn("eve", "eve-secret"));
        Assert.Empty(FailedLogins(server));
    }

    [Fact]
    public void A_failed_attempt_leaves_the_client_as_it_was()
    {
        using var server = new LdapTestServer(directory.Url);
        server.AddUsers("bob");
        using RespClient client = server.Server.Connect();
        client.Line("AUTH bob bob-secret");
        Assert.Equal(WrongPassword, client.Line("AUTH bob wrong"));
        Assert.Equal("bob", client.Line("ACL WHOAMI").Text);
    }

    [Fact]
    public void Users_are_searched_for()
    {
        using var server = new LdapTestServer(directory.Url, static s => s.AuthMode = LdapAuthMode.SearchAndBind);
        server.AddUsers("b1", "e1", "twin", "bob");
        Assert.Equal("+OK", server.LogIn("b1", "bob-secret"));
        Assert.Equal("+OK", server.LogIn("e1", "eve-secret"));
        Assert.Equal(WrongPassword, server.LogIn("e1", "bob-secret"));
        Assert.Equal(WrongPassword, server.LogIn("bob", "bob-secret"));
        Assert.Contains("search filter '(&(objectClass=*)(uid=bob))' returned no entries", server.Log, StringComparison.Ordinal);
        Assert.Equal(WrongPassword, server.LogIn("twin", "twin-secret"));
        Assert.Contains("search filter '(&(objectClass=*)(uid=twin))' returned multiple entries", server.Log, StringComparison.Ordinal);
        server.Change(static s => s.SearchAttribute = "cn");
        Assert.Equal("+OK", server.LogIn("bob", "bob-secret"));
        server.Change(static s => s.SearchDnAttribute = "description");
        Assert.Equal(WrongPassword, server.LogIn("bob", "bob-secret"));
        Assert.Contains("the user entry does not have the 'description' attribute to get the user DN", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void The_search_may_be_somebodys()
    {
        using var server = new LdapTestServer(directory.Url, static s =>
        {
            s.AuthMode = LdapAuthMode.SearchAndBind;
            s.SearchBindDn = LdapDirectory.AdminDn;
            s.SearchBindPassword = LdapDirectory.AdminPassword;
        });
        server.AddUsers("b1");
        Assert.Equal("+OK", server.LogIn("b1", "bob-secret"));
        Assert.Contains($"<ldap> running ldap admin bind with DN='{LdapDirectory.AdminDn}'", server.Log, StringComparison.Ordinal);
        server.Change(static s => s.SearchBindPassword = "wrong");
        Assert.Equal(WrongPassword, server.LogIn("b1", "bob-secret"));
        Assert.Contains("LDAP authentication failure: error in binding admin user: LDAP operation result: rc=49", server.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LdapSearchScope.Subtree, true, true)]
    [InlineData(LdapSearchScope.OneLevel, true, false)]
    [InlineData(LdapSearchScope.Base, false, false)]
    internal void The_search_goes_as_deep_as_it_may(LdapSearchScope scope, bool findsBob, bool findsEve)
    {
        using var server = new LdapTestServer(directory.Url, s => (s.AuthMode, s.SearchScope) = (LdapAuthMode.SearchAndBind, scope));
        server.AddUsers("b1", "e1");
        Assert.Equal(findsBob ? "+OK" : WrongPassword, server.LogIn("b1", "bob-secret"));
        Assert.Equal(findsEve ? "+OK" : WrongPassword, server.LogIn("e1", "eve-secret"));
    }

    [Theory]
    [InlineData("objectClass=person", true)]
    [InlineData("(objectClass=person)", true)]
    [InlineData("objectClass=organization", false)]
    [InlineData("(&(objectClass=person)(sn=b*l*R))", true)]
    [InlineData("(&(objectClass=person)(sn=*d*x))", false)]
    [InlineData("(|(sn=x)(!(sn=Evans)))", true)]
    [InlineData("(!(sn=Buil\\64er))", false)]
    [InlineData("(&(sn~=Builder)(entryDN:dnSubtreeMatch:=dc=example,dc=com))", true)]
    [InlineData("sn:caseExactMatch:=builder", false)]
    [InlineData("(&)", true)]
    [InlineData("(createTimestamp>=20000101000000Z)", true)]
    [InlineData("(createTimestamp<=20000101000000Z)", false)]
    public void A_filter_says_who_is_a_user(string filter, bool isFound)
    {
        using var server = new LdapTestServer(directory.Url, s => (s.AuthMode, s.SearchFilter) = (LdapAuthMode.SearchAndBind, filter));
        server.AddUsers("b1");
        Assert.Equal(isFound ? "+OK" : WrongPassword, server.LogIn("b1", "bob-secret"));
        Assert.DoesNotContain("parse", server.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LdapAuthMode.Bind)]
    [InlineData(LdapAuthMode.SearchAndBind)]
    internal void Names_may_hold_what_has_a_meaning_in_a_directory(LdapAuthMode mode)
    {
        using var server = new LdapTestServer(directory.Url, s => s.AuthMode = mode);
        string umlauts = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("#jörg"));
        server.AddUsers("a,b=c*()\\\"+<>;#", umlauts);
        Assert.Equal("+OK", server.LogIn("a,b=c*()\\\"+<>;#", "odd-secret"));
        Assert.Equal("+OK", server.LogIn(umlauts, Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("päss  word"))));
        Assert.Equal(WrongPassword, server.LogIn(umlauts, "odd-secret"));
    }

    /// <summary>Each would log somebody in whose password it is, were the name taken for more than a name.</summary>
    [Theory]
    [InlineData(LdapAuthMode.Bind, "eve,ou=staff", "eve-secret")]
    [InlineData(LdapAuthMode.Bind, "bob,dc=example,dc=com\0", "bob-secret")]
    [InlineData(LdapAuthMode.Bind, "bob+sn=Builder", "bob-secret")]
    [InlineData(LdapAuthMode.SearchAndBind, "b*", "bob-secret")]
    [InlineData(LdapAuthMode.SearchAndBind, "x)(|(uid=b1", "bob-secret")]
    [InlineData(LdapAuthMode.SearchAndBind, "x)(uid=*))(|(cn=bob", "bob-secret")]
    [InlineData(LdapAuthMode.SearchAndBind, "b1\0", "bob-secret")]
    [InlineData(LdapAuthMode.SearchAndBind, "\\62\\31", "bob-secret")]
    internal void A_name_is_never_more_than_a_name(LdapAuthMode mode, string name, string password)
    {
        using var server = new LdapTestServer(directory.Url, s => s.AuthMode = mode);
        Assert.Equal(WrongPassword, server.LogIn(name, password));
    }

    /// <summary>The directory lets in who has no password or no name, as nobody in particular.</summary>
    [Theory]
    [InlineData(LdapAuthMode.Bind, "bob", "")]
    [InlineData(LdapAuthMode.SearchAndBind, "bob", "")]
    [InlineData(LdapAuthMode.Bind, "bob", "\0")]
    [InlineData(LdapAuthMode.Bind, "", "bob-secret")]
    internal void Nobody_gets_in_without_a_name_or_a_password(LdapAuthMode mode, string user, string password)
    {
        using var server = new LdapTestServer(directory.Url, s =>
        {
            s.AuthMode = mode;
            s.SearchAttribute = "cn";
            if (user.Length == 0) s.BindDnPrefix = s.BindDnSuffix = "";
        });
        server.AddUsers("bob");
        server.Admin.Send("ACL", "SETUSER", "", "on", "+@all");
        Assert.Equal(WrongPassword, server.LogIn(user, password));
        Assert.Equal("+OK", server.Admin.Line("ACL SETUSER bob nopass"));
        Assert.Equal("+OK", server.LogIn("bob", password));
    }

    [Fact]
    public void Hello_waits_too()
    {
        using var server = new LdapTestServer(directory.Url);
        server.AddUsers("bob");
        using RespClient client = server.Server.Connect();
        Assert.Equal(WrongPassword, client.Line("HELLO 3 AUTH bob wrong SETNAME me"));
        RespValue greeting = client.Line("HELLO 3 AUTH bob bob-secret SETNAME me");
        Assert.Equal('%', greeting.Kind);
        Assert.Equal("me", client.Line("CLIENT GETNAME").Text);
        Assert.Equal("bob", client.Line("ACL WHOAMI").Text);
        string calls = server.Admin.Line("INFO commandstats").Text;
        Assert.Contains("cmdstat_hello:calls=2,", calls, StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_behind_waits_for_its_turn()
    {
        using var server = new LdapTestServer(directory.Url);
        server.AddUsers("bob");
        server.Admin.Line("ACL SETUSER default >x");
        using RespClient client = server.Server.Connect();
        client.WriteRaw("PING\r\nAUTH bob wrong\r\nPING\r\nAUTH bob bob-secret\r\nACL WHOAMI\r\nHELLO 2 AUTH bob bob-secret\r\nPING last\r\n");
        Assert.Equal("-NOAUTH Authentication required.", client.Read());
        Assert.Equal(WrongPassword, client.Read());
        Assert.Equal("-NOAUTH Authentication required.", client.Read());
        Assert.Equal("+OK", client.Read());
        Assert.Equal("bob", client.Read().Text);
        Assert.Equal('*', client.Read().Kind);
        Assert.Equal("last", client.Read().Text);
    }

    [Fact]
    public void A_transaction_cannot_wait()
    {
        using var server = new LdapTestServer(directory.Url);
        server.AddUsers("bob");
        using RespClient client = server.Server.Connect();
        foreach (string command in (string[])["MULTI", "AUTH bob bob-secret", "ACL WHOAMI"]) client.Line(command);
        RespValue[] replies = client.Line("EXEC").Items;
        Assert.Equal("-ERR Blocking module command called from transaction", replies[0]);
        Assert.Equal("default", replies[1].Text);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 4)]
    public void Many_may_log_in_at_once(int ioThreads, int connections)
    {
        using var server = new LdapTestServer(directory.Url, s => s.ConnectionPoolSize = connections, ioThreads);
        server.AddUsers("bob");
        var clients = new RespClient[30];
        for (int i = 0; i < clients.Length; i++) clients[i] = server.Server.Connect();
        for (int i = 0; i < clients.Length; i++) clients[i].WriteRaw($"AUTH bob {(i % 3 == 0 ? "wrong" : "bob-secret")}\r\nACL WHOAMI\r\n");
        for (int i = 0; i < clients.Length; i++)
        {
            Assert.Equal(i % 3 == 0 ? WrongPassword : "+OK", clients[i].Read());
            Assert.Equal(i % 3 == 0 ? "default" : "bob", clients[i].Read().Text);
            clients[i].Dispose();
        }
        Assert.InRange(Count(server.Log, "<ldap> creating LDAP connection"), 1, connections + 1);
    }

    [Fact]
    public void Passwords_are_shown_nowhere()
    {
        using var server = new LdapTestServer(directory.Url, static s =>
        {
            s.AuthMode = LdapAuthMode.SearchAndBind;
            s.SearchBindDn = LdapDirectory.AdminDn;
            s.SearchBindPassword = LdapDirectory.AdminPassword;
        });
        server.AddUsers("b1");
        server.Admin.Line("CONFIG SET slowlog-log-slower-than 0");
        server.Server.OnEngine(static engine =>
        {
            engine.ApplySettings();
            return true;
        });
        server.LogIn("b1", "bob-secret");
        server.LogIn("b1", "not-bob-secret");
        using RespClient client = server.Server.Connect();
        client.Line("HELLO 3 AUTH b1 bob-secret");
        server.Admin.Line($"CONFIG SET ldap.search_bind_passwd {LdapDirectory.AdminPassword}");
        Assert.Equal("*********", server.Admin.Line("CONFIG GET ldap.search_bind_passwd").Items[1].Text);
        Assert.DoesNotContain("passwd", server.Admin.Line("CONFIG GET ldap.*").ToString(), StringComparison.Ordinal);
        string shown = server.Log;
        foreach (string command in (string[])["SLOWLOG GET 100", "CONFIG GET *", "INFO everything", "CLIENT LIST", "ACL LOG", "ACL LIST"])
            shown += server.Admin.Line(command).ToString();
        Assert.Contains("HELLO", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("bob-secret", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(LdapDirectory.AdminPassword, shown, StringComparison.Ordinal);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static IEnumerable<string> FailedLogins(LdapTestServer server) =>
        server.Admin.Line("ACL LOG").Items.Select(static e => $"{e.Items[7].Text} {e.Items[9].Text}");
}
