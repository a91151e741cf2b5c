using Sigrun.Storage.Snapshots;

namespace Sigrun.Storage.Structures.Lists;

/// <summary>Lists as values of entries: a small one is one listpack, a larger one a <see cref="QuickList"/>.</summary>
/// <remarks>
/// A small list becomes a large one before what is about to be added would exceed the limits
/// (<see cref="Grow"/>), and a large one of a single node a small one when half of the limits is free
/// (<see cref="Shrink"/>). Functions that remove elements may leave none: the caller then ends the entry.
/// Indexes count from the front and are within the list.
/// </remarks>
public static unsafe class ListValue
{
    /// <summary>The most room that is worth making for a new list: larger ones become large lists.</summary>
    public const int RoomMax = 8192;

    /// <summary>An entry with a list without elements.</summary>
    /// <param name="heap">The heap.</param>
    /// <param name="key">The key.</param>
    /// <param name="expiryMs">Its expiry, −1 for none.</param>
    /// <param name="roomBytes">The bytes of elements that will be added at once.</param>
    public static EntryRef NewEntry(Heap heap, ReadOnlySpan<byte> key, long expiryMs, int roomBytes = 0)
    {
        ArgumentNullException.ThrowIfNull(heap);
        byte* block = PackBlock.Create(heap, roomBytes);
        return DetachedEntry.OfStructure(heap, key, EntryType.List, EntryEncoding.ListPack, block, expiryMs);
    }

    /// <summary>An entry with a large list without elements, to be filled and then given its encoding by <see cref="Shrink"/>.</summary>
    public static EntryRef NewLargeEntry(Heap heap, ReadOnlySpan<byte> key, long expiryMs, in ListLimits limits)
    {
        ArgumentNullException.ThrowIfNull(heap);
        byte* list = (byte*)QuickList.Create(heap, limits);
        return DetachedEntry.OfStructure(heap, key, EntryType.List, EntryEncoding.QuickList, list, expiryMs);
    }

    /// <summary>An entry for another key with a copy of a list, in the same encoding.</summary>
    public static EntryRef CopyOf(Heap heap, EntryRef source, ReadOnlySpan<byte> key, long expiryMs)
    {
        ArgumentNullException.ThrowIfNull(heap);
        byte* structure = source.Encoding == EntryEncoding.ListPack
            ? PackBlock.CopyOf(heap, Listpack.Bytes(PackBlock.Pack(source.Structure)))
            : (byte*)QuickList.CopyOf(heap, (QuickListHeader*)source.Structure);
        return DetachedEntry.OfStructure(heap, key, EntryType.List, source.Encoding, structure, expiryMs);
    }

    /// <summary>The number of elements.</summary>
    public static long Length(EntryRef entry) => entry.Encoding == EntryEncoding.ListPack
        ? Listpack.Count(PackBlock.Pack(entry.Structure))
        : ((QuickListHeader*)entry.Structure)->Count;

    /// <summary>Makes a small list a large one when what is about to be added exceeds the limits.</summary>
    /// <param name="editor">The list.</param>
    /// <param name="bytes">The bytes of the new elements.</param>
    /// <param name="count">The number of new elements.</param>
    /// <param name="limits">The limits.</param>
    public static void Grow(StructureEditor editor, long bytes, long count, in ListLimits limits)
    {
        if (editor.Encoding != EntryEncoding.ListPack) return;
        byte* block = editor.Structure;
        byte* pack = PackBlock.Pack(block);
        if (ListLimits.Exceeds(limits.MaxListpackSize, Listpack.TotalBytes(pack) + bytes, Listpack.Count(pack) + count)) MakeLarge(editor, limits);
    }

    /// <summary>Makes a large list a small one when it fits.</summary>
    /// <param name="editor">The list.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="needsSlack">Whether half of the limits must be free.</param>
    public static void Shrink(StructureEditor editor, in ListLimits limits, bool needsSlack = true)
    {
        if (editor.Encoding == EntryEncoding.QuickList) TryMakeSmall(editor, limits, needsSlack);
    }

