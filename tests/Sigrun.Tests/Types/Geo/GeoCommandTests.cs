using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Geo;

/// <summary>The commands on places through a socket; once over a heap that moves every block on every write.</summary>
public sealed class GeoCommandTests
{
    private const string Sicily = """
        GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania -> :2
        GEOADD Sicily 13.583333 37.316667 Agrigento -> :1

        """;

    private static void Run(bool checking, string script)
    {
        using var server = new TestServer(checking: checking);
        using RespClient client = server.Connect();
        CommandScript.Run(client, script);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Members_are_added_and_told(bool checking) => Run(checking, Sicily + """
        GEOADD Sicily 13.361389 38.115556 Palermo -> :0
        GEOADD Sicily CH 13 38 Palermo 14 38 new -> :2
        GEOADD Sicily NX CH 13.361389 38.115556 Palermo -> :0
        GEOADD Sicily XX CH 13.361389 38.115556 Palermo 1 1 none -> :1
        GEOADD none XX 1 1 a -> :0
        EXISTS none -> :0
        ZREM Sicily new -> :1
        ZSCORE Sicily Palermo -> "3479099956230698"
        TYPE Sicily -> +zset
        GEODIST Sicily Palermo Catania -> "166274.1516"
        GEODIST Sicily Palermo Catania km -> "166.2742"
        GEODIST Sicily Palermo Catania MI -> "103.3182"
        GEODIST Sicily Palermo Palermo -> "0.0000"
        GEODIST Sicily Palermo none -> nil
        GEODIST none Palermo Catania -> nil
        GEOHASH Sicily Palermo none Catania -> ["sqc8b49rny0", nil, "sqdtr74hyu0"]
        GEOHASH none a -> [nil]
        GEOHASH Sicily -> []
        GEOPOS Sicily Palermo none -> [["13.36138933897018433", "38.11555639549629859"], nil]
        GEOPOS none a -> [nil]
        GEOADD edge 0 0 zero -180 -85.05112878 corner 180 85.05112878 other -> :3
        GEOPOS edge zero -> [["0.00000268220901489", "0.00000126736058093"]]
        """);

    [Fact]
    public void Areas_are_searched() => Run(false, Sicily + """
        GEORADIUS Sicily 15 37 200 km -> ["Agrigento", "Palermo", "Catania"]
        GEORADIUS Sicily 15 37 200 km ASC -> ["Catania", "Agrigento", "Palermo"]
        GEORADIUS Sicily 15 37 200 km DESC COUNT 2 -> ["Palermo", "Agrigento"]
        GEORADIUS Sicily 15 37 200 km COUNT 1 WITHDIST WITHHASH WITHCOORD -> [["Catania", "56.4413", :3479447370796909, ["15.08726745843887329", "37.50266842333162032"]]]
        GEORADIUS_RO Sicily 15 37 100 km WITHDIST -> [["Catania", "56.4413"]]
        GEORADIUSBYMEMBER Sicily Agrigento 100 km -> ["Agrigento", "Palermo"]
        GEORADIUSBYMEMBER_RO Sicily Agrigento 100 km DESC -> ["Palermo", "Agrigento"]
        GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 200 km ASC COUNT 1 -> ["Catania"]
        GEOSEARCH Sicily FROMMEMBER Catania BYBOX 400 400 km ASC WITHDIST -> [["Catania", "0.0000"], ["Agrigento", "134.4697"], ["Palermo", "166.2742"]]
        GEOSEARCH Sicily BYBOX 400 10 km FROMMEMBER Catania -> ["Catania"]
        GEOSEARCH Sicily BYPOLYGON 4 13 38 14 38 14 39 13 39 -> ["Palermo"]
        GEOSEARCH Sicily BYPOLYGON 3 10 36 17 36 14 40 ASC -> ["Agrigento", "Palermo", "Catania"]
        GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 1 m -> []
        GEOSEARCH none FROMMEMBER x BYRADIUS 1 m -> []
        GEORADIUSBYMEMBER none x 1 m -> []
        GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 5000 km COUNT 1 ANY -> ["Agrigento"]
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Results_are_stored(bool checking) => Run(checking, Sicily + """
        GEOSEARCHSTORE to Sicily FROMLONLAT 15 37 BYRADIUS 200 km -> :3
        ZRANGE to 0 -1 WITHSCORES -> ["Agrigento", "3479030013248308", "Palermo", "3479099956230698", "Catania", "3479447370796909"]
        GEOSEARCHSTORE to Sicily FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1 STOREDIST -> :1
        ZRANGE to 0 -1 WITHSCORES -> ["Catania", "56.4412578701582"]
        GEORADIUS Sicily 15 37 200 km STORE Sicily -> :3
        GEORADIUSBYMEMBER Sicily Palermo 10 km STOREDIST to -> :1
        ZRANGE to 0 -1 WITHSCORES -> ["Palermo", "0"]
        GEORADIUS Sicily 0 0 1 m STORE to -> :0
        EXISTS to -> :0
        SET text x -> +OK
        GEORADIUS none 0 0 1 m STORE text -> :0
        EXISTS text -> :0
        SET text x -> +OK
        GEOSEARCHSTORE text Sicily FROMLONLAT 15 37 BYRADIUS 200 km -> :3
        TYPE text -> +zset
        """);

    [Fact]
    public void Errors_are_those_of_all_servers() => Run(false, Sicily + """
        SET text x -> +OK
        GEOADD text 1 1 a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        GEOPOS text a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        GEOSEARCH text FROMLONLAT 1 1 BYRADIUS x y -> -WRONGTYPE Operation against a key holding the wrong kind of value
        GEOADD k 1 1 -> -ERR wrong number of arguments for 'geoadd' command
        GEOADD k 1 1 a 2 -> -ERR syntax error
        GEOADD k NX XX 1 1 a -> -ERR syntax error
        GEOADD k NX CH CH -> -ERR syntax error
        GEOADD k x 1 a -> -ERR value is not a valid float
        GEOADD k 1 nan a -> -ERR value is not a valid float
        GEOADD k 181 1 a -> -ERR invalid longitude,latitude pair 181.000000,1.000000
        GEOADD k 1 1 a inf -86 b -> -ERR invalid longitude,latitude pair inf,-86.000000
        EXISTS k -> :0
        GEODIST Sicily a b c -> -ERR unsupported unit provided. please use M, KM, FT, MI
        GEODIST Sicily a b m x -> -ERR syntax error
        GEORADIUS Sicily 1 1 x km -> -ERR need numeric radius
        GEORADIUS Sicily 1 1 -1 km -> -ERR radius cannot be negative
        GEORADIUS Sicily 1 1 1 x -> -ERR unsupported unit provided. please use M, KM, FT, MI
        GEORADIUS Sicily 1 1 1 km COUNT 0 -> -ERR COUNT must be > 0
        GEORADIUS Sicily 1 1 1 km COUNT x -> -ERR value is not an integer or out of range
        GEORADIUS Sicily 1 1 1 km COUNT -> -ERR syntax error
        GEORADIUS Sicily 1 1 1 km ANY -> -ERR the ANY argument requires COUNT argument
        GEORADIUS Sicily 1 1 1 km STORE to WITHDIST -> -ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options
        GEORADIUS_RO Sicily 1 1 1 km STORE to -> -ERR syntax error
        GEORADIUSBYMEMBER Sicily x 1 km -> -ERR member x does not exist
        GEOSEARCHSTORE to Sicily FROMLONLAT 1 1 BYRADIUS 1 m WITHDIST -> -ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
        GEOSEARCH Sicily BYRADIUS 1 m ASC DESC -> -ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH
        geosearch Sicily FROMLONLAT 1 1 ASC DESC -> -ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for geosearch
        GEOSEARCH Sicily FROMLONLAT 1 1 FROMMEMBER Palermo BYRADIUS 1 m -> -ERR syntax error
        GEOSEARCH Sicily FROMLONLAT 1 1 BYRADIUS 1 m BYBOX 1 1 m -> -ERR syntax error
        GEOSEARCH Sicily FROMLONLAT 1 1 BYBOX x 1 m -> -ERR need numeric width
        GEOSEARCH Sicily FROMLONLAT 1 1 BYBOX 1 x m -> -ERR need numeric height
        GEOSEARCH Sicily FROMLONLAT 1 1 BYBOX -1 1 m -> -ERR height or width cannot be negative
        GEOSEARCH Sicily FROMLONLAT 1 1 BYPOLYGON 3 1 1 2 2 3 3 -> -ERR syntax error
        GEOSEARCH Sicily BYPOLYGON x 1 1 2 2 3 3 -> -ERR invalid number of vertices
        GEOSEARCH Sicily BYPOLYGON 2 1 1 2 2 3 3 -> -ERR GEOSEARCH BYPOLYGON must have at least 3 vertices
        GEOSEARCH Sicily BYPOLYGON 4 1 1 2 2 3 3 -> -ERR GEOSEARCH BYPOLYGON must have at least 3 vertices
        GEOSEARCH Sicily BYPOLYGON 3 1 1 2 2 3 3 BYRADIUS 1 m -> -ERR syntax error
        GEOSEARCH Sicily FROMLONLAT 1 1 BYRADIUS 1 m STOREDIST -> -ERR syntax error
        """);

    [Fact]
    public void Doubles_are_doubles_for_those_who_know_them()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        CommandScript.Run(client, Sicily);
        client.Line("HELLO 3");
        Assert.Equal("[[,13.36138933897018433, ,38.11555639549629859], nil]", client.Line("GEOPOS Sicily Palermo none"));
        Assert.Equal("\"166274.1516\"", client.Line("GEODIST Sicily Palermo Catania"));
    }

    [Theory]
    [InlineData("GEOADD k NX CH 13.361389 38.115556 a", "ZADD k NX CH 3479099956230698 a", "new k, zadd k")]
    [InlineData("GEOADD Sicily 13.361389 38.115556 Palermo", "", "")]
    [InlineData("GEOSEARCHSTORE to Sicily FROMLONLAT 15 37 BYRADIUS 200 km", "GEOSEARCHSTORE to Sicily FROMLONLAT 15 37 BYRADIUS 200 km", "new to, geosearchstore to")]
    [InlineData("GEORADIUS Sicily 15 37 200 km STORE to", "GEORADIUS Sicily 15 37 200 km STORE to", "new to, georadiusstore to")]
    [InlineData("GEORADIUS Sicily 0 0 1 m STORE Sicily", "GEORADIUS Sicily 0 0 1 m STORE Sicily", "del Sicily")]
    [InlineData("GEORADIUS Sicily 0 0 1 m STORE none", "", "")]
    public void A_change_tells_its_effect_and_its_events(string command, string effect, string events)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        CommandScript.Run(client, Sicily);
        Recorder recorder = Recorder.Of(server);
        client.Line(command);
        string[] lines = recorder.Take();
        Assert.Equal(effect, Join(lines, "effect "));
        Assert.Equal(events, string.Join(", ", Join(lines, "event ").Split(", ").Where(e => !e.StartsWith("keymiss", StringComparison.Ordinal))));
    }

    private static string Join(string[] lines, string kind) =>
        string.Join(", ", lines.Where(l => l.StartsWith(kind, StringComparison.Ordinal)).Select(l => l[kind.Length..]));
}
