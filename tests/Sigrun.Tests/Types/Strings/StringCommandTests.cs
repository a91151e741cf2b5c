using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Strings;

/// <summary>The string commands through a socket; once over a heap that moves every entry on every write.</summary>
public sealed class StringCommandTests
{
    private static void Run(bool checking, string script)
    {
        using var server = new TestServer(checking: checking);
        using RespClient client = server.Connect();
        CommandScript.Run(client, script);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Set_takes_conditions(bool checking) => Run(checking, """
        SET k a XX -> nil
        SET k a NX -> +OK
        SET k b NX -> nil
        SET k b xx -> +OK
        SET k c NX GET -> "b"
        SET k c XX GET -> "b"
        SET k d GET -> "c"
        SET m d GET -> nil
        SET new x NX GET -> nil
        SET k e IFEQ x -> nil
        SET k e IFEQ d -> +OK
        SET k f IFEQ e GET -> "e"
        SET k g IFEQ e GET -> "f"
        SET none g IFEQ e -> nil
        SET none g IFEQ e GET -> nil
        SET n 10 -> +OK
        SET n 11 IFEQ 10 -> +OK
        MGET k m n none -> ["f", "d", "11", nil]
        SETNX k x -> :0
        SETNX k2 x -> :1
        GETSET k y -> "f"
        GETSET k3 y -> nil
        GETDEL k3 -> "y"
        GETDEL k3 -> nil
        DELIFEQ k x -> :0
        DELIFEQ k y -> :1
        DELIFEQ k y -> :0
        DELIFEQ n 11 -> :1
        """);

    [Theory]
    [InlineData("NX XX")]
    [InlineData("XX NX")]
    [InlineData("NX IFEQ a")]
    [InlineData("IFEQ a XX")]
    [InlineData("IFEQ a IFEQ a")]
    [InlineData("IFEQ")]
    [InlineData("EX")]
    [InlineData("EX 10 PX 10")]
    [InlineData("EXAT 9999999999 PXAT 9999999999999")]
    [InlineData("KEEPTTL EX 10")]
    [InlineData("EX 10 KEEPTTL")]
    [InlineData("PERSIST")]
    [InlineData("FNX")]
    [InlineData("bogus")]
    public void Options_that_exclude_each_other_are_a_syntax_error(string options)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        Assert.Equal("-ERR syntax error", client.Line("SET k v " + options));
        Assert.Equal("nil", client.Line("GET k"));
    }

