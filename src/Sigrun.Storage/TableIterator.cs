using System.Numerics;
using System.Runtime.CompilerServices;

namespace Sigrun.Storage;

/// <summary>Goes through all entries of a table, in the order of its lines; valid until the table is written.</summary>
/// <remarks>
/// Lines of a segment follow one another in memory, which the processor foresees; entries do not, so those of a line
/// are fetched while the line before it is worked on. Tables with the same hash have their entries in the same order
/// but for the highest bits: going through one, lookups in another meet neighbouring lines.
/// </remarks>
internal unsafe struct TableIterator
{
    private readonly TableHeader* _table;
    private ulong _nextIndex;
    private byte* _line;
    private uint _rest;
    private int _slot;

    public TableIterator(TableHeader* table)
    {
        _table = table;
        TableLine.PrefetchEntries(table->HeapBase, TableHeader.Line(table, 0));
    }

    /// <summary>The entry.</summary>
    public byte* Current { get; private set; }

    /// <summary>The number of the line whose chain holds the entry.</summary>
    public readonly ulong LineIndex => _nextIndex - 1;

    /// <summary>The entry's fingerprint.</summary>
    public readonly byte Fingerprint => TableLine.Fingerprint(_line, _slot);

    /// <summary>Goes to the next entry; false at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        while (_rest == 0)
        {
            if (!NextLine()) return false;
        }
        _slot = BitOperations.TrailingZeroCount(_rest);
        Current = EntryAt(_line, _slot);
        _rest &= _rest - 1;
        return true;
    }

    private bool NextLine()
    {
        if (_line != null && TableLine.IsChained(_line))
        {
            _line = EntryAt(_line, TableLine.LinkSlot);
        }
        else
        {
            if (_nextIndex == _table->LineCount) return false;
            _line = TableHeader.Line(_table, _nextIndex++);
            if (_nextIndex < _table->LineCount) TableLine.PrefetchEntries(_table->HeapBase, TableHeader.Line(_table, _nextIndex));
        }
        _rest = TableLine.Present(_line);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly byte* EntryAt(byte* line, int slot) => _table->HeapBase + (TableLine.Reference(line, slot) << 2);
}
