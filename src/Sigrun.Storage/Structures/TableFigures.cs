namespace Sigrun.Storage.Structures;

/// <summary>What tables of elements take, for those who ask how memory is used.</summary>
public static unsafe class TableFigures
{
    /// <summary>Figures on the table of a value's elements; false when the value is in no table.</summary>
    public static bool TryMeasure(Heap heap, EntryRef entry, out HashTableStatistics statistics)
    {
        byte* table = entry.Encoding switch
        {
            EntryEncoding.HashTable => entry.Structure,
            EntryEncoding.SkipList => ((SortedSets.SortedSetHeader*)entry.Structure)->Table,
            _ => null,
        };
        statistics = table != null ? TableShape.Measure(heap, (TableHeader*)table) : default;
        return table != null;
    }

    /// <summary>The bytes of all entries, from as many as samples.</summary>
    internal static long EntryBytes(Heap heap, TableHeader* table, long samples)
    {
        TableIterator entries = new(table);
        long bytes = 0, seen = 0;
        for (; seen < samples && entries.MoveNext(); seen++) bytes += (long)heap.UsableSize(entries.Current);
        return seen == 0 ? 0 : (long)((double)bytes / seen * table->Count);
    }
}
