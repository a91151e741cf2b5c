using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Sigrun.Storage;
using Sigrun.Storage.Compression;

namespace Sigrun.Persistence;

/// <summary>Reads values in the RDB format from bytes that nobody vouches for.</summary>
/// <remarks>
/// Whatever does not make sense ends in a <see cref="RdbFormatException"/>. No length is believed before it is
/// compared with what is there: a plain string cannot be longer than the rest, a compressed one neither longer than
/// its bytes can stand for nor than the limit. So reading allocates at most a bounded multiple of what it is given.
/// What is there are the bytes it was given, or a file through a <see cref="RdbWindow"/>.
/// </remarks>
internal ref struct RdbReader
{
    private readonly RdbWindow? _window;
    private readonly ScratchBuffer _scratch;
    private readonly long _stringMax;
    private ReadOnlySpan<byte> _data;
    private int _position;

    /// <summary>Creates a reader.</summary>
    /// <param name="data">What it reads.</param>
    /// <param name="scratch">Where it expands strings that are compressed or numbers.</param>
    /// <param name="stringMax">The longest string that may come out.</param>
    public RdbReader(ReadOnlySpan<byte> data, ScratchBuffer scratch, long stringMax)
    {
        _data = data;
        _scratch = scratch;
        _stringMax = Math.Min(stringMax, Array.MaxLength);
    }

    /// <summary>Creates a reader of a file.</summary>
    /// <param name="window">The file, from where the window begins.</param>
    /// <param name="scratch">Where it expands strings that are compressed or numbers.</param>
    public RdbReader(RdbWindow window, ScratchBuffer scratch)
        : this([], scratch, long.MaxValue) => _window = window;

    /// <summary>Bytes that were not read yet.</summary>
    public readonly long Remaining => _data.Length - _position + (_window?.Behind ?? 0);

    /// <summary>Bytes that were read.</summary>
    public readonly long Offset => _position + (_window?.Start ?? 0);

    /// <summary>Strings in compact forms that were read.</summary>
    public long PackedRead { get; private set; }

    /// <summary>The checksum of what was read of a file.</summary>
    public readonly ulong Checksum => _window?.ChecksumUpTo(_position) ?? 0;

    /// <summary>Reads a byte.</summary>
    public byte ReadByte() => Take(1)[0];

    /// <summary>Reads bytes as they are; valid as long as what is read from.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count) => Take((ulong)count);

    /// <summary>Reads four bytes, low first.</summary>
    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    /// <summary>Reads eight bytes, low first.</summary>
    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    /// <summary>Reads a length or count.</summary>
    public ulong ReadLength() =>
        TryReadLength(out ulong length, out _) ? length : throw new RdbFormatException("A special encoding stands for a length.");

    /// <summary>Reads a string in any form; the bytes are valid until the next string is read.</summary>
    public ReadOnlySpan<byte> ReadString() => ReadString(_scratch);

    /// <summary>Reads a string that is a value, or a part of one, in a compact form. Whoever asks for it checks all of it.</summary>
    public ReadOnlySpan<byte> ReadPacked()
    {
        PackedRead++;
        return ReadString();
    }

    /// <summary>Reads a string that goes with the one read last, whose bytes stay valid.</summary>
    public ReadOnlySpan<byte> ReadSecondString() => ReadString(_scratch.Second);

    private ReadOnlySpan<byte> ReadString(ScratchBuffer scratch)
    {
        if (TryReadLength(out ulong length, out RdbStringEncoding encoding)) return Take(length);
        return encoding switch
        {
            RdbStringEncoding.Int8 => Text(scratch, (sbyte)Take(sizeof(sbyte))[0]),
            RdbStringEncoding.Int16 => Text(scratch, BinaryPrimitives.ReadInt16LittleEndian(Take(sizeof(short)))),
            RdbStringEncoding.Int32 => Text(scratch, BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)))),
            RdbStringEncoding.Lzf => ReadCompressed(scratch),
            _ => throw new RdbFormatException($"Unknown string encoding {(int)encoding}."),
        };
    }

    private ReadOnlySpan<byte> ReadCompressed(ScratchBuffer scratch)
    {
        ulong compressedLength = ReadLength();
        ulong length = ReadLength();
        ReadOnlySpan<byte> compressed = Take(compressedLength);
        if (length > (ulong)Math.Min(_stringMax, LzfDecompressor.ExpandedMax(compressed.Length)))
            throw new RdbFormatException("A compressed string cannot be that long.");
        Span<byte> text = scratch.Get((int)length);
        if (!LzfDecompressor.TryExpand(compressed, text)) throw new RdbFormatException("A compressed string is damaged.");
        return text;
    }

    private static ReadOnlySpan<byte> Text(ScratchBuffer scratch, int number)
    {
        Span<byte> text = scratch.Get(NumberText.Int64Max);
        return text[..NumberText.FormatInt64(text, number)];
    }

    /// <summary>Reads a length; false when a special encoding comes instead.</summary>
    private bool TryReadLength(out ulong length, out RdbStringEncoding encoding)
    {
        byte first = ReadByte();
        int bits = first & 0x3F;
        encoding = 0;
        switch (first >> 6)
        {
            case RdbFormat.Length6Bits:
                length = (ulong)bits;
                return true;
            case RdbFormat.Length14Bits:
                length = (ulong)(bits << 8 | ReadByte());
                return true;
            case RdbFormat.SpecialEncoding:
                length = 0;
                encoding = (RdbStringEncoding)bits;
                return false;
        }
        length = first switch
        {
            RdbFormat.Length32Bits => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint))),
            RdbFormat.Length64Bits => BinaryPrimitives.ReadUInt64BigEndian(Take(sizeof(ulong))),
            _ => throw new RdbFormatException($"Unknown length encoding {first}."),
        };
        return true;
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_data.Length - _position)) MoveOn(count);
        ReadOnlySpan<byte> bytes = _data.Slice(_position, (int)count);
        _position += (int)count;
        return bytes;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MoveOn(ulong wanted)
    {
        if (_window is null || wanted > (ulong)Remaining || wanted > (ulong)_stringMax) throw new RdbEndException();
        _data = _window.Advance(_position, (int)wanted);
        _position = 0;
        if ((ulong)_data.Length < wanted) throw new RdbEndException();
    }
}
