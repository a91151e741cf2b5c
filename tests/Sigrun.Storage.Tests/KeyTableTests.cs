namespace Sigrun.Storage.Tests;

public unsafe class KeyTableTests
{
    private static readonly HeapOptions Plain = new() { ReserveBytes = 1L << 30, Hasher = new KeyHasher(Seeded.HashSeed) };

    public static TheoryData<string> Modes => ["plain", "colliding", "checking", "moving"];

    private static HeapOptions Options(string mode) => mode switch
    {
        "colliding" => Plain with { Hasher = KeyHasher.Colliding(Seeded.HashSeed, 1) },
        "checking" => Plain with { Checking = true },
        "moving" => Plain with { Checking = true, MoveOnWrite = true },
        _ => Plain,
    };

    [Theory]
    [MemberData(nameof(Modes))]
    public void Random_operations_agree_with_a_dictionary(string mode) => Seeded.Check(15, 800, (random, operations) =>
    {
        using KeyTableModel model = new(Options(mode));
        for (int i = 0; i < operations; i++)
        {
            model.Step(ref random);
            if (i % 50 == 0)
                model.CheckAll();
        }
        model.CheckAll();
        Assert.Equal(0, model.Refusals);
    });

    [Fact]
    public void A_refused_operation_changes_nothing()
    {
        int refusals = 0;
        Seeded.Check(15, 800, (random, operations) =>
        {
            using KeyTableModel model = new(Plain with
            {
                ReserveBytes = 1 << 20,
                CommitStepBytes = 1 << 16,
                Hasher = KeyHasher.Colliding(Seeded.HashSeed, 1),
            });
            for (int i = 0; i < operations; i++)
            {
                int before = model.Refusals;
                model.Step(ref random);
                if (model.Refusals > before || i % 50 == 0)
                    model.CheckAll();
            }
            model.CheckAll();
            refusals += model.Refusals;
        });
        Assert.True(refusals > 100, $"{refusals} refusals");
    }

    /// <summary>Whatever the table looks like: every key comes, none much more often than another, and never more than wanted.</summary>
    [Theory]
    [InlineData("plain", 1, 1)]
    [InlineData("plain", 2000, 2000)]
    [InlineData("plain", 2000, 3)]
    [InlineData("colliding", 60, 60)]
    public void A_sample_shows_every_key_in_its_turn(string mode, int added, int kept)
    {
        using Heap heap = new(Options(mode));
        KeyTable table = new(heap);
        table.HoldSize(true);
        for (int i = 0; i < added; i++)
        {
            byte[] key = BitConverter.GetBytes(i);
            ulong hash = table.Hash(key);
            table.AddString(table.BeginWrite(hash), hash, key, "v"u8, EntryEncoding.Embedded, i % 2 == 0 ? 1 : KeyEntry.NoExpiry);
        }
        for (int i = kept; i < added; i++)
        {
            byte[] key = BitConverter.GetBytes(i);
            ulong hash = table.Hash(key);
            Assert.True(table.TryFind(hash, key, out KeySlot slot));
            table.Remove(table.BeginWrite(hash), hash, slot);
        }
        RandomSource random = new(7);
        var all = new KeyCounter { Seen = [] };
        var expiring = new KeyCounter { Seen = [] };
        for (int i = 0; i < 40 * kept; i++)
        {
            int before = all.Count;
            table.Sample(onlyExpiring: false, 5, ref random, ref all);
            Assert.InRange(all.Count - before, 1, Math.Min(5, kept));
            table.Sample(onlyExpiring: true, 5, ref random, ref expiring);
        }
        Assert.Equal(kept, all.Seen.Count);
        Assert.Equal((kept + 1) / 2, expiring.Seen.Count);
        Assert.All(expiring.Seen.Keys, key => Assert.Equal(0, key % 2));
        // A fifth of the table's lines may hold few keys, which then come more often than their share.
        if (kept == added) Assert.InRange(all.Seen.Values.Max(), 0, 10 * all.Count / kept);
    }

