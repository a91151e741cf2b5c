namespace Sigrun.Storage.Structures;

/// <summary>
/// The right to change the structure of one entry, whether the entry is a key's or still being made.
/// </summary>
/// <remarks>
/// The entry itself stays where it is while its structure changes, however often the structure moves: every
/// function that changes a structure notes its new place and encoding through this.
/// </remarks>
public readonly unsafe ref struct StructureEditor
{
    private readonly WritePermit _permit;
    private readonly byte* _entry;

    /// <summary>Opens the structure of an entry in a table.</summary>
    /// <param name="heap">The heap.</param>
    /// <param name="permit">Of the table, for the key's hash.</param>
    /// <param name="entry">The entry.</param>
    public StructureEditor(Heap heap, WritePermit permit, EntryRef entry)
    {
        permit.Require();
        Heap = heap;
        _permit = permit;
        _entry = entry.Block;
    }

    /// <summary>Opens the structure of an entry that no table holds yet.</summary>
    public static StructureEditor ForDetached(Heap heap, EntryRef entry) => new(heap, WritePermit.ForDetached(entry.Block), entry);

    /// <summary>The heap.</summary>
    public Heap Heap { get; }

    /// <summary>The entry.</summary>
    public EntryRef Entry => new(_entry);

    /// <summary>How the structure is represented now.</summary>
    public EntryEncoding Encoding => Entry.Encoding;

    /// <summary>Where the structure is now.</summary>
    internal byte* Structure => EntryHeader.Pointer(_entry);

    /// <summary>Notes where the structure is from now on.</summary>
    internal void Moved(byte* structure)
    {
        if (structure != Structure) KeyEntry.UpdateStructure(_permit, _entry, Encoding, structure);
    }

    /// <summary>Notes that another structure has taken the place of the present one, which the caller frees.</summary>
    internal void Replace(EntryEncoding encoding, byte* structure) => KeyEntry.UpdateStructure(_permit, _entry, encoding, structure);
}
