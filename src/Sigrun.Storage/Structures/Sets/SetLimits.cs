namespace Sigrun.Storage.Structures.Sets;

/// <summary>Up to where a set keeps its compact encodings.</summary>
/// <param name="IntSetEntries">Numbers in an intset.</param>
/// <param name="ListpackEntries">Members in a listpack.</param>
/// <param name="ListpackValueBytes">Bytes of the longest member in a listpack.</param>
public readonly record struct SetLimits(long IntSetEntries, long ListpackEntries, long ListpackValueBytes)
{
    /// <summary>Members that are about to come: a table that becomes necessary is made for so many.</summary>
    public long Expected { get; init; }

    internal long IntSetMax => Math.Min(IntSetEntries, IntSet.CountMax);
}
