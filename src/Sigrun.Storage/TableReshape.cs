using System.Numerics;
using System.Runtime.CompilerServices;
using Sigrun.Storage.Snapshots;

namespace Sigrun.Storage;

/// <summary>
/// Growth and shrinking of a table by one line: splitting the next line of the lower level, merging
/// the last line into its sibling, and keeping chains dense.
/// </summary>
/// <remarks>
/// A chain is redistributed line by line: its entries are copied out, the line joins a pool, and the
/// entries are appended to their target chains, which take further lines from the pool. A chain of m
/// further lines holds 10 + 9m entries, so a split never needs more lines than it has emptied. The
/// entries must be read to learn the next bit of their hashes; all are prefetched first, and the line
/// is fetched a few insertions earlier still.
/// </remarks>
internal static unsafe class TableReshape<TLayout> where TLayout : struct, IEntryLayout
{
    /// <summary>How many insertions before a split its line is fetched.</summary>
    public const long GrowNotice = 2;

    /// <summary>Called when few or no entries are left until the table must grow.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Grow(Heap heap, TableHeader* table, long room)
    {
        if (table->WalkDepth > 0)
            return;
        byte* line = TableHeader.Line(table, table->LineCount & (table->UpperMask >> 1));
        if (room == 1)
            Prefetch.Line(line);
        else if (room == 0)
            TableLine.PrefetchEntries(heap.Base, line);
        else
            Split(heap, table);
    }

    /// <summary>Merges the last line into its sibling; false when there is nothing to merge or no memory for it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool Shrink(Heap heap, TableHeader* table)
    {
        if (table->LineCount == 1)
            return false;
        ulong last = table->LineCount - 1;
        byte* upper = TableHeader.Line(table, last);
        byte* lower = TableHeader.Line(table, last & (BitOperations.RoundUpToPowerOf2(last + 1) / 2 - 1));
        Redistribution work = new(heap, table, lower, lower);
        if (!work.Preallocate(CountChain(heap, lower) + CountChain(heap, upper)))
            return false;
        if (TableLine.SnapshotMark(lower) != TableLine.SnapshotMark(upper))
            ShowToSnapshot(heap, table, lower, upper);
        byte* lowerChain = work.Detach(lower, out Lines lowerFirst);
        byte* upperChain = work.Detach(upper, out Lines upperFirst);
        work.Move(&lowerFirst, lowerChain, splitBit: 0);
        work.Move(&upperFirst, upperChain, splitBit: 0);
        work.ReleasePool();
        TableShape.DropLine(heap, table);
        return true;
    }

    /// <summary>Rebuilds one chain without holes.</summary>
    public static void Compact(Heap heap, TableHeader* table, byte* line)
    {
        Redistribution work = new(heap, table, line, line);
        byte* chain = work.Detach(line, out Lines first);
        work.Move(&first, chain, splitBit: 0);
        work.ReleasePool();
    }

    /// <summary>
    /// After a removal from a chained line: the last entry of the chain fills the hole, and a last
    /// line that is down to one entry goes.
    /// </summary>
    public static void FillHole(Heap heap, TableHeader* table, TableSlot hole)
    {
        byte* previous = hole.First;
        byte* last = TableShape.Next(heap, previous);
        while (TableLine.IsChained(last))
        {
            previous = last;
            last = TableShape.Next(heap, last);
        }
        uint present = TableLine.Present(last);
        if (present != 0 && last != hole.Line)
        {
            int from = BitOperations.Log2(present);
            TableLine.Copy(last, from, hole.Line, hole.Index);
            present &= ~(1u << from);
            TableLine.Vacate(last, from);
        }
        if (BitOperations.PopCount(present) > 1)
            return;
        TableLine.Control(previous) &= ~TableLine.ChainedBit;
        if (present != 0)
        {
            int from = BitOperations.Log2(present);
            TableLine.Copy(last, from, previous, TableLine.LinkSlot);
        }
        heap.Free(last);
        table->ChainLines--;
    }

    private static void Split(Heap heap, TableHeader* table)
    {
        ulong lowerLines = (table->UpperMask >> 1) + 1;
        ulong index = table->LineCount - lowerLines;
        byte* upper = TableShape.AddLine(heap, table);
        if (upper == null)
            return;
        byte* lower = TableHeader.Line(table, index);
        TableLine.SetSnapshotMark(upper, TableLine.SnapshotMark(lower));
        Redistribution work = new(heap, table, lower, upper);
        byte* chain = work.Detach(lower, out Lines first);
        work.Move(&first, chain, lowerLines);
        work.ReleasePool();
    }

