using System.Runtime.CompilerServices;
using Sigrun.Storage;
using Sigrun.Storage.Buffers;
using Sigrun.Storage.Structures;

namespace Sigrun.Protocol;

/// <summary>
/// Writes replies in RESP2 or RESP3 straight into a connection's output segments.
/// </summary>
/// <remarks>
/// The hot path is one bounds check and a copy into the open segment. Types that RESP2 does not have
/// are written as Valkey writes them there (a map as an array of twice the length, a double as a bulk
/// string, …). A reply whose length is only known at the end is opened with <see cref="BeginDeferred"/>.
/// The segment's end is brought up to date by <see cref="Flush"/>; until then only this writer knows it.
/// </remarks>
public sealed unsafe class ReplyWriter(OutputQueue output)
{
    /// <summary>A bulk string from this size on is sent from where it is stored, where its owner can lend it.</summary>
    public const int BorrowThreshold = 64 * 1024;

    private const int FrameRoom = 32;

    private OutputQueue _output = output;
    private OutputSegment? _segment;
    private byte* _position;
    private byte* _end;

    /// <summary>True when the client speaks RESP3.</summary>
    public bool IsResp3 { get; set; }

    /// <summary>Errors written so far.</summary>
    public long Errors { get; private set; }

    /// <summary>The text of the last error, without the leading '-'; cut at 128 bytes.</summary>
    public ReadOnlySpan<byte> LastError => _lastError.AsSpan(0, _lastErrorLength);

    private readonly byte[] _lastError = new byte[128];
    private int _lastErrorLength;

    /// <summary>When true, nothing is written (CLIENT REPLY OFF, and commands run on nobody's behalf).</summary>
    public bool Muted
    {
        get;
        set
        {
            // Without an open segment all that writes asks first.
            if (value) Flush();
            field = value;
        }
    }

    /// <summary>Who is asked before output grows by another segment; null where it may grow without end.</summary>
    public IOutputGuard? Guard { get; set; }

    /// <summary>True once output was cut off: nothing is written any more.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Cuts output off for good; what the writer has not passed on yet is lost.</summary>
    public void Cut()
    {
        IsCut = true;
        _segment = null;
        _position = _end = null;
    }

    /// <summary>Writes to another queue from now on; what was written must have been flushed. Returns the one it wrote to.</summary>
    public OutputQueue UseOutput(OutputQueue output)
    {
        OutputQueue before = _output;
        _output = output;
        return before;
    }

    /// <summary>Makes what was written visible to the transport and lets go of the segment.</summary>
    public void Flush()
    {
        if (_segment is null) return;
        _segment.End = _position - _segment.Data;
        _segment = null;
        _position = _end = null;
    }

    /// <summary>
    /// Where the next reply starts; a command that fails later is rewound to it. Opens a segment when
    /// none is open.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReplyMark Mark()
    {
        if (_segment is null) NextSegment();
        return new ReplyMark(_segment, _position);
    }

    /// <summary>Takes back what was written since the mark; false when part of it has left the segment it started in.</summary>
    public bool TryRewind(ReplyMark mark)
    {
        if (mark.Segment != _segment) return false;
        _position = mark.Position;
        return true;
    }

    /// <summary>Whether at least so many bytes were written since the mark.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HasWritten(ReplyMark mark, long bytes) => BytesSince(mark) >= bytes;

    /// <summary>How many bytes were written since the mark.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long BytesSince(ReplyMark mark) => mark.Segment == _segment ? _position - mark.Position : BytesBeyond(mark);

    /// <summary>The same when the segment of the mark is full.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private long BytesBeyond(ReplyMark mark)
    {
        if (mark.Segment is not { } first || IsCut) return 0;
        long bytes = first.Data + first.End - mark.Position;
        for (OutputSegment? segment = first.Next; segment is not null; segment = segment.Next)
            bytes += segment == _segment ? _position - (segment.Data + segment.Start) : segment.Length;
        return bytes;
    }

    /// <summary>An integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Integer(long value) => Prefixed((byte)':', value);

    /// <summary>A bulk string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bulk(ReadOnlySpan<byte> value)
    {
        if (_end - _position < value.Length + FrameRoom)
        {
            BulkSlow(value);
            return;
        }
        byte* p = _position;
        *p++ = (byte)'$';
        p += NumberText.FormatInt64(p, value.Length);
        p = LineEnd(p);
        Unsafe.CopyBlockUnaligned(ref *p, ref System.Runtime.InteropServices.MemoryMarshal.GetReference(value), (uint)value.Length);
        _position = LineEnd(p + value.Length);
    }

    /// <summary>A stored string; a large one is sent from where it is stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StringValue(EntryRef entry, BigValueLender lender)
    {
        if (entry.TryGetInteger(out long value))
        {
            BulkInteger(value);
            return;
        }
        ReadOnlySpan<byte> bytes = entry.ValueBytes;
        if (bytes.Length < BorrowThreshold || entry.BigValue.IsNull) Bulk(bytes);
        else BulkBorrowed((byte*)lender.Lend(entry.BigValue), 0, bytes.Length, lender);
    }

