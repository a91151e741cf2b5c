namespace Sigrun.Storage.Tests;

public unsafe class BackgroundFreeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whole_slabs_come_back_as_groups(bool checking)
    {
        using Heap heap = new(new HeapOptions { Checking = checking });
        const int Count = 20_000;
        nuint[] blocks = new nuint[Count];
        for (int i = 0; i < Count; i++)
            blocks[i] = (nuint)heap.Allocate(SizeOf(i));
        nuint large = (nuint)heap.Allocate(1 << 20);
        new RandomSource(3).Shuffle(blocks);
        long used = heap.UsedBytes, committed = heap.CommittedBytes;
        Thread thread = new(() =>
        {
            using BackgroundFreeBatch batch = new(heap);
            foreach (nuint block in blocks)
                batch.Free((byte*)block);
            batch.Free((byte*)large);
        });
        thread.Start();
        thread.Join();
        Assert.Equal(used, heap.UsedBytes);
        Assert.Equal(1, heap.AbsorbBackgroundFrees(1));
        int groups = 1 + heap.AbsorbBackgroundFrees(int.MaxValue);
        if (!checking)
            Assert.InRange(groups, 2, Count / 10);
        Assert.Equal(0, heap.AbsorbBackgroundFrees(int.MaxValue));
        heap.AssertEmpty();
        for (int i = 0; i < Count; i++)
            heap.Allocate(SizeOf(i));
        Assert.InRange(heap.CommittedBytes, 1, committed);

        static nuint SizeOf(int i) => (nuint)(i % 40 == 0 ? 17_000 : i % 3 == 0 ? 28 : i % 3 == 1 ? 88 : 2000);
    }

    [Fact]
    public void The_owner_works_on_while_others_free()
    {
        using Heap heap = new();
        BlockModel model = new(heap);
        RandomSource random = new(9);
        const int Threads = 3, Blocks = 30_000;
        Thread[] threads = new Thread[Threads];
        for (int t = 0; t < Threads; t++)
        {
            nuint[] mine = new nuint[Blocks];
            for (int i = 0; i < Blocks; i++)
                mine[i] = (nuint)heap.Allocate((nuint)(8 + (i * 7 + t) % 300));
            threads[t] = new Thread(() =>
            {
                using BackgroundFreeBatch batch = new(heap);
                for (int i = 0; i < Blocks; i++)
                {
                    batch.Free((byte*)mine[i]);
                    if (i % 1000 == 0)
                        batch.HandOver();
                }
            });
        }
        foreach (Thread thread in threads)
            thread.Start();
        for (int i = 0; i < 30_000; i++)
        {
            if (random.NextInt(3) > 0 || model.Count == 0)
                model.Allocate((nuint)(8 + random.NextInt(300)));
            else
                model.Free(random.NextInt(model.Count));
            heap.AbsorbBackgroundFrees(4);
        }
        foreach (Thread thread in threads)
            thread.Join();
        heap.AbsorbBackgroundFrees(int.MaxValue);
        Assert.Equal(model.UsedBytes, heap.UsedBytes);
        model.FreeAll();
        heap.AssertEmpty();
    }
}

internal static class RandomSourceExtensions
{
    public static void Shuffle<T>(this RandomSource random, T[] items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int other = random.NextInt(i + 1);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }
}
