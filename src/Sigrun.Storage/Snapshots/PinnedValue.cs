using Sigrun.Storage.Structures;

namespace Sigrun.Storage.Snapshots;

/// <summary>
/// A large value of a snapshot that is copied in steps: what it was when the snapshot reached it, or when somebody was
/// about to write it, whichever came first.
/// </summary>
/// <remarks>
/// Whoever changes a part of it that was not copied yet copies that part first; the part, never the value. A value that
/// is removed meanwhile stays until it is complete.
/// </remarks>
internal abstract unsafe class PinnedValue(SnapshotQueue queue, Heap heap)
{
    private readonly List<nint> _adopted = [];
    private readonly List<(EntryType Type, EntryEncoding Encoding, nint Address)> _structures = [];

    /// <summary>Where its pieces go.</summary>
    public SnapshotQueue Queue { get; } = queue;

    /// <summary>Entries of the value that were removed, to be freed when it is complete.</summary>
    public IReadOnlyList<nint> Adopted => _adopted;

    /// <summary>Parts of it that were removed, likewise.</summary>
    public RetiredParts Retired { get; } = new(heap);

    /// <summary>The block by which writers find it.</summary>
    public abstract nint Address { get; }

    /// <summary>The table whose lines are its parts; null when it has none.</summary>
    public virtual TableHeader* Table => null;

    /// <summary>Takes over an entry with the value.</summary>
    public void Adopt(byte* entry) => _adopted.Add((nint)entry);

    /// <summary>Takes over a structure in whose place the entry has another one: a small one, since its encoding was changed.</summary>
    public void Adopt(EntryType type, EntryEncoding encoding, byte* structure) => _structures.Add((type, encoding, (nint)structure));

    /// <summary>Frees such structures.</summary>
    public void FreeStructures()
    {
        foreach ((EntryType type, EntryEncoding encoding, nint address) in _structures)
            StructureRelease.Free(new OwnerFreer(heap), type, encoding, (byte*)address);
    }

    /// <summary>Copies a few further parts; true when that were all.</summary>
    public abstract bool Advance();

    /// <summary>Copies what is left of a chain of the table.</summary>
    public virtual void TakeLine(byte* line) => throw new InvalidOperationException("The value has no table.");

    /// <summary>Copies the elements of a chain of the table that a hash with this fingerprint may lead to.</summary>
    public virtual void TakeMatching(byte* line, byte fingerprint) => throw new InvalidOperationException("The value has no table.");

    /// <summary>Lets go of the value.</summary>
    public abstract void End();
}
