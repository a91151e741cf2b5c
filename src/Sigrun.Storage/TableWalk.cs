using System.Numerics;
using System.Runtime.CompilerServices;
using Sigrun.Storage.Defragmentation;

namespace Sigrun.Storage;

/// <summary>
/// Walks over a table: the cursor scan and the random choice.
/// </summary>
/// <remarks>
/// The cursor counts through the lower level's lines with its bits reversed: when the level doubles
/// or halves between two calls, the lines already visited stay exactly the lines visited. A line, its
/// chain, its split sibling and the sibling's chain are emitted in one call, so that to a cursor the
/// table always looks like one of a power of two. While a walk is under way no entry changes its
/// place; what the visitor removed leaves holes, which are closed before the call returns.
/// </remarks>
internal static unsafe class TableWalk<TLayout> where TLayout : struct, IEntryLayout
{
    private const int FairSlots = 32;
    private const int MaxTries = 512;

    /// <summary>How many places ahead the lines are fetched while entries are moved.</summary>
    private const int MovePlacesFetched = 2;

    public static ulong Scan<TVisitor>(Heap heap, TableHeader* table, ulong cursor, ref TVisitor visitor)
        where TVisitor : struct, IEntryVisitor
    {
        ulong lowerMask = table->UpperMask >> 1;
        ulong index = cursor & lowerMask;
        ulong sibling = index + lowerMask + 1;
        long before = table->Count;
        table->WalkDepth++;
        try
        {
            VisitChain(heap, TableHeader.Line(table, index), ref visitor);
            if (sibling < table->LineCount)
                VisitChain(heap, TableHeader.Line(table, sibling), ref visitor);
        }
        finally
        {
            table->WalkDepth--;
        }
        if (table->Count != before && table->WalkDepth == 0)
            CloseHoles(heap, table, index, sibling, before - table->Count);
        return CursorBehind(cursor, lowerMask);
    }

    public static void PrefetchScan(TableHeader* table, ulong cursor, int steps)
    {
        ulong lowerMask = table->UpperMask >> 1;
        for (; steps > 0; steps--)
        {
            ulong index = cursor & lowerMask;
            ulong sibling = index + lowerMask + 1;
            Prefetch.Line(TableHeader.Line(table, index));
            if (sibling < table->LineCount)
                Prefetch.Line(TableHeader.Line(table, sibling));
            cursor = CursorBehind(cursor, lowerMask);
        }
    }

    /// <summary>As <see cref="Scan"/>, for one who moves the entries of a place; chain lines are moved here. No entry comes or goes.</summary>
    public static ulong Move<TMover>(BlockMover blocks, TableHeader* table, ulong cursor, ref TMover entries)
        where TMover : struct, IEntryMover
    {
        ulong lowerMask = table->UpperMask >> 1;
        ulong index = cursor & lowerMask;
        ulong sibling = index + lowerMask + 1;
        ulong next = CursorBehind(cursor, lowerMask);
        PrefetchScan(table, next, MovePlacesFetched);
        TableLine.PrefetchEntries(blocks.Heap.Base, TableHeader.Line(table, next & lowerMask));
        MoveChain(blocks, TableHeader.Line(table, index), ref entries);
        if (sibling < table->LineCount)
            MoveChain(blocks, TableHeader.Line(table, sibling), ref entries);
        return next;
    }

    public static byte* Random(Heap heap, TableHeader* table, ref RandomSource random)
    {
        if (table->Count == 0)
            return null;
        ulong index = random.NextBounded(table->LineCount);
        for (int tries = 0; tries < MaxTries; tries++)
        {
            byte* line = TableHeader.Line(table, index);
            int count = CountChain(heap, line);
            if (count > 0)
                return EntryAt(heap, line, random.NextInt(count));
            index = random.NextBounded(table->LineCount);
        }
        return NextFrom(heap, table, index);
    }

    public static byte* FairRandom(Heap heap, TableHeader* table, ref RandomSource random)
    {
        if (table->Count == 0)
            return null;
        ulong index = 0;
        for (int tries = 0; tries < MaxTries; tries++)
        {
            // A line is taken in proportion to its entries. One with more than there are places,
            // which a keyed hash never makes, shares the places among its entries.
            index = random.NextBounded(table->LineCount);
            byte* line = TableHeader.Line(table, index);
            int count = CountChain(heap, line);
            int place = random.NextInt(FairSlots);
            if (place < count)
                return EntryAt(heap, line, count <= FairSlots ? place : random.NextInt(count));
        }
        return NextFrom(heap, table, index);
    }