    [Fact]
    public void A_time_of_expiry_is_checked_before_anything_else() => Run(false, """
        SET k v EX 0 -> -ERR invalid expire time in 'set' command
        SET k v PX -1 -> -ERR invalid expire time in 'set' command
        SET k v EX 9223372036854775 -> -ERR invalid expire time in 'set' command
        SET k v PX 9223372036854775807 -> -ERR invalid expire time in 'set' command
        SET k v EXAT 9223372036854776 -> -ERR invalid expire time in 'set' command
        SET k v EXAT 9223372036854775 -> +OK
        SET k v EX x -> -ERR value is not an integer or out of range
        SET k v EX 1.5 -> -ERR value is not an integer or out of range
        SETEX k 0 v -> -ERR invalid expire time in 'setex' command
        PSETEX k -5 v -> -ERR invalid expire time in 'psetex' command
        GETEX none EX 0 -> -ERR invalid expire time in 'getex' command
        MSETEX 1 k v EX 0 -> -ERR invalid expire time in 'msetex' command
        GETEX k EX 10 PERSIST -> -ERR syntax error
        GETEX k KEEPTTL -> -ERR syntax error
        GET k -> "v"
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Expiry_is_set_kept_and_removed(bool checking)
    {
        using var server = new TestServer(checking: checking);
        server.Clock.Stop();
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            SET a 1 EXAT 99999999999 -> +OK
            EXPIRETIME a -> :99999999999
            SET a 2 KEEPTTL -> +OK
            PEXPIRETIME a -> :99999999999000
            INCR a -> :3
            APPEND a x -> :2
            SETRANGE a 1 y -> :2
            SETBIT a 100 0 -> :0
            GETEX a -> "3y\0\0\0\0\0\0\0\0\0\0\0"
            EXPIRETIME a -> :99999999999
            GETEX a PXAT 88888888888000 -> "3y\0\0\0\0\0\0\0\0\0\0\0"
            EXPIRETIME a -> :88888888888
            GETEX a PERSIST -> "3y\0\0\0\0\0\0\0\0\0\0\0"
            TTL a -> :-1
            SET a 2.5 PXAT 88888888888000 -> +OK
            INCRBYFLOAT a 1 -> "3.5"
            EXPIRETIME a -> :88888888888
            SET a 5 -> +OK
            TTL a -> :-1
            SETEX a 100 v -> +OK
            TTL a -> :100
            PSETEX a 20000 v -> +OK
            TTL a -> :20
            GETSET a w -> "v"
            TTL a -> :-1
            SET a v EX 100 GET -> "w"
            TTL a -> :100
            MSET a v b w -> +OK
            TTL a -> :-1
            SET a v PXAT 1 -> +OK
            EXISTS a -> :0
            SET a v EXAT 1 NX -> +OK
            EXISTS a -> :0
            GETEX b EXAT 1 -> "w"
            EXISTS b -> :0
            SET c v PX 50 -> +OK
            """.Replace("\\0", "\0"));
        server.Clock.Advance(TimeSpan.FromMilliseconds(60));
        CommandScript.Run(client, """
            GET c -> nil
            APPEND c new -> :3
            TTL c -> :-1
            """);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Several_keys_are_written_together_or_not_at_all(bool checking) => Run(checking, """
        MSET a 1 b two a 3 -> +OK
        MGET a b c -> ["3", "two", nil]
        MSET a 1 b -> -ERR wrong number of arguments for 'mset' command
        MSETNX c 1 a 1 -> :0
        MSETNX c 1 d 1 c 2 -> :1
        MGET c d -> ["2", "1"]
        MSETNX c 1 d -> -ERR wrong number of arguments for 'msetnx' command
        MSETEX 2 a x e y NX -> :0
        MSETEX 2 a x e y XX -> :0
        MSETEX 2 a x b y XX EXAT 99999999999 -> :1
        MGET a b e -> ["x", "y", nil]
        EXPIRETIME a -> :99999999999
        MSETEX 2 a p e q KEEPTTL -> :1
        EXPIRETIME a -> :99999999999
        TTL e -> :-1
        MSETEX 1 a p -> :1
        TTL a -> :-1
        MSETEX 0 a p -> -ERR invalid numkeys value or out of range
        MSETEX x a p -> -ERR invalid numkeys value or out of range
        MSETEX 2147483648 a p -> -ERR invalid numkeys value or out of range
        MSETEX 2 a p NX -> -ERR syntax error
        MSETEX 1 a p GET -> -ERR syntax error
        MSETEX 1 a p EX -> -ERR syntax error
        """);