    private struct KeyCounter : IKeyVisitor
    {
        public required Dictionary<int, int> Seen;
        public int Count;

        public void Visit(EntryRef entry)
        {
            Count++;
            int key = BitConverter.ToInt32(entry.Key);
            Seen[key] = Seen.GetValueOrDefault(key) + 1;
        }
    }

    [Fact]
    public void A_key_that_only_one_of_the_tables_could_take_is_refused_by_both()
    {
        using Heap heap = new(Plain with
        {
            ReserveBytes = 1 << 20,
            CommitStepBytes = 1 << 16,
            Hasher = KeyHasher.Colliding(Seeded.HashSeed, 0),
        });
        KeyTable table = new(heap);
        Stack<nuint> fillers = [];
        long entryBytes = Add(0);
        FillWith(heap, TableLine.Bytes, fillers);
        int refused = 0;
        for (int number = 1; number < 100;)
        {
            long count = table.Count;
            try
            {
                entryBytes += Add(number);
                number++;
            }
            catch (HeapExhaustedException)
            {
                refused++;
                Assert.Equal(count, table.Count);
                heap.Free((byte*)fillers.Pop());
            }
            Assert.Equal(table.Count, table.ExpiringCount);
            Assert.Equal(heap.UsedBytes, table.UsedBytes + entryBytes + fillers.Count * TableLine.Bytes);
        }
        Assert.InRange(refused, 10, 100);

        long Add(int number)
        {
            Span<byte> key = stackalloc byte[8];
            BitConverter.TryWriteBytes(key, (long)number);
            ulong hash = table.Hash(key);
            return table.AddString(table.BeginWrite(hash), hash, key, "v"u8, EntryEncoding.Raw, 5).UsedBytes(heap);
        }
    }

    private static void FillWith(Heap heap, int size, Stack<nuint> blocks)
    {
        try
        {
            for (; ; )
                blocks.Push((nuint)heap.Allocate((nuint)size));
        }
        catch (HeapExhaustedException)
        {
            // Full, as was wanted.
        }
    }

    [Fact]
    public void Small_entries_take_the_slots_they_were_designed_for()
    {
        using Heap heap = new(Plain);
        ReadOnlySpan<byte> key = "key:000000000001"u8;
        Assert.Equal(28, Size(StringEntry.Create(heap, key, "abc"u8, EntryEncoding.Embedded)));
        Assert.Equal(28, Size(StringEntry.CreateInteger(heap, key, 123)));
        Assert.Equal(88, Size(StringEntry.Create(heap, key, new byte[64], EntryEncoding.Embedded)));
        Assert.Equal(96, Size(StringEntry.Create(heap, key, new byte[64], EntryEncoding.Embedded, 1)));

        int Size(byte* entry) => (int)heap.UsableSize(entry);
    }

    [Fact]
    public void A_large_value_that_is_being_sent_is_not_written()
    {
        using Heap heap = new(Plain with { Checking = true });
        KeyTable table = new(heap);
        byte[] before = new byte[5000];
        before.AsSpan().Fill(1);
        ulong hash = table.Hash("k"u8);
        BigValue sent = table.AddString(table.BeginWrite(hash), hash, "k"u8, before, EntryEncoding.Raw).BigValue;
        sent.Retain();
        foreach (int step in Enumerable.Range(0, 4))
        {
            Assert.True(table.TryFind(hash, "k"u8, out KeySlot slot));
            WritePermit permit = table.BeginWrite(hash);
            if (step == 0)
                table.Append(permit, hash, slot, "x"u8);
            else if (step == 1)
                table.OpenBytes(permit, hash, slot, 5000, 0, long.MaxValue, out _)[0] = 9;
            else if (step == 2)
                table.SetString(permit, hash, slot, new byte[5000], EntryEncoding.Raw, -1);
            else
                table.Remove(permit, hash, slot);
            Assert.True(sent.Bytes.SequenceEqual(before));
        }
        Assert.False(sent.IsShared);
        sent.Release(heap);
        table.Destroy();
        heap.AssertEmpty();
    }

