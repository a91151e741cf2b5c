using Sigrun.Persistence.AppendOnly;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>Writes the commands that make a stream: its entries, its figures, its groups and what is pending in them.</summary>
/// <remarks>
/// When consumers were last seen is in no command, and what is pending of an entry that was deleted cannot be claimed:
/// files of commands lose both, as they always have.
/// </remarks>
internal static class StreamCommandSaver
{
    /// <summary>Writes a stream.</summary>
    public static void Save(ReadOnlySpan<byte> key, in StreamView stream, CommandWriter writer)
    {
        if (stream.Length > 0) SaveEntries(key, stream, writer);
        else writer.Begin(7).Add("XADD"u8).Add(key).Add("MAXLEN"u8).Add("0"u8).Add("0-1"u8).Add("x"u8).Add("y"u8);
        // The last entry may have been deleted.
        AddId(writer.Begin(7).Add("XSETID"u8).Add(key), stream.LastId).Add("ENTRIESADDED"u8).Add((long)stream.EntriesAdded);
        AddId(writer.Add("MAXDELETEDID"u8), stream.MaxDeletedId);
        StreamGroups groups = stream.Groups;
        while (groups.Next()) SaveGroup(key, groups.Current, writer);
    }

    private static void SaveEntries(ReadOnlySpan<byte> key, in StreamView stream, CommandWriter writer)
    {
        StreamCursor cursor = stream.Range(StreamId.Min, StreamId.Max);
        while (cursor.Next())
        {
            AddId(writer.Begin(3 + 2L * cursor.FieldCount).Add("XADD"u8).Add(key), cursor.Id);
            for (int i = cursor.FieldCount; i > 0; i--)
            {
                cursor.ReadField(out ListpackElement field, out ListpackElement value);
                writer.Add(field).Add(value);
            }
        }
    }

    private static void SaveGroup(ReadOnlySpan<byte> key, StreamGroup group, CommandWriter writer)
    {
        AddId(writer.Begin(7).Add("XGROUP"u8).Add("CREATE"u8).Add(key).Add(group.Name), group.LastId);
        writer.Add("ENTRIESREAD"u8).Add(group.EntriesRead);
        StreamConsumers consumers = group.Consumers;
        while (consumers.Next())
        {
            StreamConsumer consumer = consumers.Current;
            if (consumer.PendingCount == 0)
                writer.Begin(5).Add("XGROUP"u8).Add("CREATECONSUMER"u8).Add(key).Add(group.Name).Add(consumer.Name);
            StreamPendings entries = consumer.PendingFrom(StreamId.Min);
            while (entries.Next()) SavePending(key, group, consumer, entries.Current, writer);
        }
    }

    private static void SavePending(ReadOnlySpan<byte> key, StreamGroup group, StreamConsumer consumer, StreamPending pending, CommandWriter writer)
    {
        AddId(writer.Begin(12).Add("XCLAIM"u8).Add(key).Add(group.Name).Add(consumer.Name).Add("0"u8), pending.Id);
        writer.Add("TIME"u8).Add(pending.DeliveredMs).Add("RETRYCOUNT"u8).Add((long)pending.Deliveries).Add("JUSTID"u8).Add("FORCE"u8);
    }

    private static CommandWriter AddId(CommandWriter writer, StreamId id)
    {
        Span<byte> text = stackalloc byte[StreamId.TextMax];
        return writer.Add(text[..id.Format(text)]);
    }
}
