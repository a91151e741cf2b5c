namespace Sigrun.Protocol;

/// <summary>
/// Splits a line into arguments by Valkey's quoting rules, rewriting quoted arguments in place.
/// </summary>
/// <remarks>
/// Blanks separate. "…" and '…' may stand anywhere in an argument and take blanks into it; "…" understands
/// \xHH, \n, \r, \t, \b, \a and \ before any other character, '…' only \'. A backslash whose sequence
/// would take the last character of the line is an ordinary character. A NUL byte ends the line. An argument
/// is never longer than its source text, so the result fits where the text was.
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
        while (_position < _line.Length)
        {
            byte c = _line[_position++];
            if (IsSeparator(c)) break;
            if (c is not ((byte)'"' or (byte)'\''))
            {
                _line[write++] = c;
                continue;
            }
            if (ReadQuoted(c, ref write)) continue;
            Unbalanced = true;
            return false;
        }
        Length = write - Offset;
        return true;
    }

    /// <summary>Reads up to the closing quote; false when there is none.</summary>
    private bool ReadQuoted(byte quote, ref int write)
    {
        while (_position < _line.Length)
        {
            byte c = _line[_position++];
            if (c == quote) return true;
            if (c == (byte)'\\') c = quote == (byte)'"' ? ReadEscape() : ReadQuoteEscape();
            _line[write++] = c;
        }
        return false;
    }

    /// <summary>After a backslash in double quotes.</summary>
    private byte ReadEscape()
    {
        int left = _line.Length - _position;
        if (left > 3 && _line[_position] == (byte)'x'
            && HexValue(_line[_position + 1]) is >= 0 and int high && HexValue(_line[_position + 2]) is >= 0 and int low)
        {
            _position += 3;
            return (byte)(high << 4 | low);
        }
        if (left < 2) return (byte)'\\';
        return _line[_position++] switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'b' => (byte)'\b',
            (byte)'a' => (byte)'\a',
            byte other => other,
        };
    }

    /// <summary>After a backslash in single quotes.</summary>
    private byte ReadQuoteEscape()
    {
        if (_line.Length - _position < 2 || _line[_position] != (byte)'\'') return (byte)'\\';
        _position++;
        return (byte)'\'';
    }

    private static Span<byte> TrimAtNul(Span<byte> line)
    {
        int nul = line.IndexOf((byte)0);
        return nul < 0 ? line : line[..nul];
    }

    /// <summary>What ends an argument; form feed and vertical tab are blanks only in front of one.</summary>
    private static bool IsSeparator(byte c) => c is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r';

    private static bool IsBlank(byte c) => c is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r');

    private static int HexValue(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => -1,
    };
}
