using Sigrun.Storage.Compression;
using Sigrun.Storage.Snapshots;

namespace Sigrun.Storage.Structures.Lists;

/// <content>Making, linking, compressing and ending nodes.</content>
internal readonly unsafe ref partial struct QuickList
{
    /// <summary>Makes a node ready to be changed: shows it to a snapshot that waits for it, and expands it for good.</summary>
    public void Expand(QuickListNode* node)
    {
        _pinned?.BeforeWrite(node);
        if (node->IsCompressed) ExpandCompressed(node);
    }

    /// <summary>Expands a compressed node into memory of the caller, without changing it.</summary>
    public static void ExpandTo(QuickListNode* node, byte* content)
    {
        if (!LzfDecompressor.TryExpand(node->Compressed, new Span<byte>(content, node->Bytes)))
            throw new HeapCorruptionException("A compressed node of a list is damaged.");
    }

    private void ExpandCompressed(QuickListNode* node)
    {
        byte* block = node->IsPlain ? _heap.Allocate((nuint)node->Bytes) : PackBlock.CreateRaw(_heap, node->Bytes);
        ExpandTo(node, node->IsPlain ? block : PackBlock.Pack(block));
        FreeBlock(node);
        node->Block = block;
        node->IsCompressed = false;
    }

    /// <summary>
    /// Restores the compression around both ends after a change, and that of the node the change was about: nodes
    /// within the depth are expanded, the ones next to them are compressed.
    /// </summary>
    /// <param name="node">The changed node; null when it is gone.</param>
    private void Settle(QuickListNode* node)
    {
        int depth = _list->CompressDepth;
        if (depth == 0 || _list->Nodes < 2L * depth) return;
        QuickListNode* forward = _list->First;
        QuickListNode* backward = _list->Last;
        bool isWithin = node == null;
        for (int i = 0; i < depth; i++)
        {
            TryExpand(forward);
            TryExpand(backward);
            if (forward == node || backward == node) isWithin = true;
            if (forward == backward || forward->Next == backward) return;
            forward = forward->Next;
            backward = backward->Previous;
        }
        if (!isWithin) Compress(node);
        Compress(forward);
        Compress(backward);
    }

    /// <summary>Expands a node; leaves it as it is when there is no memory: who works on it tries again.</summary>
    private void TryExpand(QuickListNode* node)
    {
        if (!node->IsCompressed) return;
        try
        {
            ExpandCompressed(node);
        }
        catch (HeapExhaustedException)
        {
            return;
        }
    }

    /// <summary>Compresses a node where that is wanted and saves something, if there is memory for it.</summary>
    private void Compress(QuickListNode* node)
    {
        if (_list->CompressDepth == 0 || node->IsCompressed || node->Bytes < CompressFromBytes) return;
        try
        {
            byte* scratch = _heap.Allocate((nuint)node->Bytes);
            int length = _heap.Compressor.Compress(node->Raw, new Span<byte>(scratch, node->Bytes));
            bool pays = length > 0 && length + SavingMin < node->Bytes;
            byte* block = pays ? TryAllocate(sizeof(int) + length) : null;
            if (block != null)
            {
                *(int*)block = length;
                new ReadOnlySpan<byte>(scratch, length).CopyTo(new Span<byte>(block + sizeof(int), length));
                FreeBlock(node);
                node->Block = block;
                node->IsCompressed = true;
            }
            _heap.Free(scratch);
        }
        catch (HeapExhaustedException)
        {
            return;
        }
    }

    private byte* TryAllocate(int bytes)
    {
        try
        {
            return _heap.Allocate((nuint)bytes);
        }
        catch (HeapExhaustedException)
        {
            return null;
        }
    }

    private bool IsLarge(int length) => _limits.IsLarge(_list->MaxListpackSize, length);

    /// <summary>Whether an element of that length may be added to a node.</summary>
    private bool MayAdd(QuickListNode* node, int length)
    {
        if (node == null || node->IsPlain || IsLarge(length)) return false;
        return !ListLimits.Exceeds(_list->MaxListpackSize, (long)node->Bytes + length + ElementOverheadEstimate, node->Count + 1L);
    }

    /// <summary>Notes where a node's listpack is.</summary>
    private static void SetPack(QuickListNode* node, byte* block)
    {
        node->Block = block;
        node->Bytes = Listpack.TotalBytes(PackBlock.Pack(block));
    }

    /// <summary>A node for a block, which is freed when there is no memory for the node.</summary>
    private QuickListNode* NewNode(byte* block, int bytes, int count, bool isPlain) => NewNode(_heap, block, bytes, count, isPlain);

    private static QuickListNode* NewNode(Heap heap, byte* block, int bytes, int count, bool isPlain)
    {
        QuickListNode* node;
        try
        {
            node = (QuickListNode*)heap.Allocate((nuint)sizeof(QuickListNode));
        }
        catch (HeapExhaustedException)
        {
            heap.Free(block);
            throw;
        }
        *node = new QuickListNode { Block = block, Bytes = bytes, Count = count, IsPlain = isPlain };
        return node;
    }

    /// <summary>A node of one element.</summary>
    private QuickListNode* NewNodeOf(ReadOnlySpan<byte> text)
    {
        if (IsLarge(text.Length)) return NewPlainNode(text);
        byte* block = PackBlock.Create(_heap, Listpack.ItemBytes(text));
        block = PackBlock.Append(_heap, block, text);
        return NewNode(block, Listpack.TotalBytes(PackBlock.Pack(block)), 1, isPlain: false);
    }

    private QuickListNode* NewPlainNode(ReadOnlySpan<byte> text) => NewNode(NewPlainBlock(text), text.Length, 1, isPlain: true);

    private byte* NewPlainBlock(ReadOnlySpan<byte> text)
    {
        byte* block = _heap.Allocate((nuint)text.Length);
        text.CopyTo(new Span<byte>(block, text.Length));
        return block;
    }

    private static QuickListNode* CopyOf(Heap heap, QuickListNode* node)
    {
        byte* block;
        if (node->IsCompressed || node->IsPlain)
        {
            int bytes = node->IsCompressed ? sizeof(int) + node->Compressed.Length : node->Bytes;
            block = heap.Allocate((nuint)bytes);
            Buffer.MemoryCopy(node->Block, block, bytes, bytes);
        }
        else
        {
            block = PackBlock.CopyOf(heap, node->Raw);
        }
        QuickListNode* copy = NewNode(heap, block, node->Bytes, node->Count, node->IsPlain);
        copy->IsCompressed = node->IsCompressed;
        return copy;
    }

    /// <summary>Puts a new node beside another one, or into an empty list, and restores compression.</summary>
    private void Attach(QuickListNode* beside, QuickListNode* node, bool after)
    {
        Link(_list, beside, node, after, _pinned);
        if (beside != null) Settle(beside);
        Settle(node);
    }

    private static void Link(QuickListHeader* list, QuickListNode* beside, QuickListNode* node, bool after, PinnedList? pinned)
    {
        node->SnapshotMark = list->SnapshotMark;
        node->Previous = after ? beside : beside == null ? null : beside->Previous;
        node->Next = !after ? beside : beside == null ? null : beside->Next;
        if (node->Previous != null)
        {
            pinned?.BeforeWrite(node->Previous);
            node->Previous->Next = node;
        }
        else
        {
            list->First = node;
        }
        if (node->Next != null) node->Next->Previous = node;
        else list->Last = node;
        list->Nodes++;
        list->Count += node->Count;
    }

    /// <summary>Ends a node with its elements.</summary>
    private void Remove(QuickListNode* node)
    {
        _pinned?.BeforeWrite(node);
        if (node->Previous != null)
        {
            _pinned?.BeforeWrite(node->Previous);
            node->Previous->Next = node->Next;
        }
        else
        {
            _list->First = node->Next;
        }
        if (node->Next != null) node->Next->Previous = node->Previous;
        else _list->Last = node->Previous;
        _list->Nodes--;
        _list->Count -= node->Count;
        FreeBlock(node);
        _heap.Bookmark.Leave(node);
        _heap.Free((byte*)node);
        if (_list->Nodes > 0) Settle(null);
    }

    /// <summary>Frees the block of a node that gets another one, or ends; not before a snapshot has a large element.</summary>
    private void FreeBlock(QuickListNode* node)
    {
        if (_pinned is null || !_pinned.TryAdopt(node->Block)) _heap.Free(node->Block);
    }

    /// <summary>Gives back what a node has to spare to which nothing will be added soon.</summary>
    private void TrimFull(QuickListNode* node)
    {
        if (!node->IsPlain && !node->IsCompressed) node->Block = PackBlock.Trim(_heap, node->Block);
    }
}
