using Sigrun.Storage.Snapshots;

namespace Sigrun.Storage.Structures.Streams;

/// <summary>Writes streams as they are saved: the nodes with their IDs, then figures and groups.</summary>
/// <remarks>
/// Of a group all that is pending comes first, then its consumers with the IDs of what is pending with them.
/// </remarks>
public static class StreamParts
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
        sink.WriteLength((ulong)stream.Length);
        WriteId(sink, stream.LastId);
        WriteId(sink, stream.FirstId);
        WriteId(sink, stream.MaxDeletedId);
        sink.WriteLength(stream.EntriesAdded);
        sink.WriteLength((ulong)stream.GroupCount);
        StreamGroups groups = stream.Groups;
        while (groups.Next()) WriteGroup(groups.Current, sink, withActivity);
    }

    /// <summary>Writes a node.</summary>
    internal static void WriteNode<TSink>(StreamId firstId, ReadOnlySpan<byte> pack, TSink sink) where TSink : IValueSink
    {
        Span<byte> id = stackalloc byte[StreamId.Bytes];
        firstId.WriteBytes(id);
        sink.WriteString(id);
        sink.WriteString(pack);
    }

    private static void WriteGroup<TSink>(StreamGroup group, TSink sink, bool withActivity) where TSink : IValueSink
    {
        sink.WriteString(group.Name);
        WriteId(sink, group.LastId);
        sink.WriteLength((ulong)group.EntriesRead);
        WritePending(group.PendingCount, group.PendingFrom(StreamId.Min), sink, withDelivery: true);
        sink.WriteLength((ulong)group.ConsumerCount);
        StreamConsumers consumers = group.Consumers;
        while (consumers.Next())
        {
            StreamConsumer consumer = consumers.Current;
            sink.WriteString(consumer.Name);
            sink.WriteUInt64((ulong)consumer.SeenMs);
            if (withActivity) sink.WriteUInt64((ulong)consumer.ActiveMs);
            WritePending(consumer.PendingCount, consumer.PendingFrom(StreamId.Min), sink, withDelivery: false);
        }
    }

    private static void WritePending<TSink>(long count, StreamPendings entries, TSink sink, bool withDelivery) where TSink : IValueSink
    {
        sink.WriteLength((ulong)count);
        Span<byte> id = stackalloc byte[StreamId.Bytes];
        while (entries.Next())
        {
            StreamPending pending = entries.Current;
            pending.Id.WriteBytes(id);
            sink.WriteRaw(id);
            if (!withDelivery) continue;
            sink.WriteUInt64((ulong)pending.DeliveredMs);
            sink.WriteLength(pending.Deliveries);
        }
    }

    private static void WriteId<TSink>(TSink sink, StreamId id) where TSink : IValueSink
    {
        sink.WriteLength(id.Ms);
        sink.WriteLength(id.Seq);
    }
}
