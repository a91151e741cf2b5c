using System.Numerics;

namespace Sigrun.Storage;

/// <summary>
/// Looks at entries from places of a table that chance names, a few at a time, without waiting for memory: each place is
/// named two looks before, its line fetched at once and its entries a look later.
/// </summary>
/// <remarks>
/// A line holds ten entries that cost one miss together, so a look goes through a line from a random slot on rather than
/// to a random entry several times. A place is a number that says which share of the lines lies before it: what happens
/// to the table between two looks costs a fetch in vain and nothing else. Every entry can come; those whose lines hold
/// few come more often.
/// </remarks>
internal unsafe struct TableSampler
{
    private ulong _place;
    private ulong _following;

    /// <summary>Visits at most so many entries, at least one if there is any; the visitor does not write the table.</summary>
    public void Look<TLayout, TVisitor>(Heap heap, TableHeader* table, int max, ref RandomSource random, ref TVisitor visitor)
        where TLayout : struct, IEntryLayout where TVisitor : struct, IEntryVisitor
    {
        max = (int)Math.Min(max, table->Count);
        int visited = 0;
        for (int places = 0; visited < max && places < max; places++)
        {
            ulong place = _place;
            _place = _following;
            _following = random.Next();
            Prefetch.Line(LineAt(table, _following));
            TableLine.PrefetchEntries(heap.Base, LineAt(table, _place));
            visited += VisitChain(heap, LineAt(table, place), (uint)place, max - visited, ref visitor);
        }
        if (visited == 0 && max > 0)
            visitor.Visit(TableWalk<TLayout>.Random(heap, table, ref random));
    }

    private static byte* LineAt(TableHeader* table, ulong place) =>
        TableHeader.Line(table, Math.BigMul(place, table->LineCount, out _));

    /// <summary>Visits entries of a chain, from a random slot of a random line on and round.</summary>
    private static int VisitChain<TVisitor>(Heap heap, byte* first, uint chance, int max, ref TVisitor visitor)
        where TVisitor : struct, IEntryVisitor
    {
        int lines = 1;
        for (byte* line = first; TableLine.IsChained(line); line = TableShape.Next(heap, line))
            lines++;
        int slot = (int)(chance % TableLine.Slots);
        int start = lines == 1 ? 0 : (int)(chance / TableLine.Slots % (uint)lines);
        int visited = 0;
        for (int i = 0; i < lines && visited < max; i++)
        {
            byte* line = first;
            for (int skip = (start + i) % lines; skip > 0; skip--)
                line = TableShape.Next(heap, line);
            uint present = TableLine.Present(line);
            uint behind = present >> slot << slot;
            visited += VisitSlots(heap, line, behind, max - visited, ref visitor);
            visited += VisitSlots(heap, line, present ^ behind, max - visited, ref visitor);
        }
        return visited;
    }

    private static int VisitSlots<TVisitor>(Heap heap, byte* line, uint slots, int max, ref TVisitor visitor)
        where TVisitor : struct, IEntryVisitor
    {
        int visited = 0;
        for (; slots != 0 && visited < max; slots &= slots - 1, visited++)
            visitor.Visit(heap.Base + (TableLine.Reference(line, BitOperations.TrailingZeroCount(slots)) << 2));
        return visited;
    }
}
