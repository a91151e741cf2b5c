namespace Sigrun.Storage.Tests;

public unsafe class HeapCheckerTests
{
    private static Heap Checked(long quarantineBytes = 1 << 20) =>
        new(new HeapOptions { Checking = true, QuarantineBytes = quarantineBytes, ReserveBytes = 1 << 28 });

    [Fact]
    public void A_double_free_is_caught()
    {
        using Heap heap = Checked();
        byte* block = heap.Allocate(40);
        heap.Free(block);
        Assert.Contains("Double free", Assert.Throws<HeapCorruptionException>(() => heap.Free(block)).Message);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(-4)]
    [InlineData(1 << 20)]
    public void A_free_of_no_block_is_caught(int distance)
    {
        using Heap heap = Checked();
        byte* block = heap.Allocate(40);
        Assert.Contains("no live block", Assert.Throws<HeapCorruptionException>(() => heap.Free(block + distance)).Message);
        heap.Free(block);
        heap.AssertEmpty();
    }

    [Theory]
    [InlineData(40)]
    [InlineData(64)]
    [InlineData(100_000)]
    public void An_overrun_is_caught(int size)
    {
        using Heap heap = Checked();
        byte* block = heap.Allocate((nuint)size);
        block[heap.UsableSize(block)] ^= 1;
        Assert.Contains("behind the end", Assert.Throws<HeapCorruptionException>(() => heap.Free(block)).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(39)]
    public void A_write_after_the_end_of_life_is_caught(int offset)
    {
        using Heap heap = Checked();
        byte* block = heap.Allocate(40);
        heap.Free(block);
        block[offset] = 1;
        Assert.Contains("after the end of life", Assert.Throws<HeapCorruptionException>(heap.AssertEmpty).Message);
    }

    [Fact]
    public void A_late_write_is_caught_when_the_quarantine_is_full()
    {
        using Heap heap = Checked(quarantineBytes: 1000);
        byte* block = heap.Allocate(40);
        heap.Free(block);
        block[8] = 1;
        Assert.Throws<HeapCorruptionException>(() =>
        {
            for (int i = 0; i < 100; i++)
                heap.Free(heap.Allocate(100));
        });
    }

    [Fact]
    public void Freed_bytes_are_poisoned()
    {
        using Heap heap = Checked();
        byte* block = heap.Allocate(40);
        new Span<byte>(block, 40).Fill(7);
        heap.Free(block);
        Assert.False(new ReadOnlySpan<byte>(block, 40).ContainsAnyExcept((byte)0xDD));
    }

    [Fact]
    public void A_leak_is_reported()
    {
        using Heap heap = Checked();
        heap.Free(heap.Allocate(10));
        byte* block = heap.Allocate(40);
        Assert.Contains("block 2 (40 bytes", Assert.Throws<HeapCorruptionException>(heap.AssertEmpty).Message);
        HeapBlock live = Assert.Single(heap.LiveBlocks());
        Assert.Equal(40, live.Size);
        Assert.Equal(block - heap.Base, live.Offset);
        heap.Free(block);
        heap.AssertEmpty();
        Assert.Empty(heap.LiveBlocks());
    }

    [Fact]
    public void Accounting_is_that_of_the_plain_heap()
    {
        using Heap heap = Checked();
        using Heap plain = new(new HeapOptions { ReserveBytes = 1 << 28 });
        for (int size = 1; size < 40_000; size += 37)
        {
            Assert.Equal(plain.UsableSize(plain.Allocate((nuint)size)), heap.UsableSize(heap.Allocate((nuint)size)));
            Assert.Equal(plain.UsedBytes, heap.UsedBytes);
        }
    }

    [Fact]
    public void Random_operations_pass() => Seeded.Check(20, 1000, (random, operations) =>
    {
        using Heap heap = Checked();
        BlockModel model = new(heap);
        for (int i = 0; i < operations; i++)
        {
            if (random.NextInt(5) < 3 || model.Count == 0)
                model.Allocate((nuint)(1 + random.NextInt(random.NextInt(20) == 0 ? 100_000 : 300)));
            else
                model.Free(random.NextInt(model.Count));
            Assert.Equal(model.UsedBytes, heap.UsedBytes);
        }
        model.FreeAll();
        heap.AssertEmpty();
    });
}
