using System.Buffers.Binary;

namespace Sigrun.Storage.Structures;

/// <summary>Reads a zipmap, the form in which the earliest servers saved small hashes.</summary>
/// <remarks>
/// <code>
/// 1 byte    the number of pairs (254: unknown)
///           pairs: the length of the field (one byte, or FE and four), the field,
///                  the length of the value (the same), the bytes unused behind it (one byte), the value
/// FF        the end
/// </code>
/// Trusts nothing: the bytes may come from anywhere. All was read and made sense when <see cref="MoveNext"/> is false and
/// <see cref="IsDamaged"/> too.
/// </remarks>
public ref struct ZipmapReader
{
    private const byte End = 0xFF;
    private const byte LongLength = 0xFE;

    private readonly ReadOnlySpan<byte> _bytes;
    private ReadOnlySpan<byte> _rest;
    private int _count;

    /// <summary>Starts in front of the first pair.</summary>
    public ZipmapReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        IsDamaged = bytes.Length < 2 || bytes[^1] != End;
        _rest = IsDamaged ? default : bytes[1..];
    }

    /// <summary>Whether something was found that no zipmap has.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>The field.</summary>
    public ReadOnlySpan<byte> Field { get; private set; }

    /// <summary>Its value.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Reads the next pair; false when there is none or the bytes make no sense.</summary>
    public bool MoveNext()
    {
        if (IsDamaged) return false;
        if (_rest[0] == End)
        {
            IsDamaged = _rest.Length != 1 || (_bytes[0] != LongLength && _bytes[0] != _count);
            return false;
        }
        if (!TryReadPair())
        {
            IsDamaged = true;
            return false;
        }
        _count++;
        return true;
    }

    private bool TryReadPair()
    {
        if (!TryReadLength(out uint length) || length >= _rest.Length) return false;
        Field = _rest[..(int)length];
        _rest = _rest[(int)length..];
        if (!TryReadLength(out length) || _rest.IsEmpty) return false;
        int unused = _rest[0];
        _rest = _rest[1..];
        // At least the end follows.
        if ((long)length + unused >= _rest.Length) return false;
        Value = _rest[..(int)length];
        _rest = _rest[((int)length + unused)..];
        return true;
    }

    private bool TryReadLength(out uint length)
    {
        length = _rest.IsEmpty ? End : _rest[0];
        if (length == End) return false;
        int bytes = length < LongLength ? 1 : 1 + sizeof(uint);
        if (_rest.Length < bytes) return false;
        if (bytes > 1)
        {
            length = BinaryPrimitives.ReadUInt32LittleEndian(_rest[1..]);
            if (length < LongLength) return false;
        }
        _rest = _rest[bytes..];
        return true;
    }
}
