using System.Buffers.Binary;
using Sigrun.Storage;
using Sigrun.Storage.Buffers;
using Sigrun.Storage.Compression;
using Sigrun.Storage.Snapshots;

namespace Sigrun.Persistence;

/// <summary>Writes values in the RDB format into a buffer that grows.</summary>
/// <remarks>
/// <para>
/// Its owner takes what was written (<see cref="Written"/>) and clears it, as DUMP does after one value; or it has a
/// sink, which takes some hundred kilobytes at a time, so that a value of any size is written in bounded memory: all but
/// a string that is being compressed, which has pages of its own when it is large. The buffer is reused, so a value of usual size costs no allocation. Strings are written as
/// numbers where they are ones of up to 32 bits, else compressed where that is wanted and saves at least four bytes,
/// else as they are: byte for byte what other servers write.
/// </para>
/// <para>One writer serves one thread.</para>
/// </remarks>
internal sealed class RdbWriter : IValueSink
{
    /// <summary>Longer strings are compressed; even a single repeated byte gains nothing below.</summary>
    private const int CompressAbove = 20;

    /// <summary>What compression must save at least.</summary>
    private const int SavingMin = 4;

    /// <summary>The longest text that may be written as a number: the digits of 32 bits and a sign.</summary>
    private const int NumberTextMax = 11;

    /// <summary>What the buffer holds before a sink takes it.</summary>
    private const int DrainBytes = 256 << 10;

    /// <summary>For a sink, longer strings are not compressed into the buffer, which would leave as much garbage.</summary>
    private const int BufferedBytesMax = 1 << 20;

    private readonly IDataSink? _sink;
    private readonly ScratchBuffer _buffer = new();
    private LzfCompressor? _compressor;
    private int _length;

    /// <summary>Creates a writer.</summary>
    /// <param name="sink">Takes what is written as it comes; null when it is kept until it is cleared.</param>
    public RdbWriter(IDataSink? sink = null) => _sink = sink;

    /// <summary>The version whose readers shall understand what is written.</summary>
    public int Version { get; set; } = RdbFormat.Version;

    /// <summary>Whether long strings are compressed (<c>rdbcompression</c>).</summary>
    public bool Compresses { get; set; } = true;

    /// <summary>What was written since the writer was cleared; valid until it is used again.</summary>
    public ReadOnlySpan<byte> Written => _buffer.Bytes[.._length];

    /// <summary>Hands all that was written to the sink.</summary>
    public void Drain()
    {
        if (_length > 0) _sink!.Take(Written);
        Clear();
    }

    /// <summary>Forgets what was written.</summary>
    public void Clear()
    {
        _length = 0;
        _buffer.Release();
    }

    /// <summary>Writes a byte.</summary>
    public void WriteByte(byte value) => Take(1)[0] = value;

    /// <summary>Writes the byte in front of a value.</summary>
    public void WriteType(RdbType type) => WriteByte((byte)type);

