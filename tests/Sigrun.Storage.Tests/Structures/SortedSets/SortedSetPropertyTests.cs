using System.Globalization;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Storage.Tests.Structures.SortedSets;

public sealed unsafe class SortedSetPropertyTests
{
    private static readonly SortedSetLimits Trees = new(0, 0);
    private static readonly SortedSetLimits Packs = new(long.MaxValue, long.MaxValue);
    private static readonly SortedSetLimits Usual = new(20, 12);

    private static readonly double[] OddScores =
        [0, -0.0, 1, -1, 0.1, 1e300, -1e300, 1e15, 1e20, double.PositiveInfinity, double.NegativeInfinity, 5e-324, 3.5, long.MaxValue / 2];

    /// <summary>Encodings, how many different scores there are, and whether the heap moves and checks everything.</summary>
    public static TheoryData<int, int, bool> Shapes => new()
    {
        { 0, 1, false }, { 0, 3, false }, { 0, 100_000, false }, { 0, 50, true },
        { 1, 1, false }, { 1, 100, true }, { 2, 10, false }, { 2, 100, true },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Random_operations_agree_with_a_model(int encoding, int scores, bool checking)
    {
        SortedSetLimits limits = encoding switch { 0 => Trees, 1 => Packs, _ => Usual };
        int operations = encoding == 0 ? checking ? 1500 : 5000 : 500;
        Seeded.Check(encoding == 0 ? 6 : 12, operations, (random, count) =>
        {
            using SortedSetModel model = new(limits, checking);
            int range = 1 + random.NextInt(encoding == 1 ? 40 : 3000);
            bool growing = true;
            for (int i = 0; i < count; i++)
            {
                if (random.NextInt(400) == 0) growing = !growing;
                Step(model, ref random, range, scores, growing);
                if (i % 211 == 0) model.Check();
            }
            model.Check();
        });
    }

    private static void Step(SortedSetModel model, ref RandomSource random, int range, int scores, bool growing)
    {
        string member = Member(ref random, range);
        if (random.NextInt(60) == 0 && model.Expected.Count > 0)
        {
            int first = random.NextInt(model.Expected.Count);
            model.RemoveRange(first, 1 + random.NextInt(Math.Min(model.Expected.Count - first, random.NextInt(8) == 0 ? 400 : 10)));
        }
        else if (random.NextInt(100) < (growing ? 80 : 25))
        {
            model.Set(member, Score(ref random, scores), How(ref random, scores));
        }
        else
        {
            model.Remove(member);
        }
        if (random.NextInt(20) != 0) return;
        model.CheckScoreRange(new ScoreRange(Score(ref random, scores), random.NextInt(2) == 0, Score(ref random, scores), random.NextInt(2) == 0));
        if (scores == 1) model.CheckLexRange(Member(ref random, range), random.NextInt(2) == 0, Member(ref random, range), random.NextInt(2) == 0);
    }

    /// <summary>Conditions now and then; no sums where all scores are to stay the same.</summary>
    private static SortedSetUpdate How(ref RandomSource random, int scores) =>
        scores > 1 && random.NextInt(4) == 0 ? Conditions[random.NextInt(Conditions.Length)] : SortedSetUpdate.None;

    private static readonly SortedSetUpdate[] Conditions =
    [
        SortedSetUpdate.OnlyNew, SortedSetUpdate.OnlyExisting, SortedSetUpdate.OnlyGreater, SortedSetUpdate.OnlyLess,
        SortedSetUpdate.Increment, SortedSetUpdate.Increment | SortedSetUpdate.OnlyGreater, SortedSetUpdate.OnlyExisting | SortedSetUpdate.OnlyLess,
    ];

    private static string Member(ref RandomSource random, int range)
    {
        int number = random.NextInt(range);
        return (number % 7) switch
        {
            0 => number.ToString(CultureInfo.InvariantCulture),
            1 => $"a long name for a member {number}",
            2 when number % 50 == 2 => new string('x', 200 + number),
            3 => $"\0\xff{number}",
            _ => $"m{number}",
        };
    }

    private static double Score(ref RandomSource random, int scores) =>
        scores > 1 && random.NextInt(10) == 0 ? OddScores[random.NextInt(OddScores.Length)] : scores == 1 ? 7 : random.NextInt(scores) / 4.0;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Leaves_are_well_filled(int order)
    {
        const int Members = 40_000;
        using SortedSetModel model = new(Trees);
        RandomSource random = new(5);
        for (int i = 0; i < Members; i++)
        {
            double score = order switch { 0 => random.NextDouble(), 1 => i, _ => -i };
            double unused = score;
            SortedSetValue.Set(model.Editor, SortedSetModel.Bytes($"member:{i}"), ref unused, SortedSetUpdate.None, Trees);
            if (order == 0 && i > 2000 && i % 1000 == 0) Assert.InRange(ScoreTreeCheck.Fill(model.Header), 0.70, 0.95);
        }
        ScoreTreeCheck.Check(model.Heap, model.Header);
        Assert.InRange(ScoreTreeCheck.Fill(model.Header), order == 0 ? 0.72 : 0.99, 1.0);
        Assert.InRange(model.Header->Height, 2, 3);
        model.RemoveRange(Members / 4, Members / 2);
        ScoreTreeCheck.Check(model.Heap, model.Header);
        Assert.InRange(ScoreTreeCheck.Fill(model.Header), 0.5, 1.0);
        model.RemoveRange(0, model.Reader.Count - 1);
        Assert.Equal(0, model.Header->Height);
        ScoreTreeCheck.Check(model.Heap, model.Header);
    }

    [Fact]
    public void Bytes_per_member_are_few()
    {
        const int Members = 200_000;
        using SortedSetModel model = new(Trees);
        RandomSource random = new(6);
        long before = model.Heap.UsedBytes;
        for (int i = 0; i < Members; i++)
        {
            double score = random.NextDouble() * 1e9;
            SortedSetValue.Set(model.Editor, SortedSetModel.Bytes($"member:{i:D10}"), ref score, SortedSetUpdate.None, Trees);
        }
        long used = model.Heap.UsedBytes - before;
        Assert.InRange((double)used / Members, 50, 60);
        Assert.InRange(model.Reader.UsedBytes(long.MaxValue), used - 200, used + 200);
        Assert.InRange(model.Reader.UsedBytes(5), used * 0.95, used * 1.05);
    }

    [Theory]
    [InlineData(1, 100_000)]
    [InlineData(68, 5)]
    [InlineData(69, 1)]
    [InlineData(3000, 40)]
    [InlineData(3000, 1)]
    [InlineData(60_000, 100_000)]
    public void Built_at_once_is_as_if_inserted(int members, int scores)
    {
        using SortedSetModel model = new(Trees);
        RandomSource random = new((ulong)members);
        SortedSetBuilder builder = new(model.Heap, indexed: members % 2 == 0);
        for (int i = 0; i < members; i++)
        {
            // Long common beginnings, and members that are beginnings of others.
            string member = (i % 5) switch { 0 => new string('p', i % 90), 1 => new string('p', 80) + i, 2 => $"{i}\0", _ => $"{i}" };
            double score = i % 100 == 0 ? -0.0 : random.NextInt(scores);
            if (!model.Scores.TryAdd(member, score)) continue;
            model.Expected.Add((score, member));
            builder.Add(SortedSetModel.Bytes(member), score);
        }
        EntryRef built = builder.Build("key"u8, -1, Trees);
        builder.Dispose();
        ScoreTreeCheck.Check(model.Heap, (SortedSetHeader*)built.Structure);
        Compare(model, built);
        EntryRef copy = SortedSetValue.Copy(model.Heap, built, "other"u8, -1);
        ScoreTreeCheck.Check(model.Heap, (SortedSetHeader*)copy.Structure);
        Compare(model, copy);
        DetachedEntry.Free(model.Heap, copy);
        DetachedEntry.Free(model.Heap, built);
    }

    private static void Compare(SortedSetModel model, EntryRef entry)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        SortedSetCursor at = SortedSetValue.First(entry);
        foreach ((double score, string member) in model.Expected)
        {
            Assert.Equal((score, double.IsNegative(score), member), (at.Score, double.IsNegative(at.Score), SortedSetModel.Text(at.GetMember(scratch))));
            at.MoveNext();
        }
        Assert.True(at.IsEnd);
    }