    /// <summary>A part of a stored string that is not kept as an integer; a large one is sent from where it is stored.</summary>
    public void StringRange(EntryRef entry, int start, int length, BigValueLender lender)
    {
        if (length < BorrowThreshold || entry.BigValue.IsNull) Bulk(entry.ValueBytes.Slice(start, length));
        else BulkBorrowed((byte*)lender.Lend(entry.BigValue), start, length, lender);
    }

    /// <summary>
    /// A part of a range of bytes as a bulk string that is sent from where it is stored; the lender gets the
    /// address back when it was sent.
    /// </summary>
    public void BulkBorrowed(byte* address, long offset, long length, IBorrowedBytes lender)
    {
        Prefixed((byte)'$', length);
        Flush();
        if (Muted || IsCut)
        {
            lender.Release((nint)address);
            return;
        }
        _output.AppendBorrowed(address, offset, length, lender);
        if (Guard is { } guard && !guard.MayGrow()) return;
        Raw("\r\n"u8);
    }

    /// <summary>An element of a listpack as a bulk string.</summary>
    public void Element(in ListpackElement element)
    {
        if (element.IsNumber) BulkInteger(element.Number);
        else Bulk(element.Bytes);
    }

    /// <summary>Elements of a listpack, each as a bulk string.</summary>
    public void Elements(in ListpackRun run)
    {
        if (run.IsPlain)
        {
            Bulk(new ReadOnlySpan<byte>(run.First, run.Count));
            return;
        }
        byte* at = run.First;
        for (int left = run.Count; left > 0; left--)
        {
            byte* behind;
            if (Listpack.TryGetShort(at, out int length))
            {
                Bulk(new ReadOnlySpan<byte>(at + 1, length));
                behind = Listpack.SkipShort(at, length);
            }
            else
            {
                Element(Listpack.Get(at));
                behind = Listpack.Skip(at);
            }
            at = run.IsBackward ? Listpack.Previous(run.Pack, at) : behind;
        }
    }

    /// <summary>An integer as a bulk string.</summary>
    public void BulkInteger(long value)
    {
        byte* text = stackalloc byte[NumberText.Int64Max];
        Bulk(new ReadOnlySpan<byte>(text, NumberText.FormatInt64(text, value)));
    }

    /// <summary>A text as a bulk string.</summary>
    public void BulkText(string text) => Bulk(System.Text.Encoding.Latin1.GetBytes(text));

    /// <summary>"OK".</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ok()
    {
        if (_end - _position < FrameRoom)
        {
            Raw("+OK\r\n"u8);
            return;
        }
        Unsafe.WriteUnaligned(_position, 0x0D4B4F2B); // "+OK\r"
        _position[4] = (byte)'\n';
        _position += 5;
    }

    /// <summary>A simple string; the text holds neither CR nor LF.</summary>
    public void SimpleString(ReadOnlySpan<byte> text) => Line((byte)'+', text);

    /// <summary>The absence of a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Null() => Raw(IsResp3 ? "_\r\n"u8 : "$-1\r\n"u8);

    /// <summary>The absence of an array.</summary>
    public void NullArray() => Raw(IsResp3 ? "_\r\n"u8 : "*-1\r\n"u8);

    /// <summary>The start of an array of <paramref name="count"/> elements.</summary>
    public void Array(long count) => Prefixed((byte)'*', count);

    /// <summary>The start of a map of <paramref name="pairs"/> pairs.</summary>
    public void Map(long pairs) => Prefixed(IsResp3 ? (byte)'%' : (byte)'*', IsResp3 ? pairs : pairs * 2);

    /// <summary>The start of a set.</summary>
    public void Set(long count) => Prefixed(IsResp3 ? (byte)'~' : (byte)'*', count);

    /// <summary>The start of an out-of-band message.</summary>
    public void Push(long count) => Prefixed(IsResp3 ? (byte)'>' : (byte)'*', count);

    /// <summary>The start of attributes of the reply that follows; only for RESP3 clients.</summary>
    public void Attribute(long pairs) => Prefixed((byte)'|', pairs);

    /// <summary>A truth value.</summary>
    public void Boolean(bool value) => Raw(IsResp3 ? (value ? "#t\r\n"u8 : "#f\r\n"u8) : (value ? ":1\r\n"u8 : ":0\r\n"u8));

    /// <summary>A double in its shortest exact text.</summary>
    public void Double(double value)
    {
        Span<byte> text = stackalloc byte[NumberText.DoubleMax];
        text = text[..NumberText.FormatDouble(text, value)];
        if (IsResp3) Line((byte)',', text);
        else Bulk(text);
    }

    /// <summary>A double that is a decimal text already.</summary>
    public void Decimal(ReadOnlySpan<byte> text)
    {
        if (IsResp3) Line((byte)',', text);
        else Bulk(text);
    }

    /// <summary>A number of any size as decimal text.</summary>
    public void BigNumber(ReadOnlySpan<byte> digits)
    {
        if (IsResp3) Line((byte)'(', digits);
        else Bulk(digits);
    }

