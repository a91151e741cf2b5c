using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Streams;

namespace Sigrun.Types.Streams;

/// <summary>XDELEX and XACKDEL: entries are removed with regard to the groups in which they may be pending.</summary>
/// <remarks>
/// Servers without these commands must be able to follow: the effects are the acknowledgements and removals that
/// happened, as XACK and XDEL.
/// </remarks>
internal static class ReferenceCommands
{
    private const int NoEntry = -1;
    private const int Removed = 1;
    private const int StillNeeded = 2;

    [Command("XDELEX", Arity = -5, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Stream,
        Since = "8.2.0", Complexity = "O(1)", Keys = "1 RW delete",
        Summary = "Removes entries from a stream, and what is pending of them or only if nothing is.",
        Syntax = "key [condition=KEEPREF|DELREF|ACKED] <IDS numids id [id ...]>")]
    public static void XDelEx(CommandContext c)
    {
        if (!Request.TryRead(c, 2, out Request request)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Stream, out WriteScope scope)) return;
        if (scope.Entry.IsNull)
        {
            WriteNone(c, request);
            return;
        }
        var stream = new StreamEditor(scope.Edit());
        c.SuppressEffects();
        c.Reply.Array(request.Count);
        bool removed = false;
        for (int i = 0; i < request.Count; i++)
        {
            StreamId id = request.Id(c, i);
            int result = StillNeeded;
            if (request.Mode == ReferenceMode.OnlyUnneeded && IsNeeded(stream.View, id))
            {
                c.Reply.Integer(result);
                continue;
            }
            bool hadReferences = request.Mode == ReferenceMode.Remove && RemoveReferences(c, stream, id);
            bool existed = Delete(c, stream, id);
            result = existed ? Removed : NoEntry;
            removed |= existed;
            if (existed || hadReferences) c.Engine.Dirty++;
            c.Reply.Integer(result);
        }
        if (removed) Announce(c, scope);
    }

    [Command("XACKDEL", Arity = -6, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Stream,
        Since = "8.2.0", Complexity = "O(1)", Keys = "1 RW update delete",
        Summary = "Acknowledges entries and removes them, always or only if no other group needs them.",
        Syntax = "key group [condition=KEEPREF|DELREF|ACKED] <IDS numids id [id ...]>")]
    public static void XAckDel(CommandContext c)
    {
        if (!Request.TryRead(c, 3, out Request request)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Stream, out WriteScope scope)) return;
        StreamGroup group = scope.Entry.IsNull ? default : new StreamView(scope.Entry).FindGroup(c.Arg(2));
        if (group.IsNone)
        {
            WriteNone(c, request);
            return;
        }
        var stream = new StreamEditor(scope.Edit());
        c.SuppressEffects();
        c.Reply.Array(request.Count);
        bool removed = false;
        for (int i = 0; i < request.Count; i++)
        {
            StreamId id = request.Id(c, i);
            int result = NoEntry;
            if (Acknowledge(c, stream, group, id))
            {
                c.Engine.Dirty++;
                if (request.Mode == ReferenceMode.Remove) RemoveReferences(c, stream, id);
                bool mayGo = request.Mode != ReferenceMode.OnlyUnneeded || !IsNeeded(stream.View, id);
                if (mayGo) removed |= Delete(c, stream, id);
                result = mayGo ? Removed : StillNeeded;
            }
            c.Reply.Integer(result);
        }
        if (removed) Announce(c, scope);
    }

    /// <summary>Removals were counted one by one.</summary>
    private static void Announce(CommandContext c, in WriteScope scope)
    {
        scope.Commit(KeyspaceEventClass.Stream, "xdel"u8);
        c.Engine.Dirty--;
    }

    /// <summary>Whether an entry is pending in a group, or still to be delivered.</summary>
    private static bool IsNeeded(in StreamView stream, StreamId id)
    {
        StreamGroups groups = stream.Groups;
        while (groups.Next())
        {
            if (groups.Current.LastId < id || !groups.Current.FindPending(id).IsNone) return true;
        }
        return false;
    }

    private static bool RemoveReferences(CommandContext c, StreamEditor stream, StreamId id)
    {
        bool removed = false;
        StreamGroups groups = stream.View.Groups;
        while (groups.Next()) removed |= Acknowledge(c, stream, groups.Current, id);
        return removed;
    }

    private static bool Acknowledge(CommandContext c, StreamEditor stream, StreamGroup group, StreamId id)
    {
        if (!stream.RemovePending(group, id)) return false;
        Span<byte> text = stackalloc byte[StreamId.TextMax];
        c.ReplaceEffects().Add("XACK"u8).Add(c.Arg(1)).Add(group.Name).Add(text[..id.Format(text)]).Emit();
        return true;
    }

    private static bool Delete(CommandContext c, StreamEditor stream, StreamId id)
    {
        if (!stream.Delete(id)) return false;
        Span<byte> text = stackalloc byte[StreamId.TextMax];
        c.ReplaceEffects().Add("XDEL"u8).Add(c.Arg(1)).Add(text[..id.Format(text)]).Emit();
        return true;
    }

    private static void WriteNone(CommandContext c, in Request request)
    {
        c.Reply.Array(request.Count);
        for (int i = 0; i < request.Count; i++) c.Reply.Integer(NoEntry);
    }

    /// <summary>What becomes of the references that groups hold.</summary>
    private enum ReferenceMode
    {
        /// <summary>They stay.</summary>
        Keep,

        /// <summary>They go with the entry.</summary>
        Remove,

        /// <summary>The entry stays while there are some.</summary>
        OnlyUnneeded,
    }

    /// <summary>The arguments: how to go about references, and the IDs.</summary>
    private struct Request
    {
        private int _firstId;

        public int Count { get; private set; }

        public ReferenceMode Mode { get; private set; }

        public readonly StreamId Id(CommandContext c, int index)
        {
            StreamArguments.TryParseEntryId(c.Arg(_firstId + index), 0, out StreamId id);
            return id;
        }

        public static bool TryRead(CommandContext c, int first, out Request request)
        {
            request = default;
            bool hasMode = false;
            for (int i = first; i < c.ArgCount; i++)
            {
                if (!hasMode && TryReadMode(c, i, out ReferenceMode mode))
                {
                    request.Mode = mode;
                    hasMode = true;
                    continue;
                }
                if (request._firstId > 0 || !c.ArgIs(i, "ids"u8) || i + 1 >= c.ArgCount) return StreamArguments.Refuse(c, CommandErrors.Syntax);
                if (!NumberText.TryParseInt64(c.Arg(i + 1), out long count) || count is < 1 or > int.MaxValue)
                    return StreamArguments.Refuse(c, "ERR Number of IDs must be a positive integer"u8);
                if (count > c.ArgCount - i - 2)
                    return StreamArguments.Refuse(c, "ERR The `numids` parameter must match the number of arguments"u8);
                request._firstId = i + 2;
                request.Count = (int)count;
                i += 1 + (int)count;
            }
            if (request._firstId == 0) return StreamArguments.Refuse(c, CommandErrors.Syntax);
            return StreamArguments.AreEntryIds(c, request._firstId, request._firstId + request.Count);
        }

        private static bool TryReadMode(CommandContext c, int index, out ReferenceMode mode)
        {
            mode = c.ArgIs(index, "delref"u8) ? ReferenceMode.Remove : c.ArgIs(index, "acked"u8) ? ReferenceMode.OnlyUnneeded : ReferenceMode.Keep;
            return mode != ReferenceMode.Keep || c.ArgIs(index, "keepref"u8);
        }
    }
}
