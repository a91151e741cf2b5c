using System.Buffers.Binary;

namespace Sigrun.Types.Bitmaps;

/// <summary>What happens when a value does not fit into its field.</summary>
internal enum BitFieldOverflow
{
    /// <summary>The lowest bits are kept.</summary>
    Wrap,

    /// <summary>The nearest limit is taken.</summary>
    Saturate,

    /// <summary>Nothing is written.</summary>
    Fail,
}

/// <summary>An integer of 1 to 64 bits at any bit of a string.</summary>
/// <remarks>
/// Bit 0 is the highest bit of the first byte and the highest bit of a field comes first, so a field lies in
/// at most nine bytes: they are read as one number and shifted.
/// </remarks>
internal readonly struct BitField
{
    private const int WindowBytes = 9;

    private readonly long _offset;
    private readonly int _width;
    private readonly bool _isSigned;

    /// <summary>Describes a field.</summary>
    /// <param name="isSigned">Whether the highest bit is a sign.</param>
    /// <param name="width">1 to 64 bits; 63 at most without a sign.</param>
    /// <param name="offset">The offset of its first bit.</param>
    public BitField(bool isSigned, int width, long offset)
    {
        _isSigned = isSigned;
        _width = width;
        _offset = offset;
    }

    /// <summary>The byte of the string in which the field begins.</summary>
    public int FirstByte => (int)(_offset >> 3);

    /// <summary>The bytes that the string must have for the field to be written.</summary>
    public long BytesNeeded => ((_offset + _width - 1) >> 3) + 1;

    /// <summary>The bits of the window below the field.</summary>
    private int Below => WindowBytes * 8 - (int)(_offset & 7) - _width;

    private ulong Mask => ulong.MaxValue >> (64 - _width);

    /// <summary>The value; what lies behind the end of the string is zero.</summary>
    public long Read(ReadOnlySpan<byte> bytes) => Extend((ulong)(ReadWindow(bytes) >> Below) & Mask);

    /// <summary>Writes a value into a string that is long enough.</summary>
    public void Write(Span<byte> bytes, long value)
    {
        UInt128 window = ReadWindow(bytes);
        window &= ~((UInt128)Mask << Below);
        window |= (UInt128)((ulong)value & Mask) << Below;
        Span<byte> text = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(text, window);
        Span<byte> target = bytes[FirstByte..];
        text = text[^WindowBytes..];
        text[..Math.Min(WindowBytes, target.Length)].CopyTo(target);
    }

    /// <summary>
    /// What a value becomes when something is added to it: false when it does not fit and the rule is to fail.
    /// </summary>
    public bool TryAdd(long value, long increment, BitFieldOverflow overflow, out long result)
    {
        int direction = _isSigned ? SignedOverflow(value, increment) : UnsignedOverflow(value, increment);
        result = unchecked(value + increment);
        if (direction == 0) return true;
        result = overflow == BitFieldOverflow.Wrap ? Extend((ulong)result & Mask)
            : direction > 0 ? Max
            : Min;
        return overflow != BitFieldOverflow.Fail;
    }

    private long Max => (long)(_isSigned ? Mask >> 1 : Mask);

    private long Min => _isSigned ? -Max - 1 : 0;

    /// <summary>
    /// 1 when the sum is too large, −1 when it is too small. A value that is far too small counts as too
    /// large when its distance from the maximum exceeds 63 bits: clients have come to see it so.
    /// </summary>
    private int SignedOverflow(long value, long increment)
    {
        long up = unchecked(Max - value);
        long down = unchecked(Min - value);
        bool isNarrow = _width != 64;
        if (value > Max || (increment > up && (isNarrow || (value >= 0 && increment > 0)))) return 1;
        if (value < Min || (increment < down && (isNarrow || (value < 0 && increment < 0)))) return -1;
        return 0;
    }

    /// <summary>The same without a sign; a negative value is one beyond the maximum.</summary>
    private int UnsignedOverflow(long value, long increment)
    {
        if ((ulong)value > Mask || (increment > 0 && increment > (long)Mask - value)) return 1;
        return increment < -value ? -1 : 0;
    }

    private long Extend(ulong bits) => _isSigned ? (long)(bits << (64 - _width)) >> (64 - _width) : (long)bits;

    private UInt128 ReadWindow(ReadOnlySpan<byte> bytes)
    {
        Span<byte> text = stackalloc byte[16];
        text.Clear();
        if (_offset >> 3 < bytes.Length)
        {
            ReadOnlySpan<byte> present = bytes[FirstByte..];
            present[..Math.Min(WindowBytes, present.Length)].CopyTo(text[^WindowBytes..]);
        }
        return BinaryPrimitives.ReadUInt128BigEndian(text);
    }
}
