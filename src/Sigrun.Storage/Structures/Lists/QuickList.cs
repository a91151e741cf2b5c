using Sigrun.Storage.Snapshots;

namespace Sigrun.Storage.Structures.Lists;

/// <summary>A large list: doubly linked nodes, each a listpack or one large element.</summary>
/// <remarks>
/// <para>Adding and removing at the ends touches one node; an index is found by walking nodes by their counts from the
/// nearer end, then elements within one node. Inserting into a full node splits it, and the pieces are merged with their
/// neighbours where they fit, so nodes do not decay. How nodes are filled, split and merged is what clients see in dumps:
/// it is the same as in other servers (see <see cref="ListLimits"/>).</para>
/// <para>With a compress depth the nodes further from both ends are compressed; <see cref="Settle"/> restores that after
/// each change. A node that is written is expanded first. Reading expands into memory of its own
/// (<see cref="ListCursor"/>), since it must not change anything.</para>
/// <para>Invariants: counts of header and nodes agree with what is there; no node is empty; nodes within the compress
/// depth are not compressed, unless memory was exhausted when they came there. Changes allocate first, and leave all as
/// it was when that fails; merging and compressing are left out when there is no memory for them.</para>
/// </remarks>
internal readonly unsafe ref partial struct QuickList(Heap heap, QuickListHeader* list, in ListLimits limits, PinnedList? pinned = null)
{
    /// <summary>Smaller nodes are not worth compressing.</summary>
    private const int CompressFromBytes = 48;

    /// <summary>What compression must save.</summary>
    private const int SavingMin = 8;

    /// <summary>What an element in a listpack takes beside its bytes at most, as estimated before it is added.</summary>
    private const int ElementOverheadEstimate = 8;

    private readonly Heap _heap = heap;
    private readonly QuickListHeader* _list = list;
    private readonly ListLimits _limits = limits;
    private readonly PinnedList? _pinned = pinned;

    /// <summary>A list without elements.</summary>
    public static QuickListHeader* Create(Heap heap, in ListLimits limits)
    {
        var list = (QuickListHeader*)heap.Allocate((nuint)sizeof(QuickListHeader));
        *list = default;
        list->MaxListpackSize = (short)Math.Clamp(limits.MaxListpackSize, -5, short.MaxValue);
        list->CompressDepth = (ushort)Math.Min(limits.CompressDepth, ushort.MaxValue);
        return list;
    }

    /// <summary>A copy of all nodes as they are.</summary>
    public static QuickListHeader* CopyOf(Heap heap, QuickListHeader* source)
    {
        var copy = (QuickListHeader*)heap.Allocate((nuint)sizeof(QuickListHeader));
        *copy = *source;
        copy->First = copy->Last = null;
        copy->Count = copy->Nodes = 0;
        copy->Bookmark = 0;
        try
        {
            for (QuickListNode* node = source->First; node != null; node = node->Next) Link(copy, copy->Last, CopyOf(heap, node), after: true, pinned: null);
            return copy;
        }
        catch (HeapExhaustedException)
        {
            Free(new OwnerFreer(heap), copy);
            throw;
        }
    }

    /// <summary>Frees a list with its nodes, on whichever thread the freer is for.</summary>
    public static void Free<TFreer>(in TFreer freer, QuickListHeader* list) where TFreer : struct, IBlockFreer
    {
        for (QuickListNode* node = list->First; node != null;)
        {
            QuickListNode* next = node->Next;
            freer.Free(node->Block);
            freer.Free((byte*)node);
            node = next;
        }
        freer.Free((byte*)list);
    }

    /// <summary>Adds an element at one end.</summary>
    public void Push(ReadOnlySpan<byte> text, bool atEnd)
    {
        QuickListNode* end = atEnd ? _list->Last : _list->First;
        if (MayAdd(end, text.Length))
        {
            Expand(end);
            SetPack(end, atEnd ? PackBlock.Append(_heap, end->Block, text) : PackBlock.Prepend(_heap, end->Block, text));
            end->Count++;
            _list->Count++;
            return;
        }
        QuickListNode* node = NewNodeOf(text);
        Attach(end, node, atEnd);
        if (end != null) TrimFull(end);
    }

    /// <summary>Makes a block that belongs to somebody the only node of an empty list; it stays theirs when that fails.</summary>
    public void AdoptPack(byte* block, int count)
    {
        var node = (QuickListNode*)_heap.Allocate((nuint)sizeof(QuickListNode));
        *node = new QuickListNode { Count = count };
        SetPack(node, block);
        Link(_list, null, node, after: true, _pinned);
    }

    /// <summary>Adds a listpack as a node at the end; the block is freed when that fails.</summary>
    public void AppendPack(byte* block, int count)
    {
        QuickListNode* node = NewNode(block, Listpack.TotalBytes(PackBlock.Pack(block)), count, isPlain: false);
        Attach(_list->Last, node, after: true);
    }

    /// <summary>Adds an element in a node of its own at the end.</summary>
    public void AppendPlain(ReadOnlySpan<byte> text) => Attach(_list->Last, NewPlainNode(text), after: true);

    /// <summary>Removes the element at one end.</summary>
    public void RemoveEnd(bool last)
    {
        QuickListNode* node = last ? _list->Last : _list->First;
        if (node->Count == 1)
        {
            Remove(node);
            return;
        }
        Expand(node);
        byte* pack = PackBlock.Pack(node->Block);
        byte* element = last ? Listpack.Last(pack) : pack + Listpack.HeaderBytes;
        RemoveElements(node, element, 1);
    }

    /// <summary>Makes a node at one end readable.</summary>
    public QuickListNode* OpenEnd(bool last)
    {
        QuickListNode* node = last ? _list->Last : _list->First;
        Expand(node);
        return node;
    }

    /// <summary>The node that holds an index within the list; the index becomes one within the node.</summary>
    public static QuickListNode* Find(QuickListHeader* list, ref long index)
    {
        QuickListNode* node;
        if (index < list->Count - index)
        {
            for (node = list->First; index >= node->Count; node = node->Next) index -= node->Count;
            return node;
        }
        long fromEnd = list->Count - index;
        for (node = list->Last; fromEnd > node->Count; node = node->Previous) fromEnd -= node->Count;
        index = node->Count - fromEnd;
        return node;
    }

    /// <summary>Removes elements from an index on; there are as many.</summary>
    public void RemoveRange(long index, long count)
    {
        if (count == 0) return;
        QuickListNode* node = Find(_list, ref index);
        while (count > 0)
        {
            QuickListNode* next = node->Next;
            int removed = (int)Math.Min(node->Count - index, count);
            if (removed == node->Count)
            {
                Remove(node);
            }
            else
            {
                bool wasCompressed = node->IsCompressed;
                Expand(node);
                RemoveElements(node, Listpack.At(PackBlock.Pack(node->Block), index), removed);
                if (wasCompressed) Compress(node);
            }
            count -= removed;
            node = next;
            index = 0;
        }
    }

    /// <summary>Removes elements that match, from the front or from the end; returns how many.</summary>
    /// <param name="pattern">What they must be.</param>
    /// <param name="max">The most to remove.</param>
    /// <param name="backward">Whether to begin at the end.</param>
    public long RemoveMatches(in ListpackPattern pattern, long max, bool backward)
    {
        long removed = 0;
        QuickListNode* node = backward ? _list->Last : _list->First;
        while (node != null && removed < max)
        {
            QuickListNode* next = backward ? node->Previous : node->Next;
            bool wasCompressed = node->IsCompressed;
            Expand(node);
            int found = CountMatches(node, pattern);
            int taken = (int)Math.Min(found, max - removed);
            if (taken == node->Count)
            {
                Remove(node);
            }
            else
            {
                if (taken > 0) RemoveMatches(node, pattern, backward ? found - taken : 0, taken);
                if (wasCompressed) Compress(node);
            }
            removed += taken;
            node = next;
        }
        return removed;
    }

    private void RemoveMatches(QuickListNode* node, in ListpackPattern pattern, int skip, int count)
    {
        SetPack(node, PackBlock.RemoveMatches(_heap, node->Block, pattern, skip, count));
        node->Count -= count;
        _list->Count -= count;
    }

    private static int CountMatches(QuickListNode* node, in ListpackPattern pattern)
    {
        if (node->IsPlain) return node->Raw.SequenceEqual(pattern.Text) ? 1 : 0;
        int found = 0;
        byte* element = Listpack.First(PackBlock.Pack(node->Block));
        for (; element != null; element = Listpack.Next(element))
        {
            if (pattern.Matches(element)) found++;
        }
        return found;
    }

    /// <summary>Removes elements of an expanded node that keeps others.</summary>
    private void RemoveElements(QuickListNode* node, byte* first, int count)
    {
        byte* end = first;
        for (int i = 0; i < count; i++) end = Listpack.Skip(end);
        int offset = (int)(first - PackBlock.Pack(node->Block));
        SetPack(node, PackBlock.Remove(_heap, node->Block, offset, (int)(end - first), count));
        node->Count -= count;
        _list->Count -= count;
    }
}
