using System.Buffers;
using System.Runtime.InteropServices;
using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Storage.Structures;

namespace Sigrun.Types.Sorting;

/// <summary>Copies of elements, or of what they are sorted by: numbers as such, others as bytes in one array.</summary>
/// <remarks>
/// Copies, because looking up the keys that a pattern names may remove expired ones, and stored bytes move then. All
/// memory is rented.
/// </remarks>
internal ref struct SortTexts(int capacity)
{
    private const int FirstBytes = 4096;

    /// <summary>In place of a length: the text is that of a number.</summary>
    private const int Number = -1;

    /// <summary>In place of a length: there is no text.</summary>
    private const int Nothing = -2;

    /// <summary>Up to here either side of zero every whole number is a double.</summary>
    private const long ExactMax = 1L << 53;

    private readonly Text[] _texts = ArrayPool<Text>.Shared.Rent(Math.Max(capacity, 1));
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int _used;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Gives the memory back.</summary>
    public readonly void Dispose()
    {
        ArrayPool<Text>.Shared.Return(_texts);
        ArrayPool<byte>.Shared.Return(_bytes);
    }

    /// <summary>Adds an element.</summary>
    public void Add(ListpackElement element)
    {
        if (element.IsNumber) _texts[Count++] = new Text(element.Number, Number);
        else Add(element.Bytes);
    }

    /// <summary>Adds bytes.</summary>
    public void Add(scoped ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - _used < bytes.Length) Grow(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_used));
        _texts[Count++] = new Text(_used, bytes.Length);
        _used += bytes.Length;
    }

    /// <summary>Adds the absence of a text.</summary>
    public void AddNothing() => _texts[Count++] = new Text(0, Nothing);

    /// <summary>Whether a text is absent.</summary>
    public readonly bool IsNothing(int index) => _texts[index].Length == Nothing;

    /// <summary>Whether a text is that of a number, and which.</summary>
    public readonly bool TryGetNumber(int index, out long number)
    {
        number = _texts[index].Value;
        return _texts[index].Length == Number;
    }

    /// <summary>
    /// Reads all as numbers that a double holds exactly, in keys of the same order; false when they are not all such.
    /// </summary>
    public readonly bool TryGetExactKeys(Span<ulong> keys)
    {
        ReadOnlySpan<Text> texts = _texts.AsSpan(0, Count);
        for (int i = 0; i < texts.Length; i++)
        {
            long number = texts[i].Value;
            if (texts[i].Length != Number || number is < -ExactMax or > ExactMax) return false;
            keys[i] = (ulong)(number + ExactMax);
        }
        return true;
    }

    /// <summary>Puts the numbers of keys in the place of all texts.</summary>
    public readonly void SetExactKeys(ReadOnlySpan<ulong> keys)
    {
        for (int i = 0; i < keys.Length; i++) _texts[i] = new Text((long)keys[i] - ExactMax, Number);
    }

    /// <summary>A text; that of a number is written to the scratch space (<see cref="NumberText.Int64Max"/> bytes).</summary>
    public readonly ReadOnlySpan<byte> Get(int index, Span<byte> scratch)
    {
        Text text = _texts[index];
        if (text.Length == Number) return scratch[..NumberText.FormatInt64(scratch, text.Value)];
        return _bytes.AsSpan((int)text.Value, Math.Max(text.Length, 0));
    }

    /// <summary>Compares texts byte by byte; an absent one comes first.</summary>
    /// <param name="left">A text.</param>
    /// <param name="right">The other.</param>
    /// <param name="upToNul">Whether texts end before their first zero byte.</param>
    public readonly int Compare(int left, int right, bool upToNul)
    {
        if (IsNothing(left) || IsNothing(right)) return IsNothing(right).CompareTo(IsNothing(left));
        Span<byte> scratch = stackalloc byte[NumberText.Int64Max];
        Span<byte> other = stackalloc byte[NumberText.Int64Max];
        ReadOnlySpan<byte> first = Get(left, scratch);
        ReadOnlySpan<byte> second = Get(right, other);
        return upToNul
            ? CommandErrors.UpToNul(first).SequenceCompareTo(CommandErrors.UpToNul(second))
            : first.SequenceCompareTo(second);
    }

    private void Grow(int bytes)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(2L * _bytes.Length, (long)_used + bytes), Array.MaxLength));
        _bytes.AsSpan(0, _used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }

    /// <summary>A number, or where bytes begin, and how many.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Text(long Value, int Length);
}
