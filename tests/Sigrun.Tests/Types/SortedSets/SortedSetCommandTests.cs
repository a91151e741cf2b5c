using Sigrun.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.SortedSets;

/// <summary>The sorted set commands through a socket, in both encodings, and over a heap that moves every block on every write.</summary>
public sealed class SortedSetCommandTests
{
    private static void Run(int entries, bool checking, string script)
    {
        using var server = new TestServer(settings => settings.Types.ZsetMaxListpackEntries = entries, checking);
        using RespClient client = server.Connect();
        CommandScript.Run(client, script);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(128, false)]
    [InlineData(128, true)]
    public void Members_are_added_and_changed(int entries, bool checking) => Run(entries, checking, """
        ZADD z 1 a 2 b 3 c -> :3
        ZADD z 1 a 2.5 b 4 d -> :1
        ZADD z CH 1 a 3 b 5 e -> :2
        ZADD z NX 9 a 9 f -> :1
        ZADD z XX 7 a 7 g -> :0
        ZADD z XX CH 8 a 7 g -> :1
        ZADD z GT CH 1 a 10 b 1 h -> :2
        ZADD z LT CH 9 a 9 b 1 i -> :2
        ZADD z GT XX CH 20 a 20 j -> :1
        ZADD z INCR 5 a -> "25"
        ZADD z NX INCR 5 a -> nil
        ZADD z XX INCR 5 none -> nil
        ZADD z XX INCR 1.5 a -> "26.5"
        ZADD z GT INCR -1 a -> nil
        ZADD z LT INCR -1 a -> "25.5"
        ZADD z 0 a 1 a 2 a -> :0
        ZINCRBY z 0.1 a -> "2.1"
        ZINCRBY z -inf k -> "-inf"
        ZINCRBY z inf k -> -ERR resulting score is not a number (NaN)
        ZADD z INCR inf k -> -ERR resulting score is not a number (NaN)
        ZADD none XX 1 a -> :0
        ZADD none XX INCR 1 a -> nil
        EXISTS none -> :0
        ZCARD z -> :9
        ZRANGE z 0 -1 WITHSCORES -> ["k", "-inf", "h", "1", "i", "1", "a", "2.1", "c", "3", "d", "4", "e", "5", "b", "9", "f", "9"]
        ZADD z incr 1 a 2 b -> -ERR INCR option supports a single increment-element pair
        ZADD z nx xx 1 a -> -ERR XX and NX options at the same time are not compatible
        ZADD z gt lt 1 a -> -ERR GT, LT, and/or NX options at the same time are not compatible
        ZADD z gt nx 1 a -> -ERR GT, LT, and/or NX options at the same time are not compatible
        ZADD z 1 -> -ERR wrong number of arguments for 'zadd' command
        ZADD z nx 1 -> -ERR syntax error
        ZADD z 1 a 2 -> -ERR syntax error
        ZADD z x a -> -ERR value is not a valid float
        ZADD z 1 a nan b -> -ERR value is not a valid float
        ZADD z 1e400 a -> -ERR value is not a valid float
        ZINCRBY z x a -> -ERR value is not a valid float
        ZINCRBY z nx a -> -ERR syntax error
        ZADD z inf x -inf y +inf w Infinity v 1e3 u .5 t 1. s -> :7
        ZMSCORE z x y w v u t s none -> ["inf", "-inf", "inf", "inf", "1000", "0.5", "1", nil]
        ZMSCORE none a b -> [nil, nil]
        ZSCORE z none -> nil
        ZSCORE none a -> nil
        """);

