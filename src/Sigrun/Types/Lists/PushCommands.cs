using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Types.Lists;

/// <summary>Commands that add elements at the ends of a list.</summary>
internal static class PushCommands
{
    private const int FirstElement = 2;

    [Command("LPUSH", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(1); O(N)", Keys = "1 RW insert",
        Summary = "Adds elements in front of a list, which is made if it is missing.", Syntax = "key element [element ...]",
        History = ["2.4.0: several elements"])]
    public static void LPush(CommandContext c) => Push(c, atEnd: false, needsKey: false);

    [Command("RPUSH", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(1); O(N)", Keys = "1 RW insert",
        Summary = "Adds elements at the end of a list, which is made if it is missing.", Syntax = "key element [element ...]",
        History = ["2.4.0: several elements"])]
    public static void RPush(CommandContext c) => Push(c, atEnd: true, needsKey: false);

    [Command("LPUSHX", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.List, Since = "2.2.0", Complexity = "O(1); O(N)", Keys = "1 RW insert",
        Summary = "Adds elements in front of a list if there is one.", Syntax = "key element [element ...]",
        History = ["4.0.0: several elements"])]
    public static void LPushX(CommandContext c) => Push(c, atEnd: false, needsKey: true);

    [Command("RPUSHX", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.List, Since = "2.2.0", Complexity = "O(1); O(N)", Keys = "1 RW insert",
        Summary = "Adds elements at the end of a list if there is one.", Syntax = "key element [element ...]",
        History = ["4.0.0: several elements"])]
    public static void RPushX(CommandContext c) => Push(c, atEnd: true, needsKey: true);

    /// <summary>The event of adding at an end.</summary>
    public static ReadOnlySpan<byte> EventName(bool atEnd) => atEnd ? "rpush"u8 : "lpush"u8;

    private static void Push(CommandContext c, bool atEnd, bool needsKey)
    {
        KeyRef key = c.Key(1);
        if (!TypedKey.TryOpenWrite(c, key, EntryType.List, out WriteScope scope)) return;
        if (scope.Entry.IsNull)
        {
            if (needsKey)
            {
                c.Reply.Integer(0);
                return;
            }
            scope.Attach(NewList(c, key, atEnd));
        }
        else
        {
            Fill(c, scope.Edit(), atEnd);
        }
        c.Engine.Dirty += c.ArgCount - FirstElement - 1;
        scope.Commit(KeyspaceEventClass.List, EventName(atEnd));
        c.Reply.Integer(ListValue.Length(scope.Entry));
    }

    private static void Fill(CommandContext c, StructureEditor editor, bool atEnd)
    {
        ListLimits limits = c.Engine.Settings.Types.ListLimits;
        long bytes = 0;
        for (int i = FirstElement; i < c.ArgCount; i++) bytes += c.Arg(i).Length;
        ListValue.Grow(editor, bytes, c.ArgCount - FirstElement, limits);
        for (int i = FirstElement; i < c.ArgCount; i++) ListValue.Push(editor, c.Arg(i), atEnd, limits);
    }

    private static EntryRef NewList(CommandContext c, in KeyRef key, bool atEnd)
    {
        Heap heap = c.Engine.Heap;
        int roomBytes = 0;
        for (int i = FirstElement; i < c.ArgCount && roomBytes < ListValue.RoomMax; i++) roomBytes += Listpack.ItemBytes(c.Arg(i));
        EntryRef entry = ListValue.NewEntry(heap, key.Bytes, -1, Math.Min(roomBytes, ListValue.RoomMax));
        try
        {
            Fill(c, StructureEditor.ForDetached(heap, entry), atEnd);
            return entry;
        }
        catch (HeapExhaustedException)
        {
            DetachedEntry.Free(heap, entry);
            throw;
        }
    }
}
