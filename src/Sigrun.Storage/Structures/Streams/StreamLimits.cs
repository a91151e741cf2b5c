namespace Sigrun.Storage.Structures.Streams;

/// <summary>When a stream begins another node.</summary>
/// <param name="NodeBytesMax">The size that a node stays below; 0 for no limit.</param>
/// <param name="NodeEntriesMax">The entries that a node has, deleted ones included; 0 for no limit.</param>
public readonly record struct StreamLimits(long NodeBytesMax, long NodeEntriesMax);

/// <summary>The fields and values of an entry on its way into a stream.</summary>
public interface IStreamFields
{
    /// <summary>Pairs of a field and a value.</summary>
    int Count { get; }

    /// <summary>A field, at an even place, or its value behind it.</summary>
    ReadOnlySpan<byte> this[int index] { get; }
}

/// <summary>What goes when a stream is trimmed: entries from its beginning.</summary>
/// <param name="ByLength">Whether all but <paramref name="LengthMax"/> entries go, or those before <paramref name="MinId"/>.</param>
/// <param name="LengthMax">Entries that may stay.</param>
/// <param name="MinId">The first ID that may stay.</param>
/// <param name="WholeNodesOnly">Whether entries go only with their whole node.</param>
/// <param name="RemovedMax">How many may go; 0 for any number.</param>
public readonly record struct StreamTrim(bool ByLength, ulong LengthMax, StreamId MinId, bool WholeNodesOnly, long RemovedMax);
