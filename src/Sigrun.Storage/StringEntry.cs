using System.Runtime.CompilerServices;
using Sigrun.Storage.Snapshots;

namespace Sigrun.Storage;

/// <summary>
/// Entries whose values are strings: made, overwritten, appended to and written in part.
/// </summary>
/// <remarks>
/// A string lies in its entry up to about a kilobyte, beyond that in a <see cref="BigValue"/>. The
/// encoding is what clients are told; it does not say where the bytes lie. Overwriting makes a value
/// exactly as large as it is; appending gives a large one room to grow. The rules of
/// <see cref="KeyEntry"/> about moving and failing hold for every function.
/// </remarks>
public static unsafe class StringEntry
{
    /// <summary>Entries with more bytes than this keep their string outside.</summary>
    public const int InlineLimit = 1024;

    /// <summary>Makes the entry of a string.</summary>
    public static byte* Create(
        Heap heap, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, EntryEncoding encoding, long expiryMs = KeyEntry.NoExpiry)
    {
        if (!FitsInline(key.Length, value.Length))
        {
            BigValue big = BigValue.Create(heap, value.Length, value.Length);
            value.CopyTo(big.Writable);
            return CreateBig(heap, key, big, encoding, expiryMs);
        }
        byte* entry = KeyEntry.Allocate(heap, key, EntryType.String, encoding, InlineForm(value.Length), value.Length, expiryMs);
        value.CopyTo(new Span<byte>(EntryHeader.Payload(entry), value.Length));
        return entry;
    }

    /// <summary>Makes the entry of a string that is kept as an integer.</summary>
    public static byte* CreateInteger(Heap heap, ReadOnlySpan<byte> key, long value, long expiryMs = KeyEntry.NoExpiry)
    {
        ValueForm form = IntegerForm(value);
        byte* entry = KeyEntry.Allocate(heap, key, EntryType.String, EntryEncoding.Int, form, 0, expiryMs);
        WriteInteger(entry, form, value);
        return entry;
    }

    /// <summary>Makes a string the value of an entry that holds one.</summary>
    public static byte* SetString(
        Heap heap, in WritePermit permit, byte* entry, ReadOnlySpan<byte> value, EntryEncoding encoding, long expiryMs)
    {
        permit.Require();
        BigValue old = new EntryRef(entry).BigValue;
        if (!FitsInline(EntryHeader.KeyLength(entry), value.Length))
            return SetBig(heap, entry, old, value, encoding, expiryMs);
        entry = KeyEntry.Relayout(
            heap, entry, EntryType.String, encoding, InlineForm(value.Length), value.Length, expiryMs, keepBytes: 0);
        value.CopyTo(new Span<byte>(EntryHeader.Payload(entry), value.Length));
        if (!old.IsNull)
            old.Release(heap);
        return entry;
    }

    /// <summary>Makes an integer the value of an entry that holds a string.</summary>
    public static byte* SetInteger(Heap heap, in WritePermit permit, byte* entry, long value, long expiryMs)
    {
        permit.Require();
        BigValue old = new EntryRef(entry).BigValue;
        ValueForm form = IntegerForm(value);
        entry = KeyEntry.Relayout(heap, entry, EntryType.String, EntryEncoding.Int, form, 0, expiryMs, keepBytes: 0);
        WriteInteger(entry, form, value);
        if (!old.IsNull)
            old.Release(heap);
        return entry;
    }

    /// <summary>Adds bytes at the end of a string, which becomes a raw one.</summary>
    public static byte* Append(Heap heap, in WritePermit permit, byte* entry, ReadOnlySpan<byte> bytes)
    {
        permit.Require();
        Span<byte> digits = stackalloc byte[EntryRef.IntegerDigits];
        int length = new EntryRef(entry).GetValue(digits).Length;
        entry = Extend(heap, entry, (long)length + bytes.Length);
        bytes.CopyTo(WritableBytes(entry)[length..]);
        return entry;
    }

    /// <summary>
    /// Makes a raw string of at least that length, padded with zeros, that nobody shares: afterwards
    /// <see cref="WritableBytes"/> may be written.
    /// </summary>
    public static byte* EnsureLength(Heap heap, in WritePermit permit, byte* entry, long length)
    {
        permit.Require();
        Span<byte> digits = stackalloc byte[EntryRef.IntegerDigits];
        int before = new EntryRef(entry).GetValue(digits).Length;
        entry = Extend(heap, entry, Math.Max(length, before));
        WritableBytes(entry)[before..].Clear();
        return entry;
    }

    /// <summary>Shows bytes of a string that are about to be overwritten where they are to the snapshot that copies it.</summary>
    internal static void BeforeWrite(Heap heap, byte* entry, long from, long to)
    {
        BigValue big = new EntryRef(entry).BigValue;
        if (!big.IsNull && big.IsPinned) ((PinnedString)heap.Walk!.Find(big.Block)!).BeforeWrite(from, to);
    }

    /// <summary>The bytes of a string that <see cref="EnsureLength"/> has made writable.</summary>
    public static Span<byte> WritableBytes(byte* entry) =>
        EntryHeader.Form(entry) switch
        {
            ValueForm.Big => new BigValue(EntryHeader.Pointer(entry)).Writable,
            ValueForm.Short or ValueForm.Long => new Span<byte>(EntryHeader.Payload(entry), EntryHeader.InlineLength(entry)),
            _ => throw new InvalidOperationException("The value is not a string of bytes."),
        };

