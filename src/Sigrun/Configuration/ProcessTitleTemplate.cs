namespace Sigrun.Configuration;

/// <summary>The template of the process title: text with variables in braces, where two braces are one.</summary>
internal static class ProcessTitleTemplate
{
    /// <summary>Whether all variables are known and something is left when those that may be empty are.</summary>
    public static bool IsValid(string template)
    {
        bool visible = false;
        int at = 0;
        while (at < template.Length)
        {
            int open = template.IndexOf('{', at);
            visible |= template.AsSpan(at, (open < 0 ? template.Length : open) - at).Trim(' ').Length > 0;
            if (open < 0)
                break;
            if (open + 1 < template.Length && template[open + 1] == '{')
            {
                visible = true;
                at = open + 2;
                continue;
            }

            int close = template.IndexOf('}', open + 1);
            if (close < 0 || IsVisible(template[(open + 1)..close]) is not { } shows)
                return false;
            visible |= shows;
            at = close + 1;
        }

        return visible;
    }

    /// <summary>Whether a variable always shows something; null when there is no such variable.</summary>
    private static bool? IsVisible(string variable) => variable switch
    {
        "listen-addr" or "config-file" or "port" or "tls-port" => true,
        "title" or "server-mode" or "unixsocket" => false,
        _ => null,
    };
}
