using Sigrun.Storage.Defragmentation;

namespace Sigrun.Storage.Tests;

public unsafe class HeapTests
{
    private static readonly int[] Sizes =
        [1, 3, 4, 16, 28, 63, 64, 65, 88, 128, 129, 200, 256, 257, 1000, 1024, 1025, 4000, 8192, 17000, 22000, 32768, 32769, 65536, 65537, 300_000];

    [Fact]
    public void Random_operations_keep_blocks_apart_and_counted() => Seeded.Check(60, 3000, (random, operations) =>
    {
        using Heap heap = new(new HeapOptions { ReserveBytes = 1L << 30, CommitStepBytes = 1 << 20 });
        BlockModel model = new(heap);
        SlabChoice leaving = new(heap);
        for (int i = 0; i < operations; i++)
        {
            int choice = random.NextInt(100);
            if (random.NextInt(20) == 0)
                ChangeLeaving(ref random, heap, leaving);
            if (choice < 55 || model.Count == 0)
                model.Allocate((nuint)(Sizes[random.NextInt(Sizes.Length)] + random.NextInt(3)));
            else if (choice < 92)
                model.Free(random.NextInt(model.Count));
            else if (choice < 97)
                model.TryExtend(random.NextInt(model.Count), (nuint)random.NextInt(1_000_000));
            else if (choice < 99)
                heap.ReleaseFreePages(random.NextInt(64));
            else
                model.FreeInBackground(random.NextInt(model.Count));
            Assert.Equal(model.UsedBytes, heap.UsedBytes);
        }
        model.FreeAll();
        heap.AssertEmpty();
    });

    [Fact]
    public void A_class_keeps_an_empty_slab_until_it_is_asked_to_give_it_back()
    {
        using Heap heap = new();
        heap.Free(heap.Allocate(100));
        heap.Free(heap.Allocate(20_000));
        byte* alive = heap.Allocate(3000);
        Assert.Equal(3, heap.GetSlabFigures().Count);
        heap.GiveBackEmptySlabs();
        Assert.Equal(3072, Assert.Single(heap.GetSlabFigures()).SlotBytes);
        heap.Free(alive);
        heap.GiveBackEmptySlabs();
        Assert.Equal((0, 0), (heap.FreeBytesInSlabs, heap.ReclaimableBytes));
        heap.Free(heap.Allocate(100));
        heap.AssertEmpty();
    }

    [Fact]
    public void Churn_of_one_size_reuses_slots()
    {
        using Heap heap = new();
        RandomSource random = new(1);
        BlockModel model = new(heap);
        for (int i = 0; i < 20_000; i++)
            model.Allocate(28);
        long committed = heap.CommittedBytes;
        for (int i = 0; i < 30_000; i++)
        {
            model.Free(random.NextInt(model.Count));
            model.Allocate(28);
        }
        Assert.Equal(committed, heap.CommittedBytes);
        model.FreeAll();
    }

    [Fact]
    public void Exhaustion_throws_changes_nothing_and_recovers()
    {
        using Heap heap = new(new HeapOptions { ReserveBytes = 1 << 20, CommitStepBytes = 1 << 16 });
        for (int round = 0; round < 3; round++)
        {
            List<nuint> blocks = [];
            long used = 0;
            HeapExhaustedException? failure = null;
            while (failure is null)
            {
                try
                {
                    byte* block = heap.Allocate(1000);
                    used += (long)heap.UsableSize(block);
                    blocks.Add((nuint)block);
                }
                catch (HeapExhaustedException e)
                {
                    failure = e;
                }
            }
            Assert.Equal(15 * (65536 / (int)Heap.RoundedSize(1000)), blocks.Count);
            Assert.Equal(used, heap.UsedBytes);
            Assert.Throws<HeapExhaustedException>(() => heap.Allocate(100_000));
            Assert.Equal(used, heap.UsedBytes);
            foreach (nuint block in blocks)
                heap.Free((byte*)block);
            Assert.Equal(0, heap.UsedBytes);
        }
    }

