namespace Sigrun.Protocol;

/// <summary>
/// Splits a line into arguments by Valkey's quoting rules, rewriting quoted arguments in place.
/// </summary>
/// <remarks>
/// Blanks separate; "…" understands \xHH, \n, \r, \t, \b, \a and \ before any other character;
/// '…' understands only \'; quoted and plain parts may follow each other within one argument. A NUL byte
/// ends the line. An argument is never longer than its source text, so the result fits where the text was.
/// </remarks>
public ref struct ArgumentSplitter(Span<byte> line)
{
    private readonly Span<byte> _line = TrimAtNul(line);
    private int _position;

    /// <summary>Offset of the current argument in the line.</summary>
    public int Offset { get; private set; }

    /// <summary>Length of the current argument in bytes.</summary>
    public int Length { get; private set; }

    /// <summary>True when a quote was not closed.</summary>
    public bool Unbalanced { get; private set; }

    /// <summary>The current argument.</summary>
    public readonly ReadOnlySpan<byte> Current => _line.Slice(Offset, Length);

    /// <summary>Reads the next argument; false at the end of the line or when quotes do not balance.</summary>
    public bool MoveNext()
    {
        while (_position < _line.Length && IsBlank(_line[_position])) _position++;
        if (_position >= _line.Length || Unbalanced) return false;

        Offset = _position;
        int write = _position;
        while (_position < _line.Length && !IsBlank(_line[_position]))
        {
            byte c = _line[_position++];
            if (c is not ((byte)'"' or (byte)'\''))
            {
                _line[write++] = c;
                continue;
            }
            if (c == (byte)'"' ? ReadDoubleQuoted(ref write) : ReadSingleQuoted(ref write)) continue;
            Unbalanced = true;
            return false;
        }
        Length = write - Offset;
        return true;
    }

    private bool ReadDoubleQuoted(ref int write)
    {
        while (_position < _line.Length)
        {
            byte c = _line[_position++];
            if (c == (byte)'"') return true;
            if (c == (byte)'\\' && _position < _line.Length) c = ReadEscape();
            _line[write++] = c;
        }
        return false;
    }

    private byte ReadEscape()
    {
        byte c = _line[_position++];
        if (c == (byte)'x' && _position + 1 < _line.Length
            && HexValue(_line[_position]) is >= 0 and int high && HexValue(_line[_position + 1]) is >= 0 and int low)
        {
            _position += 2;
            return (byte)(high << 4 | low);
        }
        return c switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'b' => (byte)'\b',
            (byte)'a' => (byte)'\a',
            _ => c,
        };
    }

    private bool ReadSingleQuoted(ref int write)
    {
        while (_position < _line.Length)
        {
            byte c = _line[_position++];
            if (c == (byte)'\'') return true;
            if (c == (byte)'\\' && _position < _line.Length && _line[_position] == (byte)'\'') c = _line[_position++];
            _line[write++] = c;
        }
        return false;
    }

    private static Span<byte> TrimAtNul(Span<byte> line)
    {
        int nul = line.IndexOf((byte)0);
        return nul < 0 ? line : line[..nul];
    }

    private static bool IsBlank(byte c) => c is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r');

    private static int HexValue(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => -1,
    };
}
