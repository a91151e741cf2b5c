using System.Runtime.CompilerServices;

namespace Sigrun.Storage.Structures;

/// <summary>An element on its way into a listpack: how it will be written, so that its size is known before there is room.</summary>
internal readonly unsafe ref struct ListpackItem
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly long _number;
    private readonly byte _lead;
    private readonly byte _leadBytes;

    /// <summary>Bytes up to the back length.</summary>
    private readonly int _bodyBytes;

    /// <summary>An element of these bytes, kept as a number where they spell one.</summary>
    public ListpackItem(ReadOnlySpan<byte> text)
    {
        if (text.Length <= ListpackElement.DigitsMax && NumberText.TryParseInt64(text, out long number))
        {
            this = new ListpackItem(number);
            return;
        }
        _text = text;
        (_lead, _leadBytes) = text.Length switch
        {
            < ListpackCode.String12MinLength => ((byte)(ListpackCode.String6 | text.Length), (byte)1),
            < ListpackCode.String32MinLength => ((byte)(ListpackCode.String12 | text.Length >> 8), (byte)2),
            _ => (ListpackCode.String32, (byte)5),
        };
        _bodyBytes = _leadBytes + text.Length;
        TotalBytes = _bodyBytes + ListpackCode.BackLengthBytes(_bodyBytes);
    }

    /// <summary>An element that is a number.</summary>
    public ListpackItem(long number)
    {
        _number = number;
        (_lead, _bodyBytes) = number switch
        {
            >= 0 and <= 127 => ((byte)number, 1),
            >= -4096 and <= 4095 => ((byte)(ListpackCode.Int13 | (number >> 8 & 31)), 2),
            >= short.MinValue and <= short.MaxValue => (ListpackCode.Int16, 3),
            >= -(1 << 23) and < 1 << 23 => (ListpackCode.Int24, 4),
            >= int.MinValue and <= int.MaxValue => (ListpackCode.Int32, 5),
            _ => (ListpackCode.Int64, 9),
        };
        TotalBytes = _bodyBytes + 1;
    }

    /// <summary>All bytes the element will take.</summary>
    public int TotalBytes { get; }

    /// <summary>Writes the element.</summary>
    public void Write(byte* target)
    {
        *target = _lead;
        if (_leadBytes > 0) WriteText(target);
        else WriteNumber(target);
        ListpackCode.WriteBackLength(target + _bodyBytes, _bodyBytes);
    }

    private void WriteText(byte* target)
    {
        if (_leadBytes == 2) target[1] = (byte)_text.Length;
        else if (_leadBytes == 5) Unsafe.WriteUnaligned(target + 1, _text.Length);
        _text.CopyTo(new Span<byte>(target + _leadBytes, _text.Length));
    }

    private void WriteNumber(byte* target)
    {
        long rest = _number;
        for (int i = 1; i < _bodyBytes; i++, rest >>= 8) target[i] = (byte)rest;
    }
}
