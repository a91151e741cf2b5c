using System.Runtime.CompilerServices;
using Sigrun.Storage.Structures;

namespace Sigrun.Storage;

/// <summary>
/// Makes, moves and frees the entries of keys, whatever the type of their values; see
/// <see cref="EntryHeader"/> for the layout and <see cref="StringEntry"/> for strings.
/// </summary>
/// <remarks>
/// A change that still fits the entry's slot, and would not leave more than about one size class of
/// it unused, is made in place; any other makes a new block and frees the old one. Functions return
/// where the entry is now: the caller puts a new place into the table, and into the expiry table when
/// the entry has an expiry. A function that throws <see cref="HeapExhaustedException"/> has changed
/// nothing. In the heap's move-on-write mode every change moves.
/// </remarks>
public static unsafe class KeyEntry
{
    /// <summary>Means no expiry.</summary>
    public const long NoExpiry = EntryHeader.NoExpiry;

    /// <summary>Makes an entry whose value is a structure of its type.</summary>
    public static byte* CreateStructure(
        Heap heap, ReadOnlySpan<byte> key, EntryType type, EntryEncoding encoding, byte* structure, long expiryMs = NoExpiry)
    {
        byte* entry = Allocate(heap, key, type, encoding, ValueForm.Structure, 0, expiryMs);
        EntryHeader.SetPointer(entry, structure);
        return entry;
    }

    /// <summary>Changes the structure and encoding of an entry that has one, which is in place even when entries move.</summary>
    public static void UpdateStructure(in WritePermit permit, byte* entry, EntryEncoding encoding, byte* structure)
    {
        permit.Require();
        if (EntryHeader.Form(entry) != ValueForm.Structure)
            throw new InvalidOperationException("The value is not a structure.");
        entry[0] = (byte)((entry[0] & 15) | ((int)encoding << 4));
        EntryHeader.SetPointer(entry, structure);
    }

    /// <summary>Gives the entry an expiry time, another one, or none (-1).</summary>
    public static byte* SetExpiry(Heap heap, in WritePermit permit, byte* entry, long expiryMs)
    {
        permit.Require();
        EntryRef view = new(entry);
        ValueForm form = EntryHeader.Form(entry);
        int inlineLength = form <= ValueForm.Long ? EntryHeader.InlineLength(entry) : 0;
        return Relayout(heap, entry, view.Type, view.Encoding, form, inlineLength, expiryMs, EntryHeader.PayloadBytes(entry));
    }

    /// <summary>Makes the entry of the same value under another key; large values are shared, so the old entry's block is to be freed alone.</summary>
    public static byte* Renamed(Heap heap, in WritePermit permit, byte* entry, ReadOnlySpan<byte> newKey, EntryEncoding encoding)
    {
        permit.Require();
        EntryRef view = new(entry);
        ValueForm form = EntryHeader.Form(entry);
        int inlineLength = form <= ValueForm.Long ? EntryHeader.InlineLength(entry) : 0;
        byte* fresh = Allocate(heap, newKey, view.Type, encoding, form, inlineLength, view.ExpiryMs);
        EntryHeader.SetLru(fresh, EntryHeader.Lru(entry));
        int bytes = EntryHeader.PayloadBytes(entry);
        Unsafe.CopyBlockUnaligned(EntryHeader.Payload(fresh), EntryHeader.Payload(entry), (uint)bytes);
        return fresh;
    }

    /// <summary>Frees an entry with its value; one that a snapshot is copying, when that has it.</summary>
    public static void Free(Heap heap, byte* entry)
    {
        if (heap.Walk is { } walk && walk.TryAdopt(entry)) return;
        Free(new OwnerFreer(heap), entry);
    }

    /// <summary>Frees an entry with its value, on whichever thread the freer is for.</summary>
    public static void Free<TFreer>(in TFreer freer, byte* entry) where TFreer : struct, IBlockFreer
    {
        EntryRef view = new(entry);
        switch (EntryHeader.Form(entry))
        {
            case ValueForm.Big:
                view.BigValue.Release(freer);
                break;
            case ValueForm.Structure:
                StructureRelease.Free(freer, view.Type, view.Encoding, EntryHeader.Pointer(entry));
                break;
        }
        freer.Free(entry);
    }

    /// <summary>A new entry with its header and key; the value is left to the caller.</summary>
    internal static byte* Allocate(
        Heap heap, ReadOnlySpan<byte> key, EntryType type, EntryEncoding encoding, ValueForm form, int inlineLength, long expiryMs)
    {
        byte flags = EntryHeader.Flags(key.Length, form, expiryMs != NoExpiry);
        byte* entry = heap.Allocate(EntryHeader.TotalBytes(flags, key.Length, inlineLength));
        EntryHeader.Write(entry, type, encoding, flags, key.Length, inlineLength, expiryMs);
        EntryHeader.SetLru(entry, 0);
        key.CopyTo(new Span<byte>(EntryHeader.Key(entry), key.Length));
        return entry;
    }

    /// <summary>
    /// Gives an entry another header, keeping its key, its LRU bits and the first bytes of its value;
    /// in place when it may stay.
    /// </summary>
    internal static byte* Relayout(
        Heap heap, byte* entry, EntryType type, EntryEncoding encoding, ValueForm form, int inlineLength, long expiryMs, int keepBytes)
    {
        int keyLength = EntryHeader.KeyLength(entry);
        byte flags = EntryHeader.Flags(keyLength, form, expiryMs != NoExpiry);
        nuint total = EntryHeader.TotalBytes(flags, keyLength, inlineLength);
        byte* from = EntryHeader.Key(entry);
        byte* target = (total == EntryHeader.TotalBytes(entry) && !heap.MovesOnWrite) || heap.MayStay(entry, total) ? entry : heap.Allocate(total);
        byte* to = target + EntryHeader.KeyOffset(flags);
        if (to != from)
            Buffer.MemoryCopy(from, to, keyLength + keepBytes, keyLength + keepBytes);
        EntryHeader.SetLru(target, EntryHeader.Lru(entry));
        EntryHeader.Write(target, type, encoding, flags, keyLength, inlineLength, expiryMs);
        if (target != entry)
            heap.Free(entry);
        return target;
    }
}
