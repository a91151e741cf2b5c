using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>Commands that add, remove and count the entries of streams.</summary>
internal static class StreamCommands
{
    [Command("XADD", Arity = -5, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1); O(N)", Keys = "1 RW update",
        Tips = "nondeterministic_output", Summary = "Adds an entry to a stream; makes the stream if need be.",
        Syntax = "key [NOMKSTREAM@6.2.0] [trim=<strategy=MAXLEN|MINID@6.2.0> [operator=<equal='='>|<approximately='~'>] "
            + "threshold [LIMIT count@6.2.0]] <id-selector=<auto-id='*'>|id> <data=field value> [field value ...]",
        History = ["6.2.0: NOMKSTREAM, MINID and LIMIT", "7.0.0: IDs of which only the milliseconds are given"])]
    public static void XAdd(CommandContext c)
    {
        if (!TrimOptions.TryRead(c, isAdd: true, out TrimOptions options)) return;
        int fields = c.ArgCount - options.IdIndex - 1;
        if (options.IdIndex == 0 || fields < 2 || fields % 2 == 1)
        {
            c.Reply.Error(CommandErrors.WrongArity(c.CommandId));
            return;
        }
        if (!options.ChoosesId && options.Id.IsZero)
        {
            c.Reply.Error("ERR The ID specified in XADD must be greater than 0-0"u8);
            return;
        }
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Stream, out WriteScope scope)) return;
        if (!scope.Entry.IsNull) AddToExisting(c, ref scope, options);
        else if (options.OnlyExisting) c.Reply.Null();
        else AddToNew(c, ref scope, options);
    }

    [Command("XTRIM", Arity = -4, Flags = CommandFlags.Write, Group = CommandGroup.Stream, Since = "5.0.0",
        Complexity = "O(N)", Keys = "1 RW delete", Tips = "nondeterministic_output", Summary = "Removes entries from the beginning of a stream.",
        Syntax = "key <trim=<strategy=MAXLEN|MINID@6.2.0> [operator=<equal='='>|<approximately='~'>] threshold [LIMIT count@6.2.0]>",
        History = ["6.2.0: MINID and LIMIT"])]
    public static void XTrim(CommandContext c)
    {
        if (!TrimOptions.TryRead(c, isAdd: false, out TrimOptions options)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Stream, out WriteScope scope)) return;
        long removed = 0;
        if (!scope.Entry.IsNull)
        {
            var stream = new StreamEditor(scope.Edit());
            removed = stream.Trim(options.Trim);
            if (removed > 0)
            {
                scope.Commit(KeyspaceEventClass.Stream, "xtrim"u8);
                c.Engine.Dirty += removed - 1;
                if (options.Trim.WholeNodesOnly) options.ReplaceEffect(c, stream.View, default);
            }
        }
        c.Reply.Integer(removed);
    }

    [Command("XDEL", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Stream, Since = "5.0.0",
        Complexity = "O(1)", Keys = "1 RW delete", Summary = "Removes entries from a stream by their IDs.", Syntax = "key id [id ...]")]
    public static void XDel(CommandContext c)
    {
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Stream, out WriteScope scope)) return;
        if (scope.Entry.IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        if (!StreamArguments.AreEntryIds(c, 2, c.ArgCount)) return;
        var stream = new StreamEditor(scope.Edit());
        long removed = 0;
        for (int i = 2; i < c.ArgCount; i++)
        {
            StreamArguments.TryParseEntryId(c.Arg(i), 0, out StreamId id);
            if (stream.Delete(id)) removed++;
        }
        if (removed > 0)
        {
            scope.Commit(KeyspaceEventClass.Stream, "xdel"u8);
            c.Engine.Dirty += removed - 1;
        }
        c.Reply.Integer(removed);
    }

    [Command("XLEN", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Stream,
        Since = "5.0.0", Complexity = "O(1)", Keys = "1 RO", Summary = "Counts the entries of a stream.", Syntax = "key")]
    public static void XLen(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Stream, out EntryRef entry)) return;
        c.Reply.Integer(entry.IsNull ? 0 : new StreamView(entry).Length);
    }

    [Command("XSETID", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)", Keys = "1 RW update",
        Summary = "Sets the last ID of a stream, and other figures; for replication.",
        Syntax = "key last-id [ENTRIESADDED entries-added@7.0.0] [MAXDELETEDID max-deleted-id@7.0.0]",
        History = ["7.0.0: ENTRIESADDED and MAXDELETEDID"])]
    public static void XSetId(CommandContext c)
    {
        if (!TryReadFigures(c, out StreamId lastId, out long entriesAdded, out StreamId maxDeletedId)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Stream, out WriteScope scope)) return;
        if (scope.Entry.IsNull)
        {
            c.Reply.Error(CommandErrors.NoSuchKey);
            return;
        }
        var view = new StreamView(scope.Entry);
        if (!AreFiguresPossible(c, view, lastId, entriesAdded)) return;
        var stream = new StreamEditor(scope.Edit());
        stream.SetFigures(
            lastId,
            stream.View.FirstId,
            maxDeletedId.IsZero ? stream.View.MaxDeletedId : maxDeletedId,
            entriesAdded < 0 ? stream.View.EntriesAdded : (ulong)entriesAdded);
        c.Engine.Dirty++;
        scope.Raise(KeyspaceEventClass.Stream, "xsetid"u8);
        c.Reply.Ok();
    }

    private static void AddToNew(CommandContext c, ref WriteScope scope, in TrimOptions options)
    {
        Heap heap = c.Engine.Heap;
        EntryRef entry = StreamValue.NewEntry(heap, c.Arg(1), -1);
        StreamId id = default;
        bool added = false;
        try
        {
            var stream = new StreamEditor(StructureEditor.ForDetached(heap, entry));
            added = TryChooseId(c, stream.View, options, out id) && TryAppend(c, stream, options, id);
        }
        finally
        {
            if (!added) DetachedEntry.Free(heap, entry);
        }
        if (!added) return;
        scope.Attach(entry);
        Finish(c, ref scope, options, id);
    }

    private static void AddToExisting(CommandContext c, ref WriteScope scope, in TrimOptions options)
    {
        if (!TryChooseId(c, new StreamView(scope.Entry), options, out StreamId id)) return;
        if (TryAppend(c, new StreamEditor(scope.Edit()), options, id)) Finish(c, ref scope, options, id);
    }

    /// <summary>The ID of the new entry; replies the error and returns false when it would not be greater than all others.</summary>
    private static bool TryChooseId(CommandContext c, in StreamView stream, in TrimOptions options, out StreamId id)
    {
        StreamId last = stream.LastId;
        bool hasNext = last.TryNext(out StreamId next);
        if (!hasNext)
        {
            id = default;
            return StreamArguments.Refuse(c, "ERR The stream has exhausted the last possible ID, unable to add more items"u8);
        }
        if (!options.HasTime) id = (ulong)c.NowMs > last.Ms ? new StreamId((ulong)c.NowMs, 0) : next;
        else if (!options.HasSequence && options.Id.Ms == last.Ms) id = last.Seq == ulong.MaxValue ? default : next;
        else id = options.Id;
        return id > last
            || StreamArguments.Refuse(c, "ERR The ID specified in XADD is equal or smaller than the target stream top item"u8);
    }

    private static bool TryAppend(CommandContext c, StreamEditor stream, in TrimOptions options, StreamId id) =>
        stream.TryAppend(id, new ArgumentFields(c, options.IdIndex + 1), Limits(c))
        || StreamArguments.Refuse(c, "ERR Elements are too large to be stored"u8);

    private static StreamLimits Limits(CommandContext c) =>
        new(c.Engine.Settings.Types.StreamNodeMaxBytes, c.Engine.Settings.Types.StreamNodeMaxEntries);

    private static void Finish(CommandContext c, ref WriteScope scope, in TrimOptions options, StreamId id)
    {
        scope.Commit(KeyspaceEventClass.Stream, "xadd"u8);
        StreamReplies.Id(c.Reply, id);
        if (options.Trims && new StreamEditor(scope.Edit()).Trim(options.Trim) > 0) scope.Raise(KeyspaceEventClass.Stream, "xtrim"u8);
        if (options.ChoosesId || options.Trim.WholeNodesOnly) options.ReplaceEffect(c, new StreamView(scope.Entry), id);
    }

    private static bool TryReadFigures(CommandContext c, out StreamId lastId, out long entriesAdded, out StreamId maxDeletedId)
    {
        entriesAdded = -1;
        maxDeletedId = default;
        if (!StreamArguments.TryReadEntryId(c, 2, out lastId)) return false;
        for (int i = 3; i < c.ArgCount; i += 2)
        {
            bool hasMore = i + 1 < c.ArgCount;
            if (c.ArgIs(i, "entriesadded"u8) && hasMore)
            {
                if (!StreamArguments.TryReadInteger(c, i + 1, out entriesAdded)) return false;
                if (entriesAdded < 0) return StreamArguments.Refuse(c, "ERR entries_added must be positive"u8);
            }
            else if (c.ArgIs(i, "maxdeletedid"u8) && hasMore)
            {
                if (!StreamArguments.TryReadEntryId(c, i + 1, out maxDeletedId)) return false;
                if (lastId < maxDeletedId)
                    return StreamArguments.Refuse(c, "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"u8);
            }
            else
            {
                return StreamArguments.Refuse(c, CommandErrors.Syntax);
            }
        }
        return true;
    }

    private static bool AreFiguresPossible(CommandContext c, in StreamView stream, StreamId lastId, long entriesAdded)
    {
        if (lastId < stream.MaxDeletedId)
            return StreamArguments.Refuse(c, "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"u8);
        if (stream.Length == 0) return true;
        if (stream.TryGetLastEntry(out StreamId top) && lastId < top)
            return StreamArguments.Refuse(c, "ERR The ID specified in XSETID is smaller than the target stream top item"u8);
        return entriesAdded < 0 || entriesAdded >= stream.Length
            || StreamArguments.Refuse(c, "ERR The entries_added specified in XSETID is smaller than the target stream length"u8);
    }

    /// <summary>The fields and values that XADD is given.</summary>
    private readonly struct ArgumentFields(CommandContext command, int first) : IStreamFields
    {
        public int Count => (command.ArgCount - first) / 2;

        public ReadOnlySpan<byte> this[int index] => command.Arg(first + index);
    }
}
