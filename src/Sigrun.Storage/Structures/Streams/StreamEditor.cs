using Sigrun.Storage.Snapshots;

namespace Sigrun.Storage.Structures.Streams;

/// <summary>Changes a stream: its entries, its figures, its groups and what is pending in them.</summary>
/// <remarks>
/// Rules of commands (which ID is next, who may have what) are the caller's; this keeps the figures and both sides of
/// what is pending in step. A function that throws <see cref="HeapExhaustedException"/> has changed nothing, but for
/// <see cref="Trim"/>, which then has removed whole nodes.
/// </remarks>
public readonly unsafe ref struct StreamEditor
{
    private readonly Heap _heap;
    private readonly StructureEditor _editor;
    private readonly StreamHeader* _stream;
    private readonly PinnedStream? _pinned;

    /// <summary>Opens the stream of an entry.</summary>
    public StreamEditor(StructureEditor editor)
    {
        _editor = editor;
        _heap = editor.Heap;
        _stream = (StreamHeader*)editor.Structure;
        _pinned = (PinnedStream?)editor.Pinned;
        if (!_heap.MovesOnWrite) return;
        var fresh = (StreamHeader*)_heap.Allocate((nuint)sizeof(StreamHeader));
        *fresh = *_stream;
        editor.Relocated((byte*)fresh);
        _heap.Walk?.Follow(_pinned, (byte*)fresh);
        _heap.Free((byte*)_stream);
        _stream = fresh;
    }

    /// <summary>The stream as it is now.</summary>
    public StreamView View => new(_stream);

    /// <summary>Adds an entry at the end; false when it is too large. Its ID is greater than all.</summary>
    public bool TryAppend<TFields>(StreamId id, TFields fields, in StreamLimits limits)
        where TFields : struct, IStreamFields, allows ref struct
    {
        long text = StreamNodeWriter.Measure(fields, out long elementBytesMax);
        if (elementBytesMax > Listpack.BytesMax - Listpack.EmptyBytes) return false;
        IndexSlot* tail = _stream->Nodes.LastSlot;
        if (tail != null && !IsFull(tail->Item, text, limits))
        {
            _pinned?.BeforeWrite(tail->Id, tail->Item);
            tail->Item = StreamNodeWriter.Append(_heap, tail->Item, tail->Id, id, fields, elementBytesMax);
        }
        else
        {
            if (tail != null) tail->Item = Listpack.Trim(_heap, tail->Item);
            AddNode(id, StreamNodeWriter.Create(_heap, fields, elementBytesMax));
        }
        _editor.Changed();
        _stream->Length++;
        _stream->EntriesAdded++;
        _stream->LastId = id;
        if (_stream->Length == 1) _stream->FirstId = id;
        return true;
    }

    /// <summary>Removes an entry; false when there is none of that ID.</summary>
    public bool Delete(StreamId id)
    {
        if (!DeleteEntry(id)) return false;
        if (id > _stream->MaxDeletedId) _stream->MaxDeletedId = id;
        if (_stream->Length == 0) _stream->FirstId = default;
        else if (id == _stream->FirstId) FindFirst();
        return true;
    }

    /// <summary>Removes entries from the beginning; returns how many.</summary>
    public long Trim(in StreamTrim trim)
    {
        long removed = 0;
        while (_stream->Nodes.Count > 0 && !(trim.ByLength && _stream->Length <= trim.LengthMax))
        {
            IndexSlot* slot = OrderedIndex.First(&_stream->Nodes).Slot;
            var node = new StreamNode(slot);
            if (trim.RemovedMax > 0 && removed + node.Live > trim.RemovedMax) break;
            bool isWhole = trim.ByLength ? _stream->Length - (ulong)node.Live >= trim.LengthMax : node.LastId < trim.MinId;
            if (isWhole)
            {
                _editor.Changed();
                removed += node.Live;
                _stream->Length -= (ulong)node.Live;
                RemoveNode(slot);
                continue;
            }
            if (!trim.WholeNodesOnly) removed += TrimNode(slot, trim);
            break;
        }
        if (_stream->Length == 0) _stream->FirstId = default;
        else if (removed > 0) FindFirst();
        return removed;
    }

    /// <summary>Sets the figures that do not follow from the entries.</summary>
    public void SetFigures(StreamId lastId, StreamId firstId, StreamId maxDeletedId, ulong entriesAdded)
    {
        _editor.Changed();
        _stream->LastId = lastId;
        _stream->FirstId = firstId;
        _stream->MaxDeletedId = maxDeletedId;
        _stream->EntriesAdded = entriesAdded;
    }

    /// <summary>Adds a node as it was saved, behind all others; false, and nothing is changed, when the bytes are not one.</summary>
    /// <param name="firstId">The ID by which it will be found.</param>
    /// <param name="bytes">The node.</param>
    /// <param name="lastId">The last ID of the nodes before, then of this one, of entries that are not deleted.</param>
    public bool TryAddNode(StreamId firstId, ReadOnlySpan<byte> bytes, ref StreamId lastId)
    {
        IndexSlot* tail = _stream->Nodes.LastSlot;
        if ((tail != null && tail->Id >= firstId) || !StreamNodeCheck.IsValid(bytes, firstId, ref lastId, out long live)) return false;
        AddNode(firstId, Listpack.CopyOf(_heap, bytes));
        _editor.Changed();
        _stream->Length += (ulong)live;
        return true;
    }

    /// <summary>Makes a group; none when there is one of that name.</summary>
    public StreamGroup TryAddGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead) =>
        Changed(new StreamGroup(StreamGroupTable.TryAddGroup(_heap, _stream, name, lastId, entriesRead, _pinned?.Groups)));

    /// <summary>Ends a group; false when there is none of that name.</summary>
    public bool RemoveGroup(ReadOnlySpan<byte> name) => Changed(StreamGroupTable.RemoveGroup(_heap, _stream, name, _pinned?.Groups));

    /// <summary>Notes how far a group has read.</summary>
    public void SetPosition(StreamGroup group, StreamId lastId, long entriesRead)
    {
        _editor.Changed();
        _pinned?.Groups.BeforeWrite(group.Block);
        group.Block->LastId = lastId;
        group.Block->EntriesRead = entriesRead;
    }

    /// <summary>Makes a consumer; none when there is one of that name.</summary>
    public StreamConsumer TryAddConsumer(StreamGroup group, ReadOnlySpan<byte> name, long seenMs, long activeMs) =>
        Changed(new StreamConsumer(StreamGroupTable.TryAddConsumer(_heap, group.Block, name, seenMs, activeMs, _pinned?.Groups)));

    /// <summary>Ends a consumer with all that was pending.</summary>
    public void RemoveConsumer(StreamGroup group, StreamConsumer consumer)
    {
        _editor.Changed();
        StreamGroupTable.RemoveConsumer(_heap, group.Block, consumer.Block, _pinned?.Groups);
    }

    /// <summary>Notes that a consumer has tried to do something.</summary>
    public void SetSeen(StreamConsumer consumer, long nowMs) => Open(consumer)->SeenMs = nowMs;

    /// <summary>Notes that a consumer was given something.</summary>
    public void SetActive(StreamConsumer consumer, long nowMs) => Open(consumer)->ActiveMs = nowMs;

    /// <summary>Makes an entry pending with a consumer; none when it is pending already.</summary>
    public StreamPending TryAddPending(StreamGroup group, StreamConsumer consumer, StreamId id, long deliveredMs, ulong deliveries) =>
        Changed(new StreamPending(
            id, StreamGroupTable.TryAddPending(_heap, group.Block, consumer.Block, id, deliveredMs, deliveries, _pinned?.Groups)));

    /// <summary>Makes an entry pending with nobody yet (<see cref="TryOwn"/> follows), as streams are loaded; false when it is pending already.</summary>
    public bool TryAddUnowned(StreamGroup group, StreamId id, long deliveredMs, ulong deliveries) =>
        Changed(StreamGroupTable.TryAddUnowned(_heap, group.Block, id, deliveredMs, deliveries));

    /// <summary>Gives a consumer what is pending with nobody; false when it is not pending, or with someone.</summary>
    public bool TryOwn(StreamGroup group, StreamConsumer consumer, StreamId id) =>
        Changed(StreamGroupTable.TryOwn(_heap, group.Block, consumer.Block, id));

    /// <summary>Gives a pending entry to a consumer.</summary>
    public void Reassign(StreamPending pending, StreamConsumer consumer)
    {
        StreamGroupTable.Reassign(_heap, pending.Id, pending.Block, consumer.Block, _pinned?.Groups);
        _editor.Changed();
    }

    /// <summary>Notes a delivery of an entry that is pending in a group.</summary>
    public void SetDelivery(StreamGroup group, StreamPending pending, long deliveredMs, ulong deliveries)
    {
        _editor.Changed();
        _pinned?.Groups.BeforeDelivery(group.Block, pending.Id);
        pending.Block->DeliveredMs = deliveredMs;
        pending.Block->Deliveries = deliveries;
    }

    /// <summary>Notes that an entry is pending no more; false when it was not.</summary>
    public bool RemovePending(StreamGroup group, StreamId id) => Changed(StreamGroupTable.RemovePending(_heap, group.Block, id, _pinned?.Groups));

    private static bool IsFull(byte* pack, long addedBytes, in StreamLimits limits)
    {
        long bytesMax = limits.NodeBytesMax is > 0 and <= Listpack.BytesMax ? limits.NodeBytesMax : Listpack.BytesMax;
        if (Listpack.TotalBytes(pack) + addedBytes >= bytesMax) return true;
        if (limits.NodeEntriesMax == 0) return false;
        byte* at = pack + Listpack.HeaderBytes;
        return StreamNode.ReadNumber(ref at) + StreamNode.ReadNumber(ref at) >= limits.NodeEntriesMax;
    }

    /// <summary>
    /// Puts a node where its ID belongs. Only after the last ID was set back can there be one in its place already,
    /// and then nothing but deleted entries are left in that.
    /// </summary>
    private void AddNode(StreamId firstId, byte* pack)
    {
        _pinned?.BeforeAdd(firstId);
        bool added = false;
        try
        {
            added = OrderedIndex.TryAdd(_heap, &_stream->Nodes, new IdKey(firstId), pack);
        }
        catch (HeapExhaustedException)
        {
            _heap.Free(pack);
            throw;
        }
        if (added) return;
        IndexSlot* slot = OrderedIndex.FindSlot(&_stream->Nodes, new IdKey(firstId));
        _pinned?.BeforeReplace(firstId, slot->Item);
        _heap.Free(slot->Item);
        slot->Item = pack;
    }

    private ConsumerBlock* Open(StreamConsumer consumer)
    {
        _editor.Changed();
        _pinned?.Groups.BeforeWrite(consumer.Block);
        return consumer.Block;
    }

    private bool Changed(bool done)
    {
        if (done) _editor.Changed();
        return done;
    }

    private StreamGroup Changed(StreamGroup made)
    {
        if (!made.IsNone) _editor.Changed();
        return made;
    }

    private StreamConsumer Changed(StreamConsumer made)
    {
        if (!made.IsNone) _editor.Changed();
        return made;
    }

    private StreamPending Changed(StreamPending made)
    {
        if (!made.IsNone) _editor.Changed();
        return made;
    }

    private void RemoveNode(IndexSlot* slot)
    {
        _pinned?.BeforeWrite(slot->Id, slot->Item);
        _heap.Free(OrderedIndex.Remove(_heap, &_stream->Nodes, new IdKey(slot->Id)));
    }

    private bool DeleteEntry(StreamId id)
    {
        StreamCursor cursor = View.Range(id, id);
        if (!cursor.Next()) return false;
        IndexSlot* slot = cursor.Slot;
        var node = new StreamNode(slot);
        if (node.Live == 1)
        {
            RemoveNode(slot);
        }
        else
        {
            long offset = cursor.FlagsOffset;
            _pinned?.BeforeWrite(slot->Id, slot->Item);
            slot->Item = StreamNodeWriter.PrepareDeletion(_heap, slot->Item);
            StreamNodeWriter.FlagDeleted(slot->Item + offset);
            StreamNodeWriter.SetCounts(slot->Item, node.Live - 1, node.Deleted + 1);
        }
        _stream->Length--;
        _editor.Changed();
        return true;
    }

    /// <summary>Removes the first entries of a node that has others which stay.</summary>
    private long TrimNode(IndexSlot* slot, in StreamTrim trim)
    {
        _pinned?.BeforeWrite(slot->Id, slot->Item);
        slot->Item = StreamNodeWriter.PrepareDeletion(_heap, slot->Item);
        _editor.Changed();
        var node = new StreamNode(slot);
        long removed = 0;
        byte* at = node.FirstEntry;
        while (*at != ListpackCode.End)
        {
            StreamEntryHead entry = node.ReadEntry(ref at);
            if (trim.ByLength ? _stream->Length <= trim.LengthMax : entry.Id >= trim.MinId) break;
            StreamNode.Skip(ref at, entry.BodyElements + 1);
            if (entry.IsDeleted) continue;
            StreamNodeWriter.FlagDeleted(entry.FlagsAt);
            _stream->Length--;
            removed++;
        }
        StreamNodeWriter.SetCounts(node.Pack, node.Live - removed, node.Deleted + removed);
        return removed;
    }

    private void FindFirst()
    {
        StreamCursor cursor = View.Range(StreamId.Min, StreamId.Max);
        _stream->FirstId = cursor.Next() ? cursor.Id : StreamId.Max;
    }
}
