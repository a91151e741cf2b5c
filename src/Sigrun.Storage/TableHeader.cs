using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sigrun.Storage;

/// <summary>
/// The state of one hash table, a heap block of its own, and the place of its lines.
/// </summary>
/// <remarks>
/// Linear hashing: with N = (<see cref="UpperMask"/> + 1) / 2 lines on the lower level, lines N and
/// up are the split-off siblings of lines 0 and up; line i + N exists when i was split. A hash goes
/// to (hash mod 2N) when that line exists and to (hash mod N) when not. Lines lie in segments of
/// 1024 (one 64 KiB unit); a table with fewer has one block that grows in steps and becomes the
/// first segment when it is full.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct TableHeader
{
    public const int Bytes = 128;
    public const int SegmentShift = 10;
    public const int SegmentLines = 1 << SegmentShift;

    /// <summary>The segments; points at <see cref="OnlySegment"/> while there is one.</summary>
    public byte** Directory;
    public ulong LineCount;
    public ulong UpperMask;
    public long Count;

    /// <summary>With more entries than this, lines are split.</summary>
    public long GrowAbove;

    /// <summary>With fewer entries than this, lines are merged.</summary>
    public long ShrinkBelow;
    public byte* OnlySegment;

    /// <summary>Lines the block of a one-segment table has room for.</summary>
    public ushort FirstSegmentCapacity;

    /// <summary>Whether a snapshot reads the table, so that whoever writes shows it what the line held before.</summary>
    public bool IsInSnapshot;

    /// <summary>Segments the directory has room for; 1 while it is the header's own field.</summary>
    public int DirectoryCapacity;
    public long ChainLines;

    /// <summary>
    /// The mark (<see cref="TableLine.SnapshotMark"/>) of the lines that no snapshot waits for. A snapshot that begins
    /// turns it round, and by that says of all lines at once that it has not had them.
    /// </summary>
    public uint SnapshotMark;

    /// <summary>While above 0, no line moves: a walk is under way.</summary>
    public int WalkDepth;

    /// <summary>What references count from: whoever reads a table needs nothing but its header.</summary>
    public byte* HeapBase;

    /// <summary>A block that the table's owner keeps beside it, and frees; null for most.</summary>
    public byte* Attachment;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LineIndex(TableHeader* table, ulong hash)
    {
        // Without a branch: which level a hash is on is a coin toss that no predictor wins.
        ulong mask = table->UpperMask;
        ulong beyond = (table->LineCount - 1 - (hash & mask)) >> 63;
        return hash & (mask >> (int)beyond);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Line(TableHeader* table, ulong index) =>
        table->Directory[index >> SegmentShift] + ((index & (SegmentLines - 1)) << 6);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* LineOf(TableHeader* table, ulong hash) => Line(table, LineIndex(table, hash));
}
