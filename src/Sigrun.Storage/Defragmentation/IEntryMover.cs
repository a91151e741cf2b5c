namespace Sigrun.Storage.Defragmentation;

/// <summary>Moves the entries of a table.</summary>
internal unsafe interface IEntryMover
{
    /// <summary>Moves an entry if that is worth it, and sees to everything else that leads to it; returns where it is now.</summary>
    byte* Move(BlockMover blocks, byte* entry);
}

/// <summary>Moves entries to which nothing leads but the table.</summary>
internal readonly unsafe struct PlainEntryMover : IEntryMover
{
    /// <inheritdoc/>
    public byte* Move(BlockMover blocks, byte* entry) => blocks.Move(entry);
}

/// <summary>Leaves entries, which are moved through another table.</summary>
internal readonly unsafe struct StayingEntries : IEntryMover
{
    /// <inheritdoc/>
    public byte* Move(BlockMover blocks, byte* entry) => entry;
}
