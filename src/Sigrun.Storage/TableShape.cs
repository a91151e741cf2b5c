using System.Numerics;
using Sigrun.Storage.Defragmentation;
using Sigrun.Storage.Structures;

namespace Sigrun.Storage;

/// <summary>
/// The memory of a table: header, directory, segments and chain lines. Knows lines but not entries.
/// </summary>
/// <remarks>
/// Every function that allocates does so before it changes anything, and says when it could not.
/// The table splits above 7.5 entries per line and merges below 3.25, far enough apart that no
/// sequence of insertions and removals makes it do both.
/// </remarks>
internal static unsafe class TableShape
{
    /// <summary>What a table without entries takes.</summary>
    public const long EmptyBytes = TableHeader.Bytes + TableLine.Bytes;

    private const int FirstDirectoryCapacity = 8;

    public static TableHeader* Create(Heap heap)
    {
        byte* line = heap.Allocate(TableLine.Bytes);
        TableHeader* table;
        try
        {
            table = (TableHeader*)heap.Allocate(TableHeader.Bytes);
        }
        catch (HeapExhaustedException)
        {
            heap.Free(line);
            throw;
        }
        TableLine.Initialise(line);
        *table = default;
        table->OnlySegment = line;
        table->Directory = &table->OnlySegment;
        table->DirectoryCapacity = 1;
        table->FirstSegmentCapacity = 1;
        table->LineCount = 1;
        table->UpperMask = 1;
        table->HeapBase = heap.Base;
        SetThresholds(table);
        return table;
    }

    /// <summary>Makes a table with lines enough for so many entries; with fewer where memory is short.</summary>
    public static TableHeader* Create(Heap heap, long expected)
    {
        TableHeader* table = Create(heap);
        Expect(heap, table, expected);
        return table;
    }

    /// <summary>Gives a table without entries lines enough for so many; fewer where memory is short.</summary>
    public static void Expect(Heap heap, TableHeader* table, long expected)
    {
        while (table->GrowAbove < expected && AddLine(heap, table) != null)
        {
            // One line more.
        }
    }

    public static void Destroy<TFreer>(in TFreer freer, TableHeader* table) where TFreer : struct, IBlockFreer
    {
        for (ulong i = 0; table->ChainLines > 0 && i < table->LineCount; i++)
        {
            byte* line = TableHeader.Line(table, i);
            while (TableLine.IsChained(line))
            {
                byte* next = Next(freer.Heap, line);
                TableLine.Control(line) = TableLine.Control(next);
                if (TableLine.IsChained(next))
                    TableLine.SetReference(line, TableLine.LinkSlot, TableLine.Reference(next, TableLine.LinkSlot));
                freer.Free(next);
                table->ChainLines--;
            }
        }
        for (int i = 0; i < Segments(table); i++)
            freer.Free(table->Directory[i]);
        if (table->DirectoryCapacity > 1)
            freer.Free((byte*)table->Directory);
        freer.Free((byte*)table);
    }

    public static byte* Next(Heap heap, byte* line) => heap.Base + (TableLine.Reference(line, TableLine.LinkSlot) << 2);

    /// <summary>Adds a line to a chain's full last line and returns it: never full.</summary>
    public static byte* Extend(Heap heap, TableHeader* table, byte* last)
    {
        byte* line = heap.Allocate(TableLine.Bytes);
        TableLine.Initialise(line);
        Link(heap, last, line);
        table->ChainLines++;
        return line;
    }

    /// <summary>Hangs an empty line on a full one; the tenth entry makes room for the link.</summary>
    public static void Link(Heap heap, byte* last, byte* line)
    {
        if ((TableLine.Control(last) & (1u << TableLine.LinkSlot)) != 0)
        {
            TableLine.Copy(last, TableLine.LinkSlot, line, 0);
            TableLine.Vacate(last, TableLine.LinkSlot);
        }
        TableLine.SetReference(last, TableLine.LinkSlot, heap.ToRef(line));
        TableLine.Control(last) |= TableLine.ChainedBit;
    }

    /// <summary>Adds an empty line at the end; null when there is no memory for it.</summary>
    public static byte* AddLine(Heap heap, TableHeader* table)
    {
        try
        {
            MakeRoom(heap, table);
        }
        catch (HeapExhaustedException)
        {
            return null;
        }
        byte* line = TableHeader.Line(table, table->LineCount);
        TableLine.Initialise(line);
        TableLine.SetSnapshotMark(line, table->SnapshotMark);
        table->LineCount++;
        if (table->LineCount > table->UpperMask)
            table->UpperMask = table->UpperMask * 2 + 1;
        SetThresholds(table);
        return line;
    }

    /// <summary>Takes the last line away, whose entries have moved, and the memory that it alone needed.</summary>
    public static void DropLine(Heap heap, TableHeader* table)
    {
        table->LineCount--;
        if (table->LineCount <= table->UpperMask >> 1)
            table->UpperMask >>= 1;
        SetThresholds(table);
        if (table->LineCount >= TableHeader.SegmentLines)
        {
            if ((table->LineCount & (TableHeader.SegmentLines - 1)) == 0)
                heap.Free(table->Directory[table->LineCount >> TableHeader.SegmentShift]);
        }
        else if ((long)table->LineCount < table->FirstSegmentCapacity / 2)
        {
            TryResizeFirstSegment(heap, table, StepAbove((int)table->LineCount));
        }
    }