    [Theory]
    [InlineData(0, true)]
    [InlineData(128, false)]
    [InlineData(128, true)]
    public void Members_are_removed(int entries, bool checking) => Run(entries, checking, """
        ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g 8 h 9 i 10 j -> :10
        ZREM z a x b a -> :2
        ZREM none a -> :0
        ZREMRANGEBYRANK z 0 1 -> :2
        ZREMRANGEBYRANK z -1 -1 -> :1
        ZREMRANGEBYRANK z 5 2 -> :0
        ZREMRANGEBYRANK z x 1 -> -ERR value is not an integer or out of range
        ZREMRANGEBYSCORE z (5 6 -> :1
        ZREMRANGEBYSCORE z 7 (7 -> :0
        ZREMRANGEBYSCORE z x 1 -> -ERR min or max is not a float
        ZREMRANGEBYLEX z [g (h -> :1
        ZREMRANGEBYLEX z g h -> -ERR min or max not valid string range item
        ZRANGE z 0 -1 WITHSCORES -> ["e", "5", "h", "8", "i", "9"]
        ZREM z e h -> :2
        ZREM z i -> :1
        EXISTS z -> :0
        ZADD z 0 a 0 b -> :2
        ZREMRANGEBYRANK z 0 -1 -> :2
        EXISTS z -> :0
        ZADD z 0 a 0 b -> :2
        ZREMRANGEBYLEX z - + -> :2
        EXISTS z -> :0
        ZREMRANGEBYSCORE z -inf inf -> :0
        """);

    [Theory]
    [InlineData(0, true)]
    [InlineData(128, false)]
    [InlineData(128, true)]
    public void Ranks_and_counts(int entries, bool checking) => Run(entries, checking, """
        ZADD z 1 a 1 b 1 c 2 d 3 e -> :5
        ZRANK z a -> :0
        ZRANK z e -> :4
        ZREVRANK z a -> :4
        ZREVRANK z e -> :0
        ZRANK z none -> nil
        ZRANK none a -> nil
        ZRANK z d WITHSCORE -> [:3, "2"]
        ZREVRANK z d withscore -> [:1, "2"]
        ZRANK z none WITHSCORE -> nil
        ZRANK none a WITHSCORE -> nil
        ZRANK z a x -> -ERR syntax error
        ZRANK z a WITHSCORE x -> -ERR wrong number of arguments for 'zrank' command
        ZCOUNT z -inf +inf -> :5
        ZCOUNT z 1 1 -> :3
        ZCOUNT z (1 3 -> :2
        ZCOUNT z 1 (3 -> :4
        ZCOUNT z 4 5 -> :0
        ZCOUNT z 3 1 -> :0
        ZCOUNT none 0 1 -> :0
        ZCOUNT z x 1 -> -ERR min or max is not a float
        ZCOUNT z (x 1 -> -ERR min or max is not a float
        ZCOUNT z nan 1 -> -ERR min or max is not a float
        ZCOUNT z '' '' -> :0
        ZCOUNT z ( 1 -> :3
        ZCOUNT z 1x 2 -> -ERR min or max is not a float
        ZLEXCOUNT z - + -> :5
        ZLEXCOUNT z [a (c -> :2
        ZLEXCOUNT z + - -> :0
        ZLEXCOUNT z x + -> -ERR min or max not valid string range item
        ZLEXCOUNT none - + -> :0
        """);