    /// <summary>Of two lines that become one, a snapshot must have both or none.</summary>
    private static void ShowToSnapshot(Heap heap, TableHeader* table, byte* lower, byte* upper)
    {
        SnapshotWalk.BeforeMerge(heap, table, lower);
        SnapshotWalk.BeforeMerge(heap, table, upper);
    }

    private static int CountChain(Heap heap, byte* line)
    {
        int count = TableLine.Count(line);
        for (; TableLine.IsChained(line); count += TableLine.Count(line))
            line = TableShape.Next(heap, line);
        return count;
    }

    /// <summary>A copy of one line.</summary>
    [InlineArray(TableLine.Bytes)]
    private struct Lines
    {
        private byte _first;
    }

    /// <summary>Entries on their way from old chains to one or two new ones.</summary>
    private ref struct Redistribution
    {
        private readonly Heap _heap;
        private readonly TableHeader* _table;
        private byte* _zeroLine;
        private byte* _oneLine;
        private byte* _pool;

        /// <summary>Entries whose hash lacks the split bit go to the first chain, the others to the second.</summary>
        public Redistribution(Heap heap, TableHeader* table, byte* zeroLine, byte* oneLine)
        {
            _heap = heap;
            _table = table;
            _zeroLine = zeroLine;
            _oneLine = oneLine;
        }

        /// <summary>Puts enough lines for the whole count into the pool; false (and none) when memory is short.</summary>
        public bool Preallocate(int count)
        {
            for (int capacity = TableLine.Slots; capacity < count; capacity += TableLine.LinkSlot)
            {
                try
                {
                    byte* line = _heap.Allocate(TableLine.Bytes);
                    _table->ChainLines++;
                    Release(line);
                }
                catch (HeapExhaustedException)
                {
                    ReleasePool();
                    return false;
                }
            }
            return true;
        }

        /// <summary>Copies a first line out and empties it; returns the rest of its chain.</summary>
        public readonly byte* Detach(byte* line, out Lines copy)
        {
            copy = *(Lines*)line;
            byte* chain = TableLine.IsChained(line) ? TableShape.Next(_heap, line) : null;
            TableLine.Clear(line);
            return chain;
        }

        /// <summary>Moves the entries of a copied first line and of the rest of its chain.</summary>
        public void Move(Lines* first, byte* chain, ulong splitBit)
        {
            Append((byte*)first, splitBit);
            while (chain != null)
            {
                Lines copy = *(Lines*)chain;
                byte* next = TableLine.IsChained(chain) ? TableShape.Next(_heap, chain) : null;
                Release(chain);
                Append((byte*)&copy, splitBit);
                chain = next;
            }
        }

        /// <summary>Frees the lines that were not needed again.</summary>
        public void ReleasePool()
        {
            while (_pool != null)
            {
                byte* next = *(byte**)_pool;
                _heap.Free(_pool);
                _table->ChainLines--;
                _pool = next;
            }
        }

        private void Append(byte* source, ulong splitBit)
        {
            if (splitBit != 0)
                TableLine.PrefetchEntries(_heap.Base, source);
            for (uint present = TableLine.Present(source); present != 0; present &= present - 1)
            {
                int index = BitOperations.TrailingZeroCount(present);
                ref byte* target = ref _zeroLine;
                if (splitBit != 0 && (_heap.Hasher.Hash(TLayout.Key(_heap.Base + (TableLine.Reference(source, index) << 2))) & splitBit) != 0)
                    target = ref _oneLine;
                int slot = TableLine.FreeSlot(target);
                if (slot < 0)
                {
                    byte* line = Take();
                    TableShape.Link(_heap, target, line);
                    target = line;
                    slot = TableLine.FreeSlot(line);
                }
                TableLine.Copy(source, index, target, slot);
            }
        }

        private void Release(byte* line)
        {
            *(byte**)line = _pool;
            _pool = line;
        }

        private byte* Take()
        {
            byte* line = _pool;
            if (line == null)
                throw new HeapCorruptionException("A chain needs more lines than it had.");
            _pool = *(byte**)line;
            TableLine.Initialise(line);
            return line;
        }
    }
}
