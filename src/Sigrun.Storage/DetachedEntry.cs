namespace Sigrun.Storage;

/// <summary>
/// Makes entries that no table holds yet: values under construction, which nobody sees before they are whole.
/// </summary>
/// <remarks>
/// Whoever makes one owns it until <see cref="KeyTable.Attach"/> takes it over or <see cref="Free"/> ends it. Making
/// one writes nothing that exists, so stored bytes it is made from stay valid meanwhile.
/// </remarks>
public static unsafe class DetachedEntry
{
    /// <summary>An entry with a string of these bytes.</summary>
    public static EntryRef OfString(
        Heap heap, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, EntryEncoding encoding, long expiryMs = KeyEntry.NoExpiry) =>
        new(StringEntry.Create(heap, key, value, encoding, expiryMs));

    /// <summary>An entry with a string that is kept as an integer.</summary>
    public static EntryRef OfInteger(Heap heap, ReadOnlySpan<byte> key, long value, long expiryMs = KeyEntry.NoExpiry) =>
        new(StringEntry.CreateInteger(heap, key, value, expiryMs));

    /// <summary>An entry with a structure, which is freed when that fails.</summary>
    internal static EntryRef OfStructure(
        Heap heap, ReadOnlySpan<byte> key, EntryType type, EntryEncoding encoding, byte* structure, long expiryMs)
    {
        try
        {
            return new EntryRef(KeyEntry.CreateStructure(heap, key, type, encoding, structure, expiryMs));
        }
        catch (HeapExhaustedException)
        {
            Structures.StructureRelease.Free(new Structures.OwnerFreer(heap), type, encoding, structure);
            throw;
        }
    }

    /// <summary>Ends an entry with its value.</summary>
    public static void Free(Heap heap, EntryRef entry) => KeyEntry.Free(heap, entry.Block);
}
