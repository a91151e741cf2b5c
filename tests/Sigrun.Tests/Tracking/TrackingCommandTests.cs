using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Tracking;

/// <summary>What CLIENT TRACKING, CACHING, TRACKINGINFO and GETREDIR accept and tell.</summary>
public sealed class TrackingCommandTests : IDisposable
{
    private readonly TestServer _server = new();
    private readonly RespClient _client;

    public TrackingCommandTests() => _client = _server.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused() => CommandScript.Run(_client, """
        CLIENT TRACKING maybe -> -ERR syntax error
        CLIENT TRACKING on what -> -ERR syntax error
        CLIENT TRACKING on REDIRECT -> -ERR syntax error
        CLIENT TRACKING on PREFIX -> -ERR syntax error
        CLIENT TRACKING on REDIRECT x -> -ERR value is not an integer or out of range
        CLIENT TRACKING on REDIRECT 0 -> -ERR The client ID you want redirect to does not exist
        CLIENT TRACKING on REDIRECT 999 -> -ERR The client ID you want redirect to does not exist
        CLIENT TRACKING on REDIRECT 1 REDIRECT 1 -> -ERR A client can only redirect to a single other client
        CLIENT TRACKING on PREFIX a -> -ERR PREFIX option requires BCAST mode to be enabled
        CLIENT TRACKING on BCAST OPTIN -> -ERR OPTIN and OPTOUT are not compatible with BCAST
        CLIENT TRACKING on OPTIN OPTOUT -> -ERR You can't specify both OPTIN mode and OPTOUT mode
        CLIENT TRACKING on BCAST PREFIX foobar PREFIX foo -> -ERR Prefix 'foobar' overlaps with another provided prefix 'foo'. Prefixes for a single client must not overlap.
        CLIENT TRACKING on BCAST PREFIX '' PREFIX foo -> -ERR Prefix '' overlaps with another provided prefix 'foo'. Prefixes for a single client must not overlap.
        CLIENT TRACKINGINFO -> ["flags", ["off"], "redirect", :-1, "prefixes", []]
        CLIENT GETREDIR -> :-1
        CLIENT TRACKING off -> +OK
        """);

    [Fact]
    public void Modes_change_only_as_far_as_they_can() => CommandScript.Run(_client, """
        CLIENT TRACKING on BCAST PREFIX zed PREFIX bar -> +OK
        CLIENT TRACKING on -> -ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.
        CLIENT TRACKING on BCAST PREFIX ba -> -ERR Prefix 'ba' overlaps with an existing prefix 'bar'. Prefixes for a single client must not overlap.
        CLIENT TRACKING on BCAST NOLOOP PREFIX foo -> +OK
        CLIENT TRACKINGINFO -> ["flags", ["on", "bcast", "noloop"], "redirect", :0, "prefixes", ["bar", "foo", "zed"]]
        CLIENT TRACKING off -> +OK
        CLIENT TRACKING on OPTOUT REDIRECT 1 -> +OK
        CLIENT TRACKING on OPTIN -> -ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.
        CLIENT TRACKINGINFO -> ["flags", ["on", "optout"], "redirect", :1, "prefixes", []]
        CLIENT GETREDIR -> :1
        RESET -> +RESET
        CLIENT TRACKINGINFO -> ["flags", ["off"], "redirect", :-1, "prefixes", []]
        """);

    [Fact]
    public void Caching_holds_for_one_command_or_transaction() => CommandScript.Run(_client, """
        CLIENT CACHING yes -> -ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled
        CLIENT TRACKING on OPTIN -> +OK
        CLIENT CACHING maybe -> -ERR syntax error
        CLIENT CACHING no -> -ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.
        CLIENT CACHING yes -> +OK
        CLIENT TRACKINGINFO -> ["flags", ["on", "optin", "caching-yes"], "redirect", :0, "prefixes", []]
        PING -> +PONG
        CLIENT TRACKINGINFO -> ["flags", ["on", "optin"], "redirect", :0, "prefixes", []]
        CLIENT CACHING yes -> +OK
        MULTI -> +OK
        GET a -> +QUEUED
        CLIENT TRACKINGINFO -> +QUEUED
        EXEC -> [nil, ["flags", ["on", "optin", "caching-yes"], "redirect", :0, "prefixes", []]]
        CLIENT TRACKINGINFO -> ["flags", ["on", "optin"], "redirect", :0, "prefixes", []]
        CLIENT TRACKING off -> +OK
        CLIENT TRACKING on OPTOUT -> +OK
        CLIENT CACHING yes -> -ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.
        CLIENT CACHING no -> +OK
        CLIENT TRACKINGINFO -> ["flags", ["on", "optout", "caching-no"], "redirect", :0, "prefixes", []]
        GET -> -ERR wrong number of arguments for 'get' command
        CLIENT TRACKINGINFO -> ["flags", ["on", "optout"], "redirect", :0, "prefixes", []]
        """);

    [Fact]
    public void CLIENT_LIST_and_INFO_show_who_tracks_what()
    {
        using RespClient other = _server.Connect();
        long redirect = long.Parse(other.Send("CLIENT", "ID").ToString()[1..]);
        _client.Send("CLIENT", "TRACKING", "on", "BCAST", "PREFIX", "a", "PREFIX", "b", "REDIRECT", redirect.ToString());
        other.Send("CLIENT", "TRACKING", "on");
        other.Send("MGET", "x", "y", "z");
        other.Send("GET", "x");
        string line = _client.Send("CLIENT", "INFO").ToString();
        Assert.Contains(" flags=tB ", line);
        Assert.Contains($" redir={redirect} ", line);
        Assert.DoesNotContain(" flags=t ", _client.Send("CLIENT", "LIST", "FLAGS", "tB").ToString());
        string info = _client.Send("INFO").ToString();
        foreach (string field in new[] { "tracking_clients:2", "tracking_total_keys:3", "tracking_total_items:3", "tracking_total_prefixes:2" }) Assert.Contains(field, info);
    }
}
