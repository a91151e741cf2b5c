using System.Numerics;

namespace Sigrun.Storage.Snapshots;

/// <summary>Takes entries of a table for a snapshot.</summary>
internal unsafe interface IEntryTaker
{
    /// <summary>Copies an entry.</summary>
    void Take(byte* entry);
}

/// <summary>What a snapshot notes in the lines of a table, so that it has every entry once and as it was.</summary>
/// <remarks>
/// <para>A mark in the first line of a chain, compared with the table's, says whether the snapshot has all of the chain:
/// turning the table's round begins a snapshot of any size at once. Of a chain that it has not, single slots may be taken:
/// by writers, who copy what they are about to change and nothing else, and those of entries that came later, which are no
/// part of it. Taken slots keep their bit wherever the table moves them; in chains that the snapshot has, no slot has one,
/// so that the next snapshot finds none.</para>
/// <para>Were writers to copy whole lines, a load of random writes would copy ten keys for each, faster than they can be
/// written, and all that waits would take memory.</para>
/// </remarks>
internal static unsafe class SnapshotLines
{
    /// <summary>Whether the snapshot has all of a chain.</summary>
    public static bool Has(TableHeader* table, byte* first) => TableLine.SnapshotMark(first) == table->SnapshotMark;

    /// <summary>Takes what is left of a chain.</summary>
    public static void TakeAll<TTaker>(TableHeader* table, byte* first, TTaker taker) where TTaker : struct, IEntryTaker
    {
        TableLine.SetSnapshotMark(first, table->SnapshotMark);
        for (byte* line = first; ; line = Next(table, line))
        {
            Take(table, line, TableLine.Present(line) & ~TableLine.Taken(line), ref taker);
            TableLine.ClearTaken(line);
            if (!TableLine.IsChained(line)) return;
        }
    }

    /// <summary>Takes the entries of a chain that a hash with this fingerprint may lead to.</summary>
    public static void TakeMatching<TTaker>(TableHeader* table, byte* first, byte fingerprint, TTaker taker) where TTaker : struct, IEntryTaker
    {
        for (byte* line = first; ; line = Next(table, line))
        {
            uint slots = TableLine.Match(line, fingerprint) & ~TableLine.Taken(line);
            Take(table, line, slots, ref taker);
            TableLine.AddTaken(line, slots);
            if (!TableLine.IsChained(line)) return;
        }
    }

    /// <summary>Notes that an entry has come, which the snapshot is not to have.</summary>
    public static void NoteNew(TableHeader* table, byte* first, byte* line, int slot)
    {
        if (!Has(table, first)) TableLine.AddTaken(line, 1u << slot);
    }

    private static void Take<TTaker>(TableHeader* table, byte* line, uint slots, ref TTaker taker) where TTaker : struct, IEntryTaker
    {
        for (; slots != 0; slots &= slots - 1)
            taker.Take(EntryAt(table, line, BitOperations.TrailingZeroCount(slots)));
    }

    private static byte* Next(TableHeader* table, byte* line) => EntryAt(table, line, TableLine.LinkSlot);

    private static byte* EntryAt(TableHeader* table, byte* line, int slot) => table->HeapBase + (TableLine.Reference(line, slot) << 2);
}
