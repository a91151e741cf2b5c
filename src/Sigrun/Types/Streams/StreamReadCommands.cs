using Sigrun.Blocking;
using Sigrun.Commands;
using Sigrun.Protocol;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>XREAD: the entries of several streams behind given IDs, or the next ones to come.</summary>
internal static class StreamReadCommands
{
    [Command("XREAD", Arity = -4, Flags = CommandFlags.ReadOnly | CommandFlags.Blocking, Group = CommandGroup.Stream,
        Since = "5.0.0", Keys = "STREAMS@1..-1%2 RO access", Summary = "Reads entries of several streams, waiting for some if wanted.",
        Syntax = "[COUNT count] [BLOCK milliseconds] <STREAMS key [key ...] id [id ...]>")]
    public static void XRead(CommandContext c)
    {
        if (!StreamReadOptions.TryRead(c, isGroup: false, out StreamReadOptions options)) return;
        for (int key = options.FirstKey; key < options.FirstKey + options.StreamCount; key++)
        {
            if (!TypedKey.TryFind(c, c.Key(key), EntryType.Stream, out EntryRef entry)) return;
            if (!TryReadPosition(c, options.IdIndex(key), entry, out _)) return;
        }
        if (!TryServe(c, options)) Wait(c, options);
    }

    /// <summary>Opens the reply for one of the streams: its key and, to follow, its entries.</summary>
    public static void BeginStream(CommandContext c, int key)
    {
        if (!c.Reply.IsResp3) c.Reply.Array(2);
        c.Reply.Bulk(c.Arg(key));
    }

    /// <summary>Ends the reply over all streams that had something.</summary>
    public static void EndStreams(ReplyWriter reply, DeferredHeader header, int count)
    {
        if (reply.IsResp3) reply.EndDeferredMap(header, count);
        else reply.EndDeferred(header, count);
    }

    private static bool TryServe(CommandContext c, in StreamReadOptions options)
    {
        DeferredHeader header = default;
        int served = 0;
        for (int key = options.FirstKey; key < options.FirstKey + options.StreamCount; key++)
        {
            EntryRef entry = c.Db.FindForRead(c.Key(key));
            if (entry.IsNull) continue;
            TryReadPosition(c, options.IdIndex(key), entry, out StreamId after);
            var stream = new StreamView(entry);
            if (!stream.TryGetLastEntry(out StreamId last) || last <= after) continue;
            if (served++ == 0) header = c.Reply.BeginDeferred();
            BeginStream(c, key);
            after.TryNext(out StreamId from);
            StreamReplies.Entries(c.Reply, stream.Range(from, StreamId.Max), options.Count);
        }
        if (served > 0) EndStreams(c.Reply, header, served);
        return served > 0;
    }

    private static void Wait(CommandContext c, in StreamReadOptions options)
    {
        if (options.TimeoutMs < 0)
        {
            c.Reply.NullArray();
            return;
        }
        for (int key = options.FirstKey; key < options.FirstKey + options.StreamCount; key++) PinPosition(c, options.IdIndex(key), key);
        c.Block(EntryType.Stream, options.FirstKey, options.StreamCount, options.TimeoutMs, BlockedReply.NullArray);
    }

    /// <summary>The last entry that there is now is the one to wait for more than.</summary>
    private static void PinPosition(CommandContext c, int index, int key)
    {
        if (!StreamArguments.IsSign(c.Arg(index), '$')) return;
        EntryRef entry = c.Db.Peek(c.Key(key));
        StreamId last = entry.IsNull ? default : new StreamView(entry).LastId;
        Span<byte> text = stackalloc byte[StreamId.TextMax];
        c.ReplaceArgument(index, text[..last.Format(text)]);
    }

    /// <summary>The ID behind which to read.</summary>
    private static bool TryReadPosition(CommandContext c, int index, EntryRef entry, out StreamId after)
    {
        after = default;
        ReadOnlySpan<byte> text = c.Arg(index);
        if (StreamArguments.IsSign(text, '$'))
        {
            if (!entry.IsNull) after = new StreamView(entry).LastId;
            return true;
        }
        if (StreamArguments.IsSign(text, '+'))
        {
            return entry.IsNull || new StreamView(entry) is not { Length: > 0 } stream || stream.LastId.TryPrevious(out after)
                || StreamArguments.Refuse(c, "ERR the stream last element ID is 0-0"u8);
        }
        if (StreamArguments.IsSign(text, '>'))
            return StreamArguments.Refuse(c, "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."u8);
        return StreamArguments.TryReadEntryId(c, index, out after);
    }
}