    /// <summary>Puts the numbers of entries at which the table changes out of reach, or where they belong.</summary>
    public static void HoldSize(TableHeader* table, bool holds)
    {
        SetThresholds(table);
        if (holds)
            (table->GrowAbove, table->ShrinkBelow) = (long.MaxValue, 0);
    }

    public static HashTableStatistics Measure(Heap heap, TableHeader* table)
    {
        long chained = 0;
        int longest = 1;
        for (ulong i = 0; i < table->LineCount; i++)
        {
            byte* line = TableHeader.Line(table, i);
            if (!TableLine.IsChained(line))
                continue;
            chained++;
            int length = 1;
            for (; TableLine.IsChained(line); line = Next(heap, line))
                length++;
            longest = Math.Max(longest, length);
        }
        return new HashTableStatistics(table->Count, (long)table->LineCount, table->ChainLines, chained, longest, UsedBytes(table));
    }

    public static long UsedBytes(TableHeader* table)
    {
        long lines = Segments(table) == 1 ? table->FirstSegmentCapacity : (long)Segments(table) << TableHeader.SegmentShift;
        return TableHeader.Bytes + DirectoryBytes(table) + (long)Heap.RoundedSize((nuint)lines * TableLine.Bytes) + table->ChainLines * TableLine.Bytes;
    }

    /// <summary>The bytes that lead to segments of lines, where there are several.</summary>
    public static long DirectoryBytes(TableHeader* table) =>
        table->DirectoryCapacity > 1 ? (long)Heap.RoundedSize((nuint)table->DirectoryCapacity * 8) : 0;

    /// <summary>Moves the blocks that make a table, but for chain lines; returns where its header is.</summary>
    /// <remarks>Of several segments each is a large block, which does not move.</remarks>
    public static TableHeader* Move(BlockMover blocks, TableHeader* table)
    {
        if (blocks.Move(ref table) && table->DirectoryCapacity == 1)
            table->Directory = &table->OnlySegment;
        if (table->DirectoryCapacity > 1)
            blocks.Move(ref *(byte**)&table->Directory);
        if (Segments(table) == 1)
            blocks.Move(ref table->Directory[0]);
        return table;
    }

    private static int Segments(TableHeader* table) =>
        (int)((table->LineCount + TableHeader.SegmentLines - 1) >> TableHeader.SegmentShift);

    private static void SetThresholds(TableHeader* table)
    {
        long lines = (long)table->LineCount;
        table->GrowAbove = Math.Max(TableLine.Slots, lines * 15 / 2);
        table->ShrinkBelow = lines == 1 ? 0 : lines * 13 / 4;
    }

    private static void MakeRoom(Heap heap, TableHeader* table)
    {
        if (table->LineCount < TableHeader.SegmentLines)
        {
            if ((int)table->LineCount == table->FirstSegmentCapacity)
                ResizeFirstSegment(heap, table, StepAbove(table->FirstSegmentCapacity + 1));
            return;
        }
        if ((table->LineCount & (TableHeader.SegmentLines - 1)) != 0)
            return;
        int segments = Segments(table);
        if (segments == table->DirectoryCapacity)
            GrowDirectory(heap, table);
        table->Directory[segments] = heap.Allocate(TableHeader.SegmentLines * TableLine.Bytes);
    }

    private static void GrowDirectory(Heap heap, TableHeader* table)
    {
        int capacity = Math.Max(FirstDirectoryCapacity, table->DirectoryCapacity * 2);
        byte** directory = (byte**)heap.Allocate((nuint)capacity * 8);
        new ReadOnlySpan<ulong>(table->Directory, table->DirectoryCapacity).CopyTo(new Span<ulong>(directory, capacity));
        if (table->DirectoryCapacity > 1)
            heap.Free((byte*)table->Directory);
        table->Directory = directory;
        table->DirectoryCapacity = capacity;
    }

    /// <summary>The sizes that a small table's block has: four per doubling.</summary>
    private static int StepAbove(int lines)
    {
        if (lines <= 8)
            return lines;
        int step = 1 << (BitOperations.Log2((uint)(lines - 1)) - 2);
        return Math.Min(TableHeader.SegmentLines, (lines + step - 1) & -step);
    }

    private static void ResizeFirstSegment(Heap heap, TableHeader* table, int capacity)
    {
        byte* segment = heap.Allocate((nuint)capacity * TableLine.Bytes);
        byte* old = table->Directory[0];
        int bytes = (int)table->LineCount * TableLine.Bytes;
        new ReadOnlySpan<byte>(old, bytes).CopyTo(new Span<byte>(segment, bytes));
        table->Directory[0] = segment;
        table->FirstSegmentCapacity = (ushort)capacity;
        heap.Free(old);
    }

    private static void TryResizeFirstSegment(Heap heap, TableHeader* table, int capacity)
    {
        try
        {
            ResizeFirstSegment(heap, table, capacity);
        }
        catch (HeapExhaustedException)
        {
            // The larger block serves as well.
        }
    }
}
