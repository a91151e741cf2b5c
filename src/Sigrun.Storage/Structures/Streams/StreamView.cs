namespace Sigrun.Storage.Structures.Streams;

/// <summary>Reads a stream.</summary>
/// <remarks>Valid until the key is written by anyone but the <see cref="StreamEditor"/> that it came from.</remarks>
public readonly unsafe ref struct StreamView
{
    private readonly StreamHeader* _stream;

    internal StreamView(StreamHeader* stream) => _stream = stream;

    internal ref readonly StreamHeader Header => ref *_stream;

    /// <summary>Opens the stream of an entry.</summary>
    public StreamView(EntryRef entry) => _stream = (StreamHeader*)entry.Structure;

    /// <summary>Entries that are not deleted.</summary>
    public long Length => (long)_stream->Length;

    /// <summary>The ID that was given last.</summary>
    public StreamId LastId => _stream->LastId;

    /// <summary>The ID of the first entry, as it was recorded; zero when there is none.</summary>
    public StreamId FirstId => _stream->FirstId;

    /// <summary>The largest ID of an entry that was deleted from between others.</summary>
    public StreamId MaxDeletedId => _stream->MaxDeletedId;

    /// <summary>Entries ever added.</summary>
    public ulong EntriesAdded => _stream->EntriesAdded;

    /// <summary>The number of nodes.</summary>
    public long NodeCount => _stream->Nodes.Count;

    /// <summary>The number of nodes in the index of nodes.</summary>
    public long IndexNodeCount => _stream->Nodes.NodeCount;

    /// <summary>The number of consumer groups.</summary>
    public long GroupCount => _stream->Groups.Count;

    /// <summary>Walks over the entries from one ID to another.</summary>
    public StreamCursor Range(StreamId from, StreamId to, bool backwards = false) => new(_stream, from, to, backwards, withDeleted: false);

    /// <summary>Walks over all entries from the first on, deleted ones included.</summary>
    public StreamCursor WithDeleted() => new(_stream, StreamId.Min, StreamId.Max, backwards: false, withDeleted: true);

    /// <summary>Whether there is an entry with that ID.</summary>
    public bool Contains(StreamId id) => new StreamCursor(_stream, id, id, backwards: false, withDeleted: false).Next();

    /// <summary>The last entry's ID; false when there is none.</summary>
    public bool TryGetLastEntry(out StreamId id)
    {
        StreamCursor cursor = Range(StreamId.Min, StreamId.Max, backwards: true);
        bool found = cursor.Next();
        id = found ? cursor.Id : default;
        return found;
    }

    /// <summary>The group of that name; none when there is no such.</summary>
    public StreamGroup FindGroup(ReadOnlySpan<byte> name) => new((GroupBlock*)OrderedIndex.Find(&_stream->Groups, new NameKey(name)));

    /// <summary>The groups in the order of their names.</summary>
    public StreamGroups Groups => new(OrderedIndex.First(&_stream->Groups));

    /// <summary>Hands out the nodes in order, as they are saved.</summary>
    public StreamNodes Nodes => new(OrderedIndex.First(&_stream->Nodes));

    /// <summary>The bytes that the stream takes, without its entry.</summary>
    /// <param name="heap">Its heap.</param>
    /// <param name="samples">Nodes, groups and consumers to look at; the others are taken to be like them.</param>
    public long UsedBytes(Heap heap, long samples)
    {
        ArgumentNullException.ThrowIfNull(heap);
        long bytes = (long)heap.UsableSize((byte*)_stream) + _stream->Nodes.UsedBytes(heap) + _stream->Groups.UsedBytes(heap);
        return bytes + NodeBytes(heap, samples) + GroupBytes(heap, samples);
    }

    /// <summary>The last node is mostly not full, so it is never taken for another.</summary>
    private long NodeBytes(Heap heap, long samples)
    {
        long count = _stream->Nodes.Count;
        if (count == 0) return 0;
        long looked = 0;
        long bytes = 0;
        for (IndexCursor at = OrderedIndex.First(&_stream->Nodes); looked < samples && looked < count - 1; at.Next(), looked++)
            bytes += (long)heap.UsableSize(at.Slot->Item);
        return Extrapolate(bytes, looked, count - 1) + (long)heap.UsableSize(_stream->Nodes.LastSlot->Item);
    }

    private long GroupBytes(Heap heap, long samples)
    {
        long looked = 0;
        long bytes = 0;
        for (IndexCursor at = OrderedIndex.First(&_stream->Groups); looked < samples && !at.IsEnd; at.Next(), looked++)
            bytes += new StreamGroup((GroupBlock*)at.Slot->Item).UsedBytes(heap, samples);
        return Extrapolate(bytes, looked, _stream->Groups.Count);
    }

    /// <summary>What all take when those that were looked at take so much.</summary>
    internal static long Extrapolate(long bytes, long looked, long all) => looked == all ? bytes : looked == 0 ? 0 : (long)((double)bytes / looked * all);
}

/// <summary>The nodes of a stream, one after the other.</summary>
public unsafe ref struct StreamNodes
{
    private IndexCursor _place;
    private IndexSlot* _slot;

    internal StreamNodes(IndexCursor first) => _place = first;

    /// <summary>The ID by which the node is found.</summary>
    public readonly StreamId FirstId => _slot->Id;

    /// <summary>The node's bytes.</summary>
    public readonly ReadOnlySpan<byte> Bytes => Listpack.Bytes(_slot->Item);

    /// <summary>Moves to the first or next node; false when there is none.</summary>
    public bool Next()
    {
        if (_place.IsEnd) return false;
        _slot = _place.Slot;
        _place.Next();
        return true;
    }
}