    [Fact]
    public void Impossible_sizes_are_refused()
    {
        using Heap heap = new(new HeapOptions { ReserveBytes = 1 << 20 });
        Assert.Throws<HeapExhaustedException>(() => heap.Allocate(nuint.MaxValue));
        Assert.Throws<HeapExhaustedException>(() => heap.Allocate(nuint.MaxValue / 2));
        Assert.Throws<HeapExhaustedException>(() => heap.Allocate(2 << 20));
        Assert.Equal(0, heap.UsedBytes);
    }

    [Fact]
    public void A_large_block_grows_in_place_into_what_is_free_behind_it()
    {
        using Heap heap = new(new HeapOptions { ReserveBytes = 1 << 20 });
        byte* first = heap.Allocate(100_000);
        byte* second = heap.Allocate(100_000);
        byte* third = heap.Allocate(100_000);
        Assert.True(heap.TryExtend(first, 120_000));
        Assert.False(heap.TryExtend(first, 140_000));
        heap.Free(second);
        Assert.True(heap.TryExtend(first, 200_000));
        Assert.False(heap.TryExtend(first, 300_000));
        Assert.True(heap.TryExtend(third, 500_000));
        Assert.False(heap.TryExtend(third, 1_000_000));
        Assert.Equal((long)(heap.UsableSize(first) + heap.UsableSize(third)), heap.UsedBytes);
        heap.Free(third);
        Assert.True(heap.TryExtend(first, 900_000));
        heap.Free(first);
        byte* small = heap.Allocate(100);
        Assert.False(heap.TryExtend(small, 200));
        heap.Free(small);
        heap.AssertEmpty();
    }

    [Fact]
    public void Free_runs_join()
    {
        using Heap heap = new(new HeapOptions { ReserveBytes = 1 << 20 });
        List<nuint> blocks = [];
        for (int i = 0; i < 15; i++)
            blocks.Add((nuint)heap.Allocate(50_000));
        RandomSource random = new(5);
        while (blocks.Count > 0)
        {
            int index = random.NextInt(blocks.Count);
            heap.Free((byte*)blocks[index]);
            blocks.RemoveAt(index);
        }
        byte* whole = heap.Allocate(15 * 65536);
        Assert.Equal(15 * 65536, heap.UsedBytes);
        heap.Free(whole);
    }

    [Fact]
    public void Released_pages_are_given_back()
    {
        using Heap heap = new(new HeapOptions { ReserveBytes = 16 << 20 });
        byte* block = heap.Allocate(1 << 20);
        new Span<byte>(block, 1 << 20).Fill(0xFF);
        long committed = heap.CommittedBytes;
        heap.Free(block);
        Assert.Equal(committed, heap.CommittedBytes);
        Assert.Equal(10, heap.ReleaseFreePages(10));
        Assert.Equal(6 * 65536, heap.FreeBytesInRuns);
        Assert.Equal(6, heap.ReleaseFreePages(10));
        Assert.Equal(0, heap.ReleaseFreePages(10));
        Assert.Equal(committed - (1 << 20), heap.CommittedBytes);
        byte* again = heap.Allocate(1 << 20);
        if (OperatingSystem.IsLinux())
            Assert.False(new ReadOnlySpan<byte>(again, 1 << 20).ContainsAnyExcept((byte)0));
        heap.Free(again);
    }

    [Fact]
    public void References_lead_back()
    {
        using Heap heap = new();
        byte* block = heap.Allocate(20);
        Assert.NotEqual(0UL, heap.ToRef(block));
        Assert.True(heap.ToRef(block) < 1UL << 40);
        Assert.True(block == heap.Base + (heap.ToRef(block) << 2));
        Assert.Equal(0UL, heap.ToRef(null));
        heap.Free(block);
    }

