using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Defragmentation;

/// <summary>How far the parts of a value have been moved; what the fields mean is its type's affair.</summary>
/// <remarks>
/// A large value changes between two steps, so none of this may be more than a hint: a place that is gone, or another
/// value in its stead, costs some parts that are not moved in this pass, and nothing else.
/// </remarks>
internal struct MovePlace
{
    /// <summary>Which kind of parts it is at; all begin at 0.</summary>
    public int Stage;

    /// <summary>A cursor or rank of a part.</summary>
    public ulong Cursor;

    /// <summary>An ID of a stream.</summary>
    public StreamId Id;

    /// <summary>The name of a stream's group; null for the first.</summary>
    public byte[]? Group;

    /// <summary>The name of a consumer of it; null for the first.</summary>
    public byte[]? Consumer;

    /// <summary>Goes on to another kind of parts.</summary>
    public void Enter(int stage) => this = new MovePlace { Stage = stage };
}
