namespace Sigrun.Storage.Structures.Lists;

/// <summary>
/// Fills a large list (<see cref="ListValue.NewLargeEntry"/>) with parts as files hold them, whose bytes nobody vouches
/// for. Afterwards <see cref="ListValue.Shrink"/> gives it the encoding that suits it.
/// </summary>
public static unsafe class ListLoader
{
    /// <summary>Adds a listpack as a node, unless it is empty; false when it is damaged.</summary>
    public static bool TryAddListpack(StructureEditor editor, ReadOnlySpan<byte> pack, in ListLimits limits)
    {
        if (!ListpackCheck.IsValid(pack, deep: true, out int count)) return false;
        if (count > 0) ListValue.Open(editor, limits).AppendPack(PackBlock.CopyOf(editor.Heap, pack), count);
        return true;
    }

    /// <summary>Adds one element as a node of its own.</summary>
    public static void AddPlain(StructureEditor editor, ReadOnlySpan<byte> text, in ListLimits limits) =>
        ListValue.Open(editor, limits).AppendPlain(text);

    /// <summary>Adds the elements of a ziplist as one node, unless there are none; false when it is damaged.</summary>
    public static bool TryAddZiplist(StructureEditor editor, ReadOnlySpan<byte> ziplist, in ListLimits limits)
    {
        Heap heap = editor.Heap;
        var reader = new ZiplistReader(ziplist);
        Span<byte> scratch = stackalloc byte[NumberText.Int64Max];
        byte* block = PackBlock.Create(heap, ziplist.Length);
        int count = 0;
        try
        {
            for (; reader.MoveNext(); count++) block = PackBlock.Append(heap, block, reader.GetBytes(scratch));
        }
        catch (HeapExhaustedException)
        {
            heap.Free(block);
            throw;
        }
        if (reader.IsDamaged || count == 0)
        {
            heap.Free(block);
            return !reader.IsDamaged;
        }
        ListValue.Open(editor, limits).AppendPack(PackBlock.Trim(heap, block), count);
        return true;
    }

    /// <summary>Adds the elements of a ziplist one by one; false when it is damaged.</summary>
    public static bool TryPushZiplist(StructureEditor editor, ReadOnlySpan<byte> ziplist, in ListLimits limits)
    {
        var reader = new ZiplistReader(ziplist);
        Span<byte> scratch = stackalloc byte[NumberText.Int64Max];
        QuickList list = ListValue.Open(editor, limits);
        while (reader.MoveNext()) list.Push(reader.GetBytes(scratch), atEnd: true);
        return !reader.IsDamaged;
    }
}
