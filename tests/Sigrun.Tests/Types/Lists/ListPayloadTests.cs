using Sigrun.Storage;
using Sigrun.Storage.Structures.Lists;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.Lists;

/// <summary>Lists as payloads of DUMP: those of the reference server, those of older servers, and damaged ones.</summary>
public sealed class ListPayloadTests
{
    /// <summary>
    /// Each line: limit of nodes, compress depth, elements (<c>3*a</c> for a0, a1, a2; <c>3xa</c> for aaa), encoding,
    /// payload; of a long one the length and the checksum.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Dump_replies_the_same_bytes_and_restore_reads_them(bool checking)
    {
        using var server = new TestServer(checking: checking);
        using RespClient client = server.Connect();
        foreach (string[] line in Lines("list-payloads.txt"))
        {
            client.Send("CONFIG", "SET", "list-max-listpack-size", line[0], "list-compress-depth", line[1]);
            client.Line("DEL l r");
            client.Send(["RPUSH", "l", .. Elements(line[2])]);
            byte[] payload = client.Send("DUMP", "l").Bytes;
            Assert.Equal((line[2], line[3]), (line[2], client.Send("OBJECT", "ENCODING", "l").Text));
            Assert.Equal((line[2], line[4]), (line[2], Describe(payload, line[4])));

            Assert.Equal("+OK", client.Send("RESTORE"u8.ToArray(), "r"u8.ToArray(), "0"u8.ToArray(), payload));
            Assert.Equal(payload, client.Send("DUMP", "r").Bytes);
            Assert.Equal(client.Send("LRANGE", "l", "0", "-1").ToString(), client.Send("LRANGE", "r", "0", "-1").ToString());
            Assert.Equal(Elements(line[2]), client.Send("LRANGE", "r", "0", "-1").Items.Select(i => i.Text));
        }
    }

    /// <summary>Each line: a name, a payload without checksum, the encoding it gets (or that it is refused), and what DUMP makes of it.</summary>
    [Fact]
    public void Older_forms_are_read()
    {
        using var server = new TestServer(checking: true);
        using RespClient client = server.Connect();
        server.OnEngine(engine => engine.Dumps.SkipsChecksum = true);
        foreach (string[] line in Lines("old-payloads.txt"))
        {
            byte[] old = Convert.FromHexString(line[1]);
            RespValue reply = client.Send("RESTORE"u8.ToArray(), "l"u8.ToArray(), "0"u8.ToArray(), old, "REPLACE"u8.ToArray());
            if (line[2] == "refused")
            {
                Assert.Equal((line[0], "-ERR Bad data format"), (line[0], reply));
                continue;
            }
            Assert.Equal((line[0], "+OK"), (line[0], reply));
            Assert.Equal((line[0], line[2]), (line[0], client.Send("OBJECT", "ENCODING", "l").Text));
            Assert.Equal((line[0], line[3]), (line[0], Describe(client.Send("DUMP", "l").Bytes, line[3])));
        }
    }

    [Fact]
    public void Every_cut_and_every_flipped_bit()
    {
        using var payloads = new DamagedPayloads(EntryType.List, CountBothWays);
        payloads.CutAndFlip(OldPayloads().Where(p => p.Length <= 2000));
    }

    [Fact]
    public void Damage_by_chance()
    {
        const int Seed = 31;
        using var payloads = new DamagedPayloads(EntryType.List, CountBothWays);
        payloads.ChangeByChance(Seed, [.. OldPayloads().Where(p => p.Length < 2000)]);
    }

    private static IEnumerable<byte[]> OldPayloads() => Lines("old-payloads.txt").Select(l => Convert.FromHexString(l[1]));

    private static void CountBothWays(Heap heap, EntryRef entry)
    {
        long length = ListValue.Length(entry);
        long forward = 0;
        long backward = 0;
        using var first = new ListCursor(entry, 0, long.MaxValue);
        while (first.MoveNext()) forward++;
        using var last = new ListCursor(entry, length - 1, long.MaxValue, isBackward: true);
        while (last.MoveNext()) backward++;
        Assert.Equal(length, forward);
        Assert.Equal(length, backward);
        Assert.NotEqual(0, length);
    }

    private static IEnumerable<string[]> Lines(string file) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Types", "Lists", file)).Select(l => l.Split(' '));

    private static string[] Elements(string recipe)
    {
        var elements = new List<string>();
        foreach (string part in recipe.Split(';'))
        {
            int mark = part.IndexOfAny(['*', 'x']);
            int count = int.Parse(part[..mark]);
            string text = part[(mark + 1)..];
            if (part[mark] == 'x') elements.Add(new string(text[0], count));
            else elements.AddRange(Enumerable.Range(0, count).Select(i => text + i));
        }
        return [.. elements];
    }

    private static string Describe(byte[] payload, string like) => like.StartsWith('#')
        ? $"#{payload.Length}:{Convert.ToHexStringLower(payload[^sizeof(ulong)..])}"
        : Convert.ToHexStringLower(payload);
}
