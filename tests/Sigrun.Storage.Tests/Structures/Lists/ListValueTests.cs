using System.Text;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Storage.Tests.Structures.Lists;

public unsafe class ListValueTests
{
    [Theory]
    [InlineData(-1, 0, 0, false)]
    [InlineData(-1, 1, 0, true)]
    [InlineData(1, 0, 0, false)]
    [InlineData(1, 1, 0, true)]
    [InlineData(4, 2, 0, true)]
    [InlineData(20, 1, 60, true)]
    [InlineData(7, 3, 1, false)]
    [InlineData(3, 0, 5, true)]
    public void Behaves_as_a_list(int maxListpackSize, int depth, long packedThreshold, bool checking) =>
        Seeded.Check(checking ? 12 : 25, 400, (random, operations) =>
        {
            using var model = new ListModel(checking, new ListLimits(maxListpackSize, depth, packedThreshold));
            for (int i = 0; i < operations; i++)
            {
                model.Step(ref random);
                if (i % 16 == 0) model.CheckAll();
            }
            model.CheckAll();
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_queue_keeps_its_order(bool entersAtEnd)
    {
        using var model = new ListModel(checking: false, new ListLimits(-2, 0));
        var random = new RandomSource(5);
        for (int i = 0; i < 20_000; i++)
        {
            model.Push(Encoding.ASCII.GetBytes($"job:{i}"), entersAtEnd);
            if (model.Count > 3 + random.NextInt(700)) model.RemoveEnd(last: !entersAtEnd);
        }
        model.CheckAll();
        while (model.Count > 0) model.RemoveEnd(last: !entersAtEnd);
        model.CheckAll();
    }

    [Fact]
    public void Becomes_large_beyond_the_limit_and_small_at_half_of_it()
    {
        using var model = new ListModel(checking: false, new ListLimits(8, 0));
        for (int i = 0; i < 8; i++) model.Push("x"u8.ToArray(), atEnd: true);
        Assert.False(model.IsLarge);
        model.Push("x"u8.ToArray(), atEnd: true);
        Assert.True(model.IsLarge);
        model.RemoveEnd(last: true);
        model.RemoveEnd(last: true);
        Assert.True(model.IsLarge);
        model.RemoveRange(0, 3);
        Assert.False(model.IsLarge);
        model.CheckAll();
    }

    [Fact]
    public void Nodes_away_from_the_ends_are_compressed()
    {
        using var model = new ListModel(checking: true, new ListLimits(10, 2));
        for (int i = 0; i < 200; i++) model.Push(Encoding.ASCII.GetBytes(new string('z', 40)), atEnd: i % 2 == 0);
        model.CheckAll();
        int index = 0;
        for (QuickListNode* node = model.Header->First; node != null; node = node->Next, index++)
            Assert.Equal(index >= 2 && index < model.Header->Nodes - 2, node->IsCompressed);
        model.RemoveRange(0, 60);
        model.CheckAll();
    }

    /// <summary>A million small elements take no more than their listpacks and a little for the nodes.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_large_list_wastes_little(bool atEnd)
    {
        using var heap = new Heap();
        EntryRef entry = ListValue.NewEntry(heap, "key"u8, -1);
        var limits = new ListLimits(-2, 0);
        StructureEditor editor = StructureEditor.ForDetached(heap, entry);
        const int Count = 200_000;
        for (int i = 0; i < Count; i++)
        {
            byte[] text = Encoding.ASCII.GetBytes($"element:{i:D10}");
            ListValue.Grow(editor, text.Length, 1, limits);
            ListValue.Push(editor, text, atEnd, limits);
        }
        Assert.InRange((double)heap.UsedBytes / Count, 20, 20.2);
        Assert.InRange(ListValue.UsedBytes(heap, entry, long.MaxValue), heap.UsedBytes - 8192, heap.UsedBytes);
        DetachedEntry.Free(heap, entry);
        heap.AssertEmpty();
    }

    [Theory]
    [InlineData(-2, 0)]
    [InlineData(5, 1)]
    public void Exhausted_memory_leaves_the_list_as_it_was(int maxListpackSize, int depth)
    {
        using var heap = new Heap(new HeapOptions { ReserveBytes = 1 << 20 });
        var limits = new ListLimits(maxListpackSize, depth);
        EntryRef entry = ListValue.NewEntry(heap, "key"u8, -1);
        StructureEditor editor = StructureEditor.ForDetached(heap, entry);
        var expected = new List<string>();
        var random = new RandomSource(11);
        for (int refused = 0; refused < 200;)
        {
            string text = new string('x', random.NextInt(refused == 0 ? 3000 : 700)) + random.NextInt(50);
            int index = expected.Count == 0 ? 0 : random.NextInt(expected.Count);
            try
            {
                if (expected.Count < 2 || random.NextInt(3) > 0)
                {
                    ListValue.Grow(editor, text.Length, 1, limits);
                    ListValue.Push(editor, Encoding.ASCII.GetBytes(text), atEnd: true, limits);
                    expected.Add(text);
                }
                else if (random.NextInt(2) == 0)
                {
                    ListValue.Insert(editor, index, Encoding.ASCII.GetBytes(text), after: false, limits);
                    expected.Insert(index, text);
                }
                else
                {
                    ListValue.Replace(editor, index, Encoding.ASCII.GetBytes(text), limits);
                    expected[index] = text;
                }
            }
            catch (HeapExhaustedException)
            {
                refused++;
                Assert.Equal(expected, All(entry));
            }
        }
        DetachedEntry.Free(heap, entry);
        heap.AssertEmpty();
    }

    [Fact]
    public void Effort_counts_nodes_and_freeing_works_in_the_background()
    {
        using var heap = new Heap();
        EntryRef entry = ListValue.NewEntry(heap, "key"u8, -1);
        var limits = new ListLimits(10, 1);
        StructureEditor editor = StructureEditor.ForDetached(heap, entry);
        Assert.Equal(1, entry.FreeEffort());
        ListValue.Grow(editor, 100_000, 1000, limits);
        for (int i = 0; i < 1000; i++) ListValue.Push(editor, Encoding.ASCII.GetBytes(new string('y', i % 100)), atEnd: true, limits);
        Assert.Equal(100, entry.FreeEffort());
        using (var lazy = new LazyFree(heap)) lazy.Free(entry);
        heap.AbsorbBackgroundFrees(int.MaxValue);
        heap.AssertEmpty();
    }

    private static List<string> All(EntryRef entry)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        var all = new List<string>();
        using var cursor = new ListCursor(entry, 0, long.MaxValue);
        while (cursor.MoveNext()) all.Add(Encoding.ASCII.GetString(cursor.Current.GetBytes(scratch)));
        return all;
    }
}