    /// <summary>Makes room for a longer raw string that starts with the present bytes; the rest is undefined.</summary>
    private static byte* Extend(Heap heap, byte* entry, long length)
    {
        EntryRef view = new(entry);
        if (!view.BigValue.IsNull)
            return ExtendBig(heap, entry, view.BigValue, length);
        Span<byte> digits = stackalloc byte[EntryRef.IntegerDigits];
        ReadOnlySpan<byte> present = view.GetValue(digits);
        if (!FitsInline(EntryHeader.KeyLength(entry), length))
        {
            BigValue big = BigValue.Create(heap, length, BigValue.GrownCapacity(length));
            present.CopyTo(big.Writable);
            return AttachNew(heap, entry, big, EntryEncoding.Raw, view.ExpiryMs);
        }
        bool isInteger = view.IsInteger;
        int count = present.Length;
        entry = KeyEntry.Relayout(
            heap, entry, EntryType.String, EntryEncoding.Raw, InlineForm((int)length), (int)length, view.ExpiryMs, isInteger ? 0 : count);
        if (isInteger)
            digits[..count].CopyTo(WritableBytes(entry));
        return entry;
    }

    private static byte* ExtendBig(Heap heap, byte* entry, BigValue big, long length)
    {
        bool mayStay = !big.IsShared && !heap.MovesOnWrite;
        if (mayStay && (length <= big.Capacity || big.TryExtend(heap, BigValue.GrownCapacity(length))))
        {
            entry[0] = (int)EntryType.String | ((int)EntryEncoding.Raw << 4);
            big.Length = (int)length;
            return entry;
        }
        BigValue grown = BigValue.Create(heap, length, length == big.Length ? length : BigValue.GrownCapacity(length));
        big.Bytes.CopyTo(grown.Writable);
        entry = AttachNew(heap, entry, grown, EntryEncoding.Raw, EntryHeader.Expiry(entry));
        big.Release(heap);
        return entry;
    }

    /// <summary>Makes the entry of a string that was made on its own; it is discarded when that fails.</summary>
    public static byte* Create(
        Heap heap, ReadOnlySpan<byte> key, DetachedString value, EntryEncoding encoding, long expiryMs = KeyEntry.NoExpiry) =>
        CreateBig(heap, key, value.Value, encoding, expiryMs);

    /// <summary>Makes a string that was made on its own the value of an entry that holds one; it is discarded when that fails.</summary>
    public static byte* SetString(
        Heap heap, in WritePermit permit, byte* entry, DetachedString value, EntryEncoding encoding, long expiryMs)
    {
        permit.Require();
        BigValue old = new EntryRef(entry).BigValue;
        entry = AttachNew(heap, entry, value.Value, encoding, expiryMs);
        if (!old.IsNull)
            old.Release(heap);
        return entry;
    }

    private static byte* CreateBig(Heap heap, ReadOnlySpan<byte> key, BigValue big, EntryEncoding encoding, long expiryMs)
    {
        try
        {
            byte* entry = KeyEntry.Allocate(heap, key, EntryType.String, encoding, ValueForm.Big, 0, expiryMs);
            EntryHeader.SetPointer(entry, big.Block);
            return entry;
        }
        catch (HeapExhaustedException)
        {
            big.Release(heap);
            throw;
        }
    }

    private static byte* SetBig(Heap heap, byte* entry, BigValue old, ReadOnlySpan<byte> value, EntryEncoding encoding, long expiryMs)
    {
        bool reuse = !old.IsNull && !old.IsShared && !old.IsPinned && !heap.MovesOnWrite
            && value.Length <= old.Capacity && value.Length >= old.Capacity - (old.Capacity >> 3);
        if (reuse)
        {
            entry = KeyEntry.Relayout(
                heap, entry, EntryType.String, encoding, ValueForm.Big, 0, expiryMs, EntryHeader.PointerBytes);
            old.Length = value.Length;
            value.CopyTo(old.Writable);
            return entry;
        }
        BigValue big = BigValue.Create(heap, value.Length, value.Length);
        value.CopyTo(big.Writable);
        entry = AttachNew(heap, entry, big, encoding, expiryMs);
        if (!old.IsNull)
            old.Release(heap);
        return entry;
    }

    /// <summary>Makes a new large value the entry's; gives it up again when the entry cannot move.</summary>
    private static byte* AttachNew(Heap heap, byte* entry, BigValue big, EntryEncoding encoding, long expiryMs)
    {
        try
        {
            entry = KeyEntry.Relayout(heap, entry, EntryType.String, encoding, ValueForm.Big, 0, expiryMs, keepBytes: 0);
        }
        catch (HeapExhaustedException)
        {
            big.Release(heap);
            throw;
        }
        EntryHeader.SetPointer(entry, big.Block);
        return entry;
    }

    private static bool FitsInline(int keyLength, long valueLength) => keyLength + valueLength <= InlineLimit - 24;

    private static ValueForm InlineForm(int length) => length <= byte.MaxValue ? ValueForm.Short : ValueForm.Long;

    private static ValueForm IntegerForm(long value) => value == (int)value ? ValueForm.Int32 : ValueForm.Int64;

    private static void WriteInteger(byte* entry, ValueForm form, long value)
    {
        if (form == ValueForm.Int32)
            Unsafe.WriteUnaligned(EntryHeader.Payload(entry), (int)value);
        else
            Unsafe.WriteUnaligned(EntryHeader.Payload(entry), value);
    }
}
