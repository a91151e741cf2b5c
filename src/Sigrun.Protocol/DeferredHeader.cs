using Sigrun.Storage.Buffers;

namespace Sigrun.Protocol;

/// <summary>Where the header of an aggregate goes whose length is not known yet.</summary>
public readonly struct DeferredHeader
{
    /// <summary>Bytes kept for a header: prefix, 20 digits, line end.</summary>
    internal const int Room = 24;

    internal DeferredHeader(OutputSegment segment, long offset)
    {
        Segment = segment;
        Offset = offset;
    }

    internal OutputSegment? Segment { get; }

    internal long Offset { get; }
}
