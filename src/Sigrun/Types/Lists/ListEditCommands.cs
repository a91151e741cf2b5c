using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Types.Lists;

/// <summary>Commands that change lists elsewhere than at their ends.</summary>
internal static class ListEditCommands
{
    [Command("LSET", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.List, Since = "1.0.0",
        Complexity = "O(N); O(1)", Keys = "1 RW update", Summary = "Replaces an element of a list.", Syntax = "key index element")]
    public static void LSet(CommandContext c)
    {
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.List, out WriteScope scope)) return;
        if (scope.Entry.IsNull)
        {
            c.Reply.Error(CommandErrors.NoSuchKey);
            return;
        }
        if (!ListArgument.TryReadInteger(c, 2, out long index)) return;
        MakeRoom(c, ref scope, c.Arg(3));
        long length = ListValue.Length(scope.Entry);
        if (index < 0) index += length;
        if (index < 0 || index >= length)
        {
            c.Reply.Error("ERR index out of range"u8);
            return;
        }
        ListValue.Replace(scope.Edit(), index, c.Arg(3), c.Engine.Settings.Types.ListLimits);
        scope.Commit(KeyspaceEventClass.List, "lset"u8);
        c.Reply.Ok();
    }

    [Command("LINSERT", Arity = 5, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.List,
        Since = "2.2.0", Complexity = "O(N); O(1)", Keys = "1 RW insert",
        Summary = "Adds an element in front of another one or behind it.", Syntax = "key <where=BEFORE|AFTER> pivot element")]
    public static void LInsert(CommandContext c)
    {
        bool isAfter = c.ArgIs(2, "after"u8);
        if (!isAfter && !c.ArgIs(2, "before"u8))
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.List, out WriteScope scope)) return;
        if (scope.Entry.IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        MakeRoom(c, ref scope, c.Arg(4));
        if (!TryFind(scope.Entry, c.Arg(3), out long index))
        {
            c.Reply.Integer(-1);
            return;
        }
        ListValue.Insert(scope.Edit(), index, c.Arg(4), isAfter, c.Engine.Settings.Types.ListLimits);
        scope.Commit(KeyspaceEventClass.List, "linsert"u8);
        c.Reply.Integer(ListValue.Length(scope.Entry));
    }

    [Command("LREM", Arity = 4, Flags = CommandFlags.Write, Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(N+M)",
        Keys = "1 RW delete", Summary = "Removes elements that are equal to a value.", Syntax = "key count element")]
    public static void LRem(CommandContext c)
    {
        if (!ListArgument.TryReadSigned(c, 2, out long count)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.List, out WriteScope scope)) return;
        long removed = 0;
        if (!scope.Entry.IsNull && TryFind(scope.Entry, c.Arg(3), out _))
        {
            ListLimits limits = c.Engine.Settings.Types.ListLimits;
            StructureEditor editor = scope.Edit();
            removed = ListValue.RemoveMatches(editor, c.Arg(3), count == 0 ? long.MaxValue : Math.Abs(count), count < 0, limits);
            bool isEmptied = ListValue.Length(scope.Entry) == 0;
            if (!isEmptied) ListValue.Shrink(editor, limits);
            c.Engine.Dirty += removed - 1;
            scope.Commit(KeyspaceEventClass.List, "lrem"u8);
            if (isEmptied) scope.RemoveEmptied();
        }
        c.Reply.Integer(removed);
    }

    [Command("LTRIM", Arity = 4, Flags = CommandFlags.Write, Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(N)",
        Keys = "1 RW delete", Summary = "Removes the elements that are not between two indexes.", Syntax = "key start stop")]
    public static void LTrim(CommandContext c)
    {
        if (!ListArgument.TryReadInteger(c, 2, out long start) || !ListArgument.TryReadInteger(c, 3, out long stop)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.List, out WriteScope scope)) return;
        if (!scope.Entry.IsNull) Trim(c, ref scope, start, stop);
        c.Reply.Ok();
    }

    private static void Trim(CommandContext c, ref WriteScope scope, long start, long stop)
    {
        long length = ListValue.Length(scope.Entry);
        if (!ListReadCommands.TryClip(length, ref start, ref stop))
        {
            c.Engine.Dirty += length - 1;
            scope.Commit(KeyspaceEventClass.List, "ltrim"u8);
            scope.RemoveEmptied();
            return;
        }
        long kept = stop - start + 1;
        if (kept == length)
        {
            // Nothing changes, but that it was trimmed is told.
            scope.Raise(KeyspaceEventClass.List, "ltrim"u8);
            return;
        }
        ListLimits limits = c.Engine.Settings.Types.ListLimits;
        StructureEditor editor = scope.Edit();
        ListValue.RemoveRange(editor, 0, start, limits);
        ListValue.RemoveRange(editor, kept, length - stop - 1, limits);
        ListValue.Shrink(editor, limits);
        c.Engine.Dirty += length - kept - 1;
        scope.Commit(KeyspaceEventClass.List, "ltrim"u8);
    }

    /// <summary>A small list that one more element would make large becomes large even if the element finds no place, as in Valkey.</summary>
    private static void MakeRoom(CommandContext c, ref WriteScope scope, ReadOnlySpan<byte> text) =>
        ListValue.Grow(scope.Edit(), text.Length, 1, c.Engine.Settings.Types.ListLimits);

    /// <summary>The index of the first element that has these bytes.</summary>
    private static bool TryFind(EntryRef entry, ReadOnlySpan<byte> text, out long index)
    {
        using var cursor = new ListCursor(entry, 0, long.MaxValue);
        return cursor.MoveTo(text, out index);
    }
}
