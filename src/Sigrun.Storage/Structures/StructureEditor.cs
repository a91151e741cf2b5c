using System.Runtime.CompilerServices;
using Sigrun.Storage.Snapshots;

namespace Sigrun.Storage.Structures;

/// <summary>
/// The right to change the structure of one entry, whether the entry is a key's or still being made.
/// </summary>
/// <remarks>
/// The entry itself stays where it is while its structure changes, however often the structure moves: every
/// function that changes a structure notes its new place and encoding through this.
/// It also tells whoever wants to know that the content is another one now: a failed allocation before that has
/// changed nothing that a client could see, since a structure that merely moved or has another encoding is equal.
/// </remarks>
public readonly unsafe ref struct StructureEditor
{
    private readonly WritePermit _permit;
    private readonly byte* _entry;
    private readonly ref bool _hasChanged;

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

    /// <summary>Opens the structure of an entry in a table; the flag is set once the content was changed.</summary>
    public StructureEditor(Heap heap, WritePermit permit, EntryRef entry, ref bool hasChanged)
        : this(heap, permit, entry) => _hasChanged = ref hasChanged;

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

    /// <summary>The snapshot's hold on the structure while it is copied in steps; null when it is not.</summary>
    internal PinnedValue? Pinned => Heap.Walk?.Find(Structure);

    /// <summary>Notes that the content was changed, and where the structure is from now on.</summary>
    internal void Moved(byte* structure)
    {
        Changed();
        Relocated(structure);
    }

    /// <summary>Notes where the structure, with the content it had, is from now on.</summary>
    internal void Relocated(byte* structure)
    {
        if (structure != Structure) KeyEntry.UpdateStructure(_permit, _entry, Encoding, structure);
    }

    /// <summary>Notes that the content was changed where it lies.</summary>
    internal void Changed()
    {
        if (!Unsafe.IsNullRef(ref _hasChanged)) _hasChanged = true;
    }

    /// <summary>Notes that an equal structure in another encoding has taken the place of the present one, which the caller frees.</summary>
    internal void Replace(EntryEncoding encoding, byte* structure) => KeyEntry.UpdateStructure(_permit, _entry, encoding, structure);
}
