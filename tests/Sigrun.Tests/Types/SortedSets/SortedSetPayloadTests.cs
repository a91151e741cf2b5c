using Sigrun.Configuration;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.SortedSets;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Types.SortedSets;

/// <summary>Sorted sets as payloads of DUMP: those of the reference server, those of older servers, and damaged ones.</summary>
public sealed class SortedSetPayloadTests
{
    /// <summary>
    /// Each line: limit of listpacks, scores and members (<c>R130</c> for so many of a rule), encoding, payload; of a
    /// long one the length and the checksum.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Dump_replies_the_same_bytes_and_restore_reads_them(bool checking)
    {
        using var server = new TestServer(settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes, checking);
        using RespClient client = server.Connect();
        foreach (string[] line in Lines("sorted-set-payloads.txt"))
        {
            client.Send("CONFIG", "SET", "zset-max-listpack-entries", line[0]);
            client.Line("DEL z r");
            client.Send(["ZADD", "z", .. Elements(line[1])]);
            byte[] payload = client.Send("DUMP", "z").Bytes;
            Assert.Equal((line[1], line[2]), (line[1], client.Send("OBJECT", "ENCODING", "z").Text));
            Assert.Equal((line[1], line[3]), (line[1], Describe(payload, line[3])));

            Assert.Equal("+OK", client.Send("RESTORE"u8.ToArray(), "r"u8.ToArray(), "0"u8.ToArray(), payload));
            Assert.Equal(payload, client.Send("DUMP", "r").Bytes);
            Assert.Equal(client.Line("ZRANGE z 0 -1 WITHSCORES").ToString(), client.Line("ZRANGE r 0 -1 WITHSCORES").ToString());
            RespValue digest = client.Line("DEBUG DIGEST-VALUE z");
            Assert.False(digest.IsError);
            Assert.Equal(digest.ToString(), client.Line("DEBUG DIGEST-VALUE r").ToString());
        }
    }

    /// <summary>Each line: a name, a payload without checksum, the encoding it gets and what is in it, or that it is refused.</summary>
    [Fact]
    public void Older_forms_are_read()
    {
        using var server = new TestServer(checking: true);
        using RespClient client = server.Connect();
        server.OnEngine(engine => engine.Dumps.SkipsChecksum = true);
        foreach (string[] line in Lines("old-payloads.txt"))
        {
            byte[] old = Convert.FromHexString(line[1]);
            RespValue reply = client.Send("RESTORE"u8.ToArray(), "z"u8.ToArray(), "0"u8.ToArray(), old, "REPLACE"u8.ToArray());
            if (line[2] == "refused")
            {
                Assert.Equal((line[0], "-ERR Bad data format"), (line[0], reply));
                continue;
            }
            Assert.Equal((line[0], "+OK"), (line[0], reply));
            Assert.Equal((line[0], line[2]), (line[0], client.Send("OBJECT", "ENCODING", "z").Text));
            string members = string.Join(',', client.Line("ZRANGE z 0 -1 WITHSCORES").Items.Chunk(2).Select(p => $"{p[0].Text}={p[1].Text}"));
            Assert.Equal((line[0], line[3]), (line[0], members));
        }
    }

    [Fact]
    public void Every_cut_and_every_flipped_bit()
    {
        using var payloads = new DamagedPayloads(EntryType.SortedSet, CheckOrder);
        payloads.CutAndFlip(OldPayloads());
    }

    [Fact]
    public void Damage_by_chance()
    {
        const int Seed = 33;
        using var payloads = new DamagedPayloads(EntryType.SortedSet, CheckOrder);
        payloads.ChangeByChance(Seed, [.. OldPayloads()]);
    }

    private static IEnumerable<byte[]> OldPayloads() => Lines("old-payloads.txt").Select(l => Convert.FromHexString(l[1]));

    private static void CheckOrder(Heap heap, EntryRef entry)
    {
        SortedSetReader set = new(heap, entry);
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        double last = double.NegativeInfinity;
        long rank = 0;
        for (SortedSetCursor at = set.At(0); !at.IsEnd; at.MoveNext(), rank++)
        {
            Assert.True(at.Score >= last);
            last = at.Score;
            Assert.Equal(rank, set.RankOf(at.GetMember(scratch), out double score));
            Assert.Equal(at.Score, score);
        }
        Assert.Equal(set.Count, rank);
        Assert.True(rank > 0);
    }

    private static IEnumerable<string[]> Lines(string file) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Types", "SortedSets", file)).Select(l => l.Split(' '));

    private static string[] Elements(string recipe) => recipe[0] == 'R'
        ? [.. Enumerable.Range(0, int.Parse(recipe[1..])).SelectMany(i => (string[])[$"{i * 7919 % 1000}", $"member:{i}"])]
        : recipe.Split(',');

    private static string Describe(byte[] payload, string like) => like.StartsWith('#')
        ? $"#{payload.Length}:{Convert.ToHexStringLower(payload[^sizeof(ulong)..])}"
        : Convert.ToHexStringLower(payload);
}
