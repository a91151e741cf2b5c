using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>XRANGE and XREVRANGE: the entries between two IDs.</summary>
internal static class StreamRangeCommands
{
    private const int FirstOption = 4;

    [Command("XRANGE", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Stream, Since = "5.0.0",
        Complexity = "O(N); O(1)", Keys = "1 RO access", Summary = "Reads the entries between two IDs.",
        Syntax = "key start:string end:string [COUNT count]",
        History = ["6.2.0: IDs that are not included"])]
    public static void XRange(CommandContext c) => Read(c, 2, 3, backwards: false);

    [Command("XREVRANGE", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Stream, Since = "5.0.0",
        Complexity = "O(N); O(1)", Keys = "1 RO access", Summary = "Reads the entries between two IDs, the last one first.",
        Syntax = "key end:string start:string [COUNT count]",
        History = ["6.2.0: IDs that are not included"])]
    public static void XRevRange(CommandContext c) => Read(c, 3, 2, backwards: true);

    private static void Read(CommandContext c, int startIndex, int endIndex, bool backwards)
    {
        if (!StreamArguments.TryReadStart(c, startIndex, out StreamId from) || !StreamArguments.TryReadEnd(c, endIndex, out StreamId to)) return;
        long count = -1;
        for (int i = FirstOption; i < c.ArgCount; i += 2)
        {
            if (!c.ArgIs(i, "count"u8) || i + 1 == c.ArgCount)
            {
                c.Reply.Error(CommandErrors.Syntax);
                return;
            }
            if (!StreamArguments.TryReadInteger(c, i + 1, out count)) return;
            count = Math.Max(count, 0);
        }
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Stream, out EntryRef entry)) return;
        if (entry.IsNull) c.Reply.Array(0);
        else if (count == 0) c.Reply.NullArray();
        else StreamReplies.Entries(c.Reply, new StreamView(entry).Range(from, to, backwards), count);
    }
}
