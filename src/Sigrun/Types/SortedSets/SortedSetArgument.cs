using Sigrun.Commands;
using Sigrun.Configuration;
using Sigrun.Storage;
using Sigrun.Storage.Structures.SortedSets;
using NumberText = Sigrun.Storage.NumberText;

namespace Sigrun.Types.SortedSets;

/// <summary>Arguments that commands on sorted sets have in common; each reader replies the error when it cannot read.</summary>
internal static class SortedSetArgument
{
    /// <summary>Up to which size a sorted set is one listpack.</summary>
    public static SortedSetLimits Limits(EngineSettings settings) =>
        new(settings.Types.ZsetMaxListpackEntries, settings.Types.ZsetMaxListpackValueBytes);

    /// <summary>An integer.</summary>
    public static bool TryReadInteger(CommandContext c, int index, out long value) =>
        TryReadInteger(c, index, long.MinValue, CommandErrors.NotAnInteger, out value);

    /// <summary>An integer that is not below a bound; another gets the same error as what is no integer.</summary>
    public static bool TryReadInteger(CommandContext c, int index, long min, ReadOnlySpan<byte> error, out long value)
    {
        if (NumberText.TryParseInt64(c.Arg(index), out value) && value >= min) return true;
        c.Reply.Error(error);
        return false;
    }

    /// <summary>Two ends of a range of scores: numbers, excluded with a parenthesis in front.</summary>
    public static bool TryReadScores(CommandContext c, int minIndex, int maxIndex, out ScoreRange range)
    {
        bool valid = TryReadScoreBound(c.Arg(minIndex), out double min, out bool excludesMin);
        valid &= TryReadScoreBound(c.Arg(maxIndex), out double max, out bool excludesMax);
        range = new ScoreRange(min, excludesMin, max, excludesMax);
        if (!valid) c.Reply.Error("ERR min or max is not a float"u8);
        return valid;
    }

    /// <summary>Two ends of a range of members: <c>[</c> or <c>(</c> and a member, <c>-</c> or <c>+</c>.</summary>
    public static bool TryReadMembers(CommandContext c, int minIndex, int maxIndex, out LexRange range)
    {
        bool valid = TryReadLexBound(c.Arg(minIndex), out LexBound min);
        valid &= TryReadLexBound(c.Arg(maxIndex), out LexBound max);
        range = new LexRange(min, max);
        if (!valid) c.Reply.Error("ERR min or max not valid string range item"u8);
        return valid;
    }

    /// <summary>What stands behind a zero byte is not looked at, and so nothing at all counts as 0.</summary>
    private static bool TryReadScoreBound(ReadOnlySpan<byte> text, out double score, out bool isExcluded)
    {
        isExcluded = text is [(byte)'(', ..];
        if (isExcluded) text = text[1..];
        score = DoubleText.ReadStart(text, out int length);
        return (length == text.Length || text[length] == 0) && !double.IsNaN(score);
    }

    private static bool TryReadLexBound(ReadOnlySpan<byte> text, out LexBound bound)
    {
        switch (text)
        {
            case [(byte)'[' or (byte)'(', ..]:
                bound = LexBound.At(text[1..], isExcluded: text[0] == (byte)'(');
                return true;
            case [(byte)'-'] or [(byte)'-', 0, ..]:
                bound = LexBound.Lowest;
                return true;
            case [(byte)'+'] or [(byte)'+', 0, ..]:
                bound = LexBound.Highest;
                return true;
            default:
                bound = default;
                return false;
        }
    }
}
