using System.Text;

namespace Sigrun.Cli.Help;

/// <summary>Writes what may follow: the arguments that have not been typed yet.</summary>
internal static class HintWriter
{
    /// <summary>The hint for arguments in a row.</summary>
    public static string Write(ReadOnlySpan<ArgumentDoc> arguments)
    {
        var hint = new StringBuilder();
        AppendAll(hint, arguments, " ");
        return hint.ToString();
    }

    /// <summary>
    /// Optional arguments next to each other may come in any order, so one that somebody has begun comes first; when the
    /// required one behind them has been typed they cannot come any more.
    /// </summary>
    private static void AppendAll(StringBuilder hint, ReadOnlySpan<ArgumentDoc> arguments, string separator)
    {
        int length = hint.Length;
        for (int i = 0; i < arguments.Length; i++)
        {
            bool isLast = i == arguments.Length - 1;
            if (!arguments[i].IsOptional)
            {
                Append(hint, arguments[i]);
                Separate(hint, ref length, separator, isLast);
                continue;
            }

            int begun = -1;
            int end = i;
            for (; end < arguments.Length && arguments[end].IsOptional; end++)
            {
                if (arguments[end].Matched == 0 || arguments[end].IsComplete) continue;
                Append(hint, arguments[end]);
                Separate(hint, ref length, separator, isLast);
                begun = end;
            }
            if (end == arguments.Length || arguments[end].Matched == 0)
            {
                for (int rest = i; rest < end; rest++)
                {
                    if (rest == begun) continue;
                    Append(hint, arguments[rest]);
                    Separate(hint, ref length, separator, rest == arguments.Length - 1);
                }
            }
            i = end - 1;
        }
    }

    /// <summary>A separator follows what has been added, except at the end.</summary>
    private static void Separate(StringBuilder hint, ref int length, string separator, bool isLast)
    {
        if (hint.Length <= length || isLast) return;
        hint.Append(separator);
        length = hint.Length;
    }

    private static void Append(StringBuilder hint, ArgumentDoc argument)
    {
        if (argument.IsComplete) return;
        bool inBrackets = argument.IsOptional && argument.Matched == 0;
        if (inBrackets) hint.Append('[');
        if (argument.Token is not null && !argument.TokenMatched) AppendToken(hint, argument);
        switch (argument.Type)
        {
            case ArgumentType.OneOf when argument.Matched == 0:
                AppendAll(hint, argument.Parts, "|");
                break;
            case ArgumentType.OneOf:
                foreach (ArgumentDoc part in argument.Parts)
                {
                    if (part.Matched != 0) Append(hint, part);
                }
                break;
            case ArgumentType.Block:
                AppendAll(hint, argument.Parts, " ");
                break;
            case ArgumentType.Word or ArgumentType.Integer or ArgumentType.Double when !argument.NameMatched:
                hint.Append(OrQuotes(argument.Name));
                break;
        }
        if (argument.IsRepeated) AppendRepetition(hint, argument);
        // Behind a repetition there is a bracket too much: Valkey's tool has it, and its tests expect it.
        if (argument.IsOptional && argument.Matched == 0) hint.Append(']');
    }

    /// <summary>The repetition stands at the end and shows all of the argument, whatever has been typed.</summary>
    private static void AppendRepetition(StringBuilder hint, ArgumentDoc argument)
    {
        argument.Forget();
        if (hint.Length > 0) hint.Append(' ');
        hint.Append('[');
        if (argument.RepeatsToken) AppendToken(hint, argument);
        switch (argument.Type)
        {
            case ArgumentType.OneOf:
                AppendAll(hint, argument.Parts, "|");
                break;
            case ArgumentType.Block:
                AppendAll(hint, argument.Parts, " ");
                break;
            case ArgumentType.PureToken:
                break;
            default:
                hint.Append(OrQuotes(argument.Name));
                break;
        }
        hint.Append(" ...]");
    }

    private static void AppendToken(StringBuilder hint, ArgumentDoc argument)
    {
        hint.Append(OrQuotes(argument.Token ?? ""));
        if (argument.Type != ArgumentType.PureToken) hint.Append(' ');
    }

    private static string OrQuotes(string text) => text.Length == 0 ? "\"\"" : text;
}
