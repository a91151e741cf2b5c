using Sigrun.Blocking;
using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.SortedSets;

/// <summary>Commands that take the lowest or highest members out, of one key or of the first that has any.</summary>
internal static class SortedSetPopCommands
{
    [Command("ZPOPMIN", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.SortedSet,
        Since = "5.0.0", Complexity = "O(log(N)*M)", Keys = "1 RW access delete",
        Summary = "Takes the members with the lowest scores out.", Syntax = "key [count]")]
    public static void ZPopMin(CommandContext c) => PopOne(c, isMax: false);

    [Command("ZPOPMAX", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.SortedSet,
        Since = "5.0.0", Complexity = "O(log(N)*M)", Keys = "1 RW access delete",
        Summary = "Takes the members with the highest scores out.", Syntax = "key [count]")]
    public static void ZPopMax(CommandContext c) => PopOne(c, isMax: true);

    [Command("ZMPOP", Arity = -4, Flags = CommandFlags.Write, Group = CommandGroup.SortedSet, Since = "7.0.0",
        Complexity = "O(K); O(M*log(N))", Keys = "1# RW access delete",
        Summary = "Takes the lowest or highest members out of the first of several sorted sets that has any.",
        Syntax = "numkeys key [key ...] <where=MIN|MAX> [COUNT count]")]
    public static void ZMPop(CommandContext c)
    {
        if (!TryReadMulti(c, 1, out PopRequest request)) return;
        if (!TryOpenFirst(c, request, out WriteScope scope, out int key)) return;
        if (key == 0) c.Reply.NullArray();
        else Serve(c, ref scope, key, request);
    }

    [Command("BZPOPMIN", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Blocking | CommandFlags.Fast,
        Group = CommandGroup.SortedSet, Since = "5.0.0", Complexity = "O(log(N))", Keys = "1..-2 RW access delete",
        Summary = "Takes the member with the lowest score out of the first of several sorted sets, and waits for one.",
        Syntax = "key [key ...] timeout", History = ["6.0.0: fractions of a second"])]
    public static void BZPopMin(CommandContext c) => PopOrWait(c, isMax: false);

    [Command("BZPOPMAX", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Blocking | CommandFlags.Fast,
        Group = CommandGroup.SortedSet, Since = "5.0.0", Complexity = "O(log(N))", Keys = "1..-2 RW access delete",
        Summary = "Takes the member with the highest score out of the first of several sorted sets, and waits for one.",
        Syntax = "key [key ...] timeout", History = ["6.0.0: fractions of a second"])]
    public static void BZPopMax(CommandContext c) => PopOrWait(c, isMax: true);

    [Command("BZMPOP", Arity = -5, Flags = CommandFlags.Write | CommandFlags.Blocking, Group = CommandGroup.SortedSet,
        Since = "7.0.0", Complexity = "O(K); O(M*log(N))", Keys = "2# RW access delete",
        Summary = "Takes the lowest or highest members out of the first of several sorted sets that has any, and waits for one.",
        Syntax = "timeout numkeys key [key ...] <where=MIN|MAX> [COUNT count]")]
    public static void BZMPop(CommandContext c)
    {
        if (TryReadMulti(c, 2, out PopRequest request)) ServeOrWait(c, request, timeoutIndex: 1);
    }