    [Fact]
    public void Default_reservation_follows_the_machine()
    {
        using Heap heap = new();
        Assert.True(heap.ReservedBytes >= 64L << 30);
        Assert.True(heap.ReservedBytes >= 4 * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes
            || heap.ReservedBytes == HeapOptions.MaxReserveBytes);
        Assert.True(System.Numerics.BitOperations.IsPow2(heap.ReservedBytes));
    }

    /// <summary>Takes sparse slabs out of use or back into it, in the middle of everything else.</summary>
    private static void ChangeLeaving(ref RandomSource random, Heap heap, SlabChoice leaving)
    {
        int choice = random.NextInt(6);
        if (leaving.IsUnfinished)
            leaving.Step(1 + random.NextInt(40));
        else if (choice == 0)
            leaving.Cancel();
        else if (choice == 1)
            heap.GiveBackEmptySlabs();
        else if (choice == 2)
            leaving.Begin();
    }
}

/// <summary>What a heap should hold: every live block with its size and the byte it was filled with.</summary>
internal sealed unsafe class BlockModel(Heap heap)
{
    private readonly SortedDictionary<nuint, (nuint Size, byte Fill)> _live = [];
    private readonly List<nuint> _blocks = [];
    private readonly SortedSet<nuint> _order = [];
    private byte _fill;

    public int Count => _blocks.Count;

    public long UsedBytes { get; private set; }

    public void Allocate(nuint size)
    {
        byte* block = heap.Allocate(size);
        nuint address = (nuint)block;
        nuint usable = heap.UsableSize(block);
        Assert.True(usable >= size);
        Assert.Equal(Heap.RoundedSize(size), usable);
        Assert.Equal((nuint)0, address % (size % 64 == 0 ? 64u : 4u));
        if (_order.Count > 0)
        {
            foreach (nuint before in _order.GetViewBetween(0, address).Reverse().Take(1))
                Assert.True(before + heap.UsableSize((byte*)before) <= address);
            foreach (nuint after in _order.GetViewBetween(address, nuint.MaxValue).Take(1))
                Assert.True(address + usable <= after);
        }
        new Span<byte>(block, (int)usable).Fill(++_fill);
        _live.Add(address, (usable, _fill));
        _order.Add(address);
        _blocks.Add(address);
        UsedBytes += (long)usable;
    }

    public void Free(int index)
    {
        nuint address = Forget(index);
        heap.Free((byte*)address);
    }

    public void TryExtend(int index, nuint size)
    {
        nuint address = _blocks[index];
        (nuint before, byte fill) = _live[address];
        bool extended = heap.TryExtend((byte*)address, size);
        nuint after = heap.UsableSize((byte*)address);
        Assert.True(extended ? after >= size : after == before);
        foreach (nuint next in _order.GetViewBetween(address + 1, nuint.MaxValue).Take(1))
            Assert.True(address + after <= next);
        new Span<byte>((byte*)address, (int)after)[(int)before..].Fill(fill);
        _live[address] = (after, fill);
        UsedBytes += (long)(after - before);
    }

    public void FreeInBackground(int index)
    {
        nuint address = Forget(index);
        Thread thread = new(() =>
        {
            using BackgroundFreeBatch batch = new(heap);
            batch.Free((byte*)address);
        });
        long before = heap.UsedBytes;
        thread.Start();
        thread.Join();
        Assert.Equal(before, heap.UsedBytes);
        Assert.Equal(1, heap.AbsorbBackgroundFrees(10));
    }

    public void FreeAll()
    {
        while (_blocks.Count > 0)
            Free(_blocks.Count - 1);
    }

    private nuint Forget(int index)
    {
        nuint address = _blocks[index];
        (nuint size, byte fill) = _live[address];
        Assert.False(new ReadOnlySpan<byte>((byte*)address, (int)size).ContainsAnyExcept(fill));
        _blocks[index] = _blocks[^1];
        _blocks.RemoveAt(_blocks.Count - 1);
        _live.Remove(address);
        _order.Remove(address);
        UsedBytes -= (long)size;
        return address;
    }
}
