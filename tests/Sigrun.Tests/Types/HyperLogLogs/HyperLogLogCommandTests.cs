using System.Globalization;
using System.Security.Cryptography;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.HyperLogLogs;

/// <summary>PFADD and its companions through a socket; once over a heap that moves every entry on every write.</summary>
public sealed class HyperLogLogCommandTests
{
    private static void Run(bool checking, string script)
    {
        using var server = new TestServer(checking: checking);
        server.Clock.Stop();
        using RespClient client = server.Connect();
        CommandScript.Run(client, script);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Elements_are_added_counted_and_merged(bool checking) => Run(checking, """
        PFADD h -> :1
        PFADD h -> :0
        PFCOUNT h -> :0
        PFADD h a b c -> :1
        PFADD h c b a -> :0
        PFCOUNT h -> :3
        PFCOUNT h -> :3
        PFADD h '' -> :1
        PFADD h '' -> :0
        PFCOUNT h -> :4
        PFCOUNT none -> :0
        PFCOUNT none none -> :0
        PFADD g c d e -> :1
        PFCOUNT g h none -> :6
        PFMERGE m g h none -> +OK
        PFCOUNT m -> :6
        PFMERGE m -> +OK
        PFCOUNT m -> :6
        PFMERGE new -> +OK
        PFCOUNT new -> :0
        OBJECT ENCODING m -> "raw"
        TYPE m -> +string
        PFADD -> -ERR wrong number of arguments for 'pfadd' command
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sparse_registers_become_dense(bool checking) => Run(checking, """
        PFADD h a b c -> :1
        PFDEBUG ENCODING h -> +sparse
        PFDEBUG DECODE h -> "Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"
        STRLEN h -> :27
        PFDEBUG TODENSE h -> :1
        PFDEBUG todense h -> :0
        PFDEBUG ENCODING h -> +dense
        PFDEBUG DECODE h -> -ERR HLL encoding is not sparse
        STRLEN h -> :12304
        PFCOUNT h -> :3
        PFADD h a b c -> :0
        PFADD h d -> :1
        PFCOUNT h -> :4
        PFADD s e -> :1
        PFMERGE s h -> +OK
        PFDEBUG ENCODING s -> +dense
        PFCOUNT s -> :5
        CONFIG SET hll-sparse-max-bytes 27 -> +OK
        PFADD t a b c -> :1
        PFDEBUG ENCODING t -> +sparse
        PFADD t d -> :1
        PFDEBUG ENCODING t -> +dense
        PFCOUNT t -> :4
        PFMERGE u s -> +OK
        EXPIRE t 100 -> :1
        PFADD t x y z -> :1
        TTL t -> :100
        """);

    [Fact]
    public void Errors_are_those_of_all_servers() => Run(false, """
        SET text foo -> +OK
        SET number 12345678901234567 -> +OK
        SET almost HYLL -> +OK
        PFADD text a -> -WRONGTYPE Key is not a valid HyperLogLog string value.
        PFCOUNT text -> -WRONGTYPE Key is not a valid HyperLogLog string value.
        PFCOUNT number -> -WRONGTYPE Key is not a valid HyperLogLog string value.
        PFCOUNT almost -> -WRONGTYPE Key is not a valid HyperLogLog string value.
        PFMERGE m text -> -WRONGTYPE Key is not a valid HyperLogLog string value.
        PFMERGE text m -> -WRONGTYPE Key is not a valid HyperLogLog string value.
        PFCOUNT m text -> -WRONGTYPE Key is not a valid HyperLogLog string value.
        EXISTS m -> :0
        PFDEBUG ENCODING none -> -ERR The specified key does not exist
        PFDEBUG ENCODING text -> -WRONGTYPE Key is not a valid HyperLogLog string value.
        PFADD h a b c -> :1
        PFDEBUG bogus h -> -ERR Unknown PFDEBUG subcommand 'bogus'
        PFDEBUG SIMD maybe -> -ERR Argument must be ON or OFF
        PFDEBUG SIMD off -> +disabled
        PFDEBUG GETREG -> -ERR wrong number of arguments for 'pfdebug' command
        APPEND h hello -> :32
        PFCOUNT h -> -INVALIDOBJ Corrupted HLL object detected
        PFMERGE m h -> -INVALIDOBJ Corrupted HLL object detected
        PFCOUNT h m -> -INVALIDOBJ Corrupted HLL object detected
        PFDEBUG TODENSE h -> -INVALIDOBJ Corrupted HLL object detected
        PFDEBUG GETREG h -> -INVALIDOBJ Corrupted HLL object detected
        PFADD h d -> :1
        CONFIG SET hll-sparse-max-bytes 20 -> +OK
        PFADD h e -> -INVALIDOBJ Corrupted HLL object detected
        SETRANGE h 4 x -> :35
        PFCOUNT h -> -WRONGTYPE Key is not a valid HyperLogLog string value.
        """);

    /// <summary>The strings that Valkey makes of the same commands.</summary>
    [Fact]
    public void Strings_are_those_that_Valkey_makes()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Line("PFADD h a b c");
        Assert.Equal("48594c4c01000000000000000000008060f38050b1844bfb80425a", Convert.ToHexStringLower(client.Line("GET h").Bytes));
        client.Line("PFCOUNT h");
        client.Send(["PFADD", "g", .. Numbers(1, 300)]);
        Assert.Equal(":302", client.Line("PFCOUNT g"));
        Assert.Equal("a3f46066c44771dfd7d56b78402458be31113c3d", Sha1(client, "g"));
        Assert.Equal(":698", client.Line("STRLEN g"));
        client.Line("CONFIG SET hll-sparse-max-bytes 20000");
        for (int i = 0; i < 10; i++) client.Send(["PFADD", "big", .. Numbers(i * 800 + 1, 800)]);
        Assert.Equal(":7974", client.Line("PFCOUNT big"));
        Assert.Equal(":9590", client.Line("STRLEN big"));
        Assert.Equal("81f1f05bb4e7a14a5ad4558ca18a25900c637acb", Sha1(client, "big"));
        client.Line("PFDEBUG TODENSE big");
        Assert.Equal("1b4d09fe4851537e717f2eafa0725054affd2563", Sha1(client, "big"));
        client.Line("PFMERGE m h g");
        Assert.Equal("ad7715b814450397638162e5363f70fe4c0e3f0a", Sha1(client, "m"));
    }

    [Fact]
    public void The_count_is_kept_until_a_register_changes()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Line("PFADD h a b c");
        Assert.Equal(0x80, client.Line("GETRANGE h 15 15").Bytes[0]);
        client.Line("PFCOUNT h");
        Assert.Equal(0, client.Line("GETRANGE h 15 15").Bytes[0]);
        client.Line("PFADD h a b c");
        Assert.Equal(0, client.Line("GETRANGE h 15 15").Bytes[0]);
        // What is kept is what is told, right or wrong.
        client.Line("SETRANGE h 8 7");
        Assert.Equal(":55", client.Line("PFCOUNT h"));
        client.Line("PFADD h 1 2 3");
        Assert.Equal(0x80, client.Line("GETRANGE h 15 15").Bytes[0]);
        Assert.Equal(":6", client.Line("PFCOUNT h"));
    }

    /// <summary>Dense and sparse registers of the same elements, with vectors and without, give one number.</summary>
    [Fact]
    public void All_ways_to_count_agree()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        for (int i = 0; i < 12; i++)
        {
            string[] elements = [.. Numbers(i * 1000, 250 * i)];
            client.Line($"PFADD d{i}");
            client.Line($"PFDEBUG TODENSE d{i}");
            client.Send(["PFADD", $"d{i}", .. elements]);
            client.Send(["PFADD", $"s{i}", .. elements]);
            string count = client.Line($"PFCOUNT d{i}");
            Assert.Equal(count, client.Line($"PFCOUNT s{i}"));
            Assert.InRange(long.Parse(count[1..], CultureInfo.InvariantCulture), elements.Length * 0.97, elements.Length * 1.03);
        }
        string keys = string.Join(' ', Enumerable.Range(0, 12).Select(i => $"{"ds"[i % 2]}{i}"));
        string all = client.Line("PFCOUNT " + keys);
        client.Line("PFMERGE m1 " + keys);
        Assert.Equal("+disabled", client.Line("PFDEBUG SIMD off"));
        Assert.Equal(all, client.Line("PFCOUNT " + keys));
        client.Line("PFMERGE m2 " + keys);
        Assert.Equal(client.Line("GET m1").Bytes, client.Line("GET m2").Bytes);
        Assert.Equal(all, client.Line("PFCOUNT m2"));
        RespValue registers = client.Line("PFDEBUG GETREG m1");
        Assert.Equal(16384, registers.Items.Length);
        Assert.Contains(registers.Items, r => r.Number > 9);
    }

    [Theory]
    [InlineData("PFADD k a b", "PFADD k a b", "new k, pfadd k")]
    [InlineData("PFADD k", "PFADD k", "new k, pfadd k")]
    [InlineData("PFADD h a", "", "")]
    [InlineData("PFADD h d", "PFADD h d", "pfadd h")]
    [InlineData("PFADD dense d", "PFADD dense d", "pfadd dense")]
    [InlineData("PFCOUNT h", "PFCOUNT h", "")]
    [InlineData("PFCOUNT counted", "", "")]
    [InlineData("PFCOUNT h counted", "", "")]
    [InlineData("PFMERGE k h", "PFMERGE k h", "new k, pfadd k")]
    [InlineData("PFMERGE h", "PFMERGE h", "pfadd h")]
    [InlineData("PFDEBUG TODENSE h", "PFDEBUG TODENSE h", "")]
    [InlineData("PFDEBUG GETREG h", "PFDEBUG GETREG h", "")]
    [InlineData("PFDEBUG GETREG dense", "", "")]
    public void A_change_tells_its_effect_and_its_events(string command, string effect, string events)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            PFADD h a b c -> :1
            PFADD counted a b c -> :1
            PFCOUNT counted -> :3
            PFADD dense a b c -> :1
            PFDEBUG TODENSE dense -> :1
            """);
        Recorder recorder = Recorder.Of(server);
        client.Line(command);
        string[] lines = recorder.Take();
        Assert.Equal(effect, Join(lines, "effect "));
        Assert.Equal(events, string.Join(", ", Join(lines, "event ").Split(", ").Where(e => !e.StartsWith("keymiss", StringComparison.Ordinal))));
    }

