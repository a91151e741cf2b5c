using System.Numerics;
using System.Text;

namespace Sigrun.Storage.Tests;

public unsafe class HashTableTests
{
    /// <summary>The hashes a table must live with: a good one, and ones where everything collides.</summary>
    public static TheoryData<ulong> KeptBits =>
        [ulong.MaxValue, 0xFF, 0x07, 0xFF00_0000_0000_0000, 0x0100_0000_0000_0003, 0];

    [Theory]
    [MemberData(nameof(KeptBits))]
    public void Random_operations_agree_with_a_dictionary(ulong keptBits)
    {
        int operations = BitOperations.PopCount(keptBits) < 4 ? 400 : 4000;
        Seeded.Check(15, operations, (random, count) =>
        {
            using TableModel model = new(keptBits);
            int range = 1 + random.NextInt(2000);
            bool growing = true;
            for (int i = 0; i < count; i++)
            {
                if (random.NextInt(300) == 0)
                    growing = !growing;
                int key = random.NextInt(range);
                if (random.NextInt(100) < (growing ? 75 : 25))
                    model.AddOrMove(key);
                else
                    model.Remove(key);
                if (i % 97 == 0)
                    model.CheckAll(range);
            }
            model.CheckAll(range);
        });
    }

    [Fact]
    public void A_large_table_grows_and_shrinks_one_line_at_a_time()
    {
        using TableModel model = new(ulong.MaxValue);
        const int Keys = 60_000;
        long before = 1;
        for (int i = 0; i < Keys; i++)
        {
            model.Add(i);
            long lines = (long)model.Header->LineCount;
            Assert.InRange(lines - before, 0, 1);
            before = lines;
        }
        Assert.InRange(before, Keys / 7.6, Keys / 7.4);
        model.CheckAll(Keys + 100);
        for (int i = 0; i < Keys - 10; i++)
        {
            model.Remove(i);
            long lines = (long)model.Header->LineCount;
            Assert.InRange(before - lines, 0, 1);
            before = lines;
        }
        Assert.InRange(before, 1, 4);
        model.CheckAll(Keys);
        Assert.InRange(model.Table.UsedBytes, 192, 640);
    }

    [Fact]
    public void Bytes_per_entry_stay_low_at_any_count()
    {
        using TableModel model = new(ulong.MaxValue);
        double worst = 0;
        for (int i = 0; i < 300_000; i++)
        {
            model.Add(i);
            if (i > 20_000 && i % 5_000 == 0)
                worst = Math.Max(worst, (double)model.Table.UsedBytes / model.Table.Count);
        }
        Assert.InRange(worst, 8.5, 12.5);
        HashTableStatistics statistics = model.Table.GetStatistics();
        Assert.Equal(300_000, statistics.Entries);
        Assert.InRange(statistics.LongestChain, 2, 5);
        Assert.InRange(statistics.ChainedLines, 1, statistics.Lines);
        Assert.True(statistics.ChainLines >= statistics.ChainedLines);
    }

    [Theory]
    [MemberData(nameof(KeptBits))]
    public void A_scan_meets_whatever_stays(ulong keptBits)
    {
        bool collides = BitOperations.PopCount(keptBits) < 4;
        Seeded.Check(collides ? 6 : 25, collides ? 60 : 600, (random, stable) =>
        {
            using TableModel model = new(keptBits);
            for (int i = 0; i < stable; i++)
                model.Add(i);
            HashSet<int> seen = [];
            ulong cursor = 0;
            int next = stable, oldest = stable;
            bool growing = random.NextInt(2) == 0;
            int churn = 1 + random.NextInt(collides ? 10 : 60), calls = 0;
            do
            {
                Collector collector = new() { Seen = seen };
                cursor = model.Table.Scan(cursor, ref collector);
                if (random.NextInt(20) == 0)
                    growing = !growing;
                for (int i = 0; i < churn && calls < 5000; i++)
                {
                    if (growing)
                        model.Add(next++);
                    else if (oldest < next)
                        model.Remove(oldest++);
                }
                Assert.True(++calls < 100_000);
            }
            while (cursor != 0);
            Assert.All(Enumerable.Range(0, stable), key => Assert.Contains(key, seen));
            Assert.All(seen, key => Assert.InRange(key, 0, next - 1));
        });
    }

    [Fact]
    public void A_scan_of_an_unchanging_table_meets_each_entry_once()
    {
        using TableModel model = new(ulong.MaxValue);
        for (int i = 0; i < 5000; i++)
            model.Add(i);
        Counter counter = default;
        ulong cursor = 0;
        do
            cursor = model.Table.Scan(cursor, ref counter);
        while (cursor != 0);
        Assert.Equal(5000, counter.Visited);
    }

    [Theory]
    [InlineData(ulong.MaxValue, 5000)]
    [InlineData(0x0FUL, 600)]
    public void A_visitor_may_remove_what_it_visits(ulong keptBits, int keys)
    {
        using TableModel model = new(keptBits);
        for (int i = 0; i < keys; i++)
            model.Add(i);
        ulong cursor = 0;
        HashSet<int> seen = [];
        do
        {
            Remover remover = new() { Model = model, Seen = seen };
            cursor = model.Table.Scan(cursor, ref remover);
            model.CheckStructure();
        }
        while (cursor != 0);
        Assert.Equal(keys, seen.Count);
        Assert.Equal((keys + 6) / 7, model.Table.Count);
        model.CheckAll(keys);
    }

