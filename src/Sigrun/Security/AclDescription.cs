using System.Globalization;
using System.Text;
using Sigrun.Configuration;

namespace Sigrun.Security;

/// <summary>Spells users and their permissions as the rules that make them.</summary>
internal static class AclDescription
{
    /// <summary>The whole user, the name apart.</summary>
    public static string Of(AclUser user)
    {
        var text = new StringBuilder();
        foreach (string flag in Flags(user)) text.Append(flag).Append(' ');
        foreach (byte[] password in user.Passwords) text.Append('#').Append(Convert.ToHexStringLower(password)).Append(' ');
        AppendSelector(text, user.Root);
        foreach (AclSelector selector in user.Selectors[1..])
        {
            text.Append(" (");
            AppendSelector(text, selector);
            text.Append(')');
        }
        return text.ToString();
    }

    /// <summary>The words on logging in and on payloads.</summary>
    public static List<string> Flags(AclUser user)
    {
        List<string> flags = [user.IsEnabled ? "on" : "off"];
        if (user.NeedsNoPassword) flags.Add("nopass");
        flags.Add(user.SkipsSanitizing ? "skip-sanitize-payload" : "sanitize-payload");
        return flags;
    }

    /// <summary>The rules on commands.</summary>
    public static string Commands(AclSelector selector)
    {
        var text = new StringBuilder(selector.AllowsFutureCommands ? "+@all" : "-@all");
        foreach (AclSelector.CommandRule rule in selector.Rules) text.Append(rule.IsAllowed ? " +" : " -").Append(rule.Subject);
        return text.ToString();
    }

    /// <summary>The rules on keys.</summary>
    public static string Keys(AclSelector selector) =>
        selector.AllowsAllKeys ? "~*" : string.Join(' ', selector.KeyPatterns.ConvertAll(Pattern));

    /// <summary>The rules on channels.</summary>
    public static string Channels(AclSelector selector) =>
        selector.AllowsAllChannels ? "&*" : string.Join(' ', selector.Channels.ConvertAll(static pattern => "&" + ConfigText.FromBytes(pattern)));

    /// <summary>The rule on databases; empty when none may be used.</summary>
    public static string Databases(AclSelector selector)
    {
        if (selector.AllowsAllDatabases) return "alldbs";
        if (selector.Databases.IsEmpty) return "";
        var text = new StringBuilder("db=");
        foreach (int database in selector.Databases) text.Append(CultureInfo.InvariantCulture, $"{database},");
        return text.ToString(0, text.Length - 1);
    }

    private static string Pattern(KeyPattern pattern)
    {
        string sign = pattern.Permissions switch
        {
            KeyPermissions.Read => "%R~",
            KeyPermissions.Write => "%W~",
            _ => "~",
        };
        return sign + ConfigText.FromBytes(pattern.Pattern);
    }

    private static void AppendSelector(StringBuilder text, AclSelector selector)
    {
        string keys = Keys(selector);
        if (keys.Length > 0) text.Append(keys).Append(' ');
        if (!selector.AllowsAllChannels) text.Append("resetchannels ");
        string channels = Channels(selector);
        if (channels.Length > 0) text.Append(channels).Append(' ');
        string databases = Databases(selector);
        text.Append(databases.Length > 0 ? databases : "resetdbs").Append(' ').Append(Commands(selector));
    }
}
