using System.Globalization;
using System.Text;
using Sigrun.Storage.Defragmentation;
using Sigrun.Storage.Structures.Tracking;
using Sigrun.Storage.Tests.Snapshots;

namespace Sigrun.Storage.Tests.Defragmentation;

/// <summary>Blocks move, values stay what they are, and what becomes empty goes back.</summary>
public sealed unsafe class DefragmenterTests
{
    private const long Unlimited = long.MaxValue;

    private static readonly HeapOptions Plain = new() { ReserveBytes = 1L << 30, Hasher = new KeyHasher(Seeded.HashSeed) };

    public static TheoryData<string> Modes => ["plain", "checking", "moving"];

    /// <summary>With every slab leaving, a block to which a walk does not come would stay behind.</summary>
    [Theory]
    [MemberData(nameof(Modes))]
    public void It_comes_to_every_block(string mode)
    {
        for (ulong seed = 1; seed <= Seeds(mode); seed++)
        {
            using SnapshotBench bench = new(Options(mode), tables: 2, seed);
            bench.Edit(100);
            bench.Heap.AbsorbBackgroundFrees(int.MaxValue);
            SortedDictionary<string, string> before = bench.Read();
            long used = bench.Heap.UsedBytes;
            LeaveAll(bench.Heap);
            var defragmenter = new Defragmenter(bench.Heap);
            foreach (KeyTable table in bench.Tables) Walk(defragmenter, table, Unlimited);
            SnapshotBench.AssertEqual(before, bench.Read());
            Assert.Equal(used, bench.Heap.UsedBytes);
            AssertNothingLeft(bench.Heap);
            bench.FreeAll();
        }
    }

    [Fact]
    public void It_comes_to_the_keys_that_clients_track()
    {
        using Heap heap = new(Plain);
        KeyClients clients = new(heap);
        for (int i = 0; i < 3000; i++) clients.Add(Name(i), i % 7);
        for (int i = 0; i < 3000; i += 2)
        {
            Assert.True(clients.TryTake(Name(i), out TakenKey taken));
            clients.Free(taken);
        }
        LeaveAll(heap);
        var defragmenter = new Defragmenter(heap);
        while (defragmenter.Step(clients))
        {
            // The next step.
        }
        AssertNothingLeft(heap);
        for (int i = 1; i < 3000; i += 2)
        {
            Assert.True(clients.TryTake(Name(i), out TakenKey taken));
            Assert.Equal((1, i % 7), (taken.Count, taken[0]));
            clients.Free(taken);
        }
        clients.Retire().FreeBlocks();
        Assert.Equal(0, clients.KeyCount);
    }

    /// <summary>A walk in steps, now and then given up or interrupted, between changes and snapshots of all kinds.</summary>
    [Theory]
    [MemberData(nameof(Modes))]
    public void Values_stay_what_they_are(string mode)
    {
        for (ulong seed = 1; seed <= Seeds(mode); seed++)
        {
            using SnapshotBench bench = new(Options(mode), tables: 2, seed);
            var random = new RandomSource(seed);
            var defragmenter = new Defragmenter(bench.Heap);
            int table = 0;
            defragmenter.Begin();
            bench.OnStep = () => Move(3);
            for (int round = 0; round < 25; round++)
            {
                bench.Edit(random.NextInt(40));
                SortedDictionary<string, string> before = bench.Read();
                Move(random.NextInt(random.NextInt(3) == 0 ? 3000 : 60));
                SnapshotBench.AssertEqual(before, bench.Read());
                switch (random.NextInt(12))
                {
                    case 0:
                        bench.Run(random.NextInt(2) == 0 ? SnapshotEnd.Complete : SnapshotEnd.Cancelled, keepsUp: true, edits: 2);
                        break;
                    case 1:
                        defragmenter.End();
                        defragmenter.Begin();
                        break;
                    case 2:
                        defragmenter.Resume();
                        break;
                    case 3:
                        defragmenter.End();
                        LeaveAll(bench.Heap);
                        break;
                }
            }
            defragmenter.End();
            Assert.InRange(defragmenter.Moved, 1, long.MaxValue);
            bench.FreeAll();

            void Move(int steps)
            {
                for (; steps > 0 && defragmenter.MayMove; steps--)
                {
                    if (!defragmenter.Step(bench.Tables[table], partsMax: 50)) table ^= 1;
                }
            }
        }
    }

