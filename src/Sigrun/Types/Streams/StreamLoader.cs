using System.Text;
using Sigrun.Persistence;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>Reads streams in any of their forms into a stream that is empty.</summary>
/// <remarks>
/// Nodes are looked through element by element whatever the settings say, since they are walked without looking where
/// they end later on. What is pending must belong to exactly one consumer: entries that consumers of the other family of
/// servers have given back go to one without a name, from which anybody can claim them.
/// </remarks>
internal static class StreamLoader
{
    /// <summary>Reads a stream; throws <see cref="RdbFormatException"/> when there is none.</summary>
    public static void Load(StreamEditor stream, RdbType form, ref RdbReader reader, long nowMs)
    {
        LoadNodes(stream, ref reader, out StreamId lastLive);
        ulong length = reader.ReadLength();
        StreamId lastId = ReadId(ref reader);
        Require(length == (ulong)stream.View.Length, "Stream length inconsistent with rax entries");
        Require(lastId >= lastLive, "The last ID of a stream is smaller than that of an entry.");
        if (form >= RdbType.StreamListpacks2)
        {
            StreamId firstId = ReadId(ref reader);
            StreamId maxDeletedId = ReadId(ref reader);
            stream.SetFigures(lastId, firstId, maxDeletedId, reader.ReadLength());
        }
        else
        {
            StreamCursor cursor = stream.View.Range(StreamId.Min, StreamId.Max);
            stream.SetFigures(lastId, cursor.Next() ? cursor.Id : StreamId.Max, default, length);
        }
        for (ulong left = reader.ReadLength(); left > 0; left--) LoadGroup(stream, form, ref reader, nowMs);
        if (form >= RdbType.ForeignStream) SkipProducers(ref reader);
    }

    /// <summary>Passes over what producers have sent of late: nothing here keeps them from sending it again.</summary>
    private static void SkipProducers(ref RdbReader reader)
    {
        reader.ReadLength();
        reader.ReadLength();
        for (ulong producers = reader.ReadLength(); producers > 0; producers--)
        {
            reader.ReadString();
            for (ulong entries = reader.ReadLength(); entries > 0; entries--)
            {
                reader.ReadString();
                ReadId(ref reader);
            }
        }
        reader.ReadLength();
        reader.ReadLength();
    }

    private static void LoadNodes(StreamEditor stream, ref RdbReader reader, out StreamId lastLive)
    {
        lastLive = default;
        for (ulong left = reader.ReadLength(); left > 0; left--)
        {
            ReadOnlySpan<byte> id = reader.ReadString();
            Require(id.Length == StreamId.Bytes, "Stream node key entry is not the size of a stream ID");
            StreamId firstId = StreamId.FromBytes(id);
            Require(stream.TryAddNode(firstId, reader.ReadPacked(), ref lastLive), "Stream listpack integrity check failed.");
        }
    }

    private static void LoadGroup(StreamEditor stream, RdbType form, ref RdbReader reader, long nowMs)
    {
        ReadOnlySpan<byte> name = reader.ReadString();
        StreamGroup group = stream.TryAddGroup(name, default, GroupProgress.Unknown);
        if (group.IsNone) throw new RdbFormatException("Duplicated consumer group name " + Encoding.Latin1.GetString(name));
        StreamId lastId = ReadId(ref reader);
        long read = form >= RdbType.StreamListpacks2 ? (long)reader.ReadLength() : GroupProgress.NumberOf(stream.View, lastId);
        stream.SetPosition(group, lastId, read);
        for (ulong left = reader.ReadLength(); left > 0; left--)
        {
            StreamId id = StreamId.FromBytes(reader.ReadBytes(StreamId.Bytes));
            long deliveredMs = reader.ReadInt64();
            Require(stream.TryAddUnowned(group, id, deliveredMs, reader.ReadLength()), "Duplicated global PEL entry loading stream consumer group");
        }
        long owned = 0;
        for (ulong left = reader.ReadLength(); left > 0; left--) owned += LoadConsumer(stream, group, form, ref reader, nowMs);
        if (form >= RdbType.ForeignStream2) owned += LoadReturned(stream, group, ref reader, nowMs);
        Require(owned == group.PendingCount, "Stream CG PEL entry without consumer");
    }

    /// <summary>Reads a consumer; returns how many entries are pending with it.</summary>
    private static long LoadConsumer(StreamEditor stream, StreamGroup group, RdbType form, ref RdbReader reader, long nowMs)
    {
        StreamConsumer consumer = stream.TryAddConsumer(group, reader.ReadString(), nowMs, nowMs);
        Require(!consumer.IsNone, "Duplicate stream consumer detected.");
        long seenMs = reader.ReadInt64();
        stream.SetSeen(consumer, seenMs);
        stream.SetActive(consumer, form >= RdbType.StreamListpacks3 ? reader.ReadInt64() : seenMs);
        for (ulong left = reader.ReadLength(); left > 0; left--)
        {
            StreamId id = StreamId.FromBytes(reader.ReadBytes(StreamId.Bytes));
            Require(!group.FindPending(id).IsNone, "Consumer entry not found in group global PEL");
            // The second space is Valkey's.
            Require(stream.TryOwn(group, consumer, id), "Duplicated consumer PEL entry  loading a stream consumer group");
        }
        return consumer.PendingCount;
    }

    /// <summary>Reads what is pending with no consumer; returns how much that is.</summary>
    private static long LoadReturned(StreamEditor stream, StreamGroup group, ref RdbReader reader, long nowMs)
    {
        ulong count = reader.ReadLength();
        if (count == 0) return 0;
        StreamConsumer nobody = group.FindConsumer([]);
        if (nobody.IsNone) nobody = stream.TryAddConsumer(group, [], nowMs, nowMs);
        for (ulong left = count; left > 0; left--)
        {
            StreamId id = StreamId.FromBytes(reader.ReadBytes(StreamId.Bytes));
            Require(stream.TryOwn(group, nobody, id), "An entry that was given back is not pending, or is with a consumer.");
        }
        return (long)count;
    }

    private static StreamId ReadId(ref RdbReader reader)
    {
        ulong ms = reader.ReadLength();
        return new StreamId(ms, reader.ReadLength());
    }

    private static void Require(bool condition, string what)
    {
        if (!condition) throw new RdbFormatException(what);
    }
}
