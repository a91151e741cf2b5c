using Sigrun.Commands;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.SortedSets;

/// <summary>Members in replies.</summary>
internal static class SortedSetReply
{
    /// <summary>The start of a list of members; with scores flat in RESP2, pairs in RESP3.</summary>
    public static void Begin(CommandContext c, long count, bool withScores) =>
        c.Reply.Array(withScores && !c.Reply.IsResp3 ? count * 2 : count);

    /// <summary>One member.</summary>
    public static void Write(CommandContext c, ReadOnlySpan<byte> member, double score, bool withScore)
    {
        if (withScore && c.Reply.IsResp3) c.Reply.Array(2);
        c.Reply.Bulk(member);
        if (withScore) c.Reply.Double(score);
    }

    /// <summary>The member at a place.</summary>
    public static void Write(CommandContext c, in SortedSetCursor at, bool withScore)
    {
        Span<byte> scratch = stackalloc byte[ListpackElement.DigitsMax];
        Write(c, at.GetMember(scratch), withScore ? at.Score : 0, withScore);
    }

    /// <summary>Members from one end of a range to the other.</summary>
    public static void WriteRange(CommandContext c, in SortedSetReader set, RankRange range, bool isReverse, bool withScores)
    {
        Begin(c, range.Count, withScores);
        if (range.Count == 0) return;
        SortedSetCursor at = set.At(isReverse ? range.Last : range.First, !isReverse);
        for (long left = range.Count; left > 0; left--)
        {
            Write(c, at, withScores);
            if (isReverse) at.MovePrevious();
            else at.MoveNext();
        }
    }
}
