using System.Buffers.Text;

namespace Sigrun.Client;

/// <summary>
/// Makes replies of the bytes that come, however they are cut: bytes go in with <see cref="Room"/> and <see cref="Advance"/>,
/// whole replies come out of <see cref="TryRead"/>.
/// </summary>
/// <remarks>
/// Replies that are not complete are kept on a stack of their own, so that nothing is read twice and the depth of what a
/// server sends is bounded. The number of parts that a server announces takes no memory before they are there. Attributes
/// say something about the reply that follows them; they are read and dropped.
/// </remarks>
public sealed class ReplyParser
{
    /// <summary>How deep replies may be nested.</summary>
    public const int DepthMax = 1024;

    // A TLS record fits.
    private const int RoomBytes = 16 * 1024;
    private const int InitialBufferBytes = 4 * RoomBytes;
    private const int InitialElementsMax = 1024;
    private const int VerbatimPrefixBytes = 4;

    private readonly Stack<Frame> _open = new();
    private byte[] _buffer = new byte[InitialBufferBytes];
    private int _start;
    private int _end;

    /// <summary>Bytes that no reply has been made of yet.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Room for bytes that come, at least as many as a TLS record has.</summary>
    public Memory<byte> Room()
    {
        if (_start == _end) _start = _end = 0;
        if (_buffer.Length - _end < RoomBytes)
        {
            byte[] target = _buffer;
            // Half of the buffer has been read: move the rest. Otherwise it is too small.
            if (_start <= _buffer.Length / 2)
            {
                if (_buffer.Length == Array.MaxLength) throw Broken("Bulk string length out of range");
                target = new byte[(int)Math.Min(2L * _buffer.Length, Array.MaxLength)];
            }
            Buffer.BlockCopy(_buffer, _start, target, 0, _end - _start);
            _buffer = target;
            _end -= _start;
            _start = 0;
        }
        return _buffer.AsMemory(_end);
    }

    /// <summary>So many bytes have come.</summary>
    public void Advance(int count) => _end += count;

    /// <summary>Takes the next reply; false when more bytes are needed.</summary>
    /// <exception cref="ConnectionException">What came is no reply.</exception>
    public bool TryRead(out Reply? reply)
    {
        while (TryReadItem(out Reply? item))
        {
            if (item is null) continue;
            if (Place(item) is { } whole)
            {
                reply = whole;
                return true;
            }
        }
        reply = null;
        return false;
    }

    /// <summary>Passes over the next reply if it is a line that reports success or a number, without making anything of it.</summary>
    public bool TrySkipLine()
    {
        ReadOnlySpan<byte> unread = Unread;
        if (_open.Count > 0 || unread.IsEmpty || unread[0] is not ((byte)'+' or (byte)':')) return false;
        int lineEnd = unread.IndexOf("\r\n"u8);
        if (lineEnd < 0) return false;
        _start += lineEnd + 2;
        return true;
    }

    /// <summary>Puts a complete item where it belongs; returns the reply when that was its last part.</summary>
    private Reply? Place(Reply item)
    {
        while (_open.TryPop(out Frame frame))
        {
            if (frame.Count == frame.Reply.Elements.Length) frame.Reply.Resize((int)Math.Min(2L * frame.Count, frame.Total));
            frame.Reply.Elements[frame.Count++] = item;
            if (frame.Count < frame.Total)
            {
                _open.Push(frame);
                return null;
            }
            if (frame.IsAttribute) return null;
            item = frame.Reply;
        }
        return item;
    }

    /// <summary>Reads an item; null for one whose parts follow. False when it is not all there.</summary>
    private bool TryReadItem(out Reply? item)
    {
        item = null;
        ReadOnlySpan<byte> unread = Unread;
        if (unread.IsEmpty) return false;
        byte kind = unread[0];
        if (TypeOf(kind) is not { } type) throw Broken($"Protocol error, got {Quoted(kind)} as reply type byte");
        int lineEnd = unread.IndexOf("\r\n"u8);
        if (lineEnd < 0) return false;
        ReadOnlySpan<byte> line = unread[1..lineEnd];

        if (type is ReplyType.Bulk or ReplyType.Verbatim) return TryReadBulk(type, line, lineEnd + 2, out item);
        item = IsAggregate(type) ? Open(type, kind == (byte)'|', line) : ReadLine(type, line);
        _start += lineEnd + 2;
        return true;
    }

    private bool TryReadBulk(ReplyType type, ReadOnlySpan<byte> line, int headerBytes, out Reply? item)
    {
        item = null;
        if (!TryParseInteger(line, out long length)) throw Broken("Bad bulk string length");
        if (length < -1 || length > Array.MaxLength - RoomBytes - headerBytes - 2) throw Broken("Bulk string length out of range");
        if (length == -1)
        {
            item = Reply.OfNil();
            _start += headerBytes;
            return true;
        }
        if (Unread.Length < headerBytes + length + 2) return false;

        ReadOnlySpan<byte> value = Unread.Slice(headerBytes, (int)length);
        if (type == ReplyType.Verbatim)
        {
            if (length < VerbatimPrefixBytes || value[VerbatimPrefixBytes - 1] != (byte)':')
                throw Broken("Verbatim string 4 bytes of content type are missing or incorrectly encoded.");
            value = value[VerbatimPrefixBytes..];
        }
        item = Reply.OfText(type, value.ToArray());
        _start += headerBytes + (int)length + 2;
        return true;
    }

