using System.Buffers.Text;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Sigrun.Storage.Structures;

namespace Sigrun.Storage;

/// <summary>
/// A view of a key's entry for code that does not handle pointers. Valid until the key is written or removed, and so is
/// every span it hands out: what happens to other keys moves references to it and never the entry.
/// </summary>
public readonly unsafe struct EntryRef : IEquatable<EntryRef>
{
    /// <summary>The room that <see cref="GetValue"/> needs for an integer.</summary>
    public const int IntegerDigits = 20;

    private const int PrefetchedLines = 3;

    private readonly byte* _entry;

    /// <summary>Makes the view of an entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryRef(byte* entry) => _entry = entry;

    /// <summary>Whether there is no entry.</summary>
    public bool IsNull => _entry == null;

    /// <summary>The entry's block.</summary>
    public byte* Block => _entry;

    /// <summary>Where the entry is; the same until a write moves it.</summary>
    public nint Address => (nint)_entry;

    /// <summary>The key.</summary>
    public ReadOnlySpan<byte> Key => KeyLayout.Key(_entry);

    /// <summary>The type of the value.</summary>
    public EntryType Type => (EntryType)(_entry[0] & 15);

    /// <summary>The encoding of the value.</summary>
    public EntryEncoding Encoding => (EntryEncoding)(_entry[0] >> 4);

    /// <summary>Whether the key has an expiry time.</summary>
    public bool HasExpiry => EntryHeader.HasExpiry(_entry);

    /// <summary>The expiry time in Unix milliseconds, or -1.</summary>
    public long ExpiryMs => EntryHeader.Expiry(_entry);

    /// <summary>The 24 bits of LRU or LFU; the only part that may be written without a permit.</summary>
    public uint Lru
    {
        get => EntryHeader.Lru(_entry);
        set => EntryHeader.SetLru(_entry, value);
    }

    /// <summary>Whether the value is a string kept as an integer.</summary>
    public bool IsInteger => EntryHeader.Form(_entry) is ValueForm.Int32 or ValueForm.Int64;

    /// <summary>The bytes of a string that is not kept as an integer.</summary>
    public ReadOnlySpan<byte> ValueBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ValueForm form = EntryHeader.Form(_entry);
            if (form <= ValueForm.Long)
                return new ReadOnlySpan<byte>(EntryHeader.Payload(_entry), EntryHeader.InlineLength(_entry));
            return form == ValueForm.Big ? Big.Bytes : ThrowNoBytes();
        }
    }

    /// <summary>The block of a large string, to send from it without a copy; null for any other value.</summary>
    public BigValue BigValue => EntryHeader.Form(_entry) == ValueForm.Big ? Big : default;

    /// <summary>The structure of a value that is no string, for its type to interpret.</summary>
    public byte* Structure => IsStructure ? EntryHeader.Pointer(_entry) : null;

    /// <summary>The length of the string in bytes, decimal digits for an integer.</summary>
    public int ValueLength
    {
        get
        {
            if (!TryGetInteger(out long value))
                return ValueBytes.Length;
            Span<byte> digits = stackalloc byte[IntegerDigits];
            _ = Utf8Formatter.TryFormat(value, digits, out int length);
            return length;
        }
    }

    /// <summary>Whether the value is a structure of its type, no string.</summary>
    public bool IsStructure => EntryHeader.Form(_entry) == ValueForm.Structure;

    /// <summary>Fetches the line behind the entry's first, into which most entries reach.</summary>
    public void PrefetchSecondLine() => Prefetch.Line(_entry + TableLine.Bytes);

    /// <summary>Fetches the beginning of the value, but for the entry's first two lines, which have come.</summary>
    public void PrefetchValue()
    {
        bool isInside = EntryHeader.Form(_entry) < ValueForm.Big;
        byte* from = isInside ? _entry + 2 * TableLine.Bytes : EntryHeader.Pointer(_entry);
        byte* end = from + PrefetchedLines * TableLine.Bytes;
        if (isInside && end - _entry > (long)EntryHeader.TotalBytes(_entry)) end = _entry + EntryHeader.TotalBytes(_entry);
        for (; from < end; from += TableLine.Bytes) Prefetch.Line(from);
    }

    /// <summary>About how many blocks freeing the value ends.</summary>
    public long FreeEffort() => IsStructure ? StructureRelease.Effort(Encoding, Structure) : 1;

    /// <summary>The bytes the entry and a large string occupy; not those of a structure.</summary>
    public long UsedBytes(Heap heap)
    {
        ArgumentNullException.ThrowIfNull(heap);
        long own = (long)heap.UsableSize(_entry);
        return EntryHeader.Form(_entry) == ValueForm.Big ? own + (long)heap.UsableSize(Big.Block) : own;
    }

    /// <summary>The number, when the value is kept as one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGetInteger(out long value)
    {
        switch (EntryHeader.Form(_entry))
        {
            case ValueForm.Int32:
                value = Unsafe.ReadUnaligned<int>(EntryHeader.Payload(_entry));
                return true;
            case ValueForm.Int64:
                value = Unsafe.ReadUnaligned<long>(EntryHeader.Payload(_entry));
                return true;
            default:
                value = 0;
                return false;
        }
    }

    /// <summary>The string's bytes; those of an integer are written to the scratch space (<see cref="IntegerDigits"/> bytes).</summary>
    public ReadOnlySpan<byte> GetValue(Span<byte> scratch)
    {
        if (!TryGetInteger(out long value))
            return ValueBytes;
        bool formatted = Utf8Formatter.TryFormat(value, scratch, out int length);
        Debug.Assert(formatted);
        return scratch[..length];
    }

    /// <inheritdoc/>
    public bool Equals(EntryRef other) => _entry == other._entry;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EntryRef other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((nuint)_entry).GetHashCode();

    /// <summary>Whether both are the same entry.</summary>
    public static bool operator ==(EntryRef left, EntryRef right) => left.Equals(right);

    /// <summary>Whether the entries differ.</summary>
    public static bool operator !=(EntryRef left, EntryRef right) => !left.Equals(right);

    private BigValue Big => new(EntryHeader.Pointer(_entry));

    private static ReadOnlySpan<byte> ThrowNoBytes() =>
        throw new InvalidOperationException("The value is not a string of bytes.");
}