    [Theory]
    [InlineData(0, true)]
    [InlineData(128, false)]
    [InlineData(128, true)]
    public void Ranges(int entries, bool checking) => Run(entries, checking, """
        ZADD z 1 a 2 b 3 c 4 d 5 e -> :5
        ZRANGE z 0 -1 -> ["a", "b", "c", "d", "e"]
        ZRANGE z 1 2 WITHSCORES -> ["b", "2", "c", "3"]
        ZRANGE z -2 100 -> ["d", "e"]
        ZRANGE z 3 1 -> []
        ZRANGE z 5 6 -> []
        ZRANGE z -100 -6 -> []
        ZRANGE z 0 1 REV -> ["e", "d"]
        ZRANGE z 0 1 REV WITHSCORES -> ["e", "5", "d", "4"]
        ZREVRANGE z 1 -2 withscores -> ["d", "4", "c", "3", "b", "2"]
        ZRANGE z (1 4 BYSCORE -> ["b", "c", "d"]
        ZRANGE z 4 (1 BYSCORE REV -> ["d", "c", "b"]
        ZRANGE z -inf +inf BYSCORE LIMIT 1 2 -> ["b", "c"]
        ZRANGE z -inf +inf BYSCORE LIMIT 1 -1 -> ["b", "c", "d", "e"]
        ZRANGE z -inf +inf BYSCORE LIMIT 9 2 -> []
        ZRANGE z -inf +inf BYSCORE LIMIT 0 0 WITHSCORES -> []
        ZRANGE z +inf -inf BYSCORE REV LIMIT 1 2 WITHSCORES -> ["d", "4", "c", "3"]
        ZRANGEBYSCORE z 2 3 WITHSCORES LIMIT 0 1 -> ["b", "2"]
        ZREVRANGEBYSCORE z 4 (2 LIMIT 0 5 -> ["d", "c"]
        ZRANGEBYSCORE z 3 2 -> []
        ZRANGEBYSCORE none 1 2 -> []
        ZRANGE none 0 1 -> []
        ZRANGE z 0 1 LIMIT 0 1 -> -ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
        ZRANGE z 0 1 BYLEX -> -ERR min or max not valid string range item
        ZRANGE z - + BYLEX WITHSCORES -> -ERR syntax error, WITHSCORES not supported in combination with BYLEX
        ZRANGE z 0 1 BYSCORE BYLEX -> -ERR syntax error
        ZRANGE z 0 1 REV REV -> -ERR syntax error
        ZRANGE z 0 x -> -ERR value is not an integer or out of range
        ZRANGE z 0 1 LIMIT 0 -> -ERR syntax error
        ZRANGE z 1 2 BYSCORE LIMIT x 1 -> -ERR value is not an integer or out of range
        ZREVRANGE z 0 1 REV -> -ERR syntax error
        ZRANGEBYSCORE z x 2 -> -ERR min or max is not a float
        ZRANGEBYLEX z a b -> -ERR min or max not valid string range item
        ZRANGEBYSCORE z 1 2 BYLEX -> -ERR syntax error
        DEL z -> :1
        ZADD z 0 alpha 0 beta 0 delta 0 gamma 0 epsilon -> :5
        ZRANGEBYLEX z - + -> ["alpha", "beta", "delta", "epsilon", "gamma"]
        ZRANGEBYLEX z [beta (epsilon -> ["beta", "delta"]
        ZRANGEBYLEX z (beta [epsilon LIMIT 1 5 -> ["epsilon"]
        ZRANGEBYLEX z [b [b -> []
        ZREVRANGEBYLEX z + [delta -> ["gamma", "epsilon", "delta"]
        ZREVRANGEBYLEX z (delta - LIMIT 0 1 -> ["beta"]
        ZRANGE z + (delta BYLEX REV -> ["gamma", "epsilon"]
        ZRANGE z [alpha [alpha BYLEX -> ["alpha"]
        ZRANGE z + - BYLEX -> []
        """);

    [Fact]
    public void A_negative_offset_counts_from_the_other_end_of_a_large_set() => Run(0, true, """
        ZADD z 1 a 2 b 3 c 4 d 5 e -> :5
        ZRANGEBYSCORE z 2 4 LIMIT -1 5 -> ["d"]
        ZRANGEBYSCORE z 2 4 LIMIT -3 2 -> ["b", "c"]
        ZRANGEBYSCORE z 2 4 LIMIT -3 0 -> []
        ZRANGEBYSCORE z 2 4 LIMIT -4 2 -> []
        ZRANGEBYSCORE z 2 4 LIMIT -9223372036854775808 2 -> []
        ZREVRANGEBYSCORE z 4 2 LIMIT -1 -1 -> ["b"]
        ZREVRANGEBYSCORE z 4 2 LIMIT -3 2 -> ["d", "c"]
        ZREVRANGEBYSCORE z 4 2 LIMIT -4 2 -> []
        ZRANGE z 4 2 BYSCORE REV LIMIT -2 -1 WITHSCORES -> ["c", "3", "b", "2"]
        ZRANGESTORE y z 2 4 BYSCORE LIMIT -2 1 -> :1
        ZRANGE y 0 -1 -> ["c"]
        ZADD x 0 a 0 b 0 c -> :3
        ZRANGEBYLEX x - + LIMIT -2 5 -> ["b", "c"]
        ZREVRANGEBYLEX x + - LIMIT -2 5 -> ["b", "a"]
        """);