    /// <summary>Begins a reply with parts; returns it when it has none.</summary>
    private Reply? Open(ReplyType type, bool isAttribute, ReadOnlySpan<byte> line)
    {
        if (!TryParseInteger(line, out long count)) throw Broken("Bad multi-bulk length");
        if (type == ReplyType.Map && count > 0) count = count > int.MaxValue ? long.MaxValue : 2 * count;
        if (count < -1 || count > Array.MaxLength) throw Broken("Multi-bulk length out of range");
        if (count <= 0)
        {
            if (isAttribute) return null;
            return count < 0 ? Reply.OfNil() : Reply.OfElements(type);
        }
        if (_open.Count == DepthMax) throw Broken("Reply is nested too deeply");
        _open.Push(new Frame(Reply.OfElements(type, new Reply[Math.Min((int)count, InitialElementsMax)]), (int)count, isAttribute));
        return null;
    }

    private static Reply ReadLine(ReplyType type, ReadOnlySpan<byte> line)
    {
        switch (type)
        {
            case ReplyType.Integer:
                return TryParseInteger(line, out long value) ? Reply.OfInteger(value) : throw Broken("Bad integer value");
            case ReplyType.Nil:
                return line.IsEmpty ? Reply.OfNil() : throw Broken("Bad nil value");
            case ReplyType.Boolean:
                if (line.Length != 1 || !"tTfF"u8.Contains(line[0])) throw Broken("Bad bool value");
                return Reply.OfBoolean((line[0] | 0x20) == (byte)'t');
            case ReplyType.Double when !IsDouble(line):
                throw Broken("Bad double value");
            case ReplyType.BigNumber when (line.StartsWith("-"u8) ? line[1..] : line).ContainsAnyExceptInRange((byte)'0', (byte)'9'):
                throw Broken("Bad bignum value");
            case ReplyType.Status or ReplyType.Error when line.IndexOfAny((byte)'\r', (byte)'\n') >= 0:
                throw Broken("Bad simple string value");
            default:
                return Reply.OfText(type, line.ToArray());
        }
    }

    /// <summary>A decimal number, or one of the three names that there are.</summary>
    private static bool IsDouble(ReadOnlySpan<byte> text)
    {
        if (Utf8Parser.TryParse(text, out double value, out int used) && used == text.Length && double.IsFinite(value)) return true;
        ReadOnlySpan<byte> name = text.StartsWith("-"u8) ? text[1..] : text;
        Span<byte> lower = stackalloc byte[3];
        if (name.Length != lower.Length) return false;
        for (int i = 0; i < lower.Length; i++) lower[i] = (byte)(name[i] | 0x20);
        return lower.SequenceEqual("inf"u8) || lower.SequenceEqual("nan"u8);
    }

    private static bool TryParseInteger(ReadOnlySpan<byte> text, out long value) =>
        Utf8Parser.TryParse(text, out value, out int used) && used == text.Length && text[0] != (byte)'+'
        && (text.Length == 1 || text[0] != (byte)'0');

    private static ReplyType? TypeOf(byte kind) => kind switch
    {
        (byte)'$' => ReplyType.Bulk,
        (byte)'+' => ReplyType.Status,
        (byte)'-' => ReplyType.Error,
        (byte)':' => ReplyType.Integer,
        (byte)'_' => ReplyType.Nil,
        (byte)'*' => ReplyType.Array,
        (byte)'%' or (byte)'|' => ReplyType.Map,
        (byte)'~' => ReplyType.Set,
        (byte)'>' => ReplyType.Push,
        (byte)',' => ReplyType.Double,
        (byte)'#' => ReplyType.Boolean,
        (byte)'=' => ReplyType.Verbatim,
        (byte)'(' => ReplyType.BigNumber,
        _ => null,
    };

    private static bool IsAggregate(ReplyType type) => type is ReplyType.Array or ReplyType.Map or ReplyType.Set or ReplyType.Push;

    private static string Quoted(byte value)
    {
        Span<byte> text = stackalloc byte[8];
        ReadOnlySpan<byte> one = [value];
        int left = Protocol.QuotedText.Write(text, one).Length;
        return System.Text.Encoding.ASCII.GetString(text[..^left]);
    }

    private static ConnectionException Broken(string message) => new(ConnectionFault.Protocol, message);

    /// <summary>A reply whose parts are still coming.</summary>
    private struct Frame(Reply reply, int total, bool isAttribute)
    {
        public readonly Reply Reply = reply;
        public readonly int Total = total;
        public readonly bool IsAttribute = isAttribute;
        public int Count;
    }
}