    [Fact]
    public void A_heap_full_of_holes_becomes_dense()
    {
        using Heap heap = new(Plain);
        KeyTable table = new(heap);
        var random = new RandomSource(1);
        for (int i = 0; i < 200_000; i++)
        {
            ulong hash = table.Hash(Name(i));
            table.AddString(table.BeginWrite(hash), hash, Name(i), new byte[50 + 100 * random.NextInt(4)], EntryEncoding.Raw, i % 3 == 0 ? 1 : -1);
        }
        for (int i = 0; i < 200_000; i++)
        {
            if (random.NextInt(4) > 0) Remove(table, i);
        }
        long committed = heap.CommittedBytes;
        Assert.InRange(Ratio(heap), 1.5, 10);
        var defragmenter = new Defragmenter(heap);
        defragmenter.Begin();
        Walk(defragmenter, table, 1000);
        defragmenter.End();
        while (heap.ReleaseFreePages(1000) > 0)
        {
            // The next pages.
        }
        Assert.InRange(Ratio(heap), 1, 1.1);
        Assert.InRange(heap.CommittedBytes, 1, committed / 2);
        // A block that was worth moving is moved once.
        Assert.InRange(defragmenter.Moved, 1, 60_000);
        Assert.InRange(heap.ReclaimableBytes, 0, 1 << 20);
    }

    /// <summary>What a choice takes out of use comes back into use when there is nothing else.</summary>
    [Fact]
    public void A_full_heap_gives_what_is_leaving()
    {
        using Heap heap = new(Plain with { ReserveBytes = 1 << 20, CommitStepBytes = 1 << 16 });
        List<nint> blocks = [];
        while (heap.CommittedBytes < heap.ReservedBytes - (256 << 10)) blocks.Add((nint)heap.Allocate(1000));
        Action fill = () => blocks.Add((nint)heap.Allocate(1000));
        while (Record.Exception(fill) is null)
        {
            // One more.
        }
        for (int i = 0; i < blocks.Count; i += 2) heap.Free((byte*)blocks[i]);
        LeaveAll(heap);
        for (int i = 0; i < blocks.Count; i += 2) blocks[i] = (nint)heap.Allocate(1000);
        Assert.Equal(0, CountLeaving(heap));
        foreach (nint block in blocks) heap.Free((byte*)block);
        heap.AssertEmpty();
    }

    [Fact]
    public void A_string_that_is_lent_stays()
    {
        using Heap heap = new(Plain);
        KeyTable table = new(heap);
        BigValueLender lender = new(heap);
        for (int i = 0; i < 2; i++)
        {
            ulong hash = table.Hash(Name(i));
            table.AddString(table.BeginWrite(hash), hash, Name(i), new byte[5000], EntryEncoding.Raw);
        }
        nint lent = lender.Lend(Find(table, 0).BigValue);
        nint other = (nint)Find(table, 1).BigValue.Block;
        LeaveAll(heap);
        Walk(new Defragmenter(heap), table, Unlimited);
        Assert.Equal(lent, (nint)Find(table, 0).BigValue.Block + BigValue.HeaderBytes);
        Assert.NotEqual(other, (nint)Find(table, 1).BigValue.Block);
        heap.KeepLeaving();
        lender.Release(lent);
        for (int i = 0; i < 2; i++) Remove(table, i);
        table.Destroy();
        heap.AssertEmpty();
    }

    private static void Walk(Defragmenter defragmenter, KeyTable table, long partsMax)
    {
        while (defragmenter.Step(table, partsMax))
        {
            // The next step.
        }
    }

    private static double Ratio(Heap heap) => 1 + (double)heap.FreeBytesInSlabs / heap.UsedBytes;

    private static EntryRef Find(KeyTable table, int number) => table.Find(table.Hash(Name(number)), Name(number));

    private static void Remove(KeyTable table, int number)
    {
        ulong hash = table.Hash(Name(number));
        Assert.True(table.TryFind(hash, Name(number), out KeySlot slot));
        table.Remove(table.BeginWrite(hash), hash, slot);
    }

    private static void LeaveAll(Heap heap)
    {
        for (int i = 1; i < heap.UsedUnits; i++)
        {
            if (heap.Units[i].Kind == UnitKind.Slab && heap.Units[i].Used > 0 && !heap.Units[i].IsLeaving) heap.BeginLeaving(heap.Units + i);
        }
    }

    /// <summary>Slabs of a checked heap may hold dead blocks that are watched.</summary>
    private static void AssertNothingLeft(Heap heap)
    {
        if (!heap.IsChecking) Assert.Equal(0, CountLeaving(heap));
        Assert.DoesNotContain(heap.LiveBlocks(), block => heap.IsLeaving(heap.Base + block.Offset));
    }

    private static int CountLeaving(Heap heap)
    {
        int count = 0;
        for (int i = 1; i < heap.UsedUnits; i++) count += heap.Units[i].IsLeaving ? 1 : 0;
        return count;
    }

    private static byte[] Name(int number) => Encoding.ASCII.GetBytes("key:" + number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Those that are not plain take long.</summary>
    private static ulong Seeds(string mode) => mode == "plain" ? 3UL : 1UL;

    private static HeapOptions Options(string mode) => mode switch
    {
        "checking" => Plain with { Checking = true },
        "moving" => Plain with { Checking = true, MoveOnWrite = true },
        _ => Plain,
    };
}
