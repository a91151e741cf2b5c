using Sigrun.Persistence;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Streams;

/// <summary>Streams as payloads: those of the reference server, older forms, damaged ones.</summary>
public sealed class StreamPayloadTests
{
    private static IEnumerable<(string Name, string Entries, string Bytes, byte[] Payload, string Commands)> Lines()
    {
        foreach (string line in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Types", "Streams", "stream-payloads.txt")))
        {
            if (line.StartsWith('#')) continue;
            string[] parts = line.Split('|');
            yield return (parts[0], parts[1], parts[2], Convert.FromHexString(parts[3]), parts[4]);
        }
    }

    [Fact]
    public void The_same_commands_lead_to_the_same_bytes()
    {
        using var server = new TestServer(checking: true);
        using RespClient client = server.Connect();
        int compared = 0;
        foreach ((string name, string entries, string bytes, byte[] payload, string commands) in Lines())
        {
            if (commands.Length == 0) continue;
            client.Send("CONFIG", "SET", "stream-node-max-entries", entries, "stream-node-max-bytes", bytes);
            client.Line("DEL s");
            foreach (string command in commands.Split(';')) Assert.False(client.Line(command).IsError, command);
            Assert.Equal((name, Convert.ToHexStringLower(payload)), (name, Convert.ToHexStringLower(client.Line("DUMP s").Bytes)));
            compared++;
        }
        Assert.Equal(9, compared);
    }

    [Fact]
    public void What_the_reference_server_saved_is_saved_again_as_it_was()
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        foreach ((string name, _, _, byte[] payload, _) in Lines())
        {
            if (name.StartsWith("form", StringComparison.Ordinal)) continue;
            Restore(client, payload);
            Assert.Equal((name, Convert.ToHexStringLower(payload)), (name, Convert.ToHexStringLower(client.Line("DUMP r").Bytes)));
        }
    }

    [Theory]
    [InlineData("15")]
    [InlineData("19")]
    public void Older_forms_become_what_the_reference_server_makes_of_them(string form)
    {
        using var server = new TestServer();
        using RespClient client = server.Connect();
        Restore(client, Lines().Single(l => l.Name == "form" + form).Payload);
        byte[] expected = Lines().Single(l => l.Name == "from" + form).Payload;
        Assert.Equal(Convert.ToHexStringLower(expected), Convert.ToHexStringLower(client.Line("DUMP r").Bytes));
        Assert.Equal("""[:4, "1-0", "5-0", [["alice", "2"], ["bob", "2"]]]""", client.Line("XPENDING r g"));
        Assert.Equal("bob", client.Line("XPENDING r g 1 1 1").Items[0].Items[1].Text);
    }

    [Fact]
    public void Damaged_payloads_are_refused_or_harmless()
    {
        using var server = new TestServer(checking: true);
        using RespClient client = server.Connect();
        server.OnEngine(engine => engine.Dumps.SkipsChecksum = true);
        (int refused, int taken) = (0, 0);
        foreach (string name in (string[])["form15", "form19", "one", "empty"])
        {
            byte[] payload = Lines().Single(l => l.Name == name).Payload;
            for (int bit = 8; bit < (payload.Length - RdbFormat.FooterBytes) * 8; bit++)
            {
                byte[] damaged = [.. payload];
                damaged[bit / 8] ^= (byte)(1 << (bit % 8));
                if (Use(client, damaged)) taken++;
                else refused++;
            }
            for (int length = 1; length < payload.Length - RdbFormat.FooterBytes; length++)
                Assert.False(Use(client, [.. payload.AsSpan(0, length), .. payload.AsSpan(payload.Length - RdbFormat.FooterBytes)]));
        }
        Assert.InRange(taken, 500, 20 * refused);
        Assert.InRange(refused, 500, 20 * taken);
        client.Line("FLUSHALL");
        server.OnEngine(engine => engine.Heap.LiveBlocks());
        Assert.Equal("+PONG", client.Line("PING"));
    }

    /// <summary>A stream of one entry without groups, with figures that do not fit it: length, then the last ID.</summary>
    [Theory]
    [InlineData("01 0101", true)]
    [InlineData("01 05814000000000000000", true)]
    [InlineData("00 0101", false)]
    [InlineData("02 0101", false)]
    [InlineData("01 0100", false)]
    [InlineData("01 0005", false)]
    public void Figures_fit_the_entries(string figures, bool isTaken)
    {
        const int FiguresAt = 49;
        using var server = new TestServer();
        using RespClient client = server.Connect();
        server.OnEngine(engine => engine.Dumps.SkipsChecksum = true);
        byte[] payload = Lines().Single(l => l.Name == "one").Payload;
        Assert.Equal("010101", Convert.ToHexStringLower(payload.AsSpan(FiguresAt, 3)));
        byte[] changed = [.. payload.AsSpan(0, FiguresAt), .. Convert.FromHexString(figures.Replace(" ", "", StringComparison.Ordinal)), .. payload.AsSpan(FiguresAt + 3)];
        Assert.Equal(isTaken, Use(client, changed));
    }

    private static void Restore(RespClient client, byte[] payload) =>
        Assert.Equal("+OK", client.Send("RESTORE"u8.ToArray(), "r"u8.ToArray(), "0"u8.ToArray(), payload, "REPLACE"u8.ToArray()));

    /// <summary>Restores a payload and, when it is taken, does all that walks and changes it.</summary>
    private static bool Use(RespClient client, byte[] payload)
    {
        RespValue reply = client.Send("RESTORE"u8.ToArray(), "r"u8.ToArray(), "0"u8.ToArray(), payload, "REPLACE"u8.ToArray());
        if (reply.IsError)
        {
            Assert.Equal("-ERR Bad data format", reply);
            return false;
        }
        string[] uses =
        [
            "XINFO STREAM r FULL", "XREVRANGE r + -", "XADD r * f v", "XREADGROUP GROUP g alice STREAMS r 0", "XREADGROUP GROUP g new STREAMS r >",
            "XAUTOCLAIM r g bob 0 -", "XACK r g 1-0", "XDEL r 2-0 3-0", "COPY r c REPLACE", "XTRIM r MAXLEN 1", "XGROUP DELCONSUMER r g bob", "DUMP r",
        ];
        foreach (string use in uses) client.Write(use.Split(' '));
        foreach (string _ in uses) client.Read();
        return true;
    }
}
