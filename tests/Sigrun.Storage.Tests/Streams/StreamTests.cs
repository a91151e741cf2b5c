using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Tests.Streams;

public unsafe class StreamTests
{
    private static readonly HeapOptions Plain = new() { ReserveBytes = 1L << 30 };

    [Theory]
    [InlineData("plain", 4096, 100)]
    [InlineData("plain", 200, 0)]
    [InlineData("plain", 0, 1)]
    [InlineData("plain", 0, 300)]
    [InlineData("checking", 300, 7)]
    [InlineData("moving", 4096, 100)]
    [InlineData("moving", 150, 3)]
    public void Random_operations_agree_with_lists(string mode, long nodeBytes, long nodeEntries) => Seeded.Check(5, 1500, (random, operations) =>
    {
        HeapOptions options = Plain with { Checking = mode != "plain", MoveOnWrite = mode == "moving" };
        using var model = new StreamModel(options, new StreamLimits(nodeBytes, nodeEntries));
        for (int i = 0; i < operations; i++)
        {
            model.Step(ref random);
            if (i % 50 == 0) model.CheckAll();
        }
        model.CheckAll();
    });

    [Fact]
    public void Many_small_entries_take_hardly_more_than_their_nodes()
    {
        const int Entries = 200_000;
        using var heap = new Heap(Plain);
        EntryRef entry = StreamValue.NewEntry(heap, "s"u8, -1);
        var editor = new StreamEditor(StructureEditor.ForDetached(heap, entry));
        var fields = new TextFields(["f", "v", "g", "w"]);
        for (ulong i = 1; i <= Entries; i++) editor.TryAppend(new StreamId(1_700_000_000_000 + i / 20, i % 20), fields, new StreamLimits(4096, 100));
        long nodeBytes = 0;
        StreamNodes nodes = editor.View.Nodes;
        while (nodes.Next()) nodeBytes += nodes.Bytes.Length;
        Assert.InRange((double)nodeBytes / Entries, 14, 15);
        Assert.InRange(heap.UsedBytes, nodeBytes, nodeBytes * 107 / 100);
        DetachedEntry.Free(heap, entry);
        heap.AssertEmpty();
    }

    [Fact]
    public void Entries_that_no_node_can_hold_are_refused()
    {
        using var heap = new Heap(Plain);
        EntryRef entry = StreamValue.NewEntry(heap, "s"u8, -1);
        var editor = new StreamEditor(StructureEditor.ForDetached(heap, entry));
        Assert.False(editor.TryAppend(new StreamId(1, 0), new HugeFields(new byte[1 << 20]), new StreamLimits(4096, 100)));
        Assert.Equal(0, editor.View.Length);
        DetachedEntry.Free(heap, entry);
        heap.AssertEmpty();
    }

    [Fact]
    public void An_entry_that_there_is_no_room_for_changes_nothing()
    {
        using var heap = new Heap(Plain with { ReserveBytes = 1 << 20, CommitStepBytes = 1 << 16 });
        EntryRef entry = StreamValue.NewEntry(heap, "s"u8, -1);
        var editor = new StreamEditor(StructureEditor.ForDetached(heap, entry));
        var fields = new TextFields(["field", new string('v', 500)]);
        ulong last = 0;
        long length = 0;
        for (int refused = 0; refused < 5;)
        {
            try
            {
                editor.TryAppend(new StreamId(last + 1, 0), fields, new StreamLimits(4096, 100));
                last++;
                length++;
            }
            catch (HeapExhaustedException)
            {
                refused++;
                Assert.Equal((length, last), (editor.View.Length, editor.View.LastId.Ms));
                AssertCopyRefused(heap, entry);
                length -= editor.Trim(new StreamTrim(true, 0, default, true, 20));
                Assert.InRange(length, 1, (long)last - 7 * refused);
            }
        }
        DetachedEntry.Free(heap, entry);
        heap.AssertEmpty();
    }

    /// <summary>What there is of a copy goes when the rest finds no room.</summary>
    private static void AssertCopyRefused(Heap heap, EntryRef entry)
    {
        long bytes = heap.UsedBytes;
        Assert.Throws<HeapExhaustedException>(() => StreamValue.Copy(heap, entry, "copy"u8, -1));
        Assert.Equal(bytes, heap.UsedBytes);
    }

    private readonly struct HugeFields(byte[] part) : IStreamFields
    {
        public int Count => 512;

        public ReadOnlySpan<byte> this[int index] => part;
    }
}
