using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Types.Lists;

/// <summary>Replies with elements of lists.</summary>
internal static class ListReply
{
    /// <summary>Replies elements from an index on, there being as many, forward or backward.</summary>
    public static void Range(CommandContext c, EntryRef entry, long index, long count, bool isBackward)
    {
        c.Reply.Array(count);
        using var cursor = new ListCursor(entry, index, count, isBackward);
        while (cursor.TryReadRun(out ListpackRun run)) c.Reply.Elements(run);
    }
}
