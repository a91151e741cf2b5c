using Sigrun.Client;

namespace Sigrun.Cli.Help;

/// <summary>
/// Goes through the words that somebody has typed and notes in the arguments which of them they are. Optional arguments next to
/// each other may come in any order.
/// </summary>
/// <remarks>
/// A word either is an argument or is not: there is no going back to try another way. Each method returns how many words it
/// could place.
/// </remarks>
internal static class ArgumentMatcher
{
    /// <summary>Places as many words as possible; 0 when a required argument does not fit.</summary>
    public static int Match(ReadOnlySpan<string> words, ReadOnlySpan<ArgumentDoc> arguments)
    {
        int placed = 0;
        for (int i = 0; i < arguments.Length && placed < words.Length;)
        {
            int group = 0;
            while (i + group < arguments.Length && arguments[i + group].IsOptional) group++;
            if (group > 0)
            {
                placed += MatchOptional(words[placed..], arguments.Slice(i, group));
                i += group;
                continue;
            }
            int matched = MatchArgument(words[placed..], arguments[i]);
            if (matched == 0) return 0;
            placed += matched;
            i++;
        }
        return placed;
    }

    private static int MatchOptional(ReadOnlySpan<string> words, ReadOnlySpan<ArgumentDoc> group)
    {
        int placed = 0;
        ArgumentDoc? last = null;
        while (placed < words.Length)
        {
            ArgumentDoc? found = null;
            foreach (ArgumentDoc argument in group)
            {
                if (argument.Matched != 0) continue;
                int matched = MatchArgument(words[placed..], argument);
                if (matched == 0) continue;
                placed += matched;
                found = argument;
                break;
            }
            if (found is null) break;
            // Whoever goes on to another argument is done with the one before.
            if (last is not null) last.IsComplete = true;
            last = found;
        }
        return placed;
    }

    private static int MatchArgument(ReadOnlySpan<string> words, ArgumentDoc argument)
    {
        int placed = MatchOnce(words, argument);
        if (!argument.IsRepeated) return placed;
        while (argument.IsComplete && placed < words.Length)
        {
            argument.Forget();
            if (argument.Token is null || argument.RepeatsToken)
            {
                placed += MatchOnce(words[placed..], argument);
                continue;
            }
            // The word in front comes only once.
            placed += MatchValue(words[placed..], argument);
            if (argument.Matched != 0) argument.TokenMatched = true;
        }
        argument.IsComplete = false;
        return placed;
    }

    private static int MatchOnce(ReadOnlySpan<string> words, ArgumentDoc argument)
    {
        if (argument.Token is not { } token) return MatchValue(words, argument);
        if (!words[0].Equals(token, StringComparison.OrdinalIgnoreCase)) return 0;
        argument.TokenMatched = true;
        argument.Matched = 1;
        if (argument.Type == ArgumentType.PureToken) argument.IsComplete = true;
        if (argument.Type == ArgumentType.PureToken || words.Length == 1) return 1;
        return MatchValue(words[1..], argument);
    }

    private static int MatchValue(ReadOnlySpan<string> words, ArgumentDoc argument)
    {
        switch (argument.Type)
        {
            case ArgumentType.Block:
                argument.Matched += Match(words, argument.Parts);
                argument.IsComplete = Array.TrueForAll(argument.Parts, static p => p.IsComplete);
                return argument.Matched;
            case ArgumentType.OneOf:
                foreach (ArgumentDoc part in argument.Parts)
                {
                    if (MatchArgument(words, part) == 0) continue;
                    argument.Matched += part.Matched;
                    argument.IsComplete = part.IsComplete;
                    break;
                }
                return argument.Matched;
            case ArgumentType.Integer when !BeginsWithInteger(words[0]):
            case ArgumentType.Double when !BeginsWithNumber(words[0]):
                argument.Matched = 0;
                argument.NameMatched = false;
                return 0;
            default:
                argument.Matched++;
                argument.NameMatched = argument.IsComplete = true;
                return argument.Matched;
        }
    }

    private static bool BeginsWithInteger(string word)
    {
        _ = CNumber.ParseInt64(word, out int used);
        return used > 0;
    }

    private static bool BeginsWithNumber(string word)
    {
        _ = CNumber.ParseDouble(word, out int used);
        return used > 0;
    }
}