    [Fact]
    public void Many_keys_are_read_and_written_in_groups()
    {
        const int Count = 333;
        using var server = new TestServer();
        using RespClient client = server.Connect();
        string[] keys = [.. Enumerable.Range(0, Count).Select(i => "key:" + i)];
        client.Send(["MSET", .. keys.SelectMany(k => (string[])[k, "value of " + k])]);
        RespValue values = client.Send(["MGET", .. keys, "none"]);
        Assert.Equal([.. keys.Select(k => "value of " + k), ""], values.Items.Select(v => v.Text));
        Assert.True(values.Items[Count].IsNull);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Counters_count_within_64_bits(bool checking) => Run(checking, """
        INCR n -> :1
        DECR n -> :0
        DECR n -> :-1
        INCRBY n 9223372036854775807 -> :9223372036854775806
        INCR n -> :9223372036854775807
        INCR n -> -ERR increment or decrement would overflow
        DECRBY n -9223372036854775808 -> -ERR decrement would overflow
        SET n -9223372036854775807 -> +OK
        DECRBY n 1 -> :-9223372036854775808
        DECR n -> -ERR increment or decrement would overflow
        INCRBY n x -> -ERR value is not an integer or out of range
        SET n 007 -> +OK
        INCR n -> -ERR value is not an integer or out of range
        SET n 7 -> +OK
        APPEND n 5 -> :2
        OBJECT ENCODING n -> "raw"
        INCR n -> :76
        OBJECT ENCODING n -> "int"
        INCRBYFLOAT n 0.5 -> "76.5"
        INCR n -> -ERR value is not an integer or out of range
        INCRBYFLOAT n 3.5e0 -> "80"
        OBJECT ENCODING n -> "embstr"
        INCRBYFLOAT n x -> -ERR value is not a valid float
        INCRBYFLOAT n inf -> -ERR increment would produce NaN or Infinity
        INCRBYFLOAT new -1.1 -> "-1.1"
        SET s text -> +OK
        INCRBYFLOAT s 1 -> -ERR value is not a valid float
        GET s -> "text"
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Parts_are_read_and_written(bool checking) => Run(checking, """
        SET k Hello -> +OK
        STRLEN k -> :5
        STRLEN none -> :0
        GETRANGE k 0 -1 -> "Hello"
        GETRANGE k 1 3 -> "ell"
        GETRANGE k -3 -2 -> "ll"
        GETRANGE k -2 -3 -> ""
        GETRANGE k -100 0 -> "H"
        GETRANGE k 5 10 -> ""
        GETRANGE none 0 -1 -> ""
        GETRANGE k x 1 -> -ERR value is not an integer or out of range
        SUBSTR k 3 100 -> "lo"
        SET n 12345 -> +OK
        GETRANGE n 1 -2 -> "234"
        STRLEN n -> :5
        SETRANGE n 2 x -> :5
        GET n -> "12x45"
        SETRANGE k 1 ipp -> :5
        SETRANGE k 6 y -> :7
        GETRANGE k 0 4 -> "Hippo"
        GETBIT k 45 -> :0
        SETRANGE none 3 '' -> :0
        EXISTS none -> :0
        SETRANGE k 100 '' -> :7
        SETRANGE k -1 x -> -ERR offset is out of range
        SETRANGE k 536870911 xy -> -ERR string exceeds maximum allowed size (proto-max-bulk-len)
        SETRANGE k 9223372036854775807 x -> -ERR string exceeds maximum allowed size (proto-max-bulk-len)
        SETRANGE new 2 x -> :3
        OBJECT ENCODING new -> "raw"
        APPEND fresh 12 -> :2
        OBJECT ENCODING fresh -> "int"
        APPEND fresh 34 -> :4
        APPEND fresh '' -> :4
        APPEND empty '' -> :0
        EXISTS empty -> :1
        GET fresh -> "1234"
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_large_string_is_changed_while_a_reply_still_refers_to_it(bool checking)
    {
        const int Length = 3_000_000;
        using var server = new TestServer(checking: checking);
        using RespClient client = server.Connect();
        byte[] value = [.. Enumerable.Range(0, Length).Select(i => (byte)(i * 7))];
        client.Send("SET"u8.ToArray(), "k"u8.ToArray(), value);
        client.Write("GET", "k");
        client.Write("SETRANGE", "k", "5", "abc");
        client.Write("GETRANGE", "k", "3", "2500000");
        client.Write("APPEND", "k", "end");
        client.Write("GETSET", "k", "small");
        client.Write("GETDEL", "k");
        Assert.Equal(value, client.Read().Bytes);
        "abc"u8.CopyTo(value.AsSpan(5));
        Assert.Equal(Length, client.Read().Number);
        Assert.Equal(value[3..2_500_001], client.Read().Bytes);
        Assert.Equal(Length + 3, client.Read().Number);
        Assert.Equal([.. value, .. "end"u8], client.Read().Bytes);
        Assert.Equal("\"small\"", client.Read());
    }

    [Fact]
    public void Common_subsequences_are_told_in_four_forms() => Run(false, """
        MSET a ohmytext b mynewtext n 12345 m 12xx45 -> +OK
        LCS a b -> "mytext"
        LCS a b LEN -> :6
        LCS a b IDX -> ["matches", [[[4, 7], [5, 8]], [[2, 3], [0, 1]]], "len", :6]
        LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN -> ["matches", [[[4, 7], [5, 8], 4]], "len", :6]
        LCS a b IDX MINMATCHLEN -5 -> ["matches", [[[4, 7], [5, 8]], [[2, 3], [0, 1]]], "len", :6]
        LCS n m -> "1245"
        LCS a none -> ""
        LCS none a LEN -> :0
        LCS none none2 IDX -> ["matches", [], "len", :0]
        LCS a b LEN IDX -> -ERR If you want both the length and indexes, please just use IDX.
        LCS a b MINMATCHLEN -> -ERR syntax error
        LCS a b MINMATCHLEN x -> -ERR value is not an integer or out of range
        LCS a b bogus -> -ERR syntax error
        """.Replace("[[[4, 7], [5, 8]", "[[[:4, :7], [:5, :8]").Replace("[[2, 3], [0, 1]]", "[[:2, :3], [:0, :1]]").Replace("], 4]", "], :4]"));

    [Fact]
    public void The_table_of_lcs_is_limited()
    {
        using var server = new TestServer(settings => settings.Network.ProtoMaxBulkBytes = 1 << 20);
        using RespClient client = server.Connect();
        client.Send("SET", "a", new string('x', 511));
        client.Send("SET", "b", new string('x', 511));
        Assert.Equal(":511", client.Line("LCS a b LEN"));
        client.Send("APPEND", "b", "x");
        Assert.Equal("-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len", client.Line("LCS a b LEN"));
    }

    [Fact]
    public void Strings_are_no_longer_than_the_limit()
    {
        using var server = new TestServer(settings => settings.Network.ProtoMaxBulkBytes = 1 << 20);
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            SETRANGE k 1048575 x -> :1048576
            APPEND k x -> -ERR string exceeds maximum allowed size (proto-max-bulk-len)
            STRLEN k -> :1048576
            SETBIT k 8388607 1 -> :0
            SETBIT k 8388608 1 -> -ERR bit offset is not an integer or out of range
            """);
    }

    [Fact]
    public void Encodings_are_those_that_clients_know()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        // A key of 1 byte: header 8, key 4, value and its header 4.
        client.Send("SET", "k", new string('x', 112));
        Assert.Equal("embstr", client.Line("OBJECT ENCODING k").Text);
        client.Send("SET", "k", new string('x', 113));
        Assert.Equal("raw", client.Line("OBJECT ENCODING k").Text);
        client.Send("SET", "k", new string('x', 112), "EX", "100");
        Assert.Equal("raw", client.Line("OBJECT ENCODING k").Text);
        client.Send("SET", "k", new string('x', 104), "EX", "100");
        Assert.Equal("embstr", client.Line("OBJECT ENCODING k").Text);
        client.Send("SET", "k", new string('x', 112));
        Assert.Equal("raw", client.Line("OBJECT ENCODING k").Text);
        client.Send("SET", "k", new string('x', 112));
        Assert.Equal("embstr", client.Line("OBJECT ENCODING k").Text);
        client.Line("GETEX k EX 100");
        Assert.Equal("raw", client.Line("OBJECT ENCODING k").Text);
        // A longer name makes it too long; it stays apart from its key from then on.
        client.Send("SET", "k", new string('x', 112));
        client.Line("RENAME k longer");
        Assert.Equal("raw", client.Line("OBJECT ENCODING longer").Text);
        client.Line("RENAME longer k");
        Assert.Equal("raw", client.Line("OBJECT ENCODING k").Text);
        client.Send("SET", "k", new string('x', 50));
        client.Line("RENAME k longer");
        Assert.Equal("embstr", client.Line("OBJECT ENCODING longer").Text);
        CommandScript.Run(client, """
            SET k 9223372036854775807 -> +OK
            OBJECT ENCODING k -> "int"
            SET k 9223372036854775808 -> +OK
            OBJECT ENCODING k -> "embstr"
            SET k 01 -> +OK
            OBJECT ENCODING k -> "embstr"
            """);
    }
}
