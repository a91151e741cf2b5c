using Sigrun.Storage.Snapshots;

namespace Sigrun.Storage.Structures.Streams;

/// <summary>Writes streams as they are saved: the nodes with their IDs, then figures and groups.</summary>
/// <remarks>
/// Of a group all that is pending comes first, then its consumers with the IDs of what is pending with them.
/// </remarks>
public static unsafe class StreamParts
{
    /// <summary>Writes the number of nodes and all nodes.</summary>
    public static void WriteNodes<TSink>(in StreamView stream, TSink sink) where TSink : IValueSink
    {
        sink.WriteLength((ulong)stream.NodeCount);
        StreamNodes nodes = stream.Nodes;
        while (nodes.Next()) WriteNode(nodes.FirstId, nodes.Bytes, sink);
    }

    /// <summary>Writes what follows the nodes.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="sink">Where it goes.</param>
    /// <param name="withActivity">Whether the format knows when consumers were last active.</param>
    public static void WriteRest<TSink>(in StreamView stream, TSink sink, bool withActivity) where TSink : IValueSink
    {
        WriteFigures(stream.Header, sink);
        StreamGroups groups = stream.Groups;
        while (groups.Next()) WriteGroup(groups.Current, sink, withActivity);
    }

    /// <summary>Writes the figures, the last of which is the number of groups.</summary>
    internal static void WriteFigures<TSink>(in StreamHeader stream, TSink sink) where TSink : IValueSink
    {
        sink.WriteLength(stream.Length);
        WriteId(sink, stream.LastId);
        WriteId(sink, stream.FirstId);
        WriteId(sink, stream.MaxDeletedId);
        sink.WriteLength(stream.EntriesAdded);
        sink.WriteLength((ulong)stream.Groups.Count);
    }

    /// <summary>Writes a node.</summary>
    internal static void WriteNode<TSink>(StreamId firstId, ReadOnlySpan<byte> pack, TSink sink) where TSink : IValueSink
    {
        Span<byte> id = stackalloc byte[StreamId.Bytes];
        firstId.WriteBytes(id);
        sink.WriteString(id);
        sink.WriteString(pack);
    }

    /// <summary>Writes the beginning of a group.</summary>
    internal static void WriteGroup<TSink>(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead, TSink sink) where TSink : IValueSink
    {
        sink.WriteString(name);
        WriteId(sink, lastId);
        sink.WriteLength((ulong)entriesRead);
    }

    /// <summary>Writes the beginning of a consumer.</summary>
    internal static void WriteConsumer<TSink>(ReadOnlySpan<byte> name, long seenMs, long activeMs, TSink sink, bool withActivity)
        where TSink : IValueSink
    {
        sink.WriteString(name);
        sink.WriteUInt64((ulong)seenMs);
        if (withActivity) sink.WriteUInt64((ulong)activeMs);
    }

    /// <summary>Writes the ID of a pending entry.</summary>
    internal static void WritePending<TSink>(StreamId id, TSink sink) where TSink : IValueSink
    {
        Span<byte> bytes = stackalloc byte[StreamId.Bytes];
        id.WriteBytes(bytes);
        sink.WriteRaw(bytes);
    }

    /// <summary>Writes when and how often a pending entry was delivered.</summary>
    internal static void WriteDelivery<TSink>(PendingBlock* pending, TSink sink) where TSink : IValueSink
    {
        sink.WriteUInt64((ulong)pending->DeliveredMs);
        sink.WriteLength(pending->Deliveries);
    }

    private static void WriteGroup<TSink>(StreamGroup group, TSink sink, bool withActivity) where TSink : IValueSink
    {
        WriteGroup(group.Name, group.LastId, group.EntriesRead, sink);
        WritePending(group.PendingCount, group.PendingFrom(StreamId.Min), sink, withDelivery: true);
        sink.WriteLength((ulong)group.ConsumerCount);
        StreamConsumers consumers = group.Consumers;
        while (consumers.Next())
        {
            StreamConsumer consumer = consumers.Current;
            WriteConsumer(consumer.Name, consumer.SeenMs, consumer.ActiveMs, sink, withActivity);
            WritePending(consumer.PendingCount, consumer.PendingFrom(StreamId.Min), sink, withDelivery: false);
        }
    }

    private static void WritePending<TSink>(long count, StreamPendings entries, TSink sink, bool withDelivery) where TSink : IValueSink
    {
        sink.WriteLength((ulong)count);
        while (entries.Next())
        {
            WritePending(entries.Current.Id, sink);
            if (withDelivery) WriteDelivery(entries.Current.Block, sink);
        }
    }

    private static void WriteId<TSink>(TSink sink, StreamId id) where TSink : IValueSink
    {
        sink.WriteLength(id.Ms);
        sink.WriteLength(id.Seq);
    }
}