    /// <summary>Adds an element at one end, for which <see cref="Grow"/> has made room.</summary>
    public static void Push(StructureEditor editor, ReadOnlySpan<byte> text, bool atEnd, in ListLimits limits)
    {
        if (editor.Encoding == EntryEncoding.ListPack)
        {
            byte* block = editor.Structure;
            editor.Moved(atEnd ? PackBlock.Append(editor.Heap, block, text) : PackBlock.Prepend(editor.Heap, block, text));
            return;
        }
        Open(editor, limits).Push(text, atEnd);
        editor.Changed();
    }

    /// <summary>The element at one end; valid until the list is written.</summary>
    public static ListpackElement End(StructureEditor editor, bool last, in ListLimits limits)
    {
        byte* pack;
        if (editor.Encoding == EntryEncoding.ListPack)
        {
            pack = PackBlock.Pack(editor.Structure);
        }
        else
        {
            QuickListNode* node = Open(editor, limits).OpenEnd(last);
            if (node->IsPlain) return new ListpackElement(node->Block, node->Bytes);
            pack = PackBlock.Pack(node->Block);
        }
        return Listpack.Get(last ? Listpack.Last(pack) : pack + Listpack.HeaderBytes);
    }

    /// <summary>Removes the element at one end.</summary>
    public static void RemoveEnd(StructureEditor editor, bool last, in ListLimits limits)
    {
        if (editor.Encoding != EntryEncoding.ListPack)
        {
            Open(editor, limits).RemoveEnd(last);
            editor.Changed();
            return;
        }
        byte* pack = PackBlock.Pack(editor.Structure);
        byte* element = last ? Listpack.Last(pack) : pack + Listpack.HeaderBytes;
        RemoveFromPack(editor, element, Listpack.Skip(element), 1);
    }

    /// <summary>Removes elements from an index on; there are as many.</summary>
    public static void RemoveRange(StructureEditor editor, long index, long count, in ListLimits limits)
    {
        if (count == 0) return;
        if (editor.Encoding != EntryEncoding.ListPack)
        {
            // Node by node: when memory is missing to expand one, others are gone.
            editor.Changed();
            Open(editor, limits).RemoveRange(index, count);
            return;
        }
        byte* first = Listpack.At(PackBlock.Pack(editor.Structure), index);
        byte* end = first;
        for (long i = 0; i < count; i++) end = Listpack.Skip(end);
        RemoveFromPack(editor, first, end, (int)count);
    }

    /// <summary>Removes elements that have these bytes; returns how many.</summary>
    /// <param name="editor">The list.</param>
    /// <param name="text">The bytes.</param>
    /// <param name="max">The most to remove.</param>
    /// <param name="backward">Whether to begin at the end.</param>
    /// <param name="limits">The limits.</param>
    public static long RemoveMatches(StructureEditor editor, ReadOnlySpan<byte> text, long max, bool backward, in ListLimits limits)
    {
        var pattern = new ListpackPattern(text);
        if (editor.Encoding != EntryEncoding.ListPack)
        {
            editor.Changed();
            return Open(editor, limits).RemoveMatches(pattern, max, backward);
        }
        int found = 0;
        for (byte* element = Listpack.First(PackBlock.Pack(editor.Structure)); element != null; element = Listpack.Next(element))
        {
            if (pattern.Matches(element)) found++;
        }
        int taken = (int)Math.Min(found, max);
        if (taken > 0) editor.Moved(PackBlock.RemoveMatches(editor.Heap, editor.Structure, pattern, backward ? found - taken : 0, taken));
        return taken;
    }

    /// <summary>Puts another element in the place of the one at an index.</summary>
    public static void Replace(StructureEditor editor, long index, ReadOnlySpan<byte> text, in ListLimits limits)
    {
        Grow(editor, text.Length, 1, limits);
        if (editor.Encoding == EntryEncoding.ListPack)
        {
            byte* pack = PackBlock.Pack(editor.Structure);
            int offset = (int)(Listpack.At(pack, index) - pack);
            editor.Moved(PackBlock.Replace(editor.Heap, editor.Structure, offset, text));
            return;
        }
        QuickListNode* node = QuickList.Find((QuickListHeader*)editor.Structure, ref index);
        Open(editor, limits).Replace(node, (int)index, text);
        editor.Changed();
        Shrink(editor, limits);
    }

