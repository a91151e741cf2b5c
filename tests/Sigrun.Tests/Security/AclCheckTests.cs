using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Security;

/// <summary>What users may do: before a command, while a transaction is queued and when it runs, after a wait.</summary>
public sealed class AclCheckTests : IDisposable
{
    private const string NoKey = "-NOPERM No permissions to access a key";
    private readonly TestServer _server = new();
    private readonly RespClient _admin;
    private readonly RespClient _user;

    public AclCheckTests()
    {
        _admin = _server.Connect();
        _user = _server.Connect();
        _admin.Line("ACL SETUSER u on nopass");
        _user.Line("AUTH u x");
    }

    public void Dispose()
    {
        _admin.Dispose();
        _user.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Commands_are_allowed_one_by_one_and_by_category()
    {
        CommandScript.Run(_user, "GET a -> -NOPERM User u has no permissions to run the 'get' command");
        Allow("+@string -get +config|get +select|1 ~*");
        CommandScript.Run(_user, """
            SET a 1 -> +OK
            GET a -> -NOPERM User u has no permissions to run the 'get' command
            CONFIG GET port -> ["port", "6379"]
            CONFIG SET maxclients 5 -> -NOPERM User u has no permissions to run the 'config|set' command
            SELECT 0 -> -NOPERM User u has no permissions to run the 'select' command
            SELECT 1 -> +OK
            ACL WHOAMI -> -NOPERM User u has no permissions to run the 'acl|whoami' command
            SET a -> -ERR wrong number of arguments for 'set' command
            AUTH default x -> +OK
            ACL WHOAMI -> "default"
            """);
    }

    [Fact]
    public void Keys_are_allowed_for_reading_and_for_writing()
    {
        Allow("+@all %R~r* %W~w* ~b*");
        CommandScript.Run(_user, $"""
            GET r -> nil
            SET r 1 -> {NoKey}
            SET w 1 -> +OK
            GET w -> {NoKey}
            SET w 1 GET -> {NoKey}
            SET b 1 GET -> nil
            COPY b w -> :0
            COPY w b -> {NoKey}
            EXISTS w r b -> :2
            EXISTS w other -> {NoKey}
            MGET r b x -> {NoKey}
            SORT r STORE w -> :0
            SORT r STORE r -> {NoKey}
            SINTERCARD 2 r r2 -> :0
            SINTERCARD 2 r w -> {NoKey}
            XREAD STREAMS r w 0 0 -> {NoKey}
            MEMORY USAGE other -> {NoKey}
            PING -> +PONG
            """);
    }

    [Fact]
    public void One_selector_has_to_allow_all_of_a_command()
    {
        Allow("+get ~a (+set ~b) (+get +set ~c)");
        CommandScript.Run(_user, $"""
            GET a -> nil
            SET b 1 -> +OK
            SET a 1 -> {NoKey}
            GET b -> {NoKey}
            SET c 1 -> +OK
            DEL c -> -NOPERM User u has no permissions to run the 'del' command
            """);
    }

    [Fact]
    public void Patterns_of_SORT_are_for_those_who_may_read_every_key()
    {
        Allow("+@all %R~a* %W~*");
        CommandScript.Run(_user, """
            SORT a BY w_* -> -ERR BY option of SORT denied due to insufficient ACL permissions.
            SORT a BY nosort -> []
            SORT a GET # -> -ERR GET option of SORT denied due to insufficient ACL permissions.
            """);
        Allow("%R~*");
        CommandScript.Run(_user, "SORT a BY w_* GET # -> []");
    }

    [Fact]
    public void Channels_are_allowed_and_patterns_of_channels_as_they_are()
    {
        Allow("+@all &news:* &exact");
        CommandScript.Run(_user, """
            PUBLISH news:1 m -> :0
            SPUBLISH other m -> -NOPERM No permissions to access a channel
            SUBSCRIBE exact other -> -NOPERM No permissions to access a channel
            PSUBSCRIBE news:1 -> -NOPERM No permissions to access a channel
            PSUBSCRIBE news:* -> ["psubscribe", "news:*", :1]
            PUNSUBSCRIBE other -> ["punsubscribe", "other", :1]
            """);
    }

    [Fact]
    public void Databases_are_allowed_where_a_command_runs_and_where_it_leads()
    {
        const string NoDatabase = "-NOPERM No permissions to access database";
        Allow("+@all ~* &* db=1,2");
        CommandScript.Run(_user, $"""
            GET a -> {NoDatabase}
            KEYS * -> {NoDatabase}
            PING -> +PONG
            SELECT 3 -> {NoDatabase}
            SELECT 99 -> -ERR DB index is out of range
            SELECT 1 -> +OK
            SET a 1 -> +OK
            MOVE a 0 -> {NoDatabase}
            MOVE a 2 -> :1
            COPY a b DB 5 -> {NoDatabase}
            SWAPDB 1 0 -> {NoDatabase}
            SWAPDB 1 2 -> +OK
            FLUSHALL -> {NoDatabase}
            FLUSHDB -> +OK
            MULTI -> +OK
            SELECT 2 -> +QUEUED
            SET a 1 -> +QUEUED
            SELECT 0 -> {NoDatabase}
            EXEC -> -EXECABORT Transaction discarded because of previous errors.
            """);
        Assert.Equal("\"User u has no permissions to access database get\"", _admin.Line("ACL DRYRUN u get a"));
        Assert.Equal("\"User u has no permissions to access database 7\"", _admin.Line("ACL DRYRUN u select 7"));
    }

    [Fact]
    public void A_transaction_is_checked_when_it_is_queued_and_when_it_runs()
    {
        Allow("+@all ~a*");
        CommandScript.Run(_user, $"""
            MULTI -> +OK
            GET b -> {NoKey}
            EXEC -> -EXECABORT Transaction discarded because of previous errors.
            MULTI -> +OK
            GET a1 -> +QUEUED
            GET a2 -> +QUEUED
            """);
        Allow("resetkeys ~a1");
        Assert.Equal("[nil, -NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no "
            + "longer allowed for the following reason: no permission to touch the specified keys]", _user.Line("EXEC"));
    }

    [Fact]
    public void A_command_that_has_waited_is_checked_again()
    {
        Allow("+@all ~*");
        _user.Write("BLPOP", "list", "0");
        TestClock.WaitUntil(() => _server.OnEngine(static engine => engine.Blocked.Count) == 1, "the client to wait");
        Allow("resetkeys");
        Assert.Equal(":1", _admin.Line("RPUSH list a"));
        Assert.Equal(NoKey, _user.Read());
        Assert.Equal("+PONG", _user.Line("PING"));
        Assert.Contains("cmdstat_blpop:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0", _admin.Line("INFO commandstats").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_counts_from_the_next_command_on()
    {
        Allow("+@all ~*");
        _user.WriteRaw([.. RespClient.Request("SET", "a", "1"), .. RespClient.Request("ACL", "SETUSER", "u", "resetkeys"), .. RespClient.Request("GET", "a")]);
        Assert.Equal("+OK", _user.Read());
        Assert.Equal("+OK", _user.Read());
        Assert.Equal(NoKey, _user.Read());
    }

    [Theory]
    [InlineData("GET read", "+OK")]
    [InlineData("GET write", "\"User u has no permissions to access the 'write' key\"")]
    [InlineData("MIGRATE host 1 read 0 500", "\"User u has no permissions to access the 'read' key\"")]
    [InlineData("MIGRATE host 1 '' 0 500 KEYS both write", "\"User u has no permissions to access the 'write' key\"")]
    [InlineData("PUBLISH other m", "\"User u has no permissions to access the 'other' channel\"")]
    [InlineData("DBSIZE", "\"User u has no permissions to run the 'dbsize' command\"")]
    public void A_dry_run_names_what_is_to_blame(string command, string reply)
    {
        Allow("+@all -dbsize %R~read %W~write ~both &news");
        Assert.Equal(reply, _admin.Send(["ACL", "DRYRUN", "u", .. command.Split(' ').Select(static word => word == "''" ? "" : word)]));
    }

    private void Allow(string rules) => Assert.Equal("+OK", _admin.Line("ACL SETUSER u " + rules));
}
