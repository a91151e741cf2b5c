using System.Runtime.CompilerServices;
using Sigrun.Storage;
using Sigrun.Storage.Buffers;

namespace Sigrun.Protocol;

/// <summary>What a request may ask for, depending on the connection.</summary>
/// <param name="BulkLengthMax">Longest argument in bytes (<c>proto-max-bulk-len</c>).</param>
/// <param name="Unauthenticated">True until a password was given where one is required.</param>
public readonly record struct RequestLimits(long BulkLengthMax, bool Unauthenticated);

/// <summary>
/// Turns received bytes into requests: RESP arrays of bulk strings, or inline lines.
/// </summary>
/// <remarks>
/// Incremental: it stops where the bytes stop and goes on there, so that neither the number of packets
/// nor their borders change the result, and a long request is not read twice. The state between two
/// calls is three numbers here and the open request in the batch. Limits and error texts are Valkey's.
/// </remarks>
public sealed unsafe class RequestParser
{
    private const int LineMax = 64 * 1024;
    private const int UnauthenticatedArgumentsMax = 10;
    private const int UnauthenticatedBulkMax = 16 * 1024;

    /// <summary>The largest step by which the input grows towards an announced argument length.</summary>
    private const long GrowthStepMin = 1024 * 1024;

    private long _position;
    private long _argumentsLeft;
    private long _bulkLength = -1;
    private long _argumentBytes;

    /// <summary>
    /// Parses complete requests from <paramref name="input"/> into <paramref name="batch"/> until the
    /// bytes, or the room for <paramref name="commandsMax"/> requests, run out.
    /// A protocol error ends parsing for good and is left in <see cref="CommandBatch.Error"/>.
    /// </summary>
    public void Parse(InputBuffer input, CommandBatch batch, in RequestLimits limits, int commandsMax)
    {
        if (_position < input.Start) _position = input.Start;
        while (batch.Count < commandsMax && _position < input.End && batch.Error is null)
        {
            bool complete = _argumentsLeft > 0 || input.Data[_position] == (byte)'*'
                ? ParseMultibulk(input, batch, limits)
                : ParseInline(input, batch);
            if (!complete) return;
        }
    }

    /// <summary>Where parsing goes on: everything before it is in the batch or was skipped.</summary>
    public long Position => _position;

    /// <summary>Corrects the position after the input moved down by <paramref name="distance"/>.</summary>
    public void Rebase(long distance) => _position -= distance;

    /// <summary>The input went back to its pool: what comes next starts at offset 0, with whatever was announced still to come.</summary>
    public void OnInputReleased() => _position = 0;

    /// <summary>Bytes that the input should have room for, so that the announced argument arrives without many small steps.</summary>
    public long WantedSpace(InputBuffer input)
    {
        if (_bulkLength < 0) return 1;
        long missing = _bulkLength + 2 - (input.End - _position);
        return Math.Max(1, Math.Min(missing, Math.Max(input.Length, GrowthStepMin)));
    }

    /// <summary>Returns false when more bytes are needed.</summary>
    private bool ParseMultibulk(InputBuffer input, CommandBatch batch, in RequestLimits limits)
    {
        byte* data = input.Data;
        byte* end = data + input.End;
        byte* p = data + _position;

        if (_argumentsLeft == 0)
        {
            LineStatus status = ReadLength(p + 1, end, out long count, out byte* next);
            if (status != LineStatus.Number)
            {
                return Fail(status, batch, ProtocolError.BigMultibulkCount, ProtocolError.InvalidMultibulkLength);
            }
            if (count > int.MaxValue) return Fail(batch, ProtocolError.InvalidMultibulkLength);
            if (count > UnauthenticatedArgumentsMax && limits.Unauthenticated) return Fail(batch, ProtocolError.UnauthenticatedMultibulk);
            p = next;
            _position = p - data;
            if (count <= 0) return true;
            _argumentsLeft = count;
            _argumentBytes = 0;
        }

        while (_argumentsLeft > 0)
        {
            if (_bulkLength < 0)
            {
                if (p == end) return false;
                // An empty line is a whole line too.
                if (*p == (byte)'\r' && end - p >= 2) return Fail(batch, ProtocolError.ExpectedBulk(*p));
                LineStatus status = ReadLength(p + 1, end, out long length, out byte* next);
                if (*p != (byte)'$' && status is not (LineStatus.Incomplete or LineStatus.TooLong))
                {
                    return Fail(batch, ProtocolError.ExpectedBulk(*p));
                }
                if (status != LineStatus.Number)
                {
                    return Fail(status, batch, ProtocolError.BigBulkCount, ProtocolError.InvalidBulkLength);
                }
                if (length < 0 || length > limits.BulkLengthMax) return Fail(batch, ProtocolError.InvalidBulkLength);
                if (length > UnauthenticatedBulkMax && limits.Unauthenticated) return Fail(batch, ProtocolError.UnauthenticatedBulk);
                _bulkLength = length;
                p = next;
                _position = p - data;
            }

            if (end - p < _bulkLength + 2) return false;
            if (p[_bulkLength] != (byte)'\r' || p[_bulkLength + 1] != (byte)'\n') return Fail(batch, ProtocolError.InvalidLineEnd);
            batch.AddArgument(p - data, (int)_bulkLength);
            _argumentBytes += _bulkLength;
            p += _bulkLength + 2;
            _position = p - data;
            _bulkLength = -1;
            _argumentsLeft--;
        }

        batch.CompleteRequest(_position, _argumentBytes);
        return true;
    }