    /// <summary>Adds an element beside the one at an index.</summary>
    public static void Insert(StructureEditor editor, long index, ReadOnlySpan<byte> text, bool after, in ListLimits limits)
    {
        Grow(editor, text.Length, 1, limits);
        if (editor.Encoding == EntryEncoding.ListPack)
        {
            byte* pack = PackBlock.Pack(editor.Structure);
            byte* element = Listpack.At(pack, index);
            if (after) element = Listpack.Skip(element);
            editor.Moved(PackBlock.Insert(editor.Heap, editor.Structure, (int)(element - pack), text));
            return;
        }
        QuickListNode* node = QuickList.Find((QuickListHeader*)editor.Structure, ref index);
        Open(editor, limits).Insert(node, (int)index, text, after);
        editor.Changed();
    }

    /// <summary>The bytes that an entry and its list occupy, estimated from the first parts.</summary>
    /// <param name="heap">The heap.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="samples">How many parts to look at.</param>
    public static long UsedBytes(Heap heap, EntryRef entry, long samples)
    {
        ArgumentNullException.ThrowIfNull(heap);
        long own = entry.UsedBytes(heap) + (long)heap.UsableSize(entry.Structure);
        if (entry.Encoding == EntryEncoding.ListPack) return own;
        var nodes = new ListNodes(entry);
        long seen = 0;
        long bytes = 0;
        for (; seen < Math.Max(samples, 1) && nodes.MoveNext(); seen++) bytes += nodes.UsedBytes(heap);
        return own + (long)((double)bytes / seen * nodes.Count);
    }

    /// <summary>The limit of a large list's nodes, as <see cref="ListLimits.MaxListpackSize"/>.</summary>
    public static int NodeLimit(EntryRef entry) => ((QuickListHeader*)entry.Structure)->MaxListpackSize;

    /// <summary>Whether the nodes of a large list are compressed away from its ends.</summary>
    public static bool Compresses(EntryRef entry) => ((QuickListHeader*)entry.Structure)->CompressDepth != 0;

    internal static QuickList Open(StructureEditor editor, in ListLimits limits) =>
        new(editor.Heap, (QuickListHeader*)editor.Structure, limits, (PinnedList?)editor.Pinned);

    private static void RemoveFromPack(StructureEditor editor, byte* first, byte* end, int count)
    {
        byte* block = editor.Structure;
        int offset = (int)(first - PackBlock.Pack(block));
        editor.Moved(PackBlock.Remove(editor.Heap, block, offset, (int)(end - first), count));
    }

    private static void MakeLarge(StructureEditor editor, in ListLimits limits)
    {
        byte* block = editor.Structure;
        int count = Listpack.Count(PackBlock.Pack(block));
        QuickListHeader* list = QuickList.Create(editor.Heap, limits);
        if (count == 0)
        {
            editor.Replace(EntryEncoding.QuickList, (byte*)list);
            editor.Heap.Free(block);
            return;
        }
        try
        {
            new QuickList(editor.Heap, list, limits).AdoptPack(block, count);
        }
        catch (HeapExhaustedException)
        {
            editor.Heap.Free((byte*)list);
            throw;
        }
        editor.Replace(EntryEncoding.QuickList, (byte*)list);
    }

    private static void TryMakeSmall(StructureEditor editor, in ListLimits limits, bool needsSlack)
    {
        var list = (QuickListHeader*)editor.Structure;
        QuickListNode* node = list->First;
        if (list->Nodes != 1 || node->IsPlain || !limits.FitsSmallList(node->Bytes, node->Count, needsSlack)) return;
        Open(editor, limits).Expand(node);
        editor.Replace(EntryEncoding.ListPack, node->Block);
        editor.Heap.Free((byte*)node);
        SnapshotWalk.FreeHead(editor.Heap, (byte*)list);
    }
}
