using System.Numerics;
using System.Runtime.CompilerServices;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;
using Sigrun.Storage.Structures.Lists;
using Sigrun.Storage.Structures.SortedSets;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Storage.Snapshots;

/// <summary>
/// Copies all keys as they were at one moment into a <see cref="SnapshotPipe"/>, in short steps between commands, while
/// keys change.
/// </summary>
/// <remarks>
/// <para>Tables are walked line by line. Whoever changes a key that the snapshot does not have copies it first
/// (<see cref="BeforeWrite"/>, behind <see cref="WritePermit"/>; <see cref="SnapshotLines"/> knows what it has). Values
/// that lie in one block are copied with their keys; strings of up to a megabyte are lent; larger values become a
/// <see cref="PinnedValue"/> that is copied in steps of its own, first come, first served.</para>
/// <para>All of this happens on the thread that owns the heap. A thread beside it would have to read memory that may
/// change under it, and copying is a small part of the work; encoding, compressing and writing is done where the pipe
/// ends.</para>
/// <para>Tables that are replaced and values that are removed stay until the end of the walk.</para>
/// </remarks>
public sealed unsafe class SnapshotWalk
{
    /// <summary>The engine copies ahead of the reader so far.</summary>
    public const long BufferedMax = 4 << 20;

    /// <summary>Chunks that a large value is copied ahead.</summary>
    private const int ValueChunksMax = 16;

    /// <summary>Values of no more elements than this are copied at once.</summary>
    private const long FewElements = 512;
    private const long FewNodes = 4;

    /// <summary>Longer strings are copied in parts and not lent, so that a writer need not copy them whole.</summary>
    private const int LentBytesMax = 1 << 20;

    private const int ValueChunkBytes = 1024;

    private readonly Heap _heap;
    private readonly BigValueLender _lender;
    private readonly LazyFree _lazyFree;
    private readonly SnapshotPipe _pipe;
    private readonly bool _withActivity;
    private readonly List<(int Database, nint Table)> _tables = [];
    private readonly List<RetiredKeys> _retired = [];
    private readonly Dictionary<nint, PinnedValue> _pinned = [];
    private readonly Dictionary<nint, PinnedValue> _pinnedTables = [];
    private readonly Queue<PinnedValue> _waiting = [];
    private int _table;
    private ulong _line;
    private bool _isDiscarding;

    /// <summary>Makes a walk over the tables that are added, which <see cref="Begin"/> starts.</summary>
    /// <param name="heap">The heap of the tables.</param>
    /// <param name="lender">Lends strings to the reader.</param>
    /// <param name="lazyFree">Frees what was kept for the walk.</param>
    /// <param name="pipe">Where the keys go.</param>
    /// <param name="withActivity">Whether the format knows when consumers of streams were last active.</param>
    public SnapshotWalk(Heap heap, BigValueLender lender, LazyFree lazyFree, SnapshotPipe pipe, bool withActivity)
    {
        _heap = heap;
        _lender = lender;
        _lazyFree = lazyFree;
        _pipe = pipe;
        _withActivity = withActivity;
    }

