using System.Text;

namespace Sigrun.Protocol;

/// <summary>
/// Counts the replies in what a client receives without looking at what they say, RESP2 and RESP3 alike.
/// </summary>
/// <remarks>
/// Incremental: it takes all bytes it is given, wherever they are cut, so that whoever receives them keeps none. Elements of
/// nested replies are not told apart from those of the reply around them: it is enough to know how many of them are still to
/// come. Nothing is allocated except for the text of an error.
/// </remarks>
public struct ReplyCounter
{
    private State _state;
    private byte _type;
    private bool _isNegative;
    private bool _isPush;
    private long _number;
    private long _open;
    private int _complete;
    private StringBuilder? _error;

    private enum State
    {
        /// <summary>A type's byte comes next.</summary>
        Type,

        /// <summary>The rest of a line that is of no interest.</summary>
        Line,

        /// <summary>The line of an error that is a reply by itself.</summary>
        Error,

        /// <summary>The line with a length or a count.</summary>
        Number,

        /// <summary>So many bytes as the number says.</summary>
        Payload,

        /// <summary>Something that is no reply has come; nothing is counted any more.</summary>
        Broken,
    }

    /// <summary>The first error reply that was not part of another reply, without its dash; null until there was one.</summary>
    public string? Error { get; private set; }

    /// <summary>What stood where a reply should have begun; null as long as all is well.</summary>
    public readonly byte? Unexpected => _state == State.Broken ? _type : null;

    /// <summary>Takes bytes and returns how many replies they have completed. Messages that the server pushes are none.</summary>
    public int Count(ReadOnlySpan<byte> bytes)
    {
        _complete = 0;
        while (!bytes.IsEmpty)
        {
            switch (_state)
            {
                case State.Type:
                    Begin(bytes[0]);
                    bytes = bytes[1..];
                    break;
                case State.Number:
                    bytes = TakeNumber(bytes);
                    break;
                case State.Line:
                    bytes = TakeLine(bytes);
                    break;
                case State.Payload:
                    int step = (int)Math.Min(_number, bytes.Length);
                    _number -= step;
                    bytes = bytes[step..];
                    if (_number == 0) End();
                    break;
                case State.Error:
                    bytes = TakeError(bytes);
                    break;
                default:
                    return _complete;
            }
        }
        return _complete;
    }

    private void Begin(byte type)
    {
        bool isAlone = _open == 0;
        if (isAlone)
        {
            _open = 1;
            _isPush = type == (byte)'>';
        }
        _type = type;
        _number = 0;
        _isNegative = false;
        _state = type switch
        {
            (byte)'$' or (byte)'*' or (byte)'%' or (byte)'~' or (byte)'>' or (byte)'|' or (byte)'!' or (byte)'=' => State.Number,
            (byte)'+' or (byte)':' or (byte)'_' or (byte)',' or (byte)'#' or (byte)'(' => State.Line,
            (byte)'-' => isAlone ? State.Error : State.Line,
            _ => State.Broken,
        };
    }

    private ReadOnlySpan<byte> TakeLine(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)'\n');
        if (end < 0) return default;
        End();
        return bytes[(end + 1)..];
    }

    private ReadOnlySpan<byte> TakeError(ReadOnlySpan<byte> bytes)
    {
        _error ??= new StringBuilder();
        int end = bytes.IndexOf((byte)'\n');
        _error.Append(Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]));
        if (end < 0) return default;
        Error ??= _error.ToString().TrimEnd('\r');
        _error = null;
        End();
        return bytes[(end + 1)..];
    }

    private ReadOnlySpan<byte> TakeNumber(ReadOnlySpan<byte> bytes)
    {
        long number = _number;
        int i = 0;
        for (; i < bytes.Length && bytes[i] != (byte)'\n'; i++)
        {
            uint digit = (uint)(bytes[i] - '0');
            if (digit <= 9) number = (number * 10) + digit;
            else if (bytes[i] == (byte)'-') _isNegative = true;
        }
        _number = number;
        if (i == bytes.Length) return default;
        Announce();
        return bytes[(i + 1)..];
    }

    /// <summary>A length or a count is known.</summary>
    private void Announce()
    {
        switch (_type)
        {
            case (byte)'$' or (byte)'!' or (byte)'=' when !_isNegative:
                _number += 2;
                _state = State.Payload;
                return;
            case (byte)'*' or (byte)'~' or (byte)'>' when !_isNegative:
                _open += _number;
                break;
            case (byte)'%':
                _open += 2 * _number;
                break;
            case (byte)'|':
                // Attributes are no element: what they belong to comes behind them.
                _open += (2 * _number) + 1;
                break;
        }
        End();
    }

    /// <summary>An element, or the head of one that has others in it, is complete.</summary>
    private void End()
    {
        _state = State.Type;
        if (--_open == 0 && !_isPush) _complete++;
    }
}
