using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Lists;

/// <summary>The list commands through a socket; once over a heap that moves every block on every write.</summary>
public sealed class ListCommandTests
{
    private static void Run(bool checking, string script, Action<EngineSettings>? configure = null)
    {
        using var server = new TestServer(configure, checking);
        using RespClient client = server.Connect();
        CommandScript.Run(client, script);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Elements_come_and_go_at_both_ends(bool checking) => Run(checking, """
        LPUSHX l a -> :0
        RPUSHX l a -> :0
        LPUSH l b a -> :2
        RPUSH l c 12 -> :4
        LRANGE l 0 -1 -> ["a", "b", "c", "12"]
        LPUSHX l 0 -> :5
        RPUSHX l 13 14 -> :7
        LLEN l -> :7
        LPOP l -> "0"
        RPOP l -> "14"
        LPOP l 0 -> []
        LPOP l 2 -> ["a", "b"]
        RPOP l 2 -> ["13", "12"]
        RPOP l 10 -> ["c"]
        EXISTS l -> :0
        LPOP l -> nil
        LPOP l 1 -> nil
        RPOP l 0 -> nil
        LLEN l -> :0
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Indexes_count_from_either_end(bool checking) => Run(checking, """
        RPUSH l a b c d e -> :5
        LINDEX l 0 -> "a"
        LINDEX l 4 -> "e"
        LINDEX l 5 -> nil
        LINDEX l -1 -> "e"
        LINDEX l -5 -> "a"
        LINDEX l -6 -> nil
        LINDEX l 9223372036854775807 -> nil
        LINDEX l -9223372036854775808 -> nil
        LINDEX l x -> -ERR value is not an integer or out of range
        LINDEX none x -> nil
        LRANGE l 1 3 -> ["b", "c", "d"]
        LRANGE l -2 100 -> ["d", "e"]
        LRANGE l -100 0 -> ["a"]
        LRANGE l 3 2 -> []
        LRANGE l 5 9 -> []
        LRANGE l 0 -6 -> []
        LRANGE none 0 -1 -> []
        LRANGE none x 1 -> -ERR value is not an integer or out of range
        LRANGE l 0 1.5 -> -ERR value is not an integer or out of range
        LRANGE l -9223372036854775808 9223372036854775807 -> ["a", "b", "c", "d", "e"]
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Elements_are_changed_in_place(bool checking) => Run(checking, """
        LSET l 0 x -> -ERR no such key
        LINSERT l BEFORE a x -> :0
        LINSERT l BESIDE a x -> -ERR syntax error
        RPUSH l a b c b d -> :5
        LSET l 0 first -> +OK
        LSET l -1 100 -> +OK
        LSET l 5 x -> -ERR index out of range
        LSET l -6 x -> -ERR index out of range
        LSET l x x -> -ERR value is not an integer or out of range
        LINSERT l before b 1 -> :6
        LINSERT l AFTER b 2 -> :7
        LINSERT l AFTER none 2 -> :-1
        LRANGE l 0 -1 -> ["first", "1", "b", "2", "c", "b", "100"]
        LREM l 1 b -> :1
        LREM l 0 none -> :0
        LRANGE l 0 -1 -> ["first", "1", "2", "c", "b", "100"]
        RPUSH l c 100 c -> :9
        LREM l -2 c -> :2
        LRANGE l 0 -1 -> ["first", "1", "2", "c", "b", "100", "100"]
        LREM l 0 100 -> :2
        LREM none 0 x -> :0
        LREM l x x -> -ERR value is not an integer or out of range
        LREM l -9223372036854775808 x -> -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        LTRIM l 1 -2 -> +OK
        LRANGE l 0 -1 -> ["1", "2", "c"]
        LTRIM l 0 100 -> +OK
        LLEN l -> :3
        LTRIM l 2 1 -> +OK
        EXISTS l -> :0
        LTRIM l 0 0 -> +OK
        RPUSH l a a a -> :3
        LREM l 2 a -> :2
        LREM l -5 a -> :1
        EXISTS l -> :0
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Equal_elements_are_found(bool checking) => Run(checking, """
        RPUSH l a b c 1 2 3 c c -> :8
        LPOS l c -> :2
        LPOS l 2 -> :4
        LPOS l z -> nil
        LPOS none c -> nil
        LPOS none c COUNT 0 -> []
        LPOS l c RANK 2 -> :6
        LPOS l c RANK 4 -> nil
        LPOS l c RANK -1 -> :7
        LPOS l c RANK -3 -> :2
        LPOS l c COUNT 0 -> [:2, :6, :7]
        LPOS l c COUNT 2 -> [:2, :6]
        LPOS l c COUNT 2 RANK -1 -> [:7, :6]
        LPOS l c RANK 2 COUNT 0 -> [:6, :7]
        LPOS l c COUNT 0 MAXLEN 3 -> [:2]
        LPOS l c COUNT 0 MAXLEN 2 -> []
        LPOS l c MAXLEN 2 -> nil
        LPOS l c count 0 maxlen 2 rank -1 -> [:7, :6]
        LPOS l c COUNT 0 MAXLEN 0 -> [:2, :6, :7]
        LPOS l c RANK 0 -> -ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list
        LPOS l c RANK x -> -ERR value is not an integer or out of range
        LPOS l c RANK -9223372036854775808 -> -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        LPOS l c COUNT -1 -> -ERR COUNT can't be negative
        LPOS l c MAXLEN x -> -ERR MAXLEN can't be negative
        LPOS l c RANK -> -ERR syntax error
        LPOS l c FIRST 1 -> -ERR syntax error
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Elements_move_between_lists(bool checking) => Run(checking, """
        RPUSH a 1 2 3 4 -> :4
        LMOVE a b LEFT RIGHT -> "1"
        LMOVE a b right left -> "4"
        LRANGE a 0 -1 -> ["2", "3"]
        LRANGE b 0 -1 -> ["4", "1"]
        RPOPLPUSH a b -> "3"
        RPOPLPUSH a b -> "2"
        EXISTS a -> :0
        RPOPLPUSH a b -> nil
        LMOVE a b LEFT LEFT -> nil
        LRANGE b 0 -1 -> ["2", "3", "4", "1"]
        LMOVE b b LEFT RIGHT -> "2"
        RPOPLPUSH b b -> "2"
        LMOVE b b LEFT LEFT -> "2"
        LRANGE b 0 -1 -> ["2", "3", "4", "1"]
        RPUSH one only -> :1
        LMOVE one one LEFT RIGHT -> "only"
        LRANGE one 0 -1 -> ["only"]
        LMOVE a b UP LEFT -> -ERR syntax error
        LMOVE a b LEFT DOWN -> -ERR syntax error
        SET s x -> +OK
        LMOVE b s LEFT LEFT -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LMOVE s b LEFT LEFT -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LMOVE none s LEFT LEFT -> nil
        LLEN b -> :4
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_first_of_several_lists_serves(bool checking) => Run(checking, """
        LMPOP 2 a b LEFT -> nil
        RPUSH b 1 2 3 4 5 -> :5
        LMPOP 2 a b LEFT -> ["b", ["1"]]
        LMPOP 2 a b right COUNT 2 -> ["b", ["5", "4"]]
        RPUSH a x -> :1
        LMPOP 2 a b LEFT COUNT 10 -> ["a", ["x"]]
        LMPOP 2 a b LEFT COUNT 10 -> ["b", ["2", "3"]]
        EXISTS a b -> :0
        LMPOP 0 a LEFT -> -ERR numkeys should be greater than 0
        LMPOP x a LEFT -> -ERR numkeys should be greater than 0
        LMPOP 9223372036854775807 a LEFT -> -ERR syntax error
        LMPOP 2 a LEFT -> -ERR syntax error
        LMPOP 1 a MIDDLE -> -ERR syntax error
        LMPOP 1 a LEFT COUNT 0 -> -ERR count should be greater than 0
        LMPOP 1 a LEFT COUNT x -> -ERR count should be greater than 0
        LMPOP 1 a LEFT COUNT -> -ERR syntax error
        LMPOP 1 a LEFT COUNT 1 COUNT 1 -> -ERR syntax error
        LMPOP 1 a LEFT LIMIT 1 -> -ERR syntax error
        SET s x -> +OK
        LMPOP 2 a s LEFT -> -WRONGTYPE Operation against a key holding the wrong kind of value
        """);

    [Fact]
    public void Blocking_commands_take_what_is_there() => Run(true, """
        RPUSH l 1 2 3 4 5 6 -> :6
        BLPOP none l 0 -> ["l", "1"]
        BRPOP l 0.5 -> ["l", "6"]
        BLMPOP 0 2 none l LEFT COUNT 2 -> ["l", ["2", "3"]]
        BLMOVE l m RIGHT LEFT 0 -> "5"
        BRPOPLPUSH l m 0 -> "4"
        LRANGE m 0 -1 -> ["4", "5"]
        EXISTS l -> :0
        BLPOP l -1 -> -ERR timeout is negative
        BLPOP l x -> -ERR timeout is not a float or out of range
        BLMPOP 0 0 l LEFT -> -ERR numkeys should be greater than 0
        BLMOVE l m UP LEFT 0 -> -ERR syntax error
        SET s x -> +OK
        BLPOP s 0 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        BLMOVE s m LEFT LEFT 0 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        BLMOVE m s LEFT LEFT 0 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        MULTI -> +OK
        BLPOP l 0 -> +QUEUED
        BLMOVE l m LEFT LEFT 0 -> +QUEUED
        BLMPOP 0 1 l LEFT -> +QUEUED
        EXEC -> [nil, nil, nil]
        """);

    [Fact]
    public void Replies_have_the_shapes_of_their_protocol()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        foreach (bool is3 in (bool[])[false, true])
        {
            if (is3) client.Line("HELLO 3");
            string noArray = is3 ? "_\r\n" : "*-1\r\n";
            Assert.Equal(is3 ? "_\r\n" : "$-1\r\n", Raw(client, "LPOP none"));
            Assert.Equal(noArray, Raw(client, "LPOP none 1"));
            Assert.Equal(noArray, Raw(client, "LMPOP 1 none LEFT"));
            Assert.Equal(noArray, Raw(client, "BLPOP none 0.001"));
            Assert.Equal(noArray, Raw(client, "BLMOVE none other LEFT LEFT 0.001"));
            Assert.Equal("*0\r\n", Raw(client, "LRANGE none 0 1"));
        }
    }

    [Fact]
    public void Other_types_are_refused() => Run(false, """
        SET s x -> +OK
        LPUSH s a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        RPUSHX s a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LPOP s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        RPOP s 2 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LPOP s x -> -ERR value is out of range, must be positive
        LPOP s -1 -> -ERR value is out of range, must be positive
        LPOP s 1 2 -> -ERR wrong number of arguments for 'lpop' command
        LLEN s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LINDEX s x -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LSET s x a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LINSERT s AFTER a b -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LRANGE s 0 1 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LTRIM s 0 1 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LREM s 0 a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LPOS s a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        RPOPLPUSH s l -> -WRONGTYPE Operation against a key holding the wrong kind of value
        RPUSH l a -> :1
        GET l -> -WRONGTYPE Operation against a key holding the wrong kind of value
        SET l now-a-string -> +OK
        TYPE l -> +string
        """);

    [Fact]
    public void Encodings_follow_the_limits() => Run(true, """
        RPUSH l 1 2 3 4 5 6 -> :6
        OBJECT ENCODING l -> "listpack"
        RPUSH l 7 -> :7
        OBJECT ENCODING l -> "quicklist"
        COPY l m -> :1
        OBJECT ENCODING m -> "quicklist"
        RPOP l -> "7"
        OBJECT ENCODING l -> "quicklist"
        LPOP l 2 -> ["1", "2"]
        OBJECT ENCODING l -> "quicklist"
        LPOP l -> "3"
        OBJECT ENCODING l -> "listpack"
        COPY l n -> :1
        OBJECT ENCODING n -> "listpack"
        RPUSH l 8 9 10 -> :6
        LINSERT l AFTER 5 x -> :7
        OBJECT ENCODING l -> "quicklist"
        LREM l 0 x -> :1
        LTRIM l 0 2 -> +OK
        OBJECT ENCODING l -> "quicklist"
        LMOVE m n RIGHT LEFT -> "7"
        LMOVE m n LEFT RIGHT -> "1"
        LMOVE m n LEFT RIGHT -> "2"
        OBJECT ENCODING m -> "quicklist"
        LMOVE m n LEFT RIGHT -> "3"
        OBJECT ENCODING m -> "listpack"
        OBJECT ENCODING n -> "quicklist"
        LRANGE n 0 -1 -> ["7", "4", "5", "6", "1", "2", "3"]
        LRANGE m 0 -1 -> ["4", "5", "6"]
        LMOVE m m LEFT RIGHT -> "4"
        OBJECT ENCODING m -> "listpack"
        RPUSH set 1 2 3 4 5 6 -> :6
        LSET set 6 x -> -ERR index out of range
        OBJECT ENCODING set -> "quicklist"
        RPUSH inserted 1 2 3 4 5 6 -> :6
        LINSERT inserted AFTER none x -> :-1
        OBJECT ENCODING inserted -> "quicklist"
        LRANGE inserted 0 -1 -> ["1", "2", "3", "4", "5", "6"]
        """, static settings => settings.Types.ListMaxListpackSize = 6);

    [Fact]
    public void Large_elements_have_nodes_of_their_own()
    {
        using var server = new TestServer(static settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes, checking: true);
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            DEBUG QUICKLIST-PACKED-THRESHOLD 5b -> +OK
            RPUSH l a b longer c d -> :5
            LRANGE l 0 -1 -> ["a", "b", "longer", "c", "d"]
            OBJECT ENCODING l -> "listpack"
            CONFIG SET list-max-listpack-size 3 -> +OK
            RPUSH l e enormous f -> :8
            LINSERT l AFTER e between -> :9
            LSET l 0 replaced -> +OK
            LSET l 2 x -> +OK
            LRANGE l 0 -1 -> ["replaced", "b", "x", "c", "d", "e", "between", "enormous", "f"]
            LPOS l enormous -> :7
            LREM l 0 between -> :1
            LPOP l -> "replaced"
            LRANGE l 0 -1 -> ["b", "x", "c", "d", "e", "enormous", "f"]
            RPOP l 2 -> ["f", "enormous"]
            DEBUG QUICKLIST-PACKED-THRESHOLD 0 -> +OK
            DEBUG QUICKLIST-PACKED-THRESHOLD x -> -ERR argument must be a memory value bigger than 1 and smaller than 4gb
            DEBUG QUICKLIST-PACKED-THRESHOLD 4gb -> -ERR argument must be a memory value bigger than 1 and smaller than 4gb
            """);
    }

    [Fact]
    public void Debug_tells_of_nodes()
    {
        using var server = new TestServer(static settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes);
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            CONFIG SET list-max-listpack-size 4 list-compress-depth 1 -> +OK
            RPUSH l a b c d e f g h i j -> :10
            """);
        Assert.EndsWith(" ql_nodes:3 ql_avg_node:3.33 ql_listpack_max:4 ql_compressed:1 ql_uncompressed_size:51", client.Line("DEBUG OBJECT l").Text);
        Assert.EndsWith(" ql_nodes:3 ql_avg_node:3.33 ql_listpack_max:4 ql_compressed:1", client.Line("DEBUG OBJECT l fast").Text);
        Assert.DoesNotContain("ql_", client.Line("DEBUG OBJECT l").Text[..20]);
    }

    [Fact]
    public void Memory_is_told_from_samples()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        string[] elements = [.. Enumerable.Range(0, 5000).Select(i => $"element:{i:D10}")];
        client.Send(["RPUSH", "l", .. elements]);
        long all = client.Line("MEMORY USAGE l SAMPLES 0").Number;
        Assert.InRange(all, 5000 * 20, 5000 * 22);
        Assert.InRange(client.Line("MEMORY USAGE l").Number, all * 8 / 10, all * 12 / 10);
        client.Line("RPUSH small a");
        Assert.InRange(client.Line("MEMORY USAGE small").Number, 20, 200);
    }

    private static string Raw(RespClient client, string line)
    {
        client.Write(line.Split(' '));
        client.Write("PING");
        var text = new System.Text.StringBuilder();
        while (!text.ToString().EndsWith("+PONG\r\n", StringComparison.Ordinal))
        {
            byte[] one = new byte[1];
            client.ReadExactly(one);
            text.Append((char)one[0]);
        }
        return text.ToString()[..^7];
    }
}