    [Fact]
    public void A_negative_offset_leads_to_nothing_in_a_small_set() => Run(128, true, """
        ZADD z 1 a 2 b 3 c -> :3
        ZRANGEBYSCORE z 1 3 LIMIT -1 5 -> []
        ZREVRANGEBYSCORE z 3 1 LIMIT -1 5 -> []
        ZADD x 0 a 0 b 0 c -> :3
        ZRANGEBYLEX x - + LIMIT -2 5 -> []
        """);

    [Theory]
    [InlineData(0, true)]
    [InlineData(128, false)]
    [InlineData(128, true)]
    public void A_range_is_stored(int entries, bool checking) => Run(entries, checking, """
        ZADD z 1 a 2 b 3 c 4 d 5 e -> :5
        ZRANGESTORE t z 0 1 -> :2
        ZRANGE t 0 -1 WITHSCORES -> ["a", "1", "b", "2"]
        ZRANGESTORE t z 0 1 REV -> :2
        ZRANGE t 0 -1 WITHSCORES -> ["d", "4", "e", "5"]
        ZRANGESTORE t z (1 4 BYSCORE LIMIT 1 5 -> :2
        ZRANGE t 0 -1 -> ["c", "d"]
        ZRANGESTORE t z [b [d BYLEX -> :3
        ZRANGE t 0 -1 -> ["b", "c", "d"]
        ZRANGESTORE z z 1 2 -> :2
        ZRANGE z 0 -1 -> ["b", "c"]
        ZRANGESTORE t z 5 6 -> :0
        EXISTS t -> :0
        ZRANGESTORE t none 0 -1 -> :0
        ZRANGESTORE t z 0 1 WITHSCORES -> -ERR syntax error
        SET s x -> +OK
        ZRANGESTORE s z 0 0 -> :1
        TYPE s -> +zset
        SET s x -> +OK
        ZRANGESTORE t s 0 0 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        """);

    [Theory]
    [InlineData(0, true)]
    [InlineData(128, false)]
    [InlineData(128, true)]
    public void The_lowest_and_highest_are_taken(int entries, bool checking) => Run(entries, checking, """
        ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g -> :7
        ZPOPMIN z -> ["a", "1"]
        ZPOPMAX z -> ["g", "7"]
        ZPOPMIN z 2 -> ["b", "2", "c", "3"]
        ZPOPMAX z 0 -> []
        ZPOPMAX z 2 -> ["f", "6", "e", "5"]
        ZPOPMIN z 10 -> ["d", "4"]
        EXISTS z -> :0
        ZPOPMIN z -> []
        ZPOPMIN z 3 -> []
        ZPOPMIN z -1 -> -ERR value is out of range, must be positive
        ZPOPMIN z x -> -ERR value is out of range, must be positive
        ZPOPMIN z 1 2 -> -ERR syntax error
        ZADD z 1 a 2 b 3 c 4 d -> :4
        ZMPOP 2 none z MIN -> ["z", [["a", "1"]]]
        ZMPOP 2 none z max COUNT 2 -> ["z", [["d", "4"], ["c", "3"]]]
        ZMPOP 1 z MIN COUNT 9 -> ["z", [["b", "2"]]]
        ZMPOP 1 z MIN -> nil
        ZMPOP 0 z MIN -> -ERR numkeys should be greater than 0
        ZMPOP x z MIN -> -ERR numkeys should be greater than 0
        ZMPOP 2 z MIN -> -ERR syntax error
        ZMPOP 1 z UP -> -ERR syntax error
        ZMPOP 1 z MIN COUNT -> -ERR syntax error
        ZMPOP 1 z MIN COUNT 0 -> -ERR count should be greater than 0
        ZMPOP 1 z MIN COUNT 1 COUNT 1 -> -ERR syntax error
        ZMPOP 9223372036854775807 z MIN -> -ERR syntax error
        ZADD z 1 a 2 b 3 c 4 d -> :4
        BZPOPMIN none z 0 -> ["z", "a", "1"]
        BZPOPMAX z 0.5 -> ["z", "d", "4"]
        BZMPOP 0 2 none z MIN COUNT 5 -> ["z", [["b", "2"], ["c", "3"]]]
        BZPOPMIN z -1 -> -ERR timeout is negative
        BZPOPMIN z x -> -ERR timeout is not a float or out of range
        BZMPOP 0 0 z MIN -> -ERR numkeys should be greater than 0
        BZPOPMIN none 0.01 -> nil
        BZMPOP 0.01 1 none MAX -> nil
        MULTI -> +OK
        BZPOPMIN none 0 -> +QUEUED
        BZMPOP 0 1 none MIN -> +QUEUED
        EXEC -> [nil, nil]
        """);

