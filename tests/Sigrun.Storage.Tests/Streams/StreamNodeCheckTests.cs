using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Tests.Streams;

/// <summary>Nodes that somebody has damaged are refused, or can be walked in every way without leaving them.</summary>
public class StreamNodeCheckTests
{
    private static readonly HeapOptions Options = new() { ReserveBytes = 1L << 30, Checking = true };

    [Fact]
    public void Every_flipped_bit()
    {
        using var heap = new Heap(Options);
        byte[] node = Sample(heap);
        int accepted = 0;
        for (int bit = 0; bit < node.Length * 8; bit++)
        {
            byte[] damaged = [.. node];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            if (Try(heap, damaged)) accepted++;
        }
        // Changes of texts, and of times that stay in order, leave a node.
        Assert.InRange(accepted, node.Length, node.Length * 6);
        heap.AssertEmpty();
    }

    [Fact]
    public void Every_byte_replaced_by_codes_that_mean_much()
    {
        using var heap = new Heap(Options);
        byte[] node = Sample(heap);
        foreach (byte code in (byte[])[0x00, 0x01, 0x02, 0x03, 0x7F, 0x80, 0x81, 0xC0, 0xDF, 0xE0, 0xF0, 0xF1, 0xF4, 0xFF])
        {
            for (int at = 0; at < node.Length; at++)
            {
                byte[] damaged = [.. node];
                damaged[at] = code;
                Try(heap, damaged);
            }
        }
        heap.AssertEmpty();
    }

    [Fact]
    public void Every_cut()
    {
        using var heap = new Heap(Options);
        byte[] node = Sample(heap);
        for (int length = 0; length < node.Length; length++) Assert.False(Try(heap, node[..length]));
        Assert.True(Try(heap, node));
        heap.AssertEmpty();
    }

    [Fact]
    public void Order_and_counts()
    {
        using var heap = new Heap(Options);
        byte[] node = Sample(heap);
        // The count of entries, and that of deleted ones.
        Assert.Equal((3, 1), (node[6], node[8]));
        Assert.False(Try(heap, With(node, (6, 4))));
        Assert.False(Try(heap, With(node, (6, 2))));
        Assert.False(Try(heap, With(node, (8, 0))));
        Assert.False(Try(heap, With(node, (6, 4), (8, 0))));
        StreamId late = new(1000, 0);
        Assert.False(StreamNodeCheck.IsValid(node, new StreamId(10, 0), ref late, out _));
    }

    private static byte[] With(byte[] node, params (int At, byte Value)[] changes)
    {
        byte[] changed = [.. node];
        foreach ((int at, byte value) in changes) changed[at] = value;
        return changed;
    }

    /// <summary>A node with entries of both forms, one of them deleted.</summary>
    private static byte[] Sample(Heap heap)
    {
        EntryRef entry = StreamValue.NewEntry(heap, "s"u8, -1);
        var editor = new StreamEditor(StructureEditor.ForDetached(heap, entry));
        var limits = new StreamLimits(4096, 100);
        editor.TryAppend(new StreamId(10, 0), new TextFields(["field", "value", "17", "-5"]), limits);
        editor.TryAppend(new StreamId(10, 300), new TextFields(["field", new string('v', 70), "17", "123456"]), limits);
        editor.TryAppend(new StreamId(12, 1), new TextFields(["other", "1"]), limits);
        editor.TryAppend(new StreamId(5000, 0), new TextFields(["field", "", "17", "x"]), limits);
        editor.Delete(new StreamId(10, 300));
        StreamNodes nodes = editor.View.Nodes;
        Assert.True(nodes.Next());
        byte[] bytes = nodes.Bytes.ToArray();
        DetachedEntry.Free(heap, entry);
        return bytes;
    }

    /// <summary>Loads a node and, when it is taken, does all that walks and changes it.</summary>
    private static bool Try(Heap heap, byte[] bytes)
    {
        EntryRef entry = StreamValue.NewEntry(heap, "s"u8, -1);
        var editor = new StreamEditor(StructureEditor.ForDetached(heap, entry));
        StreamId last = default;
        bool taken = editor.TryAddNode(new StreamId(10, 0), bytes, ref last);
        if (taken)
        {
            editor.SetFigures(last, default, default, 4);
            Assert.Equal(editor.View.Length, Walk(editor.View.Range(StreamId.Min, StreamId.Max)));
            Assert.Equal(editor.View.Length, Walk(editor.View.Range(StreamId.Min, StreamId.Max, backwards: true)));
            if (last.TryNext(out StreamId next)) editor.TryAppend(next, new TextFields(["field", "v", "17", "w"]), new StreamLimits(4096, 100));
            StreamCursor cursor = editor.View.Range(StreamId.Min, StreamId.Max);
            if (cursor.Next()) editor.Delete(cursor.Id);
            editor.Trim(new StreamTrim(true, 1, default, false, 0));
            Walk(editor.View.WithDeleted());
        }
        DetachedEntry.Free(heap, entry);
        return taken;
    }

    private static long Walk(StreamCursor cursor)
    {
        long count = 0;
        long bytes = 0;
        for (; cursor.Next(); count++)
        {
            for (int i = cursor.FieldCount; i > 0; i--)
            {
                cursor.ReadField(out ListpackElement field, out ListpackElement value);
                bytes += field.ByteCount + value.ByteCount;
            }
        }
        Assert.InRange(bytes, 0, 1 << 20);
        return count;
    }
}
