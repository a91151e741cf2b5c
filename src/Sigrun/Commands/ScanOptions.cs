using System.Buffers.Text;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Types;

namespace Sigrun.Commands;

/// <summary>What SCAN and its relatives for the elements of one value were asked: how much, and which.</summary>
/// <remarks>
/// A step collects what it finds in the engine's <see cref="ScanBuffer"/>, since the cursor comes first in the reply;
/// <see cref="Reply"/> sends both.
/// </remarks>
internal struct ScanOptions
{
    private const long DefaultCount = 10;

    /// <summary>Places looked at per element asked for, so that a nearly empty table does not hold up others.</summary>
    private const long StepsPerCount = 10;

    private int _patternArgument;
    private long _count;

    /// <summary>About how many elements to look at.</summary>
    public readonly long Count => _count;

    /// <summary>At most how many places of a table to look at.</summary>
    public readonly long StepsMax => _count > long.MaxValue / StepsPerCount ? long.MaxValue : _count * StepsPerCount;

    /// <summary>Only keys of this type.</summary>
    public EntryType? Type { get; private set; }

    /// <summary>Names without what belongs to them: NOVALUES, NOSCORES.</summary>
    public bool NamesOnly { get; private set; }

    /// <summary>Whether a name passes MATCH.</summary>
    public readonly bool Matches(CommandContext c, ReadOnlySpan<byte> name) =>
        _patternArgument == 0 || GlobPattern.Matches(c.Arg(_patternArgument), name);

    /// <summary>Whether a pattern lets everything pass.</summary>
    public static bool IsAll(ReadOnlySpan<byte> pattern) => pattern is [(byte)'*'];

    /// <summary>
    /// Starts a scan of the elements of the value that the first argument names. False when the reply is there
    /// already: an error, or nothing because the key is missing.
    /// </summary>
    public static bool TryBegin(CommandContext c, EntryType type, out EntryRef value, out ulong cursor, out ScanOptions options)
    {
        value = default;
        options = default;
        if (!TryReadCursor(c, 2, out cursor) || !TypedKey.TryFind(c, c.Key(1), type, out value)) return false;
        c.Engine.ScanBuffer.Clear();
        if (!value.IsNull) return TryRead(c, 3, type, out options);
        Reply(c, 0);
        return false;
    }

    /// <summary>Reads the options; replies the error and returns false when one makes no sense.</summary>
    /// <param name="c">The command.</param>
    /// <param name="first">The first option.</param>
    /// <param name="of">The type of the value whose elements are wanted; null for keys.</param>
    /// <param name="options">The options.</param>
    public static bool TryRead(CommandContext c, int first, EntryType? of, out ScanOptions options)
    {
        options = new ScanOptions { _count = DefaultCount };
        for (int i = first; i < c.ArgCount; i++)
        {
            bool hasValue = i + 1 < c.ArgCount;
            if (c.ArgIs(i, "count"u8) && hasValue)
            {
                if (!NumberText.TryParseInt64(c.Arg(++i), out options._count)) return c.Refuse(CommandErrors.NotAnInteger);
                if (options._count < 1) return c.Refuse(CommandErrors.Syntax);
            }
            else if (c.ArgIs(i, "match"u8) && hasValue)
            {
                options._patternArgument = IsAll(c.Arg(++i)) ? 0 : i;
            }
            else if (c.ArgIs(i, "type"u8) && hasValue && of is null)
            {
                if (!options.TryReadType(c, ++i)) return false;
            }
            else if (c.ArgIs(i, "novalues"u8))
            {
                if (of != EntryType.Hash) return c.Refuse("ERR NOVALUES option can only be used in HSCAN"u8);
                options.NamesOnly = true;
            }
            else if (c.ArgIs(i, "noscores"u8))
            {
                if (of != EntryType.SortedSet) return c.Refuse("ERR NOSCORES option can only be used in ZSCAN"u8);
                options.NamesOnly = true;
            }
            else
            {
                return c.Refuse(CommandErrors.Syntax);
            }
        }
        return true;
    }

    /// <summary>Reads a cursor; replies the error and returns false when it is none.</summary>
    public static bool TryReadCursor(CommandContext c, int index, out ulong cursor)
    {
        ReadOnlySpan<byte> text = c.Arg(index);
        if (NumberText.TryParseInt64(text, out long number))
        {
            cursor = (ulong)number;
            if (number >= 0) return true;
        }
        else if (TryReadUnsigned(text, out cursor))
        {
            return true;
        }
        return c.Refuse("ERR invalid cursor"u8);
    }

    /// <summary>Replies the cursor and what the step has collected, and forgets that.</summary>
    public static void Reply(CommandContext c, ulong cursor)
    {
        ScanBuffer found = c.Engine.ScanBuffer;
        Span<byte> text = stackalloc byte[NumberText.Int64Max];
        Utf8Formatter.TryFormat(cursor, text, out int length);
        c.Reply.Array(2);
        c.Reply.Bulk(text[..length]);
        c.Reply.Array(found.Count);
        for (int i = 0; i < found.Count; i++) c.Reply.Bulk(found[i]);
        found.Clear();
    }

    private bool TryReadType(CommandContext c, int index)
    {
        if (!ValueTypes.TryParseName(c.Arg(index), out EntryType type))
            return c.Refuse([.. "ERR unknown type name '"u8, .. CommandErrors.UpToNul(c.Arg(index)), (byte)'\'']);
        Type = type;
        return true;
    }

    /// <summary>
    /// What is no plain number is read as C's strtoull reads it: blanks and a sign may lead, and a negative
    /// number wraps around.
    /// </summary>
    private static bool TryReadUnsigned(ReadOnlySpan<byte> text, out ulong value)
    {
        text = text.TrimStart(" \t\n\v\f\r"u8);
        bool isNegative = text is [(byte)'-', ..];
        if (text is [(byte)'-' or (byte)'+', ..]) text = text[1..];
        bool isNumber = text is [>= (byte)'0' and <= (byte)'9', ..]
            & Utf8Parser.TryParse(text, out value, out int used) && used == text.Length;
        if (isNegative) value = 0 - value;
        return isNumber;
    }
}
