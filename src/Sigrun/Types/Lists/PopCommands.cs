using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Lists;

namespace Sigrun.Types.Lists;

/// <summary>Commands that take elements from the ends of a list.</summary>
internal static class PopCommands
{
    [Command("LPOP", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.List, Since = "1.0.0",
        Complexity = "O(N)", Keys = "1 RW access delete", Summary = "Takes elements from the front of a list.",
        Syntax = "key [count@6.2.0]", History = ["6.2.0: count"])]
    public static void LPop(CommandContext c) => Pop(c, last: false);

    [Command("RPOP", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.List, Since = "1.0.0",
        Complexity = "O(N)", Keys = "1 RW access delete", Summary = "Takes elements from the end of a list.",
        Syntax = "key [count@6.2.0]", History = ["6.2.0: count"])]
    public static void RPop(CommandContext c) => Pop(c, last: true);

    [Command("LMPOP", Arity = -4, Flags = CommandFlags.Write, Group = CommandGroup.List, Since = "7.0.0",
        Complexity = "O(N+M)", Keys = "1# RW access delete",
        Summary = "Takes elements from one end of the first of several lists that has any.",
        Syntax = "numkeys key [key ...] <where=LEFT|RIGHT> [COUNT count]")]
    public static void LMPop(CommandContext c)
    {
        if (!TryReadMultiple(c, 1, out MultiplePop pop)) return;
        if (!TryPopFirst(c, pop)) c.Reply.NullArray();
    }

    /// <summary>Reads the arguments of LMPOP and BLMPOP from the number of keys on.</summary>
    public static bool TryReadMultiple(CommandContext c, int index, out MultiplePop pop)
    {
        pop = default;
        if (!ListArgument.TryReadCount(c, index, 1, "ERR numkeys should be greater than 0"u8, out long keys)) return false;
        if (keys >= c.ArgCount - index - 1)
        {
            c.Reply.Error(CommandErrors.Syntax);
            return false;
        }
        int where = index + 1 + (int)keys;
        if (!ListArgument.TryReadEnd(c, where, out bool isLast)) return false;
        long count = 0;
        for (int i = where + 1; i < c.ArgCount; i += 2)
        {
            if (count != 0 || !c.ArgIs(i, "count"u8) || i + 1 >= c.ArgCount)
            {
                c.Reply.Error(CommandErrors.Syntax);
                return false;
            }
            if (!ListArgument.TryReadCount(c, i + 1, 1, "ERR count should be greater than 0"u8, out count)) return false;
        }
        pop = new MultiplePop(index + 1, (int)keys, isLast, Math.Max(count, 1), IsSingle: false);
        return true;
    }

    /// <summary>Takes elements from the first list there is; true when something was replied, an error included.</summary>
    public static bool TryPopFirst(CommandContext c, in MultiplePop pop)
    {
        for (int i = 0; i < pop.KeyCount; i++)
        {
            KeyRef key = c.Key(pop.FirstKey + i);
            if (!TypedKey.TryOpenWrite(c, key, EntryType.List, out WriteScope scope)) return true;
            if (scope.Entry.IsNull) continue;
            c.Reply.Array(2);
            c.Reply.Bulk(key.Bytes);
            EffectBuilder effect = c.ReplaceEffects().Add(pop.IsLast ? "RPOP"u8 : "LPOP"u8).Add(key.Bytes);
            if (pop.IsSingle)
            {
                effect.Emit();
                PopOne(c, ref scope, pop.IsLast);
            }
            else
            {
                effect.Add(Math.Min(pop.Count, ListValue.Length(scope.Entry))).Emit();
                PopSeveral(c, ref scope, pop.IsLast, pop.Count);
            }
            return true;
        }
        return false;
    }

    /// <summary>Removes the element at one end, which a reply holds already, and tells who wants to know.</summary>
    public static void RemoveEnd(CommandContext c, ref WriteScope scope, bool last)
    {
        ListLimits limits = c.Engine.Settings.Types.ListLimits;
        bool isEmptied = ListValue.Length(scope.Entry) == 1;
        if (!isEmptied)
        {
            StructureEditor editor = scope.Edit();
            ListValue.RemoveEnd(editor, last, limits);
            ListValue.Shrink(editor, limits);
        }
        scope.Commit(KeyspaceEventClass.List, last ? "rpop"u8 : "lpop"u8);
        if (isEmptied) scope.RemoveEmptied();
    }

    private static void Pop(CommandContext c, bool last)
    {
        if (c.ArgCount > 3)
        {
            c.Reply.Error(CommandErrors.WrongArity(c.CommandId));
            return;
        }
        bool hasCount = c.ArgCount == 3;
        long count = 1;
        if (hasCount && !ListArgument.TryReadCount(c, 2, 0, ListArgument.NotPositive, out count)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.List, out WriteScope scope)) return;
        if (!hasCount)
        {
            if (scope.Entry.IsNull) c.Reply.Null();
            else PopOne(c, ref scope, last);
        }
        else if (scope.Entry.IsNull)
        {
            c.Reply.NullArray();
        }
        else if (count == 0)
        {
            c.Reply.Array(0);
        }
        else
        {
            PopSeveral(c, ref scope, last, count);
        }
    }

    private static void PopOne(CommandContext c, ref WriteScope scope, bool last)
    {
        c.Reply.Element(ListValue.End(scope.Edit(), last, c.Engine.Settings.Types.ListLimits));
        RemoveEnd(c, ref scope, last);
    }

    private static void PopSeveral(CommandContext c, ref WriteScope scope, bool last, long count)
    {
        long length = ListValue.Length(scope.Entry);
        count = Math.Min(count, length);
        ListReply.Range(c, scope.Entry, last ? length - 1 : 0, count, isBackward: last);
        if (count < length)
        {
            ListLimits limits = c.Engine.Settings.Types.ListLimits;
            StructureEditor editor = scope.Edit();
            ListValue.RemoveRange(editor, last ? length - count : 0, count, limits);
            ListValue.Shrink(editor, limits);
        }
        c.Engine.Dirty += count - 1;
        scope.Commit(KeyspaceEventClass.List, last ? "rpop"u8 : "lpop"u8);
        if (count == length) scope.RemoveEmptied();
    }

    /// <summary>What to take from the first list among several.</summary>
    /// <param name="FirstKey">The argument that is the first key.</param>
    /// <param name="KeyCount">The number of keys.</param>
    /// <param name="IsLast">Whether to take from the end.</param>
    /// <param name="Count">The most elements to take.</param>
    /// <param name="IsSingle">Whether one element is replied as such and not as an array of elements.</param>
    internal readonly record struct MultiplePop(int FirstKey, int KeyCount, bool IsLast, long Count, bool IsSingle);
}