    [Fact]
    public void Fair_choice_is_fair()
    {
        using TableModel model = new(ulong.MaxValue);
        const int Keys = 2000, Draws = 400_000;
        for (int i = 0; i < Keys; i++)
            model.Add(i);
        int[] counts = new int[Keys];
        RandomSource random = new(77);
        for (int i = 0; i < Draws; i++)
            counts[TableModel.Number(model.Table.FairRandom(ref random))]++;
        Assert.InRange(KeyHasherTests.ChiSquare(counts, Draws), 1750, 2260);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(3UL)]
    public void Any_choice_reaches_every_entry(ulong keptBits)
    {
        using TableModel model = new(keptBits);
        const int Keys = 150;
        RandomSource random = new(78);
        Assert.True(model.Table.Random(ref random) == null);
        Assert.True(model.Table.FairRandom(ref random) == null);
        for (int i = 0; i < Keys; i++)
            model.Add(i);
        HashSet<int> quick = [], fair = [];
        for (int i = 0; i < 20_000; i++)
        {
            quick.Add(TableModel.Number(model.Table.Random(ref random)));
            fair.Add(TableModel.Number(model.Table.FairRandom(ref random)));
        }
        Assert.Equal(Keys, quick.Count);
        Assert.Equal(Keys, fair.Count);
    }

    [Fact]
    public void A_full_heap_refuses_insertions_and_loses_nothing()
    {
        using Heap heap = new(new HeapOptions { ReserveBytes = 1 << 20, CommitStepBytes = 1 << 16, Hasher = KeyHasher.Colliding(Seeded.HashSeed, 0xFF) });
        HashTable<KeyLayout> table = HashTable<KeyLayout>.Create(heap);
        List<string> keys = [];
        int refused = 0;
        for (int i = 0; refused < 20; i++)
        {
            string key = $"key:{i}";
            byte[] bytes = Encoding.ASCII.GetBytes(key);
            ulong hash = heap.Hasher.Hash(bytes);
            long count = table.Count;
            byte* entry = null;
            try
            {
                entry = StringEntry.Create(heap, bytes, bytes, EntryEncoding.Embedded);
                table.Insert(table.BeginWrite(hash), hash, entry);
                keys.Add(key);
            }
            catch (HeapExhaustedException)
            {
                refused++;
                Assert.Equal(count, table.Count);
                if (entry != null)
                    heap.Free(entry);
            }
        }
        Assert.Equal(keys.Count, table.Count);
        foreach (string key in keys)
        {
            byte[] bytes = Encoding.ASCII.GetBytes(key);
            Assert.True(table.TryFind(heap.Hasher.Hash(bytes), bytes, out TableSlot slot));
            table.Remove(table.BeginWrite(heap.Hasher.Hash(bytes)), slot);
            heap.Free(slot.Entry);
        }
        Assert.Equal(0, table.Count);
        table.Destroy();
        heap.AssertEmpty();
    }

    [Fact]
    public void A_permit_of_another_table_is_refused()
    {
        using Heap heap = new();
        HashTable<KeyLayout> table = HashTable<KeyLayout>.Create(heap), other = HashTable<KeyLayout>.Create(heap);
        Assert.Throws<InvalidOperationException>(() => table.Insert(other.BeginWrite(1), 1, null));
        Assert.Throws<InvalidOperationException>(() => table.Insert(default, 1, null));
        Assert.Equal(0, table.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(TableLine.SnapshotBit)]
    public void Snapshot_marks_survive_writes_to_the_line(uint mark)
    {
        byte* line = stackalloc byte[TableLine.Bytes];
        TableLine.Initialise(line);
        Assert.Equal(0u, TableLine.SnapshotMark(line));
        TableLine.SetSnapshotMark(line, mark);
        TableLine.Put(line, 3, (1UL << 40) - 1, 0xAB);
        Assert.Equal((1UL << 40) - 1, TableLine.Reference(line, 3));
        Assert.Equal(1u << 3, TableLine.Match(line, 0xAB));
        TableLine.Clear(line);
        Assert.Equal(0u, TableLine.Match(line, 0xAB));
        Assert.Equal(mark, TableLine.SnapshotMark(line));
    }

    private struct Collector : IEntryVisitor
    {
        public HashSet<int> Seen;

        public readonly void Visit(byte* entry) => Seen.Add(TableModel.Number(entry));
    }

    private struct Counter : IEntryVisitor
    {
        public int Visited;

        public void Visit(byte* entry) => Visited++;
    }

    private struct Remover : IEntryVisitor
    {
        public TableModel Model;
        public HashSet<int> Seen;

        public readonly void Visit(byte* entry)
        {
            int number = TableModel.Number(entry);
            Seen.Add(number);
            if (number % 7 != 0)
                Model.Remove(number);
        }
    }
}
