using Sigrun.Commands;
using Sigrun.Protocol;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Types.Lists;

/// <summary>Commands that read lists.</summary>
internal static class ListReadCommands
{
    [Command("LLEN", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.List, Since = "1.0.0",
        Complexity = "O(1)", Keys = "1 RO", Summary = "Tells the length of a list.", Syntax = "key")]
    public static void LLen(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.List, out EntryRef entry)) return;
        c.Reply.Integer(entry.IsNull ? 0 : ListValue.Length(entry));
    }

    [Command("LINDEX", Arity = 3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.List, Since = "1.0.0",
        Complexity = "O(N); O(1)", Keys = "1 RO access", Summary = "Reads an element of a list by its index.",
        Syntax = "key index")]
    public static void LIndex(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.List, out EntryRef entry)) return;
        if (entry.IsNull)
        {
            c.Reply.Null();
            return;
        }
        if (!ListArgument.TryReadInteger(c, 2, out long index)) return;
        using var cursor = new ListCursor(entry, index < 0 ? index + ListValue.Length(entry) : index, 1);
        if (cursor.MoveNext()) c.Reply.Element(cursor.Current);
        else c.Reply.Null();
    }

    [Command("LRANGE", Arity = 4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.List, Since = "1.0.0",
        Complexity = "O(S+N)", Keys = "1 RO access", Summary = "Reads the elements between two indexes.",
        Syntax = "key start stop")]
    public static void LRange(CommandContext c)
    {
        if (!ListArgument.TryReadInteger(c, 2, out long start) || !ListArgument.TryReadInteger(c, 3, out long stop)) return;
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.List, out EntryRef entry)) return;
        if (entry.IsNull || !TryClip(ListValue.Length(entry), ref start, ref stop)) c.Reply.Array(0);
        else ListReply.Range(c, entry, start, stop - start + 1, isBackward: false);
    }

    [Command("LPOS", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.List, Since = "6.0.6",
        Complexity = "O(N)", Keys = "1 RO access", Summary = "Tells the indexes of elements that are equal to a value.",
        Syntax = "key element [RANK rank] [COUNT num-matches] [MAXLEN len]")]
    public static void LPos(CommandContext c)
    {
        if (!TryReadSearch(c, out Search search)) return;
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.List, out EntryRef entry)) return;
        if (entry.IsNull)
        {
            if (search.HasCount) c.Reply.Array(0);
            else c.Reply.Null();
            return;
        }
        Find(c, entry, search);
    }

    /// <summary>Makes indexes, of which negative ones count from the end, ones within a list; false when nothing is between them.</summary>
    public static bool TryClip(long length, ref long start, ref long stop)
    {
        if (start < 0) start = Math.Max(start + length, 0);
        if (stop < 0) stop += length;
        stop = Math.Min(stop, length - 1);
        return start <= stop;
    }

    private static void Find(CommandContext c, EntryRef entry, in Search search)
    {
        long length = ListValue.Length(entry);
        using var cursor = new ListCursor(
            entry, search.IsBackward ? length - 1 : 0, search.MaxLength == 0 ? long.MaxValue : search.MaxLength, search.IsBackward);
        DeferredHeader header = search.HasCount ? c.Reply.BeginDeferred() : default;
        long found = 0;
        long index = -1;
        for (long matches = 1; cursor.MoveTo(c.Arg(2), out long passed); matches++)
        {
            index += passed + 1;
            if (matches < search.Rank) continue;
            c.Reply.Integer(search.IsBackward ? length - 1 - index : index);
            found++;
            if (!search.HasCount || found == search.Count) break;
        }
        if (search.HasCount) c.Reply.EndDeferred(header, found);
        else if (found == 0) c.Reply.Null();
    }

    private static bool TryReadSearch(CommandContext c, out Search search)
    {
        search = new Search { Rank = 1 };
        for (int i = 3; i < c.ArgCount; i += 2)
        {
            if (i + 1 >= c.ArgCount) return c.Refuse(CommandErrors.Syntax);
            if (c.ArgIs(i, "rank"u8))
            {
                if (!ListArgument.TryReadSigned(c, i + 1, out long rank)) return false;
                if (rank == 0)
                {
                    return c.Refuse("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list"u8);
                }
                search.IsBackward = rank < 0;
                search.Rank = Math.Abs(rank);
            }
            else if (c.ArgIs(i, "count"u8))
            {
                if (!ListArgument.TryReadCount(c, i + 1, 0, "ERR COUNT can't be negative"u8, out search.Count)) return false;
                search.HasCount = true;
            }
            else if (c.ArgIs(i, "maxlen"u8))
            {
                if (!ListArgument.TryReadCount(c, i + 1, 0, "ERR MAXLEN can't be negative"u8, out search.MaxLength)) return false;
            }
            else
            {
                return c.Refuse(CommandErrors.Syntax);
            }
        }
        return true;
    }

    /// <summary>What LPOS looks for.</summary>
    private struct Search
    {
        /// <summary>The match to begin with, from 1.</summary>
        public long Rank;

        /// <summary>Whether to begin at the end.</summary>
        public bool IsBackward;

        /// <summary>Whether an array is replied.</summary>
        public bool HasCount;

        /// <summary>The most matches to tell; 0 for all.</summary>
        public long Count;

        /// <summary>The most elements to compare; 0 for all.</summary>
        public long MaxLength;
    }
}
