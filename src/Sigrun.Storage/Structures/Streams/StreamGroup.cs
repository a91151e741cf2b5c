namespace Sigrun.Storage.Structures.Streams;

/// <summary>A consumer group of a stream, to be read; changes are made through <see cref="StreamEditor"/>.</summary>
public readonly unsafe struct StreamGroup
{
    internal readonly GroupBlock* Block;

    internal StreamGroup(GroupBlock* block) => Block = block;

    /// <summary>Whether there is no group.</summary>
    public bool IsNone => Block == null;

    /// <summary>Its name.</summary>
    public ReadOnlySpan<byte> Name => NamedBlock.Name((byte*)Block);

    /// <summary>The last entry that was delivered.</summary>
    public StreamId LastId => Block->LastId;

    /// <summary>Entries read, −1 when that is not known.</summary>
    public long EntriesRead => Block->EntriesRead;

    /// <summary>The number of consumers.</summary>
    public long ConsumerCount => Block->Consumers.Count;

    /// <summary>The number of entries that were delivered and not acknowledged.</summary>
    public long PendingCount => Block->Pending.Count;

    /// <summary>The consumer of that name; none when there is no such.</summary>
    public StreamConsumer FindConsumer(ReadOnlySpan<byte> name) =>
        new((ConsumerBlock*)OrderedIndex.Find(&Block->Consumers, new NameKey(name)));

    /// <summary>The consumers in the order of their names.</summary>
    public StreamConsumers Consumers => new(OrderedIndex.First(&Block->Consumers));

    /// <summary>The pending entry of that ID; none when there is no such.</summary>
    public StreamPending FindPending(StreamId id) => new(OrderedIndex.FindSlot(&Block->Pending, new IdKey(id)));

    /// <summary>The pending entries from an ID on.</summary>
    public StreamPendings PendingFrom(StreamId id) => new(OrderedIndex.AtLeast(&Block->Pending, new IdKey(id)));

    /// <summary>The last pending entry; there is one.</summary>
    public StreamId LastPendingId => Block->Pending.LastSlot->Id;

    internal long UsedBytes(Heap heap, long samples)
    {
        long bytes = (long)heap.UsableSize((byte*)Block) + Block->Pending.UsedBytes(heap) + Block->Consumers.UsedBytes(heap);
        bytes += Block->Pending.Count * (long)Heap.RoundedSize((nuint)sizeof(PendingBlock));
        long looked = 0;
        long consumers = 0;
        for (IndexCursor at = OrderedIndex.First(&Block->Consumers); looked < samples && !at.IsEnd; at.Next(), looked++)
        {
            var consumer = (ConsumerBlock*)at.Slot->Item;
            consumers += (long)heap.UsableSize((byte*)consumer) + consumer->Pending.UsedBytes(heap);
        }
        return bytes + StreamView.Extrapolate(consumers, looked, Block->Consumers.Count);
    }
}

/// <summary>A consumer of a group.</summary>
public readonly unsafe struct StreamConsumer : IEquatable<StreamConsumer>
{
    internal readonly ConsumerBlock* Block;

    internal StreamConsumer(ConsumerBlock* block) => Block = block;

    /// <summary>Whether there is no consumer.</summary>
    public bool IsNone => Block == null;

    /// <summary>Its name.</summary>
    public ReadOnlySpan<byte> Name => NamedBlock.Name((byte*)Block);

    /// <summary>When it last tried to do something.</summary>
    public long SeenMs => Block->SeenMs;

    /// <summary>When it last was given something, −1 for never.</summary>
    public long ActiveMs => Block->ActiveMs;

    /// <summary>The number of its pending entries.</summary>
    public long PendingCount => Block->Pending.Count;

    /// <summary>Its pending entries from an ID on.</summary>
    public StreamPendings PendingFrom(StreamId id) => new(OrderedIndex.AtLeast(&Block->Pending, new IdKey(id)));

    /// <inheritdoc/>
    public bool Equals(StreamConsumer other) => Block == other.Block;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StreamConsumer other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((nint)Block).GetHashCode();

    /// <summary>Whether both are the same consumer.</summary>
    public static bool operator ==(StreamConsumer left, StreamConsumer right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(StreamConsumer left, StreamConsumer right) => !left.Equals(right);
}

/// <summary>An entry that was delivered to a consumer and not acknowledged.</summary>
public readonly unsafe struct StreamPending
{
    internal readonly PendingBlock* Block;

    internal StreamPending(IndexSlot* slot)
    {
        if (slot == null) return;
        Id = slot->Id;
        Block = (PendingBlock*)slot->Item;
    }

    internal StreamPending(StreamId id, PendingBlock* block)
    {
        Id = id;
        Block = block;
    }

    /// <summary>Whether there is none.</summary>
    public bool IsNone => Block == null;

    /// <summary>The entry's ID.</summary>
    public StreamId Id { get; }

    /// <summary>When it was delivered last.</summary>
    public long DeliveredMs => Block->DeliveredMs;

    /// <summary>How often it was delivered.</summary>
    public ulong Deliveries => Block->Deliveries;

    /// <summary>To whom.</summary>
    public StreamConsumer Consumer => new(Block->Consumer);
}

/// <summary>The groups of a stream, one after the other.</summary>
public unsafe ref struct StreamGroups
{
    private IndexCursor _place;

    internal StreamGroups(IndexCursor first) => _place = first;

    /// <summary>The current group.</summary>
    public StreamGroup Current { get; private set; }

    /// <summary>Moves to the first or next group; false when there is none.</summary>
    public bool Next()
    {
        if (_place.IsEnd) return false;
        Current = new StreamGroup((GroupBlock*)_place.Slot->Item);
        _place.Next();
        return true;
    }
}

/// <summary>The consumers of a group, one after the other.</summary>
public unsafe ref struct StreamConsumers
{
    private IndexCursor _place;

    internal StreamConsumers(IndexCursor first) => _place = first;

    /// <summary>The current consumer.</summary>
    public StreamConsumer Current { get; private set; }

    /// <summary>Moves to the first or next consumer; false when there is none.</summary>
    public bool Next()
    {
        if (_place.IsEnd) return false;
        Current = new StreamConsumer((ConsumerBlock*)_place.Slot->Item);
        _place.Next();
        return true;
    }
}

/// <summary>Pending entries, one after the other.</summary>
/// <remarks>Void after the list was added to or removed from.</remarks>
public unsafe ref struct StreamPendings
{
    private IndexCursor _place;

    internal StreamPendings(IndexCursor first) => _place = first;

    /// <summary>The current entry.</summary>
    public StreamPending Current { get; private set; }

    /// <summary>Moves to the first or next entry; false when there is none.</summary>
    public bool Next()
    {
        if (_place.IsEnd) return false;
        Current = new StreamPending(_place.Slot);
        _place.Next();
        return true;
    }
}
