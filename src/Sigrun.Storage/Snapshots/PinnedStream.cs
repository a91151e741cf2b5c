using System.Runtime.InteropServices;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Snapshots;

/// <summary>A stream of many nodes: its parts are the nodes by their first IDs.</summary>
/// <remarks>Figures and groups are copied when it is pinned: they are small beside the entries.</remarks>
internal sealed unsafe class PinnedStream : PinnedValue
{
    private readonly SortedDictionary<StreamId, nint> _copies = [];
    private readonly HashSet<StreamId> _added = [];
    private StreamHeader* _stream;
    private readonly SnapshotQueue _rest;
    private readonly StreamId _last;
    private readonly long _nodes;
    private StreamId _reached;
    private long _written;

    public PinnedStream(SnapshotQueue queue, StreamHeader* stream, bool withActivity, SnapshotQueue rest) : base(queue)
    {
        _stream = stream;
        _nodes = stream->Nodes.Count;
        _last = stream->Nodes.LastSlot->Id;
        _rest = rest;
        queue.WriteLength((ulong)_nodes);
        StreamParts.WriteRest(new StreamView(stream), rest, withActivity);
    }

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
        if (IsSettled(firstId) || _copies.ContainsKey(firstId)) return;
        ReadOnlySpan<byte> bytes = Listpack.Bytes(pack);
        byte* copy = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        _copies.Add(firstId, (nint)copy);
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
        if (_written < _nodes) WriteNext();
        if (_written < _nodes) return false;
        Queue.Append(_rest);
        Queue.WriteEnd();
        return true;
    }

    /// <inheritdoc/>
    public override void End()
    {
        foreach (nint copy in _copies.Values) NativeMemory.Free((void*)copy);
        _copies.Clear();
        _rest.Free();
    }

    /// <summary>Whether a node is none that is still to be copied.</summary>
    private bool IsSettled(StreamId firstId) =>
        (_written > 0 && firstId <= _reached) || firstId > _last || _added.Contains(firstId);

    private void WriteNext()
    {
        IndexCursor live = _written == 0 ? OrderedIndex.First(&_stream->Nodes) : OrderedIndex.AtLeast(&_stream->Nodes, new IdKey(_reached));
        while (!live.IsEnd && (_added.Contains(live.Slot->Id) || (_written > 0 && live.Slot->Id <= _reached))) live.Next();
        bool isLive = !live.IsEnd && live.Slot->Id <= _last;
        using SortedDictionary<StreamId, nint>.Enumerator copies = _copies.GetEnumerator();
        if (copies.MoveNext() && (!isLive || copies.Current.Key <= live.Slot->Id))
        {
            (StreamId id, nint copy) = copies.Current;
            Write(id, (byte*)copy);
            _copies.Remove(id);
            NativeMemory.Free((void*)copy);
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
        _written++;
    }
}