    [Theory]
    [InlineData(0, true)]
    [InlineData(128, false)]
    [InlineData(128, true)]
    public void Sets_are_combined(int entries, bool checking) => Run(entries, checking, """
        ZADD a 1 x 2 y 3 z -> :3
        ZADD b 10 y 20 z 30 w -> :3
        SADD s y w q -> :3
        ZUNION 2 a b -> ["x", "y", "z", "w"]
        ZUNION 2 a b WITHSCORES -> ["x", "1", "y", "12", "z", "23", "w", "30"]
        ZUNION 2 a b WEIGHTS 2 0.5 WITHSCORES -> ["x", "2", "y", "9", "w", "15", "z", "16"]
        ZUNION 2 a b AGGREGATE MIN WITHSCORES -> ["x", "1", "y", "2", "z", "3", "w", "30"]
        ZUNION 3 a b s aggregate max withscores -> ["q", "1", "x", "1", "y", "10", "z", "20", "w", "30"]
        ZUNION 2 none a -> ["x", "y", "z"]
        ZUNION 2 a a WITHSCORES -> ["x", "2", "y", "4", "z", "6"]
        ZINTER 2 a b WITHSCORES -> ["y", "12", "z", "23"]
        ZINTER 3 a b s WITHSCORES -> ["y", "13"]
        ZINTER 2 a none -> []
        ZINTER 2 a b WEIGHTS 1 -1 AGGREGATE MAX WITHSCORES -> ["y", "2", "z", "3"]
        ZINTERCARD 2 a b -> :2
        ZINTERCARD 2 a b LIMIT 1 -> :1
        ZINTERCARD 2 a b LIMIT 0 -> :2
        ZINTERCARD 2 a b LIMIT -1 -> -ERR LIMIT can't be negative
        ZINTERCARD 2 a b LIMIT x -> -ERR LIMIT can't be negative
        ZINTERCARD 2 a b WEIGHTS 1 2 -> -ERR syntax error
        ZDIFF 2 a b WITHSCORES -> ["x", "1"]
        ZDIFF 2 a s -> ["x", "z"]
        ZDIFF 1 a -> ["x", "y", "z"]
        ZDIFF 2 a a -> []
        ZDIFF 3 none a b -> []
        ZDIFF 2 s a -> ["q", "w"]
        ZDIFF 2 a b WEIGHTS 1 2 -> -ERR syntax error
        ZUNIONSTORE t 2 a b -> :4
        ZRANGE t 0 -1 WITHSCORES -> ["x", "1", "y", "12", "z", "23", "w", "30"]
        ZINTERSTORE t 2 a b WEIGHTS 1 inf -> :2
        ZRANGE t 0 -1 WITHSCORES -> ["y", "inf", "z", "inf"]
        ZDIFFSTORE t 2 a b -> :1
        ZRANGE t 0 -1 WITHSCORES -> ["x", "1"]
        ZINTERSTORE a 2 a a -> :3
        ZRANGE a 0 -1 WITHSCORES -> ["x", "2", "y", "4", "z", "6"]
        ZDIFFSTORE t 2 a a -> :0
        EXISTS t -> :0
        ZUNIONSTORE t 0 a -> -ERR at least 1 input key is needed for 'zunionstore' command
        ZUNIONSTORE t x a -> -ERR value is not an integer or out of range
        ZUNIONSTORE t 3 a b -> -ERR syntax error
        ZUNIONSTORE t 1 a WITHSCORES -> -ERR syntax error
        ZUNION 1 a WEIGHTS -> -ERR syntax error
        ZUNION 1 a WEIGHTS x -> -ERR weight value is not a float
        ZUNION 1 a AGGREGATE -> -ERR syntax error
        ZUNION 1 a AGGREGATE x -> -ERR syntax error
        SET str x -> +OK
        ZUNION 2 a str -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZDIFFSTORE str 1 a -> :3
        TYPE str -> +zset
        ZADD i inf p -inf q -> :2
        ZADD j -inf p inf q 0 r -> :3
        ZUNION 2 i j WITHSCORES -> ["p", "0", "q", "0", "r", "0"]
        ZINTER 2 i j WITHSCORES -> ["p", "0", "q", "0"]
        ZUNION 1 j WEIGHTS inf WITHSCORES -> ["p", "-inf", "r", "0", "q", "inf"]
        """);

