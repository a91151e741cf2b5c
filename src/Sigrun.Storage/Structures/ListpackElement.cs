using System.Buffers.Text;

namespace Sigrun.Storage.Structures;

/// <summary>An element of a listpack: bytes, or a number that stands for its decimal digits.</summary>
/// <remarks>Valid until the listpack is written.</remarks>
public readonly unsafe struct ListpackElement
{
    /// <summary>The room that <see cref="GetBytes"/> needs for a number.</summary>
    public const int DigitsMax = 20;

    private readonly byte* _bytes;
    private readonly int _length;

    internal ListpackElement(byte* bytes, int length)
    {
        _bytes = bytes;
        _length = length;
    }

    internal ListpackElement(long number) => Number = number;

    /// <summary>Whether the element is kept as a number.</summary>
    public bool IsNumber => _bytes == null;

    /// <summary>The number.</summary>
    public long Number { get; }

    /// <summary>The bytes of an element that is no number.</summary>
    public ReadOnlySpan<byte> Bytes => new(_bytes, _length);

    /// <summary>The element's bytes; those of a number are written to the scratch space (<see cref="DigitsMax"/> bytes).</summary>
    public ReadOnlySpan<byte> GetBytes(Span<byte> scratch)
    {
        if (!IsNumber) return Bytes;
        _ = Utf8Formatter.TryFormat(Number, scratch, out int length);
        return scratch[..length];
    }

    /// <summary>The number of bytes, digits for a number.</summary>
    public int ByteCount => IsNumber ? GetBytes(stackalloc byte[DigitsMax]).Length : _length;

    /// <summary>Whether the element has these bytes.</summary>
    public bool BytesEqual(ReadOnlySpan<byte> bytes) => GetBytes(stackalloc byte[DigitsMax]).SequenceEqual(bytes);
}
