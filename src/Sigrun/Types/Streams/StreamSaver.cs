using Sigrun.Persistence;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>Writes streams in the newest form that the readers of the writer's version know.</summary>
/// <remarks>
/// The nodes with their IDs, the figures, then each group with all that is pending, and its consumers with the IDs of
/// what is pending with them.
/// </remarks>
internal static class StreamSaver
{
    /// <summary>Writes a stream.</summary>
    public static void Save(in StreamView stream, RdbWriter writer)
    {
        writer.WriteLength((ulong)stream.NodeCount);
        Span<byte> id = stackalloc byte[StreamId.Bytes];
        StreamNodes nodes = stream.Nodes;
        while (nodes.Next())
        {
            nodes.FirstId.WriteBytes(id);
            writer.WriteString(id);
            writer.WriteString(nodes.Bytes);
        }
        writer.WriteLength((ulong)stream.Length);
        WriteId(writer, stream.LastId);
        WriteId(writer, stream.FirstId);
        WriteId(writer, stream.MaxDeletedId);
        writer.WriteLength(stream.EntriesAdded);
        writer.WriteLength((ulong)stream.GroupCount);
        StreamGroups groups = stream.Groups;
        while (groups.Next()) SaveGroup(groups.Current, writer);
    }

    private static void SaveGroup(StreamGroup group, RdbWriter writer)
    {
        writer.WriteString(group.Name);
        WriteId(writer, group.LastId);
        writer.WriteLength((ulong)group.EntriesRead);
        SavePending(group.PendingCount, group.PendingFrom(StreamId.Min), writer, withDelivery: true);
        writer.WriteLength((ulong)group.ConsumerCount);
        StreamConsumers consumers = group.Consumers;
        while (consumers.Next())
        {
            StreamConsumer consumer = consumers.Current;
            writer.WriteString(consumer.Name);
            writer.WriteUInt64((ulong)consumer.SeenMs);
            if (writer.Version >= RdbFormat.LegacyVersion) writer.WriteUInt64((ulong)consumer.ActiveMs);
            SavePending(consumer.PendingCount, consumer.PendingFrom(StreamId.Min), writer, withDelivery: false);
        }
    }

    private static void SavePending(long count, StreamPendings entries, RdbWriter writer, bool withDelivery)
    {
        writer.WriteLength((ulong)count);
        Span<byte> id = stackalloc byte[StreamId.Bytes];
        while (entries.Next())
        {
            StreamPending pending = entries.Current;
            pending.Id.WriteBytes(id);
            writer.WriteRaw(id);
            if (!withDelivery) continue;
            writer.WriteUInt64((ulong)pending.DeliveredMs);
            writer.WriteLength(pending.Deliveries);
        }
    }

    private static void WriteId(RdbWriter writer, StreamId id)
    {
        writer.WriteLength(id.Ms);
        writer.WriteLength(id.Seq);
    }
}