    [Theory]
    [InlineData(0, true)]
    [InlineData(128, false)]
    [InlineData(128, true)]
    public void Members_by_chance(int entries, bool checking) => Run(entries, checking, """
        ZADD z 1 a -> :1
        ZRANDMEMBER z -> "a"
        ZRANDMEMBER none -> nil
        ZRANDMEMBER z 1 -> ["a"]
        ZRANDMEMBER z -3 -> ["a", "a", "a"]
        ZRANDMEMBER z 2 WITHSCORES -> ["a", "1"]
        ZRANDMEMBER z -2 WITHSCORES -> ["a", "1", "a", "1"]
        ZRANDMEMBER z 0 -> []
        ZRANDMEMBER none 5 -> []
        ZADD z 2 b 3 c -> :2
        ZRANDMEMBER z 3 -> ["c", "b", "a"]
        ZRANDMEMBER z 9 WITHSCORES -> ["c", "3", "b", "2", "a", "1"]
        ZRANDMEMBER z x -> -ERR value is not an integer or out of range
        ZRANDMEMBER z 1 x -> -ERR syntax error
        ZRANDMEMBER z 1 WITHSCORES x -> -ERR syntax error
        ZRANDMEMBER z -9223372036854775808 -> -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        ZRANDMEMBER z 9223372036854775807 WITHSCORES -> -ERR value is out of range
        ZRANDMEMBER z -9223372036854775807 WITHSCORES -> -ERR value is out of range
        """);

    [Theory]
    [InlineData(0, true)]
    [InlineData(128, false)]
    [InlineData(128, true)]
    public void Other_types_are_refused(int entries, bool checking) => Run(entries, checking, """
        SET s x -> +OK
        ZADD s 1 a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZINCRBY s 1 a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZREM s a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZCARD s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZSCORE s a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZMSCORE s a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZRANK s a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZREVRANK s a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZCOUNT s 0 1 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZLEXCOUNT s - + -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZRANGE s 0 1 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZRANGE s 0 1 BYSCORE -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZREVRANGE s 0 1 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZRANGEBYSCORE s 0 1 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZREVRANGEBYLEX s + - -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZREMRANGEBYRANK s 0 1 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZREMRANGEBYSCORE s 0 1 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZREMRANGEBYLEX s - + -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZPOPMIN s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZMPOP 2 none s MIN -> -WRONGTYPE Operation against a key holding the wrong kind of value
        BZPOPMAX s 0 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZRANDMEMBER s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZRANDMEMBER s 1 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZSCAN s 0 -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZUNION 1 s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZINTERCARD 1 s -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ZADD z 1 a -> :1
        GET z -> -WRONGTYPE Operation against a key holding the wrong kind of value
        LPUSH z a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        SET z string -> +OK
        TYPE z -> +string
        """);