    /// <summary>Whether there is nothing left to copy.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Adds a database.</summary>
    public void Add(int database, KeyTable keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.Count > 0) _tables.Add((database, (nint)keys.KeysHeader));
    }

    /// <summary>Fixes the moment that the snapshot shows.</summary>
    public void Begin()
    {
        if (_heap.Walk is not null) throw new InvalidOperationException("There is a snapshot already.");
        _heap.Walk = this;
        _heap.SnapshotCount++;
        foreach ((_, nint address) in _tables)
        {
            var table = (TableHeader*)address;
            table->SnapshotMark ^= TableLine.SnapshotBit;
            table->IsInSnapshot = true;
        }
    }

    /// <summary>
    /// Copies some lines or parts of values, as far as there is room. What remains when nobody reads any more is only marked, so
    /// that the next snapshot finds the tables in order.
    /// </summary>
    /// <param name="count">How many at most; one takes about a microsecond.</param>
    /// <returns>Whether there is more to do at once.</returns>
    public bool Step(int count)
    {
        if (IsDone) return false;
        if (_pipe.IsClosed && !_isDiscarding) Discard();
        do
        {
            if (_waiting.TryPeek(out PinnedValue? value))
            {
                if (MustPause(value)) return false;
                if (value.Advance()) Complete(_waiting.Dequeue());
                else if (_pipe.IsReaderWaiting) value.Queue.Publish();
            }
            else if (MustPause(null))
            {
                return false;
            }
            else if (!WalkLine())
            {
                End();
                return false;
            }
        }
        while (--count > 0);
        if (_pipe.IsReaderWaiting) _pipe.Keys.Publish();
        return true;
    }

    /// <summary>Gives the snapshot up; what is left of the walk is short, but goes on by <see cref="Step"/>.</summary>
    public void Cancel()
    {
        _pipe.Cancel();
        Discard();
    }

    /// <summary>
    /// Shows the entries that a hash with this fingerprint may lead to, before they change, to the snapshot that their table
    /// is part of.
    /// </summary>
    /// <param name="heap">The heap of the table.</param>
    /// <param name="table">The table.</param>
    /// <param name="line">The first line of the hash's chain.</param>
    /// <param name="fingerprint">The fingerprint.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void BeforeWrite(Heap heap, TableHeader* table, byte* line, byte fingerprint)
    {
        if (SnapshotLines.Has(table, line)) return;
        SnapshotWalk walk = WalkOf(heap);
        if (walk._pinnedTables.TryGetValue((nint)table, out PinnedValue? value)) value.TakeMatching(line, fingerprint);
        else SnapshotLines.TakeMatching(table, line, fingerprint, walk.KeysOf(table));
    }

    /// <summary>Likewise shows a whole chain that is about to be merged with another.</summary>
    internal static void BeforeMerge(Heap heap, TableHeader* table, byte* line)
    {
        if (SnapshotLines.Has(table, line)) return;
        SnapshotWalk walk = WalkOf(heap);
        if (walk._pinnedTables.TryGetValue((nint)table, out PinnedValue? value)) value.TakeLine(line);
        else SnapshotLines.TakeAll(table, line, walk.KeysOf(table));
    }

    /// <summary>The list's snapshot, if it is being copied.</summary>
    internal PinnedValue? Find(byte* block) => _pinned.Count == 0 ? null : _pinned.GetValueOrDefault((nint)block);

    /// <summary>Takes an entry over that was removed while its value is copied; false when it is not.</summary>
    internal bool TryAdopt(byte* entry)
    {
        if (_pinned.Count == 0 || EntryHeader.Form(entry) != ValueForm.Structure) return false;
        if (!_pinned.TryGetValue((nint)EntryHeader.Pointer(entry), out PinnedValue? value)) return false;
        value.Adopt(entry);
        return true;
    }

    /// <summary>Frees the block by which a value was found that has become another; not before a snapshot has it.</summary>
    internal static void FreeHead(Heap heap, byte* block)
    {
        if (heap.Walk?.Find(block) is { } value) value.Retired.Add(block);
        else heap.Free(block);
    }

    /// <summary>Follows a stream whose head is another block now.</summary>
    internal void Follow(PinnedStream? stream, byte* block)
    {
        if (stream is null) return;
        _pinned.Remove(stream.Address);
        stream.Follow(block);
        _pinned.Add(stream.Address, stream);
    }

    /// <summary>Frees the structure of a value that got another one; not before a snapshot has it.</summary>
    internal static void FreeStructure(Heap heap, EntryType type, EntryEncoding encoding, byte* structure)
    {
        if (heap.Walk?.Find(structure) is { } value)
            value.Adopt(type, encoding, structure);
        else
            StructureRelease.Free(new OwnerFreer(heap), type, encoding, structure);
    }

    /// <summary>Takes over what a table held that was emptied at once.</summary>
    internal void Adopt(RetiredKeys keys) => _retired.Add(keys);

    /// <summary>Whether nothing more may be copied, of a value or of the keys, until the reader has made room and says so.</summary>
    private bool MustPause(PinnedValue? value)
    {
        if (!IsFull(value)) return false;
        _pipe.AwaitRoom();
        if (_pipe.IsReaderWaiting) _pipe.Keys.Publish();
        // The reader may have read everything, or ended, before it could know that somebody waits for it.
        return IsFull(value);
    }

    private bool IsFull(PinnedValue? value)
    {
        if (_isDiscarding || _pipe.IsClosed) return false;
        return value is null ? _pipe.Bytes >= BufferedMax : value.Queue.Chunks >= ValueChunksMax;
    }

    private void Discard()
    {
        // What was lent is found there, to be given back.
        _pipe.Keys.Publish();
        _isDiscarding = true;
        _pipe.Keys.IsDiscarding = true;
        foreach (PinnedValue value in _waiting) value.Queue.IsDiscarding = true;
    }

    private static SnapshotWalk WalkOf(Heap heap) =>
        heap.Walk ?? throw new HeapCorruptionException("A table is part of a snapshot that is not there.");

    private KeyTaker KeysOf(TableHeader* table)
    {
        foreach ((int database, nint address) in _tables)
        {
            if (address == (nint)table) return new KeyTaker(this, database);
        }
        throw new HeapCorruptionException("A table is not part of the snapshot that it says.");
    }

    /// <summary>Copies the next line; false behind the last one.</summary>
    private bool WalkLine()
    {
        while (_table < _tables.Count)
        {
            (int database, nint address) = _tables[_table];
            var table = (TableHeader*)address;
            if (_line < table->LineCount)
            {
                byte* line = TableHeader.Line(table, _line++);
                if (_line + 1 < table->LineCount) TableLine.PrefetchEntries(_heap.Base, TableHeader.Line(table, _line + 1));
                if (_line < table->LineCount) PrefetchStructures(TableHeader.Line(table, _line));
                if (!SnapshotLines.Has(table, line)) SnapshotLines.TakeAll(table, line, new KeyTaker(this, database));
                return true;
            }
            table->IsInSnapshot = false;
            _table++;
            _line = 0;
        }
        return false;
    }

    private void TakeKey(int database, byte* entry)
    {
        if (_isDiscarding) return;
        switch (EntryHeader.Form(entry))
        {
            case ValueForm.Structure:
                TakeStructure(database, entry);
                break;
            case ValueForm.Big:
                TakeBig(database, entry, new EntryRef(entry).BigValue);
                break;
            default:
                _pipe.Keys.WriteKey(SnapshotKeyKind.Whole, database, entry);
                break;
        }
    }

    private void TakeBig(int database, byte* entry, BigValue value)
    {
        if (value.Length > LentBytesMax)
        {
            Pin(database, entry, new PinnedString(NewQueue(), _heap, value));
            return;
        }
        _lender.Lend(value);
        _pipe.Keys.WriteKey(SnapshotKeyKind.Whole, database, entry, isLent: true);
    }

    private void TakeStructure(int database, byte* entry)
    {
        byte* structure = EntryHeader.Pointer(entry);
        EntryRef view = new(entry);
        switch (view.Encoding)
        {
            case EntryEncoding.HashTable when view.Type == EntryType.Set:
                TakeTable(database, entry, (TableHeader*)structure, default(SetElement));
                break;
            case EntryEncoding.HashTable:
                bool expires = HashValue.HasExpiring(view);
                TakeTable(database, entry, (TableHeader*)structure, new HashElement(expires), expires);
                break;
            case EntryEncoding.SkipList:
                TakeTable(database, entry, (TableHeader*)((SortedSetHeader*)structure)->Table, default(ScoredElement));
                break;
            case EntryEncoding.QuickList:
                TakeList(database, entry, (QuickListHeader*)structure);
                break;
            case EntryEncoding.Stream:
                TakeStream(database, entry, (StreamHeader*)structure);
                break;
            default:
                _pipe.Keys.WriteKey(SnapshotKeyKind.Whole, database, entry, structure, (int)_heap.UsableSize(structure));
                break;
        }
    }

    private void TakeTable<TElement>(int database, byte* entry, TableHeader* table, TElement element, bool expires = false)
        where TElement : struct, ITableElement
    {
        if (table->Count <= FewElements)
        {
            _pipe.Keys.WriteKey(SnapshotKeyKind.InPieces, database, entry, hasFieldExpiry: expires);
            PinnedTable<TElement>.WriteAll(_pipe.Keys, table, element);
            return;
        }
        Pin(database, entry, new PinnedTable<TElement>(NewQueue(), _heap, EntryHeader.Pointer(entry), table, element), expires);
    }

    private void TakeList(int database, byte* entry, QuickListHeader* list)
    {
        if (!PinnedList.IsSmall(list, FewNodes))
        {
            Pin(database, entry, new PinnedList(NewQueue(), _heap, list));
            return;
        }
        _pipe.Keys.WriteKey(SnapshotKeyKind.InPieces, database, entry);
        PinnedList.WriteAll(_pipe.Keys, list);
    }

    private void TakeStream(int database, byte* entry, StreamHeader* stream)
    {
        if (stream->Nodes.Count > FewNodes || !PinnedGroups.AreSmall(&stream->Groups, FewElements))
        {
            Pin(database, entry, new PinnedStream(NewQueue(), _heap, stream, _withActivity));
            return;
        }
        _pipe.Keys.WriteKey(SnapshotKeyKind.InPieces, database, entry);
        PinnedStream.WriteAll(_pipe.Keys, stream, _withActivity);
    }

    private SnapshotQueue NewQueue() => new(_pipe, ValueChunkBytes);

    /// <summary>Notes a large value; it is copied from here on, before further lines are.</summary>
    private void Pin(int database, byte* entry, PinnedValue value, bool expires = false)
    {
        _pinned.Add(value.Address, value);
        if (value.Table != null) _pinnedTables.Add((nint)value.Table, value);
        _waiting.Enqueue(value);
        _pipe.Values.Enqueue(value.Queue);
        _pipe.Keys.WriteKey(SnapshotKeyKind.InQueue, database, entry, hasFieldExpiry: expires);
        _pipe.Keys.Publish();
    }

    private void Complete(PinnedValue value)
    {
        value.Queue.Publish();
        _pinned.Remove(value.Address);
        if (value.Table != null) _pinnedTables.Remove((nint)value.Table);
        value.End();
        value.FreeStructures();
        if (!value.Retired.IsEmpty) _lazyFree.Free(value.Retired);
        foreach (nint entry in value.Adopted) _lazyFree.Free(new EntryRef((byte*)entry));
    }

    private void End()
    {
        IsDone = true;
        _heap.Walk = null;
        _pipe.Keys.WriteEndOfKeys();
        _pipe.Keys.Publish();
        foreach (RetiredKeys keys in _retired) _lazyFree.Free(keys);
    }

    private void PrefetchStructures(byte* line)
    {
        for (uint present = TableLine.Present(line); present != 0; present &= present - 1)
        {
            byte* entry = _heap.Base + (TableLine.Reference(line, BitOperations.TrailingZeroCount(present)) << 2);
            if (EntryHeader.Form(entry) == ValueForm.Structure) Prefetch.Line(EntryHeader.Pointer(entry));
        }
    }

    /// <summary>Takes keys of a database.</summary>
    private readonly struct KeyTaker(SnapshotWalk walk, int database) : IEntryTaker
    {
        public void Take(byte* entry) => walk.TakeKey(database, entry);
    }
}