    private bool ParseInline(InputBuffer input, CommandBatch batch)
    {
        byte* start = input.Data + _position;
        int available = (int)Math.Min(input.End - _position, int.MaxValue);
        // A line of text has no byte of zero: nothing behind one ends it, as with other servers.
        int lineEnd = new ReadOnlySpan<byte>(start, available).IndexOfAny((byte)'\n', (byte)0);
        if (lineEnd < 0 || start[lineEnd] == 0) return available > LineMax && Fail(batch, ProtocolError.BigInline);

        int length = lineEnd > 0 && start[lineEnd - 1] == (byte)'\r' ? lineEnd - 1 : lineEnd;
        var line = new ArgumentSplitter(new Span<byte>(start, length));
        _argumentBytes = 0;
        while (line.MoveNext())
        {
            batch.AddArgument(_position + line.Offset, line.Length);
            _argumentBytes += line.Length;
        }
        if (line.Unbalanced) return Fail(batch, ProtocolError.UnbalancedQuotes);
        _position += lineEnd + 1;
        if (batch.HasOpenRequest) batch.CompleteRequest(_position, _argumentBytes);
        return true;
    }

    private enum LineStatus
    {
        Number,
        NotANumber,
        Incomplete,
        TooLong,
        BadLineEnd,
    }

    /// <summary>Reads a decimal number up to CR LF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static LineStatus ReadLength(byte* p, byte* end, out long value, out byte* next)
    {
        // The usual case: one to four digits, then CR LF, all of it here.
        if (end - p >= 6)
        {
            uint digit = (uint)(*p - '0');
            if (digit is > 0 and <= 9)
            {
                uint number = digit;
                byte* q = p + 1;
                while (q < p + 4 && (digit = (uint)(*q - '0')) <= 9)
                {
                    number = number * 10 + digit;
                    q++;
                }
                if (q[0] == (byte)'\r' && q[1] == (byte)'\n')
                {
                    value = number;
                    next = q + 2;
                    return LineStatus.Number;
                }
            }
        }
        return ReadLengthSlow(p, end, out value, out next);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static LineStatus ReadLengthSlow(byte* p, byte* end, out long value, out byte* next)
    {
        value = 0;
        next = p;
        if (p >= end) return LineStatus.Incomplete;
        int available = (int)Math.Min(end - p, int.MaxValue);
        int length = new ReadOnlySpan<byte>(p, available).IndexOf((byte)'\r');
        if (length < 0) return available + 1 > LineMax ? LineStatus.TooLong : LineStatus.Incomplete;
        if (available < length + 2) return LineStatus.Incomplete;
        if (p[length + 1] != (byte)'\n') return LineStatus.BadLineEnd;
        next = p + length + 2;
        return NumberText.TryParseInt64(new ReadOnlySpan<byte>(p, length), out value) ? LineStatus.Number : LineStatus.NotANumber;
    }

    private static bool Fail(LineStatus status, CommandBatch batch, ProtocolError tooLong, ProtocolError invalid) => status switch
    {
        LineStatus.Incomplete => false,
        LineStatus.TooLong => Fail(batch, tooLong),
        LineStatus.BadLineEnd => Fail(batch, ProtocolError.InvalidLineEnd),
        _ => Fail(batch, invalid),
    };

    private static bool Fail(CommandBatch batch, ProtocolError error)
    {
        batch.Error = error;
        return false;
    }
}
