namespace Sigrun.Storage;

/// <summary>Makes copies of entries; a policy that the JIT specialises for.</summary>
internal unsafe interface IEntryCopier
{
    /// <summary>A copy in a block of its own.</summary>
    static abstract byte* Copy(Heap heap, byte* entry);
}

/// <summary>Copies tables line by line.</summary>
/// <remarks>
/// A copy with as many lines has every entry in the same line: nothing is hashed, searched or split. New entries follow
/// one another in memory in the order of lines, so that whoever then goes through another table with the same hash meets
/// them in nearly their order.
/// </remarks>
internal static unsafe class TableCopy
{
    /// <summary>Fills an empty table. One that finds no memory throws; what it has copied by then stays in the target.</summary>
    public static void Fill<TCopier>(Heap heap, TableHeader* target, TableHeader* source) where TCopier : struct, IEntryCopier
    {
        while (target->LineCount < source->LineCount)
        {
            if (TableShape.AddLine(heap, target) == null) throw new HeapExhaustedException(TableLine.Bytes);
        }
        TableIterator entries = new(source);
        byte* line = null;
        ulong index = ulong.MaxValue;
        while (entries.MoveNext())
        {
            if (entries.LineIndex != index)
            {
                index = entries.LineIndex;
                line = TableHeader.Line(target, index);
            }
            int slot = TableLine.FreeSlot(line);
            if (slot < 0)
            {
                line = TableShape.Extend(heap, target, line);
                slot = TableLine.FreeSlot(line);
            }
            TableLine.Put(line, slot, heap.ToRef(TCopier.Copy(heap, entries.Current)), entries.Fingerprint);
            target->Count++;
        }
    }
}