    [Theory]
    [InlineData(0)]
    [InlineData(128)]
    public void Replies_of_the_third_protocol(int entries)
    {
        using var server = new TestServer(settings => settings.Types.ZsetMaxListpackEntries = entries);
        using RespClient client = server.Connect();
        client.Line("HELLO 3");
        CommandScript.Run(client, """
            ZADD z 1 a 2.5 b -> :2
            ZSCORE z b -> ,2.5
            ZSCORE z none -> nil
            ZMSCORE z a none -> [,1, nil]
            ZADD z INCR 1 a -> ,2
            ZADD z NX INCR 1 a -> nil
            ZINCRBY z 1e20 a -> ,1e+20
            ZRANGE z 0 -1 -> ["b", "a"]
            ZRANGE z 0 -1 WITHSCORES -> [["b", ,2.5], ["a", ,1e+20]]
            ZRANGE z 0 9 BYSCORE WITHSCORES -> [["b", ,2.5]]
            ZREVRANGE z 0 -1 WITHSCORES -> [["a", ,1e+20], ["b", ,2.5]]
            ZRANK z b WITHSCORE -> [:0, ,2.5]
            ZRANK z none WITHSCORE -> nil
            ZRANDMEMBER z 5 WITHSCORES -> [["a", ,1e+20], ["b", ,2.5]]
            ZUNION 1 z WITHSCORES -> [["b", ,2.5], ["a", ,1e+20]]
            ZDIFF 1 z -> ["b", "a"]
            ZSCAN z 0 MATCH a -> ["0", ["a", "1e+20"]]
            ZPOPMIN z -> ["b", ,2.5]
            ZPOPMIN z 5 -> [["a", ,1e+20]]
            ZADD z inf a -inf b -> :2
            ZMPOP 1 z MAX COUNT 2 -> ["z", [["a", ,inf], ["b", ,-inf]]]
            ZMPOP 1 z MAX -> nil
            ZPOPMAX z -> []
            ZADD z 1 a -> :1
            BZPOPMIN z 0 -> ["z", "a", ,1]
            BZPOPMIN z 0.01 -> nil
            """);
    }