    private static void PopOne(CommandContext c, bool isMax)
    {
        if (c.ArgCount > 3)
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        long count = 1;
        bool hasCount = c.ArgCount == 3;
        if (hasCount && !SortedSetArgument.TryReadInteger(c, 2, 0, "ERR value is out of range, must be positive"u8, out count)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.SortedSet, out WriteScope scope)) return;
        if (scope.Entry.IsNull || count == 0)
        {
            c.Reply.Array(0);
            return;
        }
        RankRange range = Choose(c, scope.Entry, isMax, count);
        bool nested = hasCount && c.Reply.IsResp3;
        c.Reply.Array(nested ? range.Count : range.Count * 2);
        Write(c, scope.Entry, range, isMax, nested);
        Remove(c, ref scope, range, isMax);
    }

    private static void PopOrWait(CommandContext c, bool isMax) =>
        ServeOrWait(c, new PopRequest { FirstKey = 1, KeyCount = c.ArgCount - 2, IsMax = isMax, Count = 1, IsFlat = true }, c.ArgCount - 1);

    private static void ServeOrWait(CommandContext c, in PopRequest request, int timeoutIndex)
    {
        if (!c.TryReadTimeout(timeoutIndex, TimeoutUnit.Seconds, out long timeoutMs)) return;
        if (!TryOpenFirst(c, request, out WriteScope scope, out int key)) return;
        if (key == 0) c.Block(EntryType.SortedSet, request.FirstKey, request.KeyCount, timeoutMs, BlockedReply.NullArray);
        else Serve(c, ref scope, key, request);
    }

    /// <summary>Opens the first key that exists; its argument is 0 when none does. Replies the error for another type.</summary>
    private static bool TryOpenFirst(CommandContext c, in PopRequest request, out WriteScope scope, out int key)
    {
        scope = default;
        for (key = request.FirstKey; key < request.FirstKey + request.KeyCount; key++)
        {
            if (!TypedKey.TryOpenWrite(c, c.Key(key), EntryType.SortedSet, out scope)) return false;
            if (!scope.Entry.IsNull) return true;
        }
        key = 0;
        return true;
    }

    private static void Serve(CommandContext c, ref WriteScope scope, int key, in PopRequest request)
    {
        RankRange range = Choose(c, scope.Entry, request.IsMax, request.Count);
        if (request.IsFlat)
        {
            c.Reply.Array(3);
            c.Reply.Bulk(c.Arg(key));
        }
        else
        {
            c.Reply.Array(2);
            c.Reply.Bulk(c.Arg(key));
            c.Reply.Array(range.Count);
        }
        Write(c, scope.Entry, range, request.IsMax, nested: !request.IsFlat);
        EffectBuilder effect = c.ReplaceEffects().Add(request.IsMax ? "ZPOPMAX"u8 : "ZPOPMIN"u8).Add(c.Arg(key));
        if (!request.IsFlat) effect.Add(range.Count);
        effect.Emit();
        Remove(c, ref scope, range, request.IsMax);
    }

    private static RankRange Choose(CommandContext c, EntryRef entry, bool isMax, long count)
    {
        long present = new SortedSetReader(c.Engine.Heap, entry).Count;
        long taken = Math.Min(count, present);
        return new RankRange(isMax ? present - taken : 0, taken);
    }

    private static void Write(CommandContext c, EntryRef entry, RankRange range, bool isMax, bool nested)
    {
        SortedSetReader set = new(c.Engine.Heap, entry);
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        SortedSetCursor at = set.At(isMax ? range.Last : range.First, !isMax);
        for (long left = range.Count; left > 0; left--)
        {
            if (nested) c.Reply.Array(2);
            c.Reply.Bulk(at.GetMember(scratch));
            c.Reply.Double(at.Score);
            if (isMax) at.MovePrevious();
            else at.MoveNext();
        }
    }

    private static void Remove(CommandContext c, ref WriteScope scope, RankRange range, bool isMax)
    {
        bool isEmpty = range.Count == new SortedSetReader(c.Engine.Heap, scope.Entry).Count;
        SortedSetValue.RemoveRange(scope.Edit(), range);
        SortedSetCommands.CommitRemoval(c, ref scope, isMax ? "zpopmax"u8 : "zpopmin"u8, range.Count, isEmpty);
    }

    /// <summary>Reads keys, end and count of ZMPOP and BZMPOP; replies the error and returns false when they make no sense.</summary>
    private static bool TryReadMulti(CommandContext c, int numKeysIndex, out PopRequest request)
    {
        request = new PopRequest { FirstKey = numKeysIndex + 1, Count = 1 };
        if (!SortedSetArgument.TryReadInteger(c, numKeysIndex, 1, "ERR numkeys should be greater than 0"u8, out long keys)) return false;
        if (keys >= c.ArgCount - request.FirstKey) return c.Refuse(CommandErrors.Syntax);
        request.KeyCount = (int)keys;
        int where = request.FirstKey + request.KeyCount;
        request.IsMax = c.ArgIs(where, "MAX"u8);
        if (!request.IsMax && !c.ArgIs(where, "MIN"u8)) return c.Refuse(CommandErrors.Syntax);
        int option = where + 1;
        if (option == c.ArgCount) return true;
        if (!c.ArgIs(option, "COUNT"u8) || option + 1 == c.ArgCount) return c.Refuse(CommandErrors.Syntax);
        if (!SortedSetArgument.TryReadInteger(c, option + 1, 1, "ERR count should be greater than 0"u8, out request.Count)) return false;
        return option + 2 == c.ArgCount || c.Refuse(CommandErrors.Syntax);
    }

    private struct PopRequest
    {
        public int FirstKey;
        public int KeyCount;
        public long Count;
        public bool IsMax;

        /// <summary>Whether one member is wanted, beside its key and score, and not a list of them.</summary>
        public bool IsFlat;
    }
}
