using System.Text;
using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>Reads IDs from the arguments of stream commands; replies the error and returns false when there is none.</summary>
/// <remarks>
/// The forms are those that every server takes: <c>ms-seq</c>, <c>ms</c> alone, <c>-</c> and <c>+</c> for the ends,
/// <c>(</c> in front of an end that does not belong to an interval. Numbers beyond what is written canonically are read
/// as the C library reads them: blanks and a sign in front, leading zeros.
/// </remarks>
internal static class StreamArguments
{
    private const int IdBytesMax = 127;

    private static ReadOnlySpan<byte> InvalidId => "ERR Invalid stream ID specified as stream command argument"u8;

    /// <summary>Reads the ID of an entry: the ends are no such.</summary>
    public static bool TryReadEntryId(CommandContext c, int index, out StreamId id) =>
        TryParseEntryId(c.Arg(index), 0, out id) || Refuse(c, InvalidId);

    /// <summary>Reads an ID or one of the ends.</summary>
    public static bool TryReadId(CommandContext c, int index, out StreamId id) =>
        TryParseId(c.Arg(index), 0, out id) || Refuse(c, InvalidId);

    /// <summary>Whether arguments are IDs of entries from an index on.</summary>
    public static bool AreEntryIds(CommandContext c, int first, int end)
    {
        for (int i = first; i < end; i++)
        {
            if (!TryReadEntryId(c, i, out _)) return false;
        }
        return true;
    }

    /// <summary>Reads the ID that XADD is given, whose second half may be left to the server.</summary>
    public static bool TryReadNewId(CommandContext c, int index, out StreamId id, out bool hasSequence)
    {
        ReadOnlySpan<byte> text = c.Arg(index);
        hasSequence = true;
        if (text.Length <= IdBytesMax && CommandErrors.UpToNul(text) is [.. var ms, (byte)'-', (byte)'*'] && TryParseHalf(ms, out ulong time))
        {
            id = new StreamId(time, 0);
            hasSequence = false;
            return true;
        }
        return TryReadEntryId(c, index, out id);
    }

    /// <summary>Reads the beginning of an interval, as the first ID that belongs to it.</summary>
    public static bool TryReadStart(CommandContext c, int index, out StreamId id)
    {
        if (!TryReadEnd(c.Arg(index), 0, out id, out bool isExcluded)) return Refuse(c, InvalidId);
        return !isExcluded || id.TryNext(out id) || Refuse(c, "ERR invalid start ID for the interval"u8);
    }

    /// <summary>Reads the end of an interval, as the last ID that belongs to it.</summary>
    public static bool TryReadEnd(CommandContext c, int index, out StreamId id)
    {
        if (!TryReadEnd(c.Arg(index), ulong.MaxValue, out id, out bool isExcluded)) return Refuse(c, InvalidId);
        return !isExcluded || id.TryPrevious(out id) || Refuse(c, "ERR invalid end ID for the interval"u8);
    }

    /// <summary>Reads a whole number.</summary>
    public static bool TryReadInteger(CommandContext c, int index, out long value) =>
        NumberText.TryParseInt64(c.Arg(index), out value) || Refuse(c, CommandErrors.NotAnInteger);

    /// <summary>Whether an argument is a single sign such as <c>$</c>.</summary>
    public static bool IsSign(ReadOnlySpan<byte> text, char sign) => CommandErrors.UpToNul(text) is [var only] && only == sign;

    /// <summary>Parses the ID of an entry.</summary>
    public static bool TryParseEntryId(ReadOnlySpan<byte> text, ulong missingSequence, out StreamId id)
    {
        id = default;
        return !IsSign(text, '-') && !IsSign(text, '+') && TryParseId(text, missingSequence, out id);
    }

    /// <summary>Replies an error; false.</summary>
    public static bool Refuse(CommandContext c, ReadOnlySpan<byte> error)
    {
        c.Reply.Error(error);
        return false;
    }

    /// <summary>An argument as part of an error text.</summary>
    public static string Text(ReadOnlySpan<byte> argument) => Encoding.Latin1.GetString(CommandErrors.UpToNul(argument));

    private static bool TryReadEnd(ReadOnlySpan<byte> text, ulong missingSequence, out StreamId id, out bool isExcluded)
    {
        isExcluded = text.Length > 1 && text[0] == (byte)'(';
        return isExcluded ? TryParseEntryId(text[1..], missingSequence, out id) : TryParseId(text, missingSequence, out id);
    }

    private static bool TryParseId(ReadOnlySpan<byte> text, ulong missingSequence, out StreamId id)
    {
        id = default;
        if (text.Length > IdBytesMax) return false;
        text = CommandErrors.UpToNul(text);
        if (text is [(byte)'-']) return true;
        if (text is [(byte)'+'])
        {
            id = StreamId.Max;
            return true;
        }
        int dash = text.IndexOf((byte)'-');
        ulong seq = missingSequence;
        if (!TryParseHalf(dash < 0 ? text : text[..dash], out ulong ms) || (dash >= 0 && !TryParseHalf(text[(dash + 1)..], out seq))) return false;
        id = new StreamId(ms, seq);
        return true;
    }

    private static bool TryParseHalf(ReadOnlySpan<byte> text, out ulong value)
    {
        bool isNumber = NumberText.TryParseInt64(text, out long number);
        value = (ulong)number;
        return isNumber ? number >= 0 : TryParseLoosely(text, out value);
    }

    /// <summary>As the C library reads it; a minus sign counts from the other end of the range.</summary>
    private static bool TryParseLoosely(ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        text = text.TrimStart(" \t\n\v\f\r"u8);
        bool isNegative = text is [(byte)'-', ..];
        if (text is [(byte)'-' or (byte)'+', ..]) text = text[1..];
        if (text.IsEmpty) return false;
        foreach (byte c in text)
        {
            uint digit = (uint)(c - '0');
            if (digit > 9 || value > (ulong.MaxValue - digit) / 10) return false;
            value = value * 10 + digit;
        }
        if (isNegative) value = 0 - value;
        return true;
    }
}
