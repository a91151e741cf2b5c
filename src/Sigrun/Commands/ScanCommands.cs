using System.Buffers.Text;
using Sigrun.Keyspace;
using Sigrun.Protocol;
using Sigrun.Storage;
using Sigrun.Types;

namespace Sigrun.Commands;

/// <summary>KEYS and SCAN: all keys, at once or in steps.</summary>
internal static class ScanCommands
{
    private const long DefaultCount = 10;

    /// <summary>Places looked at per key asked for, so that a nearly empty table does not hold up others.</summary>
    private const long StepsPerCount = 10;

    [Command("KEYS", Arity = 2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic, Since = "1.0.0",
        Complexity = "O(N)", Acl = "dangerous", Tips = "request_policy:all_shards nondeterministic_output_order",
        Summary = "Lists the keys that match a pattern.", Syntax = "pattern")]
    public static void Keys(CommandContext c)
    {
        ReadOnlySpan<byte> pattern = c.Arg(1);
        ScanBuffer found = c.Engine.ScanBuffer;
        DeferredHeader header = c.Reply.BeginDeferred();
        long count = 0;
        ulong cursor = 0;
        do
        {
            found.Clear();
            var visitor = new KeyCollector(c, found, expires: false);
            cursor = c.Db.Keys.Scan(cursor, ref visitor);
            for (int i = 0; i < found.Count; i++)
            {
                if (!IsAll(pattern) && !GlobPattern.Matches(pattern, found[i])) continue;
                c.Reply.Bulk(found[i]);
                count++;
            }
        }
        while (cursor != 0);
        found.Clear();
        c.Reply.EndDeferred(header, count);
    }

    [Command("SCAN", Arity = -2, Flags = CommandFlags.ReadOnly | CommandFlags.TouchesArbitraryKeys,
        Group = CommandGroup.Generic, Since = "2.8.0", Complexity = "O(1); O(N)",
        Tips = "nondeterministic_output request_policy:special response_policy:special",
        Summary = "Walks over the keys in small steps.", Syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type@6.0.0]",
        History = ["6.0.0: TYPE"])]
    public static void Scan(CommandContext c)
    {
        if (!TryReadCursor(c, 1, out ulong cursor) || !TryReadOptions(c, out ScanOptions options)) return;
        ScanBuffer found = c.Engine.ScanBuffer;
        found.Clear();
        var visitor = new KeyCollector(c, found, expires: true)
        {
            PatternArgument = options.PatternArgument,
            Type = options.Type,
        };
        long steps = options.Count > long.MaxValue / StepsPerCount ? long.MaxValue : options.Count * StepsPerCount;
        do
        {
            cursor = c.Db.Keys.Scan(cursor, ref visitor);
        }
        while (cursor != 0 && steps-- > 0 && visitor.Seen < options.Count);

        c.Reply.Array(2);
        WriteCursor(c.Reply, cursor);
        c.Reply.Array(found.Count);
        for (int i = 0; i < found.Count; i++) c.Reply.Bulk(found[i]);
        found.Clear();
    }

    /// <summary>Reads a cursor; replies the error and returns false when it is none.</summary>
    internal static bool TryReadCursor(CommandContext c, int index, out ulong cursor)
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
        c.Reply.Error("ERR invalid cursor"u8);
        return false;
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

    /// <summary>Writes a cursor as a bulk string.</summary>
    internal static void WriteCursor(ReplyWriter reply, ulong cursor)
    {
        Span<byte> text = stackalloc byte[NumberText.Int64Max];
        Utf8Formatter.TryFormat(cursor, text, out int length);
        reply.Bulk(text[..length]);
    }

    private static bool IsAll(ReadOnlySpan<byte> pattern) => pattern is [(byte)'*'];

    private static bool TryReadOptions(CommandContext c, out ScanOptions options)
    {
        options = new ScanOptions { Count = DefaultCount };
        for (int i = 2; i < c.ArgCount; i += 2)
        {
            bool hasValue = i + 1 < c.ArgCount;
            if (c.ArgIs(i, "count"u8) && hasValue)
            {
                if (!NumberText.TryParseInt64(c.Arg(i + 1), out options.Count)) return Refuse(c, CommandErrors.NotAnInteger);
                if (options.Count < 1) return Refuse(c, CommandErrors.Syntax);
            }
            else if (c.ArgIs(i, "match"u8) && hasValue)
            {
                options.PatternArgument = IsAll(c.Arg(i + 1)) ? 0 : i + 1;
            }
            else if (c.ArgIs(i, "type"u8) && hasValue)
            {
                if (!ValueTypes.TryParseName(c.Arg(i + 1), out EntryType type))
                {
                    return Refuse(c, [.. "ERR unknown type name '"u8, .. CommandErrors.UpToNul(c.Arg(i + 1)), (byte)'\'']);
                }
                options.Type = type;
            }
            else
            {
                return Refuse(c, c.ArgIs(i, "novalues"u8) ? "ERR NOVALUES option can only be used in HSCAN"u8
                    : c.ArgIs(i, "noscores"u8) ? "ERR NOSCORES option can only be used in ZSCAN"u8
                    : CommandErrors.Syntax);
            }
        }
        return true;
    }

    private static bool Refuse(CommandContext c, ReadOnlySpan<byte> error)
    {
        c.Reply.Error(error);
        return false;
    }

    private struct ScanOptions
    {
        public long Count;
        public int PatternArgument;
        public EntryType? Type;
    }

    /// <summary>Collects the keys that pass the filters; an expired one is passed over and, where wanted, removed.</summary>
    private struct KeyCollector(CommandContext c, ScanBuffer found, bool expires) : IKeyVisitor
    {
        public long Seen { get; private set; }

        public int PatternArgument { get; init; }

        public EntryType? Type { get; init; }

        public void Visit(EntryRef entry)
        {
            Seen++;
            if (Type is { } type && entry.Type != type) return;
            if (PatternArgument > 0 && !GlobPattern.Matches(c.Arg(PatternArgument), entry.Key)) return;
            if (entry.HasExpiry && entry.ExpiryMs < c.NowMs)
            {
                if (expires) c.Db.Expire(new KeyRef(entry.Key, c.Engine.Hasher.Hash(entry.Key)));
                return;
            }
            found.Add(entry.Key);
        }
    }
}
