namespace Sigrun.Storage.Structures.Lists;

/// <content>Changes in the midst of a list, where nodes are split and merged.</content>
internal readonly unsafe ref partial struct QuickList
{
    /// <summary>Adds an element beside the one at an index of a node.</summary>
    public void Insert(QuickListNode* node, int index, ReadOnlySpan<byte> text, bool after)
    {
        bool isAtEdge = index == (after ? node->Count - 1 : 0);
        QuickListNode* neighbour = after ? node->Next : node->Previous;
        if (MayAdd(node, text.Length))
        {
            InsertInto(node, index, text, after);
        }
        else if (isAtEdge && MayAdd(neighbour, text.Length))
        {
            InsertInto(neighbour, after ? 0 : neighbour->Count - 1, text, !after);
        }
        else if (isAtEdge)
        {
            Attach(node, NewNodeOf(text), after);
        }
        else if (IsLarge(text.Length))
        {
            InsertNodeAmidst(node, index, NewPlainNode(text), after);
        }
        else
        {
            SplitAndInsert(node, index, text, after);
        }
    }

    /// <summary>Puts another element in the place of the one at an index of a node.</summary>
    public void Replace(QuickListNode* node, int index, ReadOnlySpan<byte> text)
    {
        bool isLarge = IsLarge(text.Length);
        if (node->IsPlain && isLarge)
        {
            byte* block = NewPlainBlock(text);
            _pinned?.BeforeWrite(node);
            FreeBlock(node);
            node->Block = block;
            node->Bytes = text.Length;
            node->IsCompressed = false;
            Settle(node);
        }
        else if (node->IsPlain)
        {
            Insert(node, 0, text, after: true);
            Remove(node);
        }
        else if (isLarge || (long)node->Bytes + text.Length + Listpack.ElementOverheadMax > Listpack.BytesMax)
        {
            ReplaceByNode(node, index, text);
        }
        else
        {
            Expand(node);
            byte* pack = PackBlock.Pack(node->Block);
            SetPack(node, PackBlock.Replace(_heap, node->Block, (int)(Listpack.At(pack, index) - pack), text));
            Settle(node);
        }
    }

    private void InsertInto(QuickListNode* node, int index, ReadOnlySpan<byte> text, bool after)
    {
        bool wasCompressed = node->IsCompressed;
        Expand(node);
        byte* pack = PackBlock.Pack(node->Block);
        byte* element = Listpack.At(pack, index);
        if (after) element = Listpack.Skip(element);
        SetPack(node, PackBlock.Insert(_heap, node->Block, (int)(element - pack), text));
        node->Count++;
        _list->Count++;
        if (wasCompressed) Compress(node);
    }

    /// <summary>Splits a node beside an element and puts a node in between.</summary>
    private void InsertNodeAmidst(QuickListNode* node, int index, QuickListNode* inserted, bool after)
    {
        QuickListNode* piece = TrySplit(node, index, inserted, after);
        Attach(node, inserted, after);
        Attach(inserted, piece, after);
    }

    /// <summary>The same as <see cref="Split"/>; a node that is not needed after all is freed.</summary>
    private QuickListNode* TrySplit(QuickListNode* node, int index, QuickListNode* unneeded, bool after)
    {
        try
        {
            return Split(node, index, 0, after);
        }
        catch (HeapExhaustedException)
        {
            _heap.Free(unneeded->Block);
            _heap.Free((byte*)unneeded);
            throw;
        }
    }

    private void SplitAndInsert(QuickListNode* node, int index, ReadOnlySpan<byte> text, bool after)
    {
        QuickListNode* piece = Split(node, index, Listpack.ItemBytes(text), after);
        SetPack(piece, after ? PackBlock.Prepend(_heap, piece->Block, text) : PackBlock.Append(_heap, piece->Block, text));
        piece->Count++;
        Attach(node, piece, after);
        MergeAround(node);
    }

    /// <summary>
    /// Takes the elements on one side of the one at an index out of a node that has such: behind it, or in front of it.
    /// They come into a new node, not linked yet, with room for one more where they were cut off.
    /// </summary>
    private QuickListNode* Split(QuickListNode* node, int index, int roomBytes, bool after)
    {
        Expand(node);
        byte* pack = PackBlock.Pack(node->Block);
        byte* at = Listpack.At(pack, index);
        byte* first = after ? Listpack.Skip(at) : pack + Listpack.HeaderBytes;
        int count = after ? node->Count - index - 1 : index;
        int bytes = (int)((after ? pack + node->Bytes - 1 : at) - first);

        byte* block = PackBlock.OfElements(_heap, first, bytes, count, roomBytes, roomInFront: after);
        QuickListNode* piece = NewNode(block, Listpack.EmptyBytes + bytes, count, isPlain: false);
        SetPack(node, PackBlock.Remove(_heap, node->Block, (int)(first - pack), bytes, count));
        node->Count -= count;
        _list->Count -= count;
        return piece;
    }

    /// <summary>Puts an element that no listpack may hold in the place of one in a listpack.</summary>
    private void ReplaceByNode(QuickListNode* node, int index, ReadOnlySpan<byte> text)
    {
        Expand(node);
        QuickListNode* inserted = NewNodeOf(text);
        QuickListNode* piece = index < node->Count - 1 ? TrySplit(node, index, inserted, after: true) : null;
        Link(_list, node, inserted, after: true, _pinned);
        if (piece != null) Link(_list, inserted, piece, after: true, _pinned);
        if (node->Count == 1)
        {
            Remove(node);
        }
        else
        {
            RemoveElements(node, Listpack.Last(PackBlock.Pack(node->Block)), 1);
            inserted = MergeAround(inserted);
        }
        Settle(inserted);
        if (inserted->Previous != null) Settle(inserted->Previous);
        if (inserted->Next != null) Settle(inserted->Next);
    }

    /// <summary>Merges the nodes around one, and then the node with them, where two fit into one; returns where its elements are.</summary>
    private QuickListNode* MergeAround(QuickListNode* node)
    {
        if (node->Previous != null) Merge(node->Previous->Previous, node->Previous);
        if (node->Next != null) Merge(node->Next, node->Next->Next);
        node = Merge(node->Previous, node, node);
        return Merge(node, node->Next, node);
    }

    private void Merge(QuickListNode* left, QuickListNode* right) => Merge(left, right, null);

    /// <summary>Merges neighbours if they fit into one node; returns it, or else what was given for that case.</summary>
    private QuickListNode* Merge(QuickListNode* left, QuickListNode* right, QuickListNode* otherwise)
    {
        if (left == null || right == null || left->IsPlain || right->IsPlain) return otherwise;
        long bytes = (long)left->Bytes + right->Bytes - Listpack.EmptyBytes;
        if (ListLimits.Exceeds(_list->MaxListpackSize, bytes, (long)left->Count + right->Count)) return otherwise;
        try
        {
            Expand(left);
            Expand(right);
            bool keepsLeft = left->Bytes >= right->Bytes;
            QuickListNode* kept = keepsLeft ? left : right;
            QuickListNode* gone = keepsLeft ? right : left;
            int offset = keepsLeft ? left->Bytes - 1 : Listpack.HeaderBytes;
            byte* first = PackBlock.Pack(gone->Block) + Listpack.HeaderBytes;
            SetPack(kept, PackBlock.InsertElements(_heap, kept->Block, offset, first, gone->Bytes - Listpack.EmptyBytes, gone->Count));
            kept->Count += gone->Count;
            _list->Count += gone->Count;
            Remove(gone);
            Settle(kept);
            return kept;
        }
        catch (HeapExhaustedException)
        {
            return otherwise;
        }
    }
}
