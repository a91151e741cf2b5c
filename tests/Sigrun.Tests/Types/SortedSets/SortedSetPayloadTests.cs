using Sigrun.Configuration;
using Sigrun.Persistence;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.SortedSets;
using Sigrun.Tests.Harness;
using Sigrun.Types;

namespace Sigrun.Tests.Types.SortedSets;

/// <summary>Sorted sets as payloads of DUMP: those of the reference server, those of older servers, and damaged ones.</summary>
public sealed class SortedSetPayloadTests : IDisposable
{
    private readonly Heap _heap = new(new HeapOptions { Checking = true, MoveOnWrite = true, ReserveBytes = 1L << 30 });
    private readonly EngineSettings _settings = new();

    public void Dispose() => _heap.Dispose();

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
        var payloads = new DumpPayload(_settings) { SkipsChecksum = true };
        foreach (string[] line in Lines("old-payloads.txt"))
        {
            byte[] payload = Convert.FromHexString(line[1]);
            for (int length = 0; length < payload.Length; length++) Load(payloads, payload.AsSpan(0, length));
            for (int bit = 0; bit < payload.Length * 8; bit++)
            {
                byte[] damaged = [.. payload];
                damaged[bit / 8] ^= (byte)(1 << (bit % 8));
                Load(payloads, damaged);
            }
        }
        _heap.AssertEmpty();
    }

    [Fact]
    public void Damage_by_chance()
    {
        const int Seed = 33;
        var random = new Random(Seed);
        var payloads = new DumpPayload(_settings) { SkipsChecksum = true };
        byte[][] sound = [.. Lines("old-payloads.txt").Select(l => Convert.FromHexString(l[1]))];
        for (int i = 0; i < 6000; i++)
        {
            byte[] payload = [.. sound[i % sound.Length]];
            for (int changes = random.Next(1, 6); changes > 0; changes--)
            {
                int at = random.Next(random.Next(2) == 0 ? Math.Min(24, payload.Length) : payload.Length);
                payload[at] = (byte)(random.Next(3) == 0 ? 0xFE : random.Next(256));
            }
            Load(payloads, payload);
        }
        _heap.AssertEmpty();
    }

    /// <summary>What RESTORE does up to the first change, and every use of the result; only a value or a refusal may come out.</summary>
    private void Load(DumpPayload payloads, ReadOnlySpan<byte> payload)
    {
        if (!payloads.TryVerify(payload, out _)) return;
        LoadTarget target = new(_heap, _settings, 0, "k"u8, -1);
        try
        {
            RdbReader reader = payloads.Open(payload);
            byte form = reader.ReadByte();
            if (!RdbFormat.IsType(form) || ValueTypes.Of((RdbType)form) is not { } type || type != ValueTypes.Of(EntryType.SortedSet)) return;
            type.Load((RdbType)form, ref reader, ref target);
            CheckOrder(target.Entry);
            payloads.SavedLength(target.Entry);
        }
        catch (RdbFormatException)
        {
            // Refused, as it should be.
        }
        finally
        {
            target.Discard();
            payloads.Release();
        }
    }

    private void CheckOrder(EntryRef entry)
    {
        SortedSetReader set = new(_heap, entry);
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
