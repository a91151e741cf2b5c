using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>How far a consumer group has come, in entries, as far as that can be told.</summary>
/// <remarks>
/// A stream knows how many entries were ever added. What has been read is a number of the same kind, counted while a
/// group reads on; where entries were deleted between others, or a group was set to an ID somewhere in the middle, the
/// number is not known (−1) until it reaches an ID whose number is.
/// </remarks>
internal static class GroupProgress
{
    /// <summary>Stands for a number of entries that is not known.</summary>
    public const long Unknown = -1;

    /// <summary>The entries that a group has not read yet; false when that is not known.</summary>
    public static bool TryGetLag(in StreamView stream, StreamGroup group, out long lag)
    {
        lag = 0;
        if (stream.EntriesAdded == 0) return true;
        long read = group.EntriesRead;
        if (read == Unknown || HasDeletedFrom(stream, group.LastId)) read = NumberOf(stream, group.LastId);
        lag = unchecked((long)stream.EntriesAdded - read);
        return read != Unknown;
    }

    /// <summary>The number of entries that a group has read when it is given one more.</summary>
    public static long AfterReading(in StreamView stream, StreamGroup group, StreamId id)
    {
        long read = group.EntriesRead;
        if (read != Unknown && group.LastId >= stream.FirstId && !HasDeletedFrom(stream, group.LastId)) return read + 1;
        return stream.EntriesAdded > 0 ? NumberOf(stream, id) : read;
    }

    /// <summary>How many entries were added up to an ID; −1 when that cannot be told.</summary>
    public static long NumberOf(in StreamView stream, StreamId id)
    {
        if (stream.EntriesAdded == 0) return 0;
        long added = (long)stream.EntriesAdded;
        if (stream.Length == 0 && id <= stream.LastId) return added;
        if (!id.IsZero && id < stream.MaxDeletedId) return Unknown;
        if (id == stream.LastId) return added;
        if (id > stream.LastId) return Unknown;
        bool isWhole = stream.MaxDeletedId.IsZero || stream.MaxDeletedId < stream.FirstId;
        if (!isWhole || id > stream.FirstId) return Unknown;
        return id == stream.FirstId ? added - stream.Length + 1 : added - stream.Length;
    }

    /// <summary>Whether an entry was deleted behind an ID.</summary>
    private static bool HasDeletedFrom(in StreamView stream, StreamId id) =>
        stream.Length > 0 && !stream.MaxDeletedId.IsZero && id <= stream.MaxDeletedId;
}
