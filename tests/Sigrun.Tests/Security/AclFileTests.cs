using System.Text;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Security;

/// <summary>The file of users, and users that the configuration declares.</summary>
public sealed class AclFileTests
{
    private const string Default = "user default on nopass sanitize-payload ~* &* alldbs +@all\n";
    private static readonly string FilePath = Path.Combine(Path.GetTempPath(), "users.acl");

    [Fact]
    public void Users_are_saved_and_loaded()
    {
        var files = new MemoryFiles();
        using TestServer server = WithFile(files, Default);
        using RespClient client = server.Connect();
        client.Line("ACL SETUSER u on >test %R~a (+get ~b)");
        Assert.Equal("+OK", client.Line("ACL SAVE"));
        const string Saved = Default + "user u on sanitize-payload #9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 %R~a resetchannels "
            + "alldbs -@all (~b resetchannels alldbs -@all +get)\n";
        Assert.Equal(Saved, Encoding.ASCII.GetString(files[FilePath]));
        Assert.Equal([FilePath], files.Names);
        client.Line("ACL DELUSER u");
        Assert.Equal("+OK", client.Line("ACL LOAD"));
        Assert.Equal(Saved, string.Concat(client.Line("ACL LIST").Items.Select(static line => line.Text + "\n")));
    }

    [Theory]
    [InlineData(1, "Opening temp ACL file for ACL SAVE: ")]
    [InlineData(2, "Writing ACL file for ACL SAVE: ")]
    [InlineData(3, "Syncing ACL file for ACL SAVE: ")]
    [InlineData(4, "Renaming ACL file for ACL SAVE: ")]
    [InlineData(5, "Syncing ACL directory for ACL SAVE: ")]
    public void What_fails_while_saving_leaves_a_whole_file(int call, string reason)
    {
        var files = new MemoryFiles();
        using TestServer server = WithFile(files, Default);
        using RespClient client = server.Connect();
        client.Line("ACL SETUSER u");
        files.FailingCall = files.Calls + call;
        Assert.Equal("-ERR There was an error trying to save the ACLs. Please check the server logs for more information", client.Line("ACL SAVE"));
        Assert.Contains(reason, server.LogLines.ToString(), StringComparison.Ordinal);
        Assert.Equal([FilePath], files.Names);
        Assert.StartsWith(Default, Encoding.ASCII.GetString(files[FilePath]), StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_with_a_file_is_told_and_nothing_changes()
    {
        var files = new MemoryFiles();
        using TestServer server = WithFile(files, Default);
        using RespClient client = server.Connect();
        client.Line("ACL SETUSER u on");
        files[FilePath] = Encoding.ASCII.GetBytes("""
            user a on +nosuch nonsense +nosuch2 nonsense2

            User b
            user
            user a off
              user c ~* ~b
            """);
        Assert.Equal("-ERR users.acl:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. users.acl:1: Syntax error. "
            + "users.acl:1: Error in applying operation '+nosuch2': Unknown command or category name in ACL. "
            + "users.acl:3 should start with user keyword followed by the username. "
            + "users.acl:4 should start with user keyword followed by the username. WARNING: Duplicate user 'a' found on line 5. "
            + "users.acl:6: Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' "
            + "to start with an empty list of patterns. "
            + "WARNING: ACL errors detected, no change to the previously active ACL rules was performed", client.Line("ACL LOAD"));
        Assert.Equal("[\"default\", \"u\"]", client.Line("ACL USERS"));
    }

    [Fact]
    public void Loading_closes_the_clients_that_lose_their_user_or_a_channel()
    {
        var files = new MemoryFiles();
        using TestServer server = WithFile(files, Default + "user kept on nopass +@all &* ~*\nuser quiet on nopass +@all &news ~*\nuser reader on nopass +get ~a\n");
        using RespClient admin = server.Connect();
        admin.Line("ACL SETUSER quiet &other");
        admin.Line("ACL SETUSER gone on nopass +@all");
        admin.Line("ACL SETUSER reader +set");
        Dictionary<string, RespClient> clients = [];
        foreach (string user in (string[])["kept", "quiet", "gone", "reader"])
        {
            clients[user] = server.Connect();
            clients[user].Line($"AUTH {user} x");
        }
        clients["kept"].Line("SUBSCRIBE other");
        clients["quiet"].Line("SUBSCRIBE other");
        Assert.Equal("+OK", clients["reader"].Line("SET a 1"));

        Assert.Equal("+OK", admin.Line("ACL LOAD"));
        Assert.Equal("", clients["gone"].ReadToEnd());
        Assert.Equal("", clients["quiet"].ReadToEnd());
        Assert.Equal(":1", admin.Line("PUBLISH other m"));
        Assert.Equal("[\"message\", \"other\", \"m\"]", clients["kept"].Read());
        Assert.Equal("\"1\"", clients["reader"].Line("GET a"));
        Assert.Equal("-NOPERM User reader has no permissions to run the 'set' command", clients["reader"].Line("SET a 1"));
        foreach (RespClient client in clients.Values) client.Dispose();
    }

    [Fact]
    public void A_file_without_the_default_user_lets_everybody_in()
    {
        using TestServer server = WithFile(new MemoryFiles(), "user a on nopass\n");
        using RespClient client = server.Connect();
        Assert.Equal("[\"user a on nopass sanitize-payload resetchannels alldbs -@all\", \"user default on nopass sanitize-payload ~* &* alldbs +@all\"]",
            client.Line("ACL LIST"));
    }

    [Fact]
    public void The_configuration_declares_users()
    {
        using TestServer server = new();
        Declare(server, "user default on >test ~* +@all\nuser b +get\nuser a on nopass (+get ~a) ( +set ~b )");
        Assert.True(server.OnEngine(static engine => engine.AclFile.TryLoadAtStart()));
        using RespClient client = server.Connect();
        Assert.Equal("-NOAUTH Authentication required.", client.Line("PING"));
        Assert.Equal("+OK", client.Line("AUTH test"));
        Assert.Equal("[\"a\", \"b\", \"default\"]", client.Line("ACL USERS"));
        Assert.Contains("The user 'b' is disabled (there is no 'on' modifier in the user description). Make sure this is not a configuration error.",
            server.LogLines.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("user a +nosuch", "", "Error loading ACL rule '+nosuch' for the user named 'a': Unknown command or category name in ACL")]
    [InlineData("user \"a b\"", "", "Spaces not allowed in ACL usernames")]
    [InlineData("user a on", "users.acl", "Configuring Sigrun with users defined in valkey.conf and at the same setting an ACL file path is invalid.")]
    [InlineData("", "users.acl", "Aborting Sigrun startup because of ACL errors: Error loading ACLs, opening file 'users.acl': ")]
    public void What_is_wrong_ends_the_start(string declaration, string file, string reason)
    {
        using TestServer server = new(s => s.Security.AclFile = file);
        Declare(server, declaration);
        Assert.False(server.OnEngine(static engine => engine.AclFile.TryLoadAtStart()));
        Assert.Contains(reason, server.LogLines.ToString(), StringComparison.Ordinal);
    }

    private static void Declare(TestServer server, string lines) => server.OnEngine(_ =>
    {
        server.Configuration.LoadText(lines);
        return 0;
    });

    private static TestServer WithFile(MemoryFiles files, string text)
    {
        files[FilePath] = Encoding.ASCII.GetBytes(text);
        var server = new TestServer(static s => s.Security.AclFile = "users.acl", files: files);
        Assert.True(server.OnEngine(static engine => engine.AclFile.TryLoadAtStart()));
        return server;
    }
}
