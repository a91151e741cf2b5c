using System.Runtime.InteropServices;
using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Storage.Snapshots;

/// <summary>A list of many nodes: its parts are the nodes, whose order must be kept.</summary>
/// <remarks>
/// A node that changes, or is followed by another one than before, is copied first with where it led to; the walk along
/// the list takes the copy in its place. The copy is found by the node's address, which is no other node's that the
/// walk can meet, even when the memory is used again.
/// </remarks>
internal sealed unsafe class PinnedList : PinnedValue
{
    /// <summary>A node in a quicklist's snapshot is one large element, or a listpack.</summary>
    private const ulong PlainNode = 1;
    private const ulong PackedNode = 2;

    private readonly Dictionary<nint, nint> _copies = [];
    private readonly QuickListHeader* _list;
    private readonly byte _mark;
    private QuickListNode* _next;
    private long _left;

    public PinnedList(SnapshotQueue queue, QuickListHeader* list) : base(queue)
    {
        _list = list;
        _next = list->First;
        _left = list->Nodes;
        _mark = list->SnapshotMark ^= 1;
        queue.WriteLength((ulong)list->Nodes);
    }

    /// <inheritdoc/>
    public override nint Address => (nint)_list;

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
        int bytes = node->StoredBytes;
        var copy = (QuickListNode*)NativeMemory.Alloc((nuint)sizeof(QuickListNode) + (nuint)bytes);
        *copy = *node;
        copy->Block = (byte*)(copy + 1);
        Buffer.MemoryCopy(node->Block, copy->Block, bytes, bytes);
        _copies.Add((nint)node, (nint)copy);
    }

    /// <inheritdoc/>
    public override bool Advance()
    {
        if (_copies.Remove((nint)_next, out nint address))
        {
            var copy = (QuickListNode*)address;
            Write(Queue, copy);
            _next = copy->Next;
            NativeMemory.Free(copy);
        }
        else
        {
            Write(Queue, _next);
            _next->SnapshotMark = _mark;
            _next = _next->Next;
        }
        if (--_left > 0) return false;
        if (_next != null) throw new HeapCorruptionException("A list has more nodes than it says.");
        Queue.WriteEnd();
        return true;
    }

    /// <inheritdoc/>
    public override void End()
    {
        foreach (nint copy in _copies.Values) NativeMemory.Free((void*)copy);
        _copies.Clear();
    }

    private static void Write(SnapshotQueue queue, QuickListNode* node)
    {
        queue.WriteLength(node->IsPlain ? PlainNode : PackedNode);
        if (node->IsCompressed) queue.WriteCompressed(node->Compressed, node->Bytes);
        else queue.WriteString(node->Raw);
    }
}
