using Sigrun.Commands;
using Sigrun.Protocol;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>Parts that the replies of stream commands are made of.</summary>
internal static class StreamReplies
{
    /// <summary>An ID.</summary>
    public static void Id(ReplyWriter reply, StreamId id)
    {
        Span<byte> text = stackalloc byte[StreamId.TextMax];
        reply.Bulk(text[..id.Format(text)]);
    }

    /// <summary>An entry: its ID and its fields with their values.</summary>
    public static void Entry(ReplyWriter reply, ref StreamCursor cursor)
    {
        reply.Array(2);
        Id(reply, cursor.Id);
        reply.Array(2L * cursor.FieldCount);
        for (int i = cursor.FieldCount; i > 0; i--)
        {
            cursor.ReadField(out ListpackElement field, out ListpackElement value);
            reply.Element(field);
            reply.Element(value);
        }
    }

    /// <summary>The entries of a range; at most so many unless the number is 0.</summary>
    public static void Entries(ReplyWriter reply, StreamCursor cursor, long most)
    {
        DeferredHeader header = reply.BeginDeferred();
        long count = 0;
        while (cursor.Next())
        {
            Entry(reply, ref cursor);
            if (++count == most) break;
        }
        reply.EndDeferred(header, count);
    }

    /// <summary>An entry by its ID; false, and no reply, when there is none.</summary>
    public static bool TryEntry(ReplyWriter reply, in StreamView stream, StreamId id)
    {
        StreamCursor cursor = stream.Range(id, id);
        if (!cursor.Next()) return false;
        Entry(reply, ref cursor);
        return true;
    }

    /// <summary>The error of a group that is not there.</summary>
    public static void NoGroup(CommandContext c, ReadOnlySpan<byte> key, ReadOnlySpan<byte> group, string where = "") =>
        c.Reply.Error($"NOGROUP No such key '{StreamArguments.Text(key)}' or consumer group '{StreamArguments.Text(group)}'{where}");

    /// <summary>The same where the key is there.</summary>
    public static void NoGroupOfKey(CommandContext c, ReadOnlySpan<byte> key, ReadOnlySpan<byte> group) =>
        c.Reply.Error($"NOGROUP No such consumer group '{StreamArguments.Text(group)}' for key name '{StreamArguments.Text(key)}'");
}
