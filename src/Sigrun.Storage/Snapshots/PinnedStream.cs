using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Snapshots;

/// <summary>A stream of many nodes, or with much that is pending: its parts are the nodes by their first IDs, and those of its groups.</summary>
/// <remarks>Its figures are copied when it is pinned, its groups behind the nodes (<see cref="PinnedGroups"/>).</remarks>
internal sealed unsafe class PinnedStream : PinnedValue
{
    private readonly PartCopies<StreamId> _copies = new();
    private readonly HashSet<StreamId> _added = [];
    private readonly StreamHeader _figures;
    private readonly StreamId _last;
    private readonly long _nodes;
    private StreamHeader* _stream;
    private StreamId _reached;
    private long _written;

    public PinnedStream(SnapshotQueue queue, Heap heap, StreamHeader* stream, bool withActivity) : base(queue, heap)
    {
        _stream = stream;
        _figures = *stream;
        _nodes = stream->Nodes.Count;
        if (_nodes > 0) _last = stream->Nodes.LastSlot->Id;
        Groups = new PinnedGroups(queue, Retired, heap, &stream->Groups, withActivity);
        queue.WriteLength((ulong)_nodes);
        if (_nodes == 0) StreamParts.WriteFigures(_figures, queue);
    }

    /// <summary>Its groups.</summary>
    public PinnedGroups Groups { get; }

    /// <inheritdoc/>
    public override nint Address => (nint)_stream;

    /// <summary>Writes a whole stream at once.</summary>
    public static void WriteAll(SnapshotQueue queue, StreamHeader* stream, bool withActivity)
    {
        StreamParts.WriteNodes(new StreamView(stream), queue);
        StreamParts.WriteRest(new StreamView(stream), queue, withActivity);
        queue.WriteEnd();
    }

    /// <summary>Called before a node changes or ends.</summary>
    public void BeforeWrite(StreamId firstId, byte* pack)
    {
        if (!IsSettled(firstId) && !_copies.Contains(firstId)) _copies.Add(firstId, Listpack.Bytes(pack));
    }

    /// <summary>Called before a node is added.</summary>
    public void BeforeAdd(StreamId firstId)
    {
        if (!IsSettled(firstId)) _added.Add(firstId);
    }

    /// <summary>Called when another node takes the place of one that was added, or is about to be copied.</summary>
    public void BeforeReplace(StreamId firstId, byte* pack)
    {
        _added.Remove(firstId);
        BeforeWrite(firstId, pack);
        BeforeAdd(firstId);
    }

    /// <summary>Follows the stream to where it is now.</summary>
    public void Follow(byte* stream) => _stream = (StreamHeader*)stream;

    /// <inheritdoc/>
    public override bool Advance()
    {
        // A snapshot that nobody wants leaves nothing in a stream that would have to be put in order.
        if (Queue.IsDiscarding) return true;
        if (_written < _nodes)
        {
            WriteNext();
            return false;
        }
        if (Groups.Advance()) return false;
        Queue.WriteEnd();
        return true;
    }

    /// <inheritdoc/>
    public override void End()
    {
        _copies.FreeAll();
        Groups.End();
    }

    /// <summary>Whether a node is none that is still to be copied.</summary>
    private bool IsSettled(StreamId firstId) =>
        (_written > 0 && firstId <= _reached) || firstId > _last || _added.Contains(firstId);

    private void WriteNext()
    {
        IndexCursor live = _written == 0 ? OrderedIndex.First(&_stream->Nodes) : OrderedIndex.AtLeast(&_stream->Nodes, new IdKey(_reached));
        while (!live.IsEnd && (_added.Contains(live.Slot->Id) || (_written > 0 && live.Slot->Id <= _reached))) live.Next();
        bool isLive = !live.IsEnd && live.Slot->Id <= _last;
        if (_copies.TryGetFirst(out StreamId id) && (!isLive || id <= live.Slot->Id))
        {
            byte* copy = _copies.Take(id);
            Write(id, copy);
            PartCopies<StreamId>.Free(copy);
        }
        else if (isLive)
        {
            Write(live.Slot->Id, live.Slot->Item);
        }
        else
        {
            throw new HeapCorruptionException("A node of a stream is missing.");
        }
    }

    private void Write(StreamId id, byte* pack)
    {
        StreamParts.WriteNode(id, Listpack.Bytes(pack), Queue);
        _reached = id;
        if (++_written == _nodes) StreamParts.WriteFigures(_figures, Queue);
    }
}