    [Fact]
    public void Dirty_counts_registers()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Line("PFADD h a b c");
        Assert.Equal(4, server.OnEngine(engine => engine.Dirty));
        client.Line("PFADD h d d e");
        Assert.Equal(6, server.OnEngine(engine => engine.Dirty));
    }

    /// <summary>Strings with a good header and anything behind it: every command gives a reply, and other keys stay as they are.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Hostile_strings_harm_nobody(int seed)
    {
        var random = new Random(seed);
        using var server = new TestServer(checking: true);
        using RespClient client = server.Connect();
        client.Line("PFADD good a b c");
        client.Line("CONFIG SET hll-sparse-max-bytes " + random.Next(16, 40000));
        for (int round = 0; round < 300; round++)
        {
            byte[] hostile = Hostile(random);
            client.Send("SET"u8.ToArray(), "h"u8.ToArray(), hostile);
            client.Send(["PFADD", "h", .. Numbers(round * 100, random.Next(40))]);
            client.Line("PFCOUNT h");
            client.Line("PFCOUNT h good");
            client.Line("PFMERGE m h good");
            client.Line("PFDEBUG DECODE h");
            client.Line("PFDEBUG ENCODING h");
            client.Line("PFMERGE h good");
            client.Line(round % 2 == 0 ? "PFDEBUG GETREG h" : "PFDEBUG TODENSE h");
            client.Send(["PFADD", "h", .. Numbers(round * 100, random.Next(40))]);
        }
        Assert.Equal(":3", client.Line("PFCOUNT good"));
    }

    /// <summary>More runs than registers, in a string that no buffer of a sensible size holds.</summary>
    [Fact]
    public void A_string_of_far_too_many_runs_is_an_error()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        byte[] hostile = new byte[16 + 3 * 400_000 + 1];
        "HYLL\u0001"u8.CopyTo(hostile);
        for (int i = 16; i < hostile.Length - 1; i += 3) ((ReadOnlySpan<byte>)[0x7F, 0xFF, 0x3F]).CopyTo(hostile.AsSpan(i));
        hostile[^1] = 0x80;
        client.Send("SET"u8.ToArray(), "h"u8.ToArray(), hostile);
        client.Line("PFADD good hi");
        Assert.Equal("-INVALIDOBJ Corrupted HLL object detected", client.Line("PFMERGE target h good"));
        Assert.Equal("-INVALIDOBJ Corrupted HLL object detected", client.Line("PFADD h foo"));
        Assert.Equal(hostile, client.Line("GET h").Bytes);
    }

    private static byte[] Hostile(Random random)
    {
        int length = random.Next(5) switch { 0 => random.Next(16, 20), 1 => 12304, 2 => random.Next(16, 34000), _ => random.Next(16, 400) };
        byte[] bytes = new byte[length];
        int kind = random.Next(3);
        if (kind == 0) random.NextBytes(bytes);
        for (int i = 16; i < length && kind > 0; i++) bytes[i] = (byte)(kind == 1 ? random.Next(64) : 128 | random.Next(128));
        "HYLL"u8.CopyTo(bytes);
        bytes[4] = (byte)(length == 12304 ? 0 : 1);
        bytes[15] = (byte)(random.Next(2) << 7);
        return bytes;
    }

    private static IEnumerable<string> Numbers(int first, int count) =>
        Enumerable.Range(first, count).Select(i => i.ToString(CultureInfo.InvariantCulture));

    private static string Sha1(RespClient client, string key) => Convert.ToHexStringLower(SHA1.HashData(client.Line("GET " + key).Bytes));

    private static string Join(string[] lines, string kind) =>
        string.Join(", ", lines.Where(l => l.StartsWith(kind, StringComparison.Ordinal)).Select(l => l[kind.Length..]));
}