    private static void VisitChain<TVisitor>(Heap heap, byte* line, ref TVisitor visitor) where TVisitor : struct, IEntryVisitor
    {
        for (; ; )
        {
            bool chained = TableLine.IsChained(line);
            byte* next = chained ? TableShape.Next(heap, line) : null;
            uint present = TableLine.Present(line);
            for (uint rest = present; rest != 0; rest &= rest - 1)
                Prefetch.Line(heap.Base + (TableLine.Reference(line, BitOperations.TrailingZeroCount(rest)) << 2));
            if (chained)
                Prefetch.Line(next);
            for (uint rest = present; rest != 0; rest &= rest - 1)
            {
                int index = BitOperations.TrailingZeroCount(rest);
                if ((TableLine.Present(line) & (1u << index)) != 0)
                    visitor.Visit(heap.Base + (TableLine.Reference(line, index) << 2));
            }
            if (!chained)
                return;
            line = next;
        }
    }

    private static void MoveChain<TMover>(BlockMover blocks, byte* line, ref TMover entries) where TMover : struct, IEntryMover
    {
        Heap heap = blocks.Heap;
        for (; ; )
        {
            for (uint rest = TableLine.Present(line); rest != 0; rest &= rest - 1)
            {
                int slot = BitOperations.TrailingZeroCount(rest);
                byte* entry = heap.Base + (TableLine.Reference(line, slot) << 2);
                byte* moved = entries.Move(blocks, entry);
                if (moved != entry)
                    TableLine.SetReference(line, slot, heap.ToRef(moved));
            }
            if (!TableLine.IsChained(line))
                return;
            byte* next = TableShape.Next(heap, line);
            if (blocks.Move(ref next))
                TableLine.SetReference(line, TableLine.LinkSlot, heap.ToRef(next));
            line = next;
        }
    }

    private static void CloseHoles(Heap heap, TableHeader* table, ulong index, ulong sibling, long removed)
    {
        if (table->ChainLines > 0)
        {
            TableReshape<TLayout>.Compact(heap, table, TableHeader.Line(table, index));
            if (sibling < table->LineCount)
                TableReshape<TLayout>.Compact(heap, table, TableHeader.Line(table, sibling));
        }
        for (; removed > 0 && table->Count < table->ShrinkBelow; removed--)
        {
            if (!TableReshape<TLayout>.Shrink(heap, table))
                return;
        }
    }

    private static int CountChain(Heap heap, byte* line)
    {
        int count = TableLine.Count(line);
        while (TableLine.IsChained(line))
        {
            line = TableShape.Next(heap, line);
            count += TableLine.Count(line);
        }
        return count;
    }

    private static byte* EntryAt(Heap heap, byte* line, int number)
    {
        for (; ; line = TableShape.Next(heap, line))
        {
            uint present = TableLine.Present(line);
            int count = BitOperations.PopCount(present);
            if (number >= count)
            {
                number -= count;
                continue;
            }
            for (; number > 0; number--)
                present &= present - 1;
            return heap.Base + (TableLine.Reference(line, BitOperations.TrailingZeroCount(present)) << 2);
        }
    }

    /// <summary>The first entry found from a line on: the way out when a table is nearly empty.</summary>
    private static byte* NextFrom(Heap heap, TableHeader* table, ulong index)
    {
        for (; ; index = index + 1 == table->LineCount ? 0 : index + 1)
        {
            byte* line = TableHeader.Line(table, index);
            if (CountChain(heap, line) > 0)
                return EntryAt(heap, line, 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong CursorBehind(ulong cursor, ulong lowerMask) => Reverse(Reverse(cursor | ~lowerMask) + 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Reverse(ulong value)
    {
        value = ((value >> 1) & 0x5555555555555555) | ((value & 0x5555555555555555) << 1);
        value = ((value >> 2) & 0x3333333333333333) | ((value & 0x3333333333333333) << 2);
        value = ((value >> 4) & 0x0f0f0f0f0f0f0f0f) | ((value & 0x0f0f0f0f0f0f0f0f) << 4);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
    }
}
