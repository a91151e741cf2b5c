using System.Text;

namespace Sigrun.Configuration;

/// <summary>The template of the process title: text with variables in braces, where two braces are one.</summary>
internal static class ProcessTitleTemplate
{
    /// <summary>Whether all variables are known and something is left when those that may be empty are.</summary>
    public static bool IsValid(string template) => Expand(template, Sample) is { Length: > 0 };

    /// <summary>The template with its variables filled in, without blanks around it; null when it is not valid.</summary>
    /// <param name="template">The template.</param>
    /// <param name="valueOf">The value of a variable; null when there is no such variable.</param>
    public static string? Expand(string template, Func<string, string?> valueOf)
    {
        var text = new StringBuilder();
        int at = 0;
        while (at < template.Length)
        {
            int open = template.IndexOf('{', at);
            text.Append(template, at, (open < 0 ? template.Length : open) - at);
            if (open < 0) break;
            if (open + 1 < template.Length && template[open + 1] == '{')
            {
                text.Append('{');
                at = open + 2;
                continue;
            }

            int close = template.IndexOf('}', open + 1);
            if (close < 0 || valueOf(template[(open + 1)..close]) is not { } value) return null;
            text.Append(value);
            at = close + 1;
        }

        return text.ToString().Trim(' ');
    }

    /// <summary>A value that a variable may have: nothing where that is possible.</summary>
    private static string? Sample(string variable) => variable switch
    {
        "listen-addr" or "config-file" or "port" or "tls-port" => variable,
        "title" or "server-mode" or "unixsocket" => "",
        _ => null,
    };
}
