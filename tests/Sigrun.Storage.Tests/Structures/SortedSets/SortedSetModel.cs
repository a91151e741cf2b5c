using System.Text;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Storage.Tests.Structures.SortedSets;

/// <summary>A sorted set beside a plain one of what it should hold.</summary>
internal sealed unsafe class SortedSetModel : IDisposable
{
    private static readonly Comparer<(double Score, string Member)> Order = Comparer<(double Score, string Member)>.Create(
        (left, right) => left.Score != right.Score ? left.Score.CompareTo(right.Score) : string.CompareOrdinal(left.Member, right.Member));

    private readonly SortedSetLimits _limits;

    public SortedSetModel(SortedSetLimits limits, bool checking = false, long reserveBytes = 1L << 30)
    {
        _limits = limits;
        Heap = new Heap(new HeapOptions
        {
            ReserveBytes = reserveBytes,
            CommitStepBytes = 1 << 16,
            Checking = checking,
            MoveOnWrite = checking,
            Hasher = new KeyHasher(Seeded.HashSeed),
        });
        Entry = SortedSetValue.NewEntry(Heap, "key"u8);
    }

    public Heap Heap { get; }

    public EntryRef Entry { get; private set; }

    public SortedSet<(double Score, string Member)> Expected { get; } = new(Order);

    public Dictionary<string, double> Scores { get; } = [];

    public SortedSetReader Reader => new(Heap, Entry);

    public bool IsTree => Entry.Encoding == EntryEncoding.SkipList;

    public SortedSetHeader* Header => (SortedSetHeader*)Entry.Structure;

    public StructureEditor Editor => StructureEditor.ForDetached(Heap, Entry);

    public static byte[] Bytes(string member) => Encoding.Latin1.GetBytes(member);

    public static string Text(ReadOnlySpan<byte> member) => Encoding.Latin1.GetString(member);

    public void Set(string member, double score, SortedSetUpdate how = SortedSetUpdate.None)
    {
        double expected = score;
        SortedSetOutcome outcome = Decide(member, ref expected, how);
        double actual = score;
        Assert.Equal(outcome, SortedSetValue.Set(Editor, Bytes(member), ref actual, how, _limits));
        if (outcome is not (SortedSetOutcome.Added or SortedSetOutcome.Changed)) return;
        Assert.Equal(expected, actual);
        Forget(member);
        Scores[member] = expected;
        Expected.Add((expected, member));
    }

    /// <summary>Adds without a look at what comes of it; throws when memory runs out.</summary>
    public void SetOrThrow(string member, double score)
    {
        double unused = score;
        SortedSetValue.Set(Editor, Bytes(member), ref unused, SortedSetUpdate.None, _limits);
        Forget(member);
        Scores[member] = score;
        Expected.Add((score, member));
    }

    public void Remove(string member)
    {
        Assert.Equal(Scores.ContainsKey(member), SortedSetValue.Remove(Editor, Bytes(member)));
        Forget(member);
    }

    public void RemoveRange(long first, long count)
    {
        SortedSetValue.RemoveRange(Editor, new RankRange(first, count));
        foreach ((double _, string member) in Expected.Skip((int)first).Take((int)count).ToArray()) Forget(member);
    }

    /// <summary>Compares everything that can be read, and looks through the structure.</summary>
    public void Check()
    {
        if (IsTree) ScoreTreeCheck.Check(Heap, Header);
        Assert.Equal(Expected.Count, Reader.Count);
        CheckWalks();
        long rank = 0;
        foreach ((double score, string member) in Expected)
        {
            Assert.True(Reader.TryGetScore(Bytes(member), out double found));
            Assert.Equal(score, found);
            Assert.Equal(rank++, Reader.RankOf(Bytes(member), out _));
        }
        Assert.Equal(-1, Reader.RankOf("no member"u8, out _));
    }

    public void CheckScoreRange(ScoreRange range)
    {
        long first = Expected.Count(e => e.Score < range.Min || (range.ExcludesMin && e.Score == range.Min));
        long count = Expected.Count(e => (range.ExcludesMin ? e.Score > range.Min : e.Score >= range.Min)
            && (range.ExcludesMax ? e.Score < range.Max : e.Score <= range.Max));
        RankRange found = Reader.InRange(range);
        Assert.Equal(count, found.Count);
        if (count > 0) Assert.Equal(first, found.First);
    }

    public void CheckLexRange(string min, bool excludesMin, string max, bool excludesMax)
    {
        LexRange range = new(LexBound.At(Bytes(min), excludesMin), LexBound.At(Bytes(max), excludesMax));
        string[] inside = [.. Expected.Select(e => e.Member).Where(m =>
            (string.CompareOrdinal(m, min) is var low && (excludesMin ? low > 0 : low >= 0))
            && (string.CompareOrdinal(m, max) is var high && (excludesMax ? high < 0 : high <= 0)))];
        RankRange found = Reader.InRange(range, fromEnd: false);
        Assert.Equal(inside.Length, found.Count);
        Assert.Equal(found.Count, Reader.InRange(range, fromEnd: true).Count);
        if (inside.Length > 0) Assert.Equal(Reader.RankOf(Bytes(inside[0]), out _), found.First);
    }

    public void Dispose()
    {
        DetachedEntry.Free(Heap, Entry);
        Heap.AssertEmpty();
        Heap.Dispose();
    }

    private void CheckWalks()
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        SortedSetCursor at = Reader.At(0);
        foreach ((double score, string member) in Expected)
        {
            Assert.Equal((score, member), (at.Score, Text(at.GetMember(scratch))));
            at.MoveNext();
        }
        Assert.True(at.IsEnd);
        at = Reader.At(Expected.Count - 1, forward: false);
        foreach ((double score, string member) in Expected.Reverse())
        {
            Assert.Equal((score, member), (at.Score, Text(at.GetMember(scratch))));
            at.MovePrevious();
        }
        Assert.True(at.IsEnd);
    }

    private SortedSetOutcome Decide(string member, ref double score, SortedSetUpdate how)
    {
        if (!Scores.TryGetValue(member, out double present))
            return how.HasFlag(SortedSetUpdate.OnlyExisting) ? SortedSetOutcome.Skipped : SortedSetOutcome.Added;
        if (how.HasFlag(SortedSetUpdate.OnlyNew)) return SortedSetOutcome.Skipped;
        if (how.HasFlag(SortedSetUpdate.Increment)) score += present;
        if (double.IsNaN(score)) return SortedSetOutcome.NotANumber;
        if (how.HasFlag(SortedSetUpdate.OnlyGreater) && !(score > present)) return SortedSetOutcome.Skipped;
        if (how.HasFlag(SortedSetUpdate.OnlyLess) && !(score < present)) return SortedSetOutcome.Skipped;
        return score == present ? SortedSetOutcome.Same : SortedSetOutcome.Changed;
    }

    private void Forget(string member)
    {
        if (Scores.Remove(member, out double score)) Assert.True(Expected.Remove((score, member)));
    }
}
