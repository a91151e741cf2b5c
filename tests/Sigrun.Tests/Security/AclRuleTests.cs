using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Security;

/// <summary>Rules, and how users are described by them.</summary>
public sealed class AclRuleTests
{
    private const string Hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Theory]
    [InlineData("", "off sanitize-payload resetchannels alldbs -@all")]
    [InlineData("ON nopass ~* &* +@all", "on nopass sanitize-payload ~* &* alldbs +@all")]
    [InlineData("on >test >test", "on sanitize-payload #" + Hash + " resetchannels alldbs -@all")]
    [InlineData("#" + Hash + " <test", "off sanitize-payload resetchannels alldbs -@all")]
    [InlineData(">test nopass", "off nopass sanitize-payload resetchannels alldbs -@all")]
    [InlineData(">test resetpass skip-sanitize-payload", "off skip-sanitize-payload resetchannels alldbs -@all")]
    [InlineData("~a %R~b %W~c %rw~d ~a %W~b", "off sanitize-payload ~a ~b %W~c ~d resetchannels alldbs -@all")]
    [InlineData("%R", "off sanitize-payload %R~ resetchannels alldbs -@all")]
    [InlineData("allkeys resetkeys ~b &a &b &a", "off sanitize-payload ~b resetchannels &a &b alldbs -@all")]
    [InlineData("db=3,1,3", "off sanitize-payload resetchannels db=1,3 -@all")]
    [InlineData("db=1 resetdbs", "off sanitize-payload resetchannels resetdbs -@all")]
    [InlineData("db=1 alldbs", "off sanitize-payload resetchannels alldbs -@all")]
    [InlineData("+@all -@hash -@slow +HGET", "off sanitize-payload resetchannels alldbs +@all -@hash -@slow +hget")]
    [InlineData("+@all -@hash +hget -@hash", "off sanitize-payload resetchannels alldbs +@all +hget -@hash")]
    [InlineData("+@HASH +@hash -@Hash", "off sanitize-payload resetchannels alldbs -@all -@hash")]
    [InlineData("+config|get -config|set +config", "off sanitize-payload resetchannels alldbs -@all +config")]
    [InlineData("+client|list +client|id -client|list", "off sanitize-payload resetchannels alldbs -@all +client|id -client|list")]
    [InlineData("+SELECT|0 +select|0 +debug|Sleep", "off sanitize-payload resetchannels alldbs -@all +select|0 +debug|sleep")]
    [InlineData("+get nocommands", "off sanitize-payload resetchannels alldbs -@all")]
    [InlineData("+get (+set ~a* &c db=2) ( %R~b )",
        "off sanitize-payload resetchannels alldbs -@all +get (~a* resetchannels &c db=2 -@all +set) (%R~b resetchannels alldbs -@all)")]
    [InlineData("(+set) clearselectors", "off sanitize-payload resetchannels alldbs -@all")]
    [InlineData("on >test ~* &* +@all db=1 (+get) reset", "off sanitize-payload resetchannels alldbs -@all")]
    public void Users_are_described_by_their_rules(string rules, string description)
    {
        using TestServer server = new();
        using RespClient client = server.Connect();
        Assert.Equal("+OK", client.Send(["ACL", "SETUSER", "user", .. rules.Split(' ', StringSplitOptions.RemoveEmptyEntries)]));
        Assert.Equal($"[\"user default on nopass sanitize-payload ~* &* alldbs +@all\", \"user user {description}\"]", client.Line("ACL LIST"));

        // What describes a user makes the same one.
        Assert.Equal("+OK", client.Send(["ACL", "SETUSER", "user", "reset", .. description.Split(' ')]));
        Assert.Equal($"\"user user {description}\"", client.Line("ACL LIST").Items[1]);
    }

    [Theory]
    [InlineData("nonsense", "nonsense", "Syntax error")]
    [InlineData("%~a", "%~a", "Syntax error")]
    [InlineData("%RR~a", "%RR~a", "Syntax error")]
    [InlineData("%X~a", "%X~a", "Syntax error")]
    [InlineData("db=", "db=", "Syntax error")]
    [InlineData("db=1,", "db=1,", "Syntax error")]
    [InlineData("db=x", "db=x", "Syntax error")]
    [InlineData("db=-1", "db=-1", "The provided database ID is out of range")]
    [InlineData("db=99999999999", "db=99999999999", "The provided database ID is out of range")]
    [InlineData("+nosuch", "+nosuch", "Unknown command or category name in ACL")]
    [InlineData("-config|nosuch", "-config|nosuch", "Unknown command or category name in ACL")]
    [InlineData("+config|nosuch", "+config|nosuch", "Unknown command or category name in ACL")]
    [InlineData("-get|a", "-get|a", "Unknown command or category name in ACL")]
    [InlineData("+@nosuch", "+@nosuch", "Unknown command or category name in ACL")]
    [InlineData("+get|", "+get|", "Syntax error")]
    [InlineData("+config|get|a", "+config|get|a", "Allowing first-arg of a subcommand is not supported")]
    [InlineData("#abc", "#abc", "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters")]
    [InlineData("<abc", "<abc", "The password you are trying to remove from the user does not exist")]
    [InlineData("on (+get nonsense)", "(+get nonsense)", "Syntax error")]
    [InlineData("~* ~a", "~a", "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns")]
    [InlineData("&* &a", "&a", "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels")]
    public void A_rule_that_is_wrong_changes_nothing(string rules, string wrong, string reason)
    {
        using TestServer server = new();
        using RespClient client = server.Connect();
        Assert.Equal($"-ERR Error in ACL SETUSER modifier '{wrong}': {reason}", client.Send(["ACL", "SETUSER", "user", .. rules.Split(' ')]));
        Assert.Equal("[\"default\"]", client.Line("ACL USERS"));
    }

    [Fact]
    public void Users_are_shown_in_parts_in_both_protocol_versions()
    {
        using TestServer server = new();
        using RespClient client = server.Connect();
        client.Line("ACL SETUSER u on >test %R~a ~b resetchannels &c -@all +get db=1,2 (+@all ~* &* resetdbs)");
        Assert.Equal("[\"flags\", [\"on\", \"sanitize-payload\"], \"passwords\", [\"" + Hash + "\"], \"commands\", \"-@all +get\", \"keys\", \"%R~a ~b\", "
            + "\"channels\", \"&c\", \"databases\", \"db=1,2\", \"selectors\", [[\"commands\", \"+@all\", \"keys\", \"~*\", \"channels\", \"&*\", "
            + "\"databases\", \"\"]]]", client.Line("ACL GETUSER u"));
        client.Line("HELLO 3");
        Assert.Equal("{\"flags\": ~[\"on\", \"nopass\", \"sanitize-payload\"], \"passwords\": [], \"commands\": \"+@all\", \"keys\": \"~*\", "
            + "\"channels\": \"&*\", \"databases\": \"alldbs\", \"selectors\": []}", client.Line("ACL GETUSER default"));
        Assert.Equal("nil", client.Line("ACL GETUSER nobody"));
    }

    [Fact]
    public void Commands_on_users_answer_what_is_wrong()
    {
        using TestServer server = new();
        using RespClient client = server.Connect();
        Assert.Equal("-ERR Usernames can't contain spaces or null characters", client.Send("ACL", "SETUSER", "a b"));
        CommandScript.Run(client, """
            ACL SETUSER u ( +get -> -ERR Unmatched parenthesis in acl selector starting at '('.
            ACL SETUSER u on -> +OK
            ACL DELUSER default u -> -ERR The 'default' user cannot be removed
            ACL DELUSER u nobody -> :1
            ACL WHOAMI -> "default"
            ACL CAT transaction -> ["discard", "exec", "multi", "unwatch", "watch"]
            ACL CAT nosuch -> -ERR Unknown category 'nosuch'
            ACL CAT a b -> -ERR unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP.
            ACL GENPASS 0 -> -ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
            ACL GENPASS 4097 -> -ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
            ACL GENPASS x -> -ERR value is not an integer or out of range
            ACL LOG x -> -ERR value is not an integer or out of range
            ACL NOSUCH -> -ERR unknown subcommand 'NOSUCH'. Try ACL HELP.
            ACL DRYRUN nobody get a -> -ERR User 'nobody' not found
            ACL DRYRUN default nosuch a -> -ERR Command 'nosuch' not found
            ACL DRYRUN default get -> -ERR wrong number of arguments for 'get' command
            ACL DRYRUN default get a -> +OK
            ACL LOAD -> -ERR This instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a configuration file set) in order to store users in the configuration.
            """);
        Assert.Equal(64, client.Line("ACL GENPASS").Bytes.Length);
        Assert.Equal(2, client.Line("ACL GENPASS 5").Bytes.Length);
        Assert.Matches("^[0-9a-f]{1024}$", client.Line("ACL GENPASS 4096").Text);
    }

    [Fact]
    public void New_users_have_the_channels_that_the_configuration_says()
    {
        using TestServer server = new();
        using RespClient client = server.Connect();
        client.Line("CONFIG SET acl-pubsub-default allchannels");
        client.Line("ACL SETUSER u (+get)");
        Assert.Equal("\"user u off sanitize-payload &* alldbs -@all (&* alldbs -@all +get)\"", client.Line("ACL LIST").Items[1]);
    }
}
