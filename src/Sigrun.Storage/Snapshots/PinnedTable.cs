using Sigrun.Storage.Structures.Hashes;
using Sigrun.Storage.Structures.Sets;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Storage.Snapshots;

/// <summary>How an element of a table is saved.</summary>
internal unsafe interface ITableElement
{
    /// <summary>Writes an element.</summary>
    void Write(SnapshotQueue queue, TableHeader* table, byte* entry);
}

/// <summary>A member of a set.</summary>
internal readonly unsafe struct SetElement : ITableElement
{
    /// <inheritdoc/>
    public void Write(SnapshotQueue queue, TableHeader* table, byte* entry) => queue.WriteString(SetMember.Key(entry));
}

/// <summary>A field of a hash.</summary>
internal readonly unsafe struct HashElement(bool expires) : ITableElement
{
    /// <inheritdoc/>
    public void Write(SnapshotQueue queue, TableHeader* table, byte* entry)
    {
        queue.WriteString(HashField.Key(entry));
        queue.WriteString(HashField.Value(entry).Bytes);
        if (expires) queue.WriteUInt64((ulong)FieldExpiryQueue.ExpiryOf((FieldExpiryQueue*)table->Attachment, entry));
    }
}

/// <summary>A member of a sorted set. They come in no order, which readers do not ask for.</summary>
internal readonly unsafe struct ScoredElement : ITableElement
{
    /// <inheritdoc/>
    public void Write(SnapshotQueue queue, TableHeader* table, byte* entry)
    {
        queue.WriteString(MemberEntry.Member(entry));
        queue.WriteUInt64(BitConverter.DoubleToUInt64Bits(MemberEntry.Score(entry)));
    }
}

/// <summary>A set, hash or sorted set in a table: its parts are the lines.</summary>
internal sealed unsafe class PinnedTable<TElement> : PinnedValue where TElement : struct, ITableElement
{
    private readonly byte* _structure;
    private readonly TableHeader* _table;
    private readonly TElement _element;
    private ulong _next;

    public PinnedTable(SnapshotQueue queue, Heap heap, byte* structure, TableHeader* table, TElement element) : base(queue, heap)
    {
        _structure = structure;
        _table = table;
        _element = element;
        queue.WriteLength((ulong)table->Count);
        table->SnapshotMark ^= TableLine.SnapshotBit;
        table->IsInSnapshot = true;
    }

    /// <inheritdoc/>
    public override nint Address => (nint)_structure;

    /// <inheritdoc/>
    public override TableHeader* Table => _table;

    private ElementTaker Elements => new(Queue, _table, _element);

    /// <summary>Writes all elements of a table at once.</summary>
    public static void WriteAll(SnapshotQueue queue, TableHeader* table, TElement element)
    {
        queue.WriteLength((ulong)table->Count);
        TableIterator entries = new(table);
        while (entries.MoveNext()) element.Write(queue, table, entries.Current);
        queue.WriteEnd();
    }

    /// <inheritdoc/>
    public override bool Advance()
    {
        if (_next < _table->LineCount)
        {
            byte* line = TableHeader.Line(_table, _next++);
            if (_next < _table->LineCount) TableLine.PrefetchEntries(_table->HeapBase, TableHeader.Line(_table, _next));
            if (!SnapshotLines.Has(_table, line)) TakeLine(line);
        }
        if (_next < _table->LineCount) return false;
        Queue.WriteEnd();
        return true;
    }

    /// <inheritdoc/>
    public override void TakeLine(byte* line) => SnapshotLines.TakeAll(_table, line, Elements);

    /// <inheritdoc/>
    public override void TakeMatching(byte* line, byte fingerprint) => SnapshotLines.TakeMatching(_table, line, fingerprint, Elements);

    /// <inheritdoc/>
    public override void End() => _table->IsInSnapshot = false;

    /// <summary>Takes elements of the table.</summary>
    private readonly struct ElementTaker(SnapshotQueue queue, TableHeader* table, TElement element) : IEntryTaker
    {
        public void Take(byte* entry) => element.Write(queue, table, entry);
    }
}