    /// <summary>Text with a three-letter format such as <c>txt</c>.</summary>
    public void Verbatim(ReadOnlySpan<byte> format, ReadOnlySpan<byte> text)
    {
        if (!IsResp3)
        {
            Bulk(text);
            return;
        }
        Prefixed((byte)'=', text.Length + 4);
        Raw(format);
        Raw(":"u8);
        Raw(text);
        Raw("\r\n"u8);
    }

    /// <summary>
    /// An error: its code, a blank, and the text, without the leading '-'. CR and LF become blanks, so
    /// that no input can forge a reply.
    /// </summary>
    public void Error(ReadOnlySpan<byte> text)
    {
        Errors++;
        _lastErrorLength = Math.Min(text.Length, _lastError.Length);
        text[.._lastErrorLength].CopyTo(_lastError);
        if (text.IndexOfAny((byte)'\r', (byte)'\n') < 0)
        {
            Line((byte)'-', text);
            return;
        }
        Raw("-"u8);
        foreach (byte c in text.TrimEnd("\r\n"u8)) Raw([c is (byte)'\r' or (byte)'\n' ? (byte)' ' : c]);
        Raw("\r\n"u8);
    }

    /// <summary>An error given as text; for messages that are put together.</summary>
    public void Error(string text) => Error(System.Text.Encoding.Latin1.GetBytes(text));

    /// <summary>Bytes that are already in the protocol's form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        if (_end - _position < bytes.Length)
        {
            RawSlow(bytes);
            return;
        }
        bytes.CopyTo(new Span<byte>(_position, bytes.Length));
        _position += bytes.Length;
    }

    /// <summary>Opens an aggregate whose length is not known yet; give the result to one of the End… methods.</summary>
    public DeferredHeader BeginDeferred()
    {
        if (_end - _position < DeferredHeader.Room && !NextSegment()) return default;
        var header = new DeferredHeader(_segment!, _position - _segment!.Data);
        _position += DeferredHeader.Room;
        return header;
    }

    /// <summary>Writes the header of a deferred array in front of what was written since it was opened.</summary>
    public void EndDeferred(DeferredHeader opened, long count) => EndDeferred(opened, (byte)'*', count);

    /// <summary>Writes the header of a deferred map of <paramref name="pairs"/> pairs.</summary>
    public void EndDeferredMap(DeferredHeader opened, long pairs) =>
        EndDeferred(opened, IsResp3 ? (byte)'%' : (byte)'*', IsResp3 ? pairs : pairs * 2);

    /// <summary>Writes the header of a deferred set.</summary>
    public void EndDeferredSet(DeferredHeader opened, long count) => EndDeferred(opened, IsResp3 ? (byte)'~' : (byte)'*', count);

    /// <summary>The header takes less than was kept for it: what follows it in its segment moves up.</summary>
    private void EndDeferred(DeferredHeader opened, byte prefix, long count)
    {
        if (opened.Segment is not { } segment || IsCut) return;
        byte* header = segment.Data + opened.Offset;
        byte* body = header + DeferredHeader.Room;
        byte* bodyEnd = segment == _segment ? _position : segment.Data + segment.End;
        byte* p = header;
        *p++ = prefix;
        p += NumberText.FormatInt64(p, count);
        p = LineEnd(p);
        Buffer.MemoryCopy(body, p, bodyEnd - p, bodyEnd - body);
        bodyEnd -= body - p;
        if (segment == _segment) _position = bodyEnd;
        else segment.End = bodyEnd - segment.Data;
    }

    private void Prefixed(byte prefix, long value)
    {
        if (_end - _position < FrameRoom && !Reserve()) return;
        byte* p = _position;
        *p++ = prefix;
        p += NumberText.FormatInt64(p, value);
        _position = LineEnd(p);
    }

    private void Line(byte prefix, ReadOnlySpan<byte> text)
    {
        Raw([prefix]);
        Raw(text);
        Raw("\r\n"u8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* LineEnd(byte* p)
    {
        Unsafe.WriteUnaligned(p, (ushort)0x0A0D);
        return p + 2;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void BulkSlow(ReadOnlySpan<byte> value)
    {
        Prefixed((byte)'$', value.Length);
        Raw(value);
        Raw("\r\n"u8);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RawSlow(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_position == _end && !NextSegment()) return;
            int step = (int)Math.Min(_end - _position, bytes.Length);
            bytes[..step].CopyTo(new Span<byte>(_position, step));
            _position += step;
            bytes = bytes[step..];
        }
    }

    /// <summary>Makes room for a frame; false when the writer is muted.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Reserve() => NextSegment();

    private bool NextSegment()
    {
        if (Muted || IsCut) return false;
        if (_segment is null && _output.Tail is { Capacity: > 0 } tail && tail.Capacity - tail.End >= FrameRoom)
        {
            Open(tail);
            return true;
        }
        Flush();
        bool grows = _output.Tail is not null;
        Open(_output.AppendSegment());
        return !grows || Guard is not { } guard || guard.MayGrow();
    }

    private void Open(OutputSegment segment)
    {
        _segment = segment;
        _position = segment.Data + segment.End;
        _end = segment.Data + segment.Capacity;
    }
}