    /// <summary>Writes two bytes, low first.</summary>
    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(sizeof(ushort)), value);

    /// <summary>Writes eight bytes, low first.</summary>
    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);

    /// <summary>Writes a length or count.</summary>
    public void WriteLength(ulong length)
    {
        Span<byte> bytes = Reserve(RdbFormat.LengthBytesMax);
        _length += PutLength(bytes, length);
    }

    /// <summary>Writes bytes without a length.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        if (_sink is not null && bytes.Length > DrainBytes)
        {
            Drain();
            _sink.Take(bytes);
            return;
        }
        bytes.CopyTo(Take(bytes.Length));
    }

    /// <summary>Writes a string in the shortest form that is allowed.</summary>
    public void WriteString(ReadOnlySpan<byte> value)
    {
        if (value.Length <= NumberTextMax && NumberText.TryParseInt64(value, out long number) && TryWriteNumber(number)) return;
        if (Compresses && value.Length > CompressAbove && TryWriteCompressed(value)) return;
        WriteLength((ulong)value.Length);
        WriteRaw(value);
    }

    /// <summary>Writes a string of which the compressed form is there already.</summary>
    /// <param name="compressed">The compressed bytes.</param>
    /// <param name="length">The length of the string.</param>
    public void WriteCompressed(ReadOnlySpan<byte> compressed, int length)
    {
        WriteCompressedHead(compressed.Length, length);
        WriteRaw(compressed);
    }

    /// <summary>Writes what comes in front of the compressed form of a string.</summary>
    /// <param name="stored">The length of the compressed form.</param>
    /// <param name="length">The length of the string.</param>
    public void WriteCompressedHead(int stored, int length)
    {
        WriteEncoding(RdbStringEncoding.Lzf);
        WriteLength((ulong)stored);
        WriteLength((ulong)length);
    }

    /// <summary>Writes a string that is the text of a number.</summary>
    public void WriteInteger(long value)
    {
        if (TryWriteNumber(value)) return;
        Span<byte> text = stackalloc byte[NumberText.Int64Max];
        text = text[..NumberText.FormatInt64(text, value)];
        WriteLength((ulong)text.Length);
        WriteRaw(text);
    }

    private bool TryWriteNumber(long value)
    {
        if (value != (int)value) return false;
        if (value == (sbyte)value)
        {
            WriteEncoding(RdbStringEncoding.Int8);
            WriteByte((byte)value);
        }
        else if (value == (short)value)
        {
            WriteEncoding(RdbStringEncoding.Int16);
            BinaryPrimitives.WriteInt16LittleEndian(Take(sizeof(short)), (short)value);
        }
        else
        {
            WriteEncoding(RdbStringEncoding.Int32);
            BinaryPrimitives.WriteInt32LittleEndian(Take(sizeof(int)), (int)value);
        }
        return true;
    }

    private void WriteEncoding(RdbStringEncoding encoding) => WriteByte(EncodingByte(encoding));

    private static byte EncodingByte(RdbStringEncoding encoding) => (byte)(RdbFormat.SpecialEncoding << 6 | (int)encoding);

    /// <summary>Compresses to behind the longest header there can be, and moves the result up to the one there is.</summary>
    private bool TryWriteCompressed(ReadOnlySpan<byte> value)
    {
        const int HeaderMax = 1 + 2 * RdbFormat.LengthBytesMax;
        int room = value.Length - SavingMin;
        _compressor ??= new LzfCompressor();
        if (_sink is not null && value.Length > BufferedBytesMax) return TryWriteLargeCompressed(value, _compressor);
        Span<byte> target = Reserve(HeaderMax + room);
        int length = _compressor.Compress(value, target.Slice(HeaderMax, room));
        if (length == 0) return false;
        target[0] = EncodingByte(RdbStringEncoding.Lzf);
        int header = 1;
        header += PutLength(target[header..], (ulong)length);
        header += PutLength(target[header..], (ulong)value.Length);
        target.Slice(HeaderMax, length).CopyTo(target[header..]);
        _length += header + length;
        return true;
    }

    private bool TryWriteLargeCompressed(ReadOnlySpan<byte> value, LzfCompressor compressor)
    {
        using PageBuffer? pages = PageBuffer.TryCreate(value.Length - SavingMin);
        int length = pages is null ? 0 : compressor.Compress(value, pages.Bytes);
        if (length > 0) WriteCompressed(pages!.Bytes[..length], value.Length);
        return length > 0;
    }

    private static int PutLength(Span<byte> target, ulong length)
    {
        if (length < 1 << 6)
        {
            target[0] = (byte)length;
            return 1;
        }
        if (length < 1 << 14)
        {
            BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)(RdbFormat.Length14Bits << 14 | (int)length));
            return sizeof(ushort);
        }
        if (length <= uint.MaxValue)
        {
            target[0] = RdbFormat.Length32Bits;
            BinaryPrimitives.WriteUInt32BigEndian(target[1..], (uint)length);
            return 1 + sizeof(uint);
        }
        target[0] = RdbFormat.Length64Bits;
        BinaryPrimitives.WriteUInt64BigEndian(target[1..], length);
        return 1 + sizeof(ulong);
    }

    /// <summary>Room behind what was written.</summary>
    private Span<byte> Reserve(int count)
    {
        if (_length >= DrainBytes && _sink is not null) Drain();
        Span<byte> bytes = _buffer.Bytes;
        return count <= bytes.Length - _length ? bytes.Slice(_length, count) : ReserveMore(count);
    }

    private Span<byte> ReserveMore(int count)
    {
        _buffer.Grow(_length, checked(_length + count));
        return _buffer.Bytes.Slice(_length, count);
    }

    private Span<byte> Take(int count)
    {
        Span<byte> bytes = Reserve(count);
        _length += count;
        return bytes;
    }
}
