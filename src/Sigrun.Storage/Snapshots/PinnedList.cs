using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Storage.Snapshots;

/// <summary>A list of many nodes: its parts are the nodes, whose order must be kept.</summary>
/// <remarks>
/// <para>A node that changes, or is followed by another one than before, is copied first with where it led to; the walk
/// along the list takes the copy in its place. The copy is found by the node's address, which is no other node's that the
/// walk can meet, even when the memory is used again.</para>
/// <para>A large element with a node of its own is never changed where it lies, so that its bytes need not be copied for a
/// writer: whoever replaces or removes it leaves them to the snapshot. A long one is written in stretches.</para>
/// </remarks>
internal sealed unsafe class PinnedList : PinnedValue
{
    /// <summary>A node in a quicklist's snapshot is one large element, or a listpack.</summary>
    private const ulong PlainNode = 1;
    private const ulong PackedNode = 2;

    /// <summary>Elements of more bytes are written in stretches of as many.</summary>
    private const int StretchBytes = 32 << 10;

    private readonly PartCopies<nint> _copies = new();

    /// <summary>Blocks of large elements that the snapshot still needs.</summary>
    private readonly HashSet<nint> _needed = [];

    private readonly QuickListHeader* _list;
    private readonly byte _mark;
    private QuickListNode* _next;
    private long _left;

    /// <summary>The block that is being written in stretches, how far it is, and where it ends.</summary>
    private byte* _block;
    private int _written;
    private int _end;

    public PinnedList(SnapshotQueue queue, Heap heap, QuickListHeader* list) : base(queue, heap)
    {
        _list = list;
        _next = list->First;
        _left = list->Nodes;
        _mark = list->SnapshotMark ^= 1;
        queue.WriteLength((ulong)list->Nodes);
    }

    /// <inheritdoc/>
    public override nint Address => (nint)_list;

    /// <summary>Whether a list has so few nodes, and none of them long, that it can be copied at once.</summary>
    public static bool IsSmall(QuickListHeader* list, long nodesMax)
    {
        if (list->Nodes > nodesMax) return false;
        for (QuickListNode* node = list->First; node != null; node = node->Next)
        {
            if (IsLong(node)) return false;
        }
        return true;
    }

    /// <summary>Writes all nodes at once.</summary>
    public static void WriteAll(SnapshotQueue queue, QuickListHeader* list)
    {
        queue.WriteLength((ulong)list->Nodes);
        for (QuickListNode* node = list->First; node != null; node = node->Next) Write(queue, node);
        queue.WriteEnd();
    }

    /// <summary>Called before a node changes, leads to another one, or ends.</summary>
    public void BeforeWrite(QuickListNode* node)
    {
        if (node->SnapshotMark == _mark) return;
        node->SnapshotMark = _mark;
        int bytes = node->IsPlain ? 0 : node->StoredBytes;
        var copy = (QuickListNode*)_copies.Add((nint)node, sizeof(QuickListNode) + bytes);
        *copy = *node;
        if (node->IsPlain)
        {
            _needed.Add((nint)node->Block);
            return;
        }
        copy->Block = (byte*)(copy + 1);
        Buffer.MemoryCopy(node->Block, copy->Block, bytes, bytes);
    }

    /// <summary>Takes over the block of a node that gets another one, or ends; false when the snapshot does not need it.</summary>
    public bool TryAdopt(byte* block)
    {
        if (!_needed.Contains((nint)block)) return false;
        Retired.Add(block);
        return true;
    }

    /// <inheritdoc/>
    public override bool Advance()
    {
        if (_block == null) WriteNext();
        else WriteStretch();
        if (_left > 0 || _block != null) return false;
        if (_next != null) throw new HeapCorruptionException("A list has more nodes than it says.");
        Queue.WriteEnd();
        return true;
    }

    /// <inheritdoc/>
    public override void End() => _copies.FreeAll();

    private static bool IsLong(QuickListNode* node) => node->IsPlain && node->StoredBytes > StretchBytes;

    private static void Write(SnapshotQueue queue, QuickListNode* node)
    {
        queue.WriteLength(node->IsPlain ? PlainNode : PackedNode);
        if (node->IsCompressed) queue.WriteCompressed(node->Compressed, node->Bytes);
        else queue.WriteString(node->Raw);
    }

    private void WriteNext()
    {
        byte* copy = _copies.Take((nint)_next);
        QuickListNode* node = copy == null ? _next : (QuickListNode*)copy;
        node->SnapshotMark = _mark;
        if (IsLong(node)) BeginStretches(node);
        else WriteShort(node);
        _next = node->Next;
        _left--;
        PartCopies<nint>.Free(copy);
    }

    private void WriteShort(QuickListNode* node)
    {
        Write(Queue, node);
        _needed.Remove((nint)node->Block);
    }

    private void BeginStretches(QuickListNode* node)
    {
        Queue.WriteLength(PlainNode);
        if (node->IsCompressed) Queue.WriteLongCompressed(node->Compressed.Length, node->Bytes);
        else Queue.WriteLongString(node->Bytes);
        _block = node->Block;
        _written = node->IsCompressed ? sizeof(int) : 0;
        _end = node->StoredBytes;
        _needed.Add((nint)_block);
    }

    private void WriteStretch()
    {
        int bytes = Math.Min(StretchBytes, _end - _written);
        Queue.WriteRaw(new ReadOnlySpan<byte>(_block + _written, bytes));
        _written += bytes;
        if (_written < _end) return;
        _needed.Remove((nint)_block);
        _block = null;
    }
}
