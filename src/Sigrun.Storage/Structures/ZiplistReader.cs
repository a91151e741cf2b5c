using System.Buffers.Binary;

namespace Sigrun.Storage.Structures;

/// <summary>Reads a ziplist, the form in which servers of before 7.0 kept and saved small collections.</summary>
/// <remarks>
/// <code>
/// 4 bytes   the size of all
/// 4 bytes   where the last element starts
/// 2 bytes   the number of elements (65,535: unknown)
///           elements: the length of the one before (one byte, or FE and four), an encoding, the bytes
/// FF        the end
///
/// 00llllll                  up to 63 bytes
/// 01llllll llllllll         up to 16383 bytes, high bits first
/// 10...... l l l l          more bytes, high byte of the length first
/// C0, D0, E0                a number of 2, 4, 8 bytes, low byte first
/// F0, FE                    a number of 3, 1 bytes
/// F1 to FD                  a number from 0 to 12
/// </code>
/// Trusts nothing: the bytes may come from anywhere. All was read and made sense when <see cref="MoveNext"/> is false and
/// <see cref="IsDamaged"/> too.
/// </remarks>
public ref struct ZiplistReader
{
    private const int HeaderBytes = 10;
    private const int TailOffset = 4;
    private const int CountOffset = 8;
    private const byte End = 0xFF;
    private const byte LongPrevious = 0xFE;
    private const byte NumberMin = 0xC0;
    private const byte SmallNumberMin = 0xF1;
    private const byte SmallNumberMax = 0xFD;

    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;
    private int _lastStart;
    private int _count;
    private ReadOnlySpan<byte> _text;
    private long _number;
    private bool _isNumber;

    /// <summary>Starts in front of the first element.</summary>
    public ZiplistReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _position = HeaderBytes;
        IsDamaged = bytes.Length <= HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != bytes.Length || bytes[^1] != End;
    }

    /// <summary>Whether something was found that no ziplist has.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>The bytes of the element; those of a number are written to the scratch space (20 bytes).</summary>
    public readonly ReadOnlySpan<byte> GetBytes(Span<byte> scratch) =>
        _isNumber ? scratch[..NumberText.FormatInt64(scratch, _number)] : _text;

    /// <summary>Reads the next element; false when there is none or the bytes make no sense.</summary>
    public bool MoveNext()
    {
        if (IsDamaged) return false;
        if (_bytes[_position] == End)
        {
            IsDamaged = !EndsWell();
            return false;
        }
        int start = _position;
        ReadOnlySpan<byte> rest = _bytes[start..^1];
        if (!TryReadPrevious(ref rest, out uint previous) || previous != (_count == 0 ? 0 : start - _lastStart) || !TryReadContent(ref rest))
        {
            IsDamaged = true;
            return false;
        }
        _lastStart = start;
        _count++;
        _position = _bytes.Length - 1 - rest.Length;
        return true;
    }

    private readonly bool EndsWell()
    {
        int stated = BinaryPrimitives.ReadUInt16LittleEndian(_bytes[CountOffset..]);
        uint tail = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[TailOffset..]);
        return _position == _bytes.Length - 1 && (_count == 0 ? tail < _bytes.Length : tail == _lastStart)
            && (stated == ushort.MaxValue || stated == _count);
    }

    private static bool TryReadPrevious(ref ReadOnlySpan<byte> rest, out uint length)
    {
        length = 0;
        if (rest.IsEmpty || rest[0] > LongPrevious) return false;
        length = rest[0];
        if (length < LongPrevious)
        {
            rest = rest[1..];
            return true;
        }
        if (rest.Length < 5) return false;
        length = BinaryPrimitives.ReadUInt32LittleEndian(rest[1..]);
        rest = rest[5..];
        return true;
    }

    private bool TryReadContent(ref ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty) return false;
        byte lead = rest[0];
        _isNumber = lead >= NumberMin;
        return _isNumber ? TryReadNumber(lead, ref rest) : TryReadText(lead, ref rest);
    }

    private bool TryReadText(byte lead, ref ReadOnlySpan<byte> rest)
    {
        int header = lead < 0x40 ? 1 : lead < 0x80 ? 2 : 5;
        if (rest.Length < header) return false;
        uint length = header switch
        {
            1 => lead,
            2 => (uint)((lead & 0x3F) << 8 | rest[1]),
            _ => BinaryPrimitives.ReadUInt32BigEndian(rest[1..]),
        };
        if (length > rest.Length - header) return false;
        _text = rest.Slice(header, (int)length);
        rest = rest[(header + (int)length)..];
        return true;
    }

    private bool TryReadNumber(byte lead, ref ReadOnlySpan<byte> rest)
    {
        int bytes = lead switch
        {
            0xC0 => 2,
            0xD0 => 4,
            0xE0 => 8,
            0xF0 => 3,
            0xFE => 1,
            >= SmallNumberMin and <= SmallNumberMax => 0,
            _ => -1,
        };
        if (bytes < 0 || rest.Length <= bytes) return false;
        _number = bytes switch
        {
            0 => lead - SmallNumberMin,
            1 => (sbyte)rest[1],
            2 => BinaryPrimitives.ReadInt16LittleEndian(rest[1..]),
            3 => BinaryPrimitives.ReadUInt16LittleEndian(rest[1..]) | (sbyte)rest[3] << 16,
            4 => BinaryPrimitives.ReadInt32LittleEndian(rest[1..]),
            _ => BinaryPrimitives.ReadInt64LittleEndian(rest[1..]),
        };
        rest = rest[(1 + bytes)..];
        return true;
    }
}
