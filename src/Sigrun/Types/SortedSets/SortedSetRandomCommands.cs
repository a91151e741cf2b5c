using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.SortedSets;

/// <summary>ZRANDMEMBER: members by chance.</summary>
internal static class SortedSetRandomCommands
{
    /// <summary>From this part of the set on, members are chosen in one walk over all of them.</summary>
    private const long WalkPart = 3;

    [Command("ZRANDMEMBER", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, Since = "6.2.0",
        Complexity = "O(N)", Keys = "1 RO access", Tips = "nondeterministic_output",
        Summary = "Returns members of a sorted set by chance.", Syntax = "key [options=count [WITHSCORES]]")]
    public static void ZRandMember(CommandContext c)
    {
        if (c.ArgCount == 2)
        {
            if (!TypedKey.TryFind(c, c.Key(1), EntryType.SortedSet, out EntryRef entry)) return;
            if (entry.IsNull) c.Reply.Null();
            else SortedSetReply.Write(c, new SortedSetReader(c.Engine.Heap, entry).Random(ref c.Engine.Random), withScore: false);
            return;
        }
        if (!TryReadCount(c, out long count, out bool withScores)) return;
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.SortedSet, out EntryRef found)) return;
        if (found.IsNull || count == 0)
        {
            c.Reply.Array(0);
            return;
        }
        SortedSetReader set = new(c.Engine.Heap, found);
        if (count < 0 || count == 1) WriteAny(c, set, Math.Abs(count), withScores);
        else if (count >= set.Count) SortedSetReply.WriteRange(c, set, new RankRange(0, set.Count), isReverse: true, withScores);
        else if (set.IsPack || count > set.Count / WalkPart) WriteChosen(c, set, count, withScores);
        else WriteDistinct(c, set, count, withScores);
    }

    /// <summary>Members that may be the same.</summary>
    private static void WriteAny(CommandContext c, in SortedSetReader set, long count, bool withScores)
    {
        SortedSetReply.Begin(c, count, withScores);
        for (; count > 0 && !c.Reply.IsCut; count--) SortedSetReply.Write(c, set.Random(ref c.Engine.Random), withScores);
    }

    /// <summary>A large part of the set: each member is taken with the chance that it then has.</summary>
    private static void WriteChosen(CommandContext c, in SortedSetReader set, long count, bool withScores)
    {
        SortedSetReply.Begin(c, count, withScores);
        long left = set.Count;
        for (SortedSetCursor at = set.At(0); count > 0; at.MoveNext(), left--)
        {
            if ((long)c.Engine.Random.NextBounded((ulong)left) >= count) continue;
            SortedSetReply.Write(c, at, withScores);
            count--;
        }
    }

    /// <summary>A small part of the set: what was chosen before is not taken again.</summary>
    private static void WriteDistinct(CommandContext c, in SortedSetReader set, long count, bool withScores)
    {
        SortedSetBuilder chosen = new(c.Engine.Heap, indexed: true);
        try
        {
            Span<byte> scratch = stackalloc byte[Storage.Structures.ListpackElement.DigitsMax];
            SortedSetReply.Begin(c, count, withScores);
            while (chosen.Count < count)
            {
                SortedSetCursor at = set.Random(ref c.Engine.Random);
                if (chosen.TryAdd(at.GetMember(scratch), at.Score)) SortedSetReply.Write(c, at, withScores);
            }
        }
        finally
        {
            chosen.Dispose();
        }
    }

    private static bool TryReadCount(CommandContext c, out long count, out bool withScores)
    {
        withScores = c.ArgCount == 4;
        if (!SortedSetArgument.TryReadInteger(c, 2, out count)) return false;
        if (count == long.MinValue)
            c.Reply.Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"u8);
        else if (c.ArgCount > 4 || (withScores && !c.ArgIs(3, "withscores"u8)))
            c.Reply.Error(CommandErrors.Syntax);
        else if (withScores && count is < -long.MaxValue / 2 or > long.MaxValue / 2)
            c.Reply.Error("ERR value is out of range"u8);
        else
            return true;
        return false;
    }
}