    [Fact]
    public void Encodings_follow_the_limits()
    {
        using var server = new TestServer(settings => (settings.Types.ZsetMaxListpackEntries, settings.Types.ZsetMaxListpackValueBytes) = (3, 5));
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            ZADD z 1 a 2 b 3 c -> :3
            OBJECT ENCODING z -> "listpack"
            ZADD z 9 a -> :0
            OBJECT ENCODING z -> "listpack"
            ZADD z 4 d -> :1
            OBJECT ENCODING z -> "skiplist"
            ZREM z b c d -> :3
            OBJECT ENCODING z -> "skiplist"
            ZUNIONSTORE y 1 z -> :1
            OBJECT ENCODING y -> "listpack"
            ZADD y XX 1 toolong -> :0
            OBJECT ENCODING y -> "skiplist"
            ZADD x 1 a 1 a 1 a 1 a -> :1
            OBJECT ENCODING x -> "skiplist"
            ZADD w 1 abcdef -> :1
            OBJECT ENCODING w -> "skiplist"
            ZADD v 1 abcde 2 abcd -> :2
            COPY v u -> :1
            OBJECT ENCODING u -> "listpack"
            ZADD v 3 c 4 d -> :2
            COPY v t -> :1
            OBJECT ENCODING t -> "skiplist"
            ZRANGE t 0 -1 WITHSCORES -> ["abcde", "1", "abcd", "2", "c", "3", "d", "4"]
            ZRANGESTORE s t 0 2 -> :3
            OBJECT ENCODING s -> "listpack"
            ZRANGESTORE s t 0 3 -> :4
            OBJECT ENCODING s -> "skiplist"
            """);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public void A_scan_returns_every_member(int entries)
    {
        using var server = new TestServer(settings => settings.Types.ZsetMaxListpackEntries = entries);
        using RespClient client = server.Connect();
        for (int i = 0; i < 500; i++) client.Line($"ZADD z {i} m{i}");
        var seen = new Dictionary<string, string>();
        string cursor = "0";
        int steps = 0;
        do
        {
            RespValue reply = client.Line($"ZSCAN z {cursor} COUNT 20 MATCH m*");
            cursor = reply.Items[0].Text;
            RespValue[] items = reply.Items[1].Items;
            for (int i = 0; i < items.Length; i += 2) seen[items[i].Text] = items[i + 1].Text;
            steps++;
        }
        while (cursor != "0");
        Assert.Equal(500, seen.Count);
        Assert.All(seen, pair => Assert.Equal("m" + pair.Value, pair.Key));
        Assert.Equal(entries == 0, steps > 5);
        CommandScript.Run(client, """
            ZSCAN z 0 MATCH m7 NOSCORES COUNT 1000 -> ["0", ["m7"]]
            ZSCAN none 0 -> ["0", []]
            ZSCAN none 0 nonsense -> ["0", []]
            ZSCAN z x -> -ERR invalid cursor
            ZSCAN z 0 NOVALUES -> -ERR NOVALUES option can only be used in HSCAN
            ZSCAN z 0 COUNT 0 -> -ERR syntax error
            ZADD f 0.1 a -> :1
            """);
        Assert.Equal(entries == 0 ? "0.10000000000000001" : "0.1", client.Line("ZSCAN f 0").Items[1].Items[1].Text);
    }

    [Theory]
    [InlineData(0, 40)]
    [InlineData(1000, 40)]
    [InlineData(0, 9)]
    public void Chance_gives_each_member_its_turn(int entries, int count)
    {
        using var server = new TestServer(settings => settings.Types.ZsetMaxListpackEntries = entries);
        using RespClient client = server.Connect();
        const int Members = 60, Rounds = 300;
        for (int i = 0; i < Members; i++) client.Line($"ZADD z {i} m{i}");
        int[] times = new int[Members];
        for (int round = 0; round < Rounds; round++)
        {
            RespValue[] chosen = client.Line($"ZRANDMEMBER z {count}").Items;
            Assert.Equal(count, chosen.Select(c => c.Text).Distinct().Count());
            foreach (RespValue member in chosen) times[int.Parse(member.Text[1..])]++;
        }
        double expected = (double)Rounds * count / Members;
        Assert.All(times, t => Assert.InRange(t, expected * 0.4, expected * 1.8));
        Assert.Equal(Members, client.Line("ZRANDMEMBER z -2000").Items.Select(c => c.Text).Distinct().Count());
    }

    [Fact]
    public void Digests_do_not_depend_on_the_encoding()
    {
        using var server = new TestServer(settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes);
        using RespClient client = server.Connect();
        client.Line("ZADD a 1 x 2.5 y 1e15 z 1e20 w -inf v");
        client.Line("CONFIG SET zset-max-listpack-entries 0");
        client.Line("ZADD b 1 x 2.5 y 1e15 z 1e20 w -inf v");
        string[] digests = [.. client.Line("DEBUG DIGEST-VALUE a b").Items.Select(d => d.Text)];
        // As the reference server computes it.
        Assert.Equal("e5fa49e024c94ca8ed50232c1b435ede7bb987f0", digests[0]);
        Assert.Equal(digests[0], digests[1]);
        client.Line("ZADD b 3 x");
        Assert.NotEqual(digests[0], client.Line("DEBUG DIGEST-VALUE b").Items[0].Text);
    }
}