    [Theory]
    [InlineData(false, 1, 6)]
    [InlineData(true, 5, 20)]
    public void Appending_moves_rarely_even_where_the_memory_behind_is_taken(bool isObstructed, int movesMin, int movesMax)
    {
        using Heap heap = new(Plain);
        KeyTable table = new(heap);
        ulong hash = table.Hash("k"u8);
        table.AddString(table.BeginWrite(hash), hash, "k"u8, new byte[2000], EntryEncoding.Raw);
        BigValue last = default;
        int moves = 0;
        for (int i = 0; i < 40_000; i++)
        {
            Assert.True(table.TryFind(hash, "k"u8, out KeySlot slot));
            BigValue value = table.Append(table.BeginWrite(hash), hash, slot, new byte[100]).BigValue;
            if (value == last)
                continue;
            moves++;
            last = value;
            if (isObstructed)
                heap.Allocate(100_000);
        }
        Assert.Equal(4_002_000, last.Length);
        Assert.InRange(moves, movesMin, movesMax);
    }

    [Fact]
    public void Retired_keys_are_freed_elsewhere_and_absorbed_by_slab()
    {
        using Heap heap = new(Plain);
        KeyTable table = new(heap);
        const int Keys = 50_000;
        for (int i = 0; i < Keys; i++)
            Add(i);
        long used = heap.UsedBytes;
        RetiredKeys retired = table.Retire();
        Assert.Equal(0, table.Count);
        Assert.Equal(Keys, retired.Count);
        Thread thread = new(() => retired.Free());
        thread.Start();
        for (int i = 0; i < 1000; i++)
            Add(i);
        thread.Join();
        Assert.True(heap.UsedBytes > used);
        Assert.InRange(heap.AbsorbBackgroundFrees(int.MaxValue), 1, Keys / 20);
        Assert.Equal(1000, table.Count);
        table.Retire().Free();
        heap.AbsorbBackgroundFrees(int.MaxValue);
        table.Destroy();
        heap.AssertEmpty();

        void Add(int number)
        {
            Span<byte> key = stackalloc byte[8];
            BitConverter.TryWriteBytes(key, (long)number);
            ulong hash = table.Hash(key);
            table.AddString(table.BeginWrite(hash), hash, key, new byte[number % 3 == 0 ? 1500 : 20], EntryEncoding.Raw, number % 2 == 0 ? -1 : number);
        }
    }

    [Fact]
    public void Steady_traffic_allocates_nothing_on_the_managed_heap()
    {
        using Heap heap = new(Plain);
        KeyTable table = new(heap);
        RandomSource random = new(5);
        byte[] value = new byte[2000];
        Work(table, ref random, value);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work(table, ref random, value);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Work(KeyTable table, ref RandomSource random, byte[] value)
    {
        Span<byte> key = stackalloc byte[8];
        for (int i = 0; i < 20_000; i++)
        {
            BitConverter.TryWriteBytes(key, random.NextInt(3000));
            ulong hash = table.Hash(key);
            WritePermit permit = table.BeginWrite(hash);
            ReadOnlySpan<byte> bytes = value.AsSpan(0, random.NextInt(random.NextInt(10) == 0 ? 2000 : 50));
            long expiryMs = random.NextInt(2) == 0 ? -1 : i;
            if (!table.TryFind(hash, key, out KeySlot slot))
                table.AddString(permit, hash, key, bytes, EntryEncoding.Embedded, expiryMs);
            else if (random.NextInt(4) == 0)
                table.Remove(permit, hash, slot);
            else
                table.SetString(permit, hash, slot, bytes, EntryEncoding.Embedded, expiryMs);
        }
    }
}
