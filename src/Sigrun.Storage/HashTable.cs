using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sigrun.Storage.Defragmentation;
using Sigrun.Storage.Snapshots;
using Sigrun.Storage.Structures;

namespace Sigrun.Storage;

/// <summary>How a table finds the key in an entry; a policy that the JIT specialises for.</summary>
public unsafe interface IEntryLayout
{
    /// <summary>The key of an entry.</summary>
    static abstract ReadOnlySpan<byte> Key(byte* entry);
}

/// <summary>Receives the entries of a scan.</summary>
public unsafe interface IEntryVisitor
{
    /// <summary>Called for each entry. It may remove this entry from the table and free it; no other.</summary>
    void Visit(byte* entry);
}

/// <summary>Proof that a write to a table was announced: every mutating call takes one.</summary>
public readonly unsafe ref struct WritePermit
{
    internal readonly TableHeader* Table;

    internal WritePermit(TableHeader* table) => Table = table;

    /// <summary>For an entry that no table holds.</summary>
    internal static WritePermit ForDetached(byte* entry) => new((TableHeader*)entry);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Require(TableHeader* table)
    {
        if (Table != table)
            ThrowWrongTable();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Require()
    {
        if (Table == null)
            ThrowWrongTable();
    }

    private static void ThrowWrongTable() => throw new InvalidOperationException("The permit is not one of this table.");
}

/// <summary>Where an entry was found; valid until the table is written.</summary>
public readonly unsafe struct TableSlot
{
    /// <summary>The first line of the chain that <see cref="Line"/> is part of.</summary>
    internal readonly byte* First;
    internal readonly byte* Line;
    internal readonly int Index;

    internal TableSlot(byte* first, byte* line, int index, byte* entry)
    {
        First = first;
        Line = line;
        Index = index;
        Entry = entry;
    }

    /// <summary>The entry.</summary>
    public byte* Entry { get; }
}

/// <summary>
/// A hash table of entries in the heap: ten entries to a cache line, growing one line at a time.
/// </summary>
/// <remarks>
/// <para>An entry is found with one miss for its line (see <see cref="TableLine"/>) and one for
/// itself; a miss is answered by the line alone, but for a fingerprint that agrees by chance (one in
/// 256). Seven pointers of eight bytes to a line would leave no room for the snapshot's bits, and a
/// table that doubles is half empty half of the time; so references have five bytes and growth is
/// linear hashing at about 7.5 entries per line: some ten bytes per entry, chains included, at any
/// count.</para>
/// <para>This struct is a view; the state is in the heap (see <see cref="TableHeader"/>). The table
/// owns its lines, never the entries. A key is inserted at most once: the caller looks first.</para>
/// <para>Work per call is bounded: an insertion splits at most one line, a removal merges at most
/// one. A growth step that finds no memory is left out (lines get fuller); an insertion that finds
/// none throws before anything is changed.</para>
/// </remarks>
public readonly unsafe struct HashTable<TLayout> where TLayout : struct, IEntryLayout
{
    private readonly Heap _heap;
    private readonly TableHeader* _table;

    private HashTable(Heap heap, TableHeader* table)
    {
        _heap = heap;
        _table = table;
    }

    /// <summary>The header block: what is kept to find the table again.</summary>
    public byte* Header => (byte*)_table;

    /// <summary>The number of entries.</summary>
    public long Count => _table->Count;

    /// <summary>Makes an empty table of one line.</summary>
    public static HashTable<TLayout> Create(Heap heap) => new(heap, TableShape.Create(heap));

    /// <summary>Makes an empty table that takes so many entries without growing.</summary>
    public static HashTable<TLayout> Create(Heap heap, long expected) => new(heap, TableShape.Create(heap, expected));

    /// <summary>Gives a table that is empty the lines for so many entries, or for fewer where memory is short.</summary>
    public void Expect(long count)
    {
        if (_table->Count == 0 && _table->WalkDepth == 0)
            TableShape.Expect(_heap, _table, count);
    }

    /// <summary>The table of a header block.</summary>
    public static HashTable<TLayout> FromHeader(Heap heap, byte* header) => new(heap, (TableHeader*)header);

    /// <summary>A block that the table's owner keeps beside it, and frees; null for none.</summary>
    internal ref byte* Attachment => ref _table->Attachment;

    /// <summary>All entries; valid until the table is written.</summary>
    internal TableIterator Entries => new(_table);

    /// <summary>
    /// Fills this table, which is empty, with copies of another's entries. Throws when memory is short; what was copied by
    /// then is in it.
    /// </summary>
    internal void CopyFrom<TCopier>(in HashTable<TLayout> other) where TCopier : struct, IEntryCopier =>
        TableCopy.Fill<TCopier>(_heap, _table, other._table);

    /// <summary>Frees lines and header, not the entries.</summary>
    public void Destroy() => Destroy(new OwnerFreer(_heap));

    /// <summary>Frees lines and header, not the entries; on another thread when nobody else can reach the table.</summary>
    public void Destroy<TFreer>(in TFreer freer) where TFreer : struct, IBlockFreer => TableShape.Destroy(freer, _table);

    /// <summary>Fetches the line of a hash into the cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchLine(ulong hash) => Prefetch.Line(TableHeader.LineOf(_table, hash));

    /// <summary>Fetches the entry that a lookup of the hash will compare first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchEntry(ulong hash)
    {
        byte* entry = Candidate(hash);
        if (entry != null)
        {
            Prefetch.Line(entry);
            Prefetch.Line(entry + TableLine.Bytes);
            return;
        }
        byte* line = TableHeader.LineOf(_table, hash);
        if (TableLine.IsChained(line))
            Prefetch.Line(Next(line));
    }

    /// <summary>The entry that a lookup of the hash will compare first, as far as its first line tells; null when it does not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Candidate(ulong hash)
    {
        byte* line = TableHeader.LineOf(_table, hash);
        uint match = TableLine.Match(line, (byte)(hash >> 56));
        return match == 0 ? null : EntryAt(line, BitOperations.TrailingZeroCount(match));
    }

    /// <summary>The entry of a key, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Find(ulong hash, ReadOnlySpan<byte> key)
    {
        byte* line = TableHeader.LineOf(_table, hash);
        for (; ; )
        {
            uint match = TableLine.Match(line, (byte)(hash >> 56));
            for (; match != 0; match &= match - 1)
            {
                byte* entry = EntryAt(line, BitOperations.TrailingZeroCount(match));
                if (TLayout.Key(entry).SequenceEqual(key))
                    return entry;
            }
            if (!TableLine.IsChained(line))
                return null;
            line = Next(line);
        }
    }

    /// <summary>Finds the place of a key's entry.</summary>
    public bool TryFind(ulong hash, ReadOnlySpan<byte> key, out TableSlot slot)
    {
        byte* first = TableHeader.LineOf(_table, hash);
        byte* line = first;
        for (; ; )
        {
            uint match = TableLine.Match(line, (byte)(hash >> 56));
            for (; match != 0; match &= match - 1)
            {
                int index = BitOperations.TrailingZeroCount(match);
                byte* entry = EntryAt(line, index);
                if (!TLayout.Key(entry).SequenceEqual(key))
                    continue;
                slot = new TableSlot(first, line, index, entry);
                return true;
            }
            if (!TableLine.IsChained(line))
            {
                slot = default;
                return false;
            }
            line = Next(line);
        }
    }

    /// <summary>Finds the place of this very entry, without looking into it.</summary>
    public bool TryFindReference(ulong hash, byte* entry, out TableSlot slot)
    {
        ulong reference = _heap.ToRef(entry);
        byte* first = TableHeader.LineOf(_table, hash);
        byte* line = first;
        for (; ; )
        {
            uint match = TableLine.Match(line, (byte)(hash >> 56));
            for (; match != 0; match &= match - 1)
            {
                int index = BitOperations.TrailingZeroCount(match);
                if (TableLine.Reference(line, index) != reference)
                    continue;
                slot = new TableSlot(first, line, index, entry);
                return true;
            }
            if (!TableLine.IsChained(line))
            {
                slot = default;
                return false;
            }
            line = Next(line);
        }
    }

    /// <summary>Announces a write to what the hash leads to; a snapshot that has not had it yet takes what it needs first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WritePermit BeginWrite(ulong hash)
    {
        if (_table->IsInSnapshot) SnapshotWalk.BeforeWrite(_heap, _table, TableHeader.LineOf(_table, hash), (byte)(hash >> 56));
        return new WritePermit(_table);
    }

    /// <summary>Makes sure that the next insertion of this hash cannot fail.</summary>
    public void Reserve(in WritePermit permit, ulong hash)
    {
        permit.Require(_table);
        byte* line = TableHeader.LineOf(_table, hash);
        if (TableLine.FreeSlot(line) < 0 && FreePlace(line) == null)
            _ = TableShape.Extend(_heap, _table, LastLine(line));
    }

    /// <summary>Adds an entry whose key is absent.</summary>
    public void Insert(in WritePermit permit, ulong hash, byte* entry)
    {
        permit.Require(_table);
        byte* first = TableHeader.LineOf(_table, hash);
        byte* line = first;
        int slot = TableLine.FreeSlot(line);
        if (slot < 0)
        {
            byte* free = FreePlace(line);
            line = free != null ? free : TableShape.Extend(_heap, _table, LastLine(line));
            slot = TableLine.FreeSlot(line);
        }
        TableLine.Put(line, slot, _heap.ToRef(entry), (byte)(hash >> 56));
        if (_table->IsInSnapshot) SnapshotLines.NoteNew(_table, first, line, slot);
        long room = _table->GrowAbove - ++_table->Count;
        if (room < TableReshape<TLayout>.GrowNotice)
            TableReshape<TLayout>.Grow(_heap, _table, room);
    }

    /// <summary>Puts the entry's new place where its old one was.</summary>
    public void Replace(in WritePermit permit, TableSlot slot, byte* newEntry)
    {
        permit.Require(_table);
        TableLine.SetReference(slot.Line, slot.Index, _heap.ToRef(newEntry));
    }

    /// <summary>Takes the entry out; it is not freed.</summary>
    public void Remove(in WritePermit permit, TableSlot slot)
    {
        permit.Require(_table);
        TableLine.Vacate(slot.Line, slot.Index);
        _table->Count--;
        if (_table->WalkDepth > 0)
            return;
        if (TableLine.IsChained(slot.First))
            TableReshape<TLayout>.FillHole(_heap, _table, slot);
        if (_table->Count < _table->ShrinkBelow)
            TableReshape<TLayout>.Shrink(_heap, _table);
    }

    /// <summary>Merges at most that many lines of a table that has become sparse; whether more remain.</summary>
    public bool ShrinkStep(int maxLines)
    {
        while (_table->WalkDepth == 0 && _table->Count < _table->ShrinkBelow)
        {
            if (maxLines-- <= 0)
                return true;
            if (!TableReshape<TLayout>.Shrink(_heap, _table))
                return false;
        }
        return false;
    }

    /// <summary>
    /// Visits the entries of one place of the table and returns the next cursor; 0 starts and ends.
    /// An entry that is there from the first call to the last is visited at least once, however the
    /// table grows and shrinks between calls.
    /// </summary>
    public ulong Scan<TVisitor>(ulong cursor, ref TVisitor visitor) where TVisitor : struct, IEntryVisitor =>
        TableWalk<TLayout>.Scan(_heap, _table, cursor, ref visitor);

    /// <inheritdoc cref="KeyTable.PrefetchScan"/>
    public void PrefetchScan(ulong cursor, int steps) => TableWalk<TLayout>.PrefetchScan(_table, cursor, steps);

    /// <summary>A random entry or null: every entry can come, those in emptier lines a little more often.</summary>
    public byte* Random(ref RandomSource random) => TableWalk<TLayout>.Random(_heap, _table, ref random);

    /// <summary>A random entry or null, every entry equally likely.</summary>
    public byte* FairRandom(ref RandomSource random) => TableWalk<TLayout>.FairRandom(_heap, _table, ref random);

    /// <inheritdoc cref="TableSampler.Look"/>
    internal void Sample<TVisitor>(ref TableSampler sampler, int max, ref RandomSource random, ref TVisitor visitor)
        where TVisitor : struct, IEntryVisitor => sampler.Look<TLayout, TVisitor>(_heap, _table, max, ref random, ref visitor);

    /// <summary>Moves the blocks of the table but for chain lines and entries; returns the table as it is to be found from now on.</summary>
    internal HashTable<TLayout> MoveFrame(BlockMover blocks) => new(_heap, TableShape.Move(blocks, _table));

    /// <summary>Moves chain lines and entries of one place; returns the next cursor, as <see cref="Scan"/> does.</summary>
    internal ulong Move<TMover>(BlockMover blocks, ulong cursor, ref TMover entries) where TMover : struct, IEntryMover =>
        TableWalk<TLayout>.Move(blocks, _table, cursor, ref entries);

    /// <summary>An entry whose key has that hash, or null.</summary>
    internal byte* FindHash(ulong hash)
    {
        for (byte* line = TableHeader.LineOf(_table, hash); ; line = Next(line))
        {
            for (uint match = TableLine.Match(line, (byte)(hash >> 56)); match != 0; match &= match - 1)
            {
                byte* entry = EntryAt(line, BitOperations.TrailingZeroCount(match));
                if (_heap.Hasher.Hash(TLayout.Key(entry)) == hash)
                    return entry;
            }
            if (!TableLine.IsChained(line))
                return null;
        }
    }

    /// <summary>Keeps the table from growing and shrinking, or lets it: lines get fuller or emptier meanwhile.</summary>
    public void HoldSize(bool holds) => TableShape.HoldSize(_table, holds);

    /// <summary>What the table consists of; walks all lines.</summary>
    public HashTableStatistics GetStatistics() => TableShape.Measure(_heap, _table);

    /// <summary>The bytes of header, directory and lines.</summary>
    public long UsedBytes => TableShape.UsedBytes(_table);

    /// <summary>The bytes of the directory alone.</summary>
    public long DirectoryBytes => TableShape.DirectoryBytes(_table);

    /// <summary>The bytes for each entry beyond those of an empty table, which has room for the first few; of a table with entries.</summary>
    public long BytesPerEntry => (UsedBytes - TableShape.EmptyBytes) / Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* EntryAt(byte* line, int index) => _heap.Base + (TableLine.Reference(line, index) << 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Next(byte* line) => EntryAt(line, TableLine.LinkSlot);

    private byte* FreePlace(byte* line)
    {
        while (TableLine.FreeSlot(line) < 0)
        {
            if (!TableLine.IsChained(line))
                return null;
            line = Next(line);
        }
        return line;
    }

    private byte* LastLine(byte* line)
    {
        while (TableLine.IsChained(line))
            line = Next(line);
        return line;
    }
}

/// <summary>What a table consists of.</summary>
/// <param name="Entries">Entries in it.</param>
/// <param name="Lines">Lines, without those of chains.</param>
/// <param name="ChainLines">Further lines of chains.</param>
/// <param name="ChainedLines">Lines that have a chain.</param>
/// <param name="LongestChain">Lines in the longest chain, its first included.</param>
/// <param name="UsedBytes">Bytes of header, directory and lines.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct HashTableStatistics(
    long Entries, long Lines, long ChainLines, long ChainedLines, int LongestChain, long UsedBytes);