    [Fact]
    public void A_union_aggregates()
    {
        using SortedSetModel first = new(Trees);
        RandomSource random = new(8);
        for (int i = 0; i < 5000; i++) first.Set($"m{random.NextInt(4000)}", random.NextInt(100));
        SortedSetBuilder builder = new(first.Heap, indexed: true);
        builder.UnionWith(first.Reader, 2, ScoreAggregate.Sum);
        builder.UnionWith(first.Reader, 1, ScoreAggregate.Sum);
        builder.Combine("extra"u8, double.PositiveInfinity, ScoreAggregate.Sum);
        builder.Combine("extra"u8, double.NegativeInfinity, ScoreAggregate.Sum);
        EntryRef built = builder.Build("key"u8, -1, Trees);
        builder.Dispose();
        SortedSetReader union = new(first.Heap, built);
        Assert.Equal(first.Expected.Count + 1, union.Count);
        foreach ((double score, string member) in first.Expected)
        {
            Assert.True(union.TryGetScore(SortedSetModel.Bytes(member), out double found));
            Assert.Equal(score * 3, found);
        }
        Assert.True(union.TryGetScore("extra"u8, out double zero));
        Assert.Equal(0, zero);
        ScoreTreeCheck.Check(first.Heap, (SortedSetHeader*)built.Structure);
        DetachedEntry.Free(first.Heap, built);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_full_heap_refuses_and_loses_nothing(bool asPack)
    {
        using SortedSetModel model = new(asPack ? Packs : Trees, reserveBytes: 1 << 20);
        RandomSource random = new(9);
        int refused = 0;
        for (int i = 0; refused < 40 && i < 100_000; i++)
        {
            string member = $"{random.NextInt(50_000)}:{new string('m', asPack ? 2000 : random.NextInt(60))}";
            try
            {
                model.SetOrThrow(member, random.NextInt(500));
            }
            catch (HeapExhaustedException)
            {
                refused++;
            }
        }
        Assert.Equal(40, refused);
        model.Check();
    }

    [Fact]
    public void A_scan_meets_every_member()
    {
        using SortedSetModel model = new(Trees);
        for (int i = 0; i < 3000; i++) model.Set($"m{i}", i);
        Collector collector = new() { Seen = [] };
        ulong cursor = 0;
        do cursor = model.Reader.Scan(cursor, ref collector);
        while (cursor != 0);
        Assert.Equal(model.Scores, collector.Seen);
    }

    [Fact]
    public void A_large_one_ends_in_the_background()
    {
        using Heap heap = new(new HeapOptions { ReserveBytes = 1L << 30 });
        EntryRef entry = SortedSetValue.NewEntry(heap, "key"u8);
        for (int i = 0; i < 20_000; i++)
        {
            double score = i * 7919 % 20_011;
            SortedSetValue.Set(StructureEditor.ForDetached(heap, entry), SortedSetModel.Bytes($"m{i}"), ref score, SortedSetUpdate.None, Trees);
        }
        Assert.InRange(entry.FreeEffort(), 20_000, 21_000);
        using (BackgroundFreeBatch batch = new(heap)) KeyEntry.Free(new BackgroundFreer(batch), entry.Block);
        while (heap.AbsorbBackgroundFrees(1000) > 0)
        {
            // Until all is back.
        }
        heap.AssertEmpty();
    }

    private struct Collector : IMemberVisitor
    {
        public Dictionary<string, double> Seen;

        public readonly void Visit(ReadOnlySpan<byte> member, double score) => Seen.Add(SortedSetModel.Text(member), score);
    }
}
