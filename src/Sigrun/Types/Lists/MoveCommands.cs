using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Types.Lists;

/// <summary>Commands that move an element from one list to another, or within one.</summary>
internal static class MoveCommands
{
    [Command("LMOVE", Arity = 5, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.List, Since = "6.2.0",
        Complexity = "O(1)", Keys = "1 RW access delete; 2 RW insert",
        Summary = "Moves an element from one end of a list to one end of another, and replies it.",
        Syntax = "source destination <wherefrom=LEFT|RIGHT> <whereto=LEFT|RIGHT>")]
    public static void LMove(CommandContext c)
    {
        if (!ListArgument.TryReadEnd(c, 3, out bool fromLast) || !ListArgument.TryReadEnd(c, 4, out bool toEnd)) return;
        if (!TryMove(c, fromLast, toEnd)) c.Reply.Null();
    }

    [Command("RPOPLPUSH", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.List,
        Since = "1.2.0", Complexity = "O(1)", Keys = "1 RW access delete; 2 RW insert",
        Summary = "Moves the last element of a list to the front of another, and replies it.", Syntax = "source destination")]
    public static void RPopLPush(CommandContext c)
    {
        if (!TryMove(c, fromLast: true, toEnd: false)) c.Reply.Null();
    }

    /// <summary>Moves an element from the list that argument 1 names to that of argument 2; false when there is none.</summary>
    public static bool TryMove(CommandContext c, bool fromLast, bool toEnd)
    {
        KeyRef from = c.Key(1);
        KeyRef to = c.Key(2);
        if (!TypedKey.TryOpenWrite(c, from, EntryType.List, out WriteScope source)) return true;
        if (source.Entry.IsNull) return false;
        if (!TypedKey.TryOpenWrite(c, to, EntryType.List, out WriteScope target)) return true;

        ListLimits limits = c.Engine.Settings.Types.ListLimits;
        ScanBuffer buffer = c.Engine.ScanBuffer;
        buffer.Clear();
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        buffer.Add(ListValue.End(source.Edit(), fromLast, limits).GetBytes(scratch));
        ReadOnlySpan<byte> element = buffer[0];
        if (source.Entry == target.Entry) Rotate(source.Edit(), element, fromLast, toEnd, limits);
        else Push(c, to, ref target, element, toEnd, limits);
        target.Commit(KeyspaceEventClass.List, PushCommands.EventName(toEnd));
        c.Reply.Bulk(element);
        if (source.Entry == target.Entry) source.Commit(KeyspaceEventClass.List, fromLast ? "rpop"u8 : "lpop"u8);
        else PopCommands.RemoveEnd(c, ref source, fromLast);
        // The move is one change, whatever became of the two lists.
        c.Engine.Dirty--;
        buffer.Clear();
        return true;
    }

    private static void Rotate(StructureEditor editor, ReadOnlySpan<byte> element, bool fromLast, bool toEnd, in ListLimits limits)
    {
        ListValue.RemoveEnd(editor, fromLast, limits);
        ListValue.Grow(editor, element.Length, 1, limits);
        ListValue.Push(editor, element, toEnd, limits);
        ListValue.Shrink(editor, limits);
    }

    private static void Push(
        CommandContext c, in KeyRef key, ref WriteScope target, ReadOnlySpan<byte> element, bool toEnd, in ListLimits limits)
    {
        if (target.Entry.IsNull)
        {
            target.Attach(NewList(c.Engine.Heap, key, element, limits));
            return;
        }
        StructureEditor editor = target.Edit();
        ListValue.Grow(editor, element.Length, 1, limits);
        ListValue.Push(editor, element, toEnd, limits);
    }

    private static EntryRef NewList(Heap heap, in KeyRef key, ReadOnlySpan<byte> element, in ListLimits limits)
    {
        EntryRef entry = ListValue.NewEntry(heap, key.Bytes, -1, Math.Min(Listpack.ItemBytes(element), ListValue.RoomMax));
        try
        {
            StructureEditor editor = StructureEditor.ForDetached(heap, entry);
            ListValue.Grow(editor, element.Length, 1, limits);
            ListValue.Push(editor, element, atEnd: true, limits);
            return entry;
        }
        catch (HeapExhaustedException)
        {
            DetachedEntry.Free(heap, entry);
            throw;
        }
    }
}
