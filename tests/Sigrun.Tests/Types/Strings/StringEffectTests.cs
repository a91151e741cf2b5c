using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Strings;

/// <summary>What replicas and those who follow keys are told of changes to strings.</summary>
public sealed class StringEffectTests
{
    /// <summary>A command, and all that it causes: effects and events in their order within each kind.</summary>
    public static TheoryData<string, string, string> Changes => new()
    {
        { "SET k v", "SET k v", "new k, set k" },
        { "set old v NX", "", "" },
        { "set k v nx", "set k v nx", "new k, set k" },
        { "SET k v GET", "SET k v", "new k, set k" },
        { "SET old v get XX GET", "SET old v XX", "set old" },
        { "SET old get IFEQ x", "", "" },
        { "SET old v IFEQ text GET", "SET old v IFEQ text", "set old" },
        { "set old v EXAT 99999999999", "set old v PXAT 99999999999000", "set old, expire old" },
        { "SET old v XX EXAT 99999999999", "SET old v PXAT 99999999999000", "set old, expire old" },
        { "SET old v EXAT 99999999999 GET", "SET old v PXAT 99999999999000", "set old, expire old" },
        { "SET old v PXAT 99999999999000 GET", "SET old v PXAT 99999999999000 GET", "set old, expire old" },
        { "SET old v KEEPTTL", "SET old v KEEPTTL", "set old" },
        { "SET old v PXAT 1", "UNLINK old", "expired old" },
        { "SET none v PXAT 1", "", "" },
        { "SETNX k v", "SETNX k v", "new k, set k" },
        { "SETNX old v", "", "" },
        { "GETSET old v", "SET old v", "set old" },
        { "GETDEL old", "DEL old", "del old" },
        { "GETDEL none", "", "" },
        { "DELIFEQ old text", "DEL old", "del old" },
        { "DELIFEQ old other", "", "" },
        { "GETEX old", "", "" },
        { "GETEX old PERSIST", "", "" },
        { "GETEX temporary PERSIST", "PERSIST temporary", "persist temporary" },
        { "GETEX old EXAT 99999999999", "PEXPIREAT old 99999999999000", "expire old" },
        { "GETEX old EXAT 1", "UNLINK old", "expired old" },
        { "MSET old a k b", "MSET old a k b", "set old, new k, set k" },
        { "MSETNX k a l b", "MSETNX k a l b", "new k, set k, new l, set l" },
        { "MSETNX old a k b", "", "" },
        { "MSETEX 1 old a", "MSETEX 1 old a", "set old" },
        { "MSETEX 1 old a XX EXAT 99999999999", "MSETEX 1 old a XX PXAT 99999999999000", "set old, expire old" },
        { "MSETEX 1 old a PXAT 99999999999000", "MSETEX 1 old a PXAT 99999999999000", "set old, expire old" },
        { "MSETEX 1 old a PXAT 1", "MSETEX 1 old a PXAT 1", "set old, expire old" },
        { "INCR n", "INCR n", "incrby n" },
        { "DECRBY k 5", "DECRBY k 5", "new k, incrby k" },
        { "INCRBYFLOAT n 0.5", "SET n 5.5 KEEPTTL", "incrbyfloat n" },
        { "INCRBYFLOAT k 3e2", "SET k 300 KEEPTTL", "new k, incrbyfloat k" },
        { "APPEND old x", "APPEND old x", "append old" },
        { "APPEND k x", "APPEND k x", "new k, append k" },
        { "SETRANGE old 2 x", "SETRANGE old 2 x", "setrange old" },
        { "SETRANGE k 2 x", "SETRANGE k 2 x", "new k, setrange k" },
        { "SETRANGE old 2 ''", "", "" },
        { "SETBIT bits 0 1", "SETBIT bits 0 1", "setbit bits" },
        { "SETBIT bits 0 0", "", "" },
        { "SETBIT bits 100 0", "SETBIT bits 100 0", "setbit bits" },
        { "SETBIT n 0 0", "", "" },
        { "BITFIELD bits SET u8 0 0", "", "" },
        { "BITFIELD bits SET u8 0 1 INCRBY u8 8 1", "BITFIELD bits SET u8 0 1 INCRBY u8 8 1", "setbit bits" },
        { "BITFIELD bits GET u8 1000", "", "" },
        { "BITFIELD bits OVERFLOW FAIL INCRBY u1 0 2", "", "" },
        { "BITFIELD k OVERFLOW FAIL INCRBY u1 0 2", "BITFIELD k OVERFLOW FAIL INCRBY u1 0 2", "new k" },
        { "BITOP NOT k old", "BITOP NOT k old", "new k, set k" },
        { "BITOP AND old none none", "BITOP AND old none none", "del old" },
        { "BITOP AND none k l", "", "" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_change_tells_its_effect_and_its_events(string command, string effect, string events)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        CommandScript.Run(client, """
            MSET old text n 5 -> +OK
            SET temporary v EX 100 -> +OK
            SETRANGE bits 1 x -> :2
            """);
        long dirty = server.OnEngine(engine => engine.Dirty);
        Recorder recorder = Recorder.Of(server);
        client.Send([.. command.Split(' ').Select(a => a == "''" ? "" : a)]);
        string[] lines = recorder.Take();
        Assert.Equal(effect, Recorder.Join(lines, "effect "));
        Assert.Equal(events, string.Join(", ", Recorder.Join(lines, "event ").Split(", ").Where(e => !e.StartsWith("keymiss", StringComparison.Ordinal))));
        Assert.Equal(effect.Length > 0, server.OnEngine(engine => engine.Dirty) > dirty);
        Assert.Equal(effect.Length > 0, lines.Any(l => l.StartsWith("written ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("GET none", true)]
    [InlineData("MGET none", true)]
    [InlineData("STRLEN none", true)]
    [InlineData("GETRANGE none 0 1", true)]
    [InlineData("GETDEL none", true)]
    [InlineData("GETEX none", true)]
    [InlineData("GETBIT none 0", true)]
    [InlineData("SET none v GET", true)]
    [InlineData("BITFIELD_RO none GET u8 0", true)]
    [InlineData("SET none v", false)]
    [InlineData("APPEND none v", false)]
    [InlineData("INCR none", false)]
    [InlineData("DELIFEQ none v", false)]
    public void Reads_of_missing_keys_are_told_writes_are_not(string command, bool isMiss)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        Recorder recorder = Recorder.Of(server);
        client.Line(command);
        Assert.Equal(isMiss ? 1 : 0, recorder.Take().Count(l => l == "event keymiss none"));
        Assert.Equal(isMiss ? 1 : 0, server.OnEngine(engine => engine.Statistics.KeyspaceMisses));
    }

    [Fact]
    public void Dirty_counts_every_key_and_every_changed_field()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        client.Line("MSET a 1 b 2 c 3");
        Assert.Equal(3, server.OnEngine(engine => engine.Dirty));
        client.Line("BITFIELD bits SET u8 0 1 SET u8 8 1 SET u8 16 0");
        Assert.Equal(6, server.OnEngine(engine => engine.Dirty));
        client.Line("BITFIELD bits SET u8 0 2 SET u8 8 1 SET u8 16 0");
        Assert.Equal(7, server.OnEngine(engine => engine.Dirty));
    }
}
