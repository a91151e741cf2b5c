using Sigrun.Storage.Buffers;

namespace Sigrun.Protocol;

/// <summary>A place in a client's replies, to which a failed command's reply is rewound.</summary>
public readonly unsafe struct ReplyMark
{
    internal ReplyMark(OutputSegment? segment, byte* position)
    {
        Segment = segment;
        Position = position;
    }

    internal OutputSegment? Segment { get; }

    internal byte* Position { get; }
}
