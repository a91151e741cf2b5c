using System.Globalization;
using System.Text;
using Sigrun.Commands;
using Sigrun.Configuration;

namespace Sigrun.Security;

/// <summary>Applies rules, the words of ACL SETUSER and of files of users, to users.</summary>
/// <remarks>Words are in any case; names of keys and channels are not. A byte of a rule is a character.</remarks>
/// <param name="settings">What new users begin with.</param>
/// <param name="warn">Told of what is likely to be a mistake.</param>
internal sealed class AclRules(SecuritySettings settings, Action<string> warn)
{
    private bool AllowsChannels => settings.AclPubSubDefault == AclPubSubDefault.AllChannels;

    /// <summary>A user who is off and may do nothing.</summary>
    public AclUser NewUser(string name) => new(name, AllowsChannels);

    /// <summary>The user of connections that name none, as long as no rule says otherwise: everything is allowed.</summary>
    public AclUser NewDefaultUser()
    {
        AclUser user = NewUser(AclUser.DefaultName);
        foreach (string rule in (string[])["+@all", "~*", "&*", "on", "nopass", "alldbs"]) Apply(user, rule);
        return user;
    }

    /// <summary>Puts rules in parentheses together that were given as several words; null when a parenthesis is not closed.</summary>
    /// <param name="words">The words.</param>
    /// <param name="unmatched">The one with the parenthesis that is not closed.</param>
    public static List<string>? Merge(ReadOnlySpan<string> words, out int unmatched)
    {
        List<string> rules = [];
        StringBuilder? open = null;
        unmatched = -1;
        for (int i = 0; i < words.Length; i++)
        {
            string word = words[i];
            if (open is not null)
            {
                open.Append(' ').Append(word);
            }
            else if (word.StartsWith('(') && !word.EndsWith(')'))
            {
                open = new StringBuilder(word);
                unmatched = i;
                continue;
            }
            else
            {
                rules.Add(word);
                continue;
            }
            if (!word.EndsWith(')')) continue;
            rules.Add(open.ToString());
            open = null;
        }
        return open is null ? rules : null;
    }

    /// <summary>Whether a text has a character that rules cannot have within: blanks, line ends, zero.</summary>
    public static bool HasBlanks(string text)
    {
        foreach (char c in text)
        {
            if (c is ' ' or '\0' or (>= '\t' and <= '\r')) return true;
        }
        return false;
    }

    /// <summary>Applies one rule. A user whose rule was wrong may have changed in part, and is to be thrown away.</summary>
    public AclRuleError Apply(AclUser user, string rule)
    {
        AclRuleError error = ApplyToUser(user, rule);
        user.OnChanged();
        return error;
    }

    private AclRuleError ApplyToUser(AclUser user, string rule)
    {
        if (rule.Length == 0) return AclRuleError.None;
        switch (rule.ToLowerInvariant())
        {
            case "on":
                user.IsEnabled = true;
                break;
            case "off":
                user.IsEnabled = false;
                break;
            case "skip-sanitize-payload":
                user.SkipsSanitizing = true;
                break;
            case "sanitize-payload":
                user.SkipsSanitizing = false;
                break;
            case "nopass":
                user.RemovePasswords(needsNone: true);
                break;
            case "resetpass":
                user.RemovePasswords(needsNone: false);
                break;
            case "clearselectors":
                user.RemoveSelectors();
                break;
            case "reset":
                Reset(user);
                break;
            default:
                return ApplyWithSign(user, rule);
        }
        return AclRuleError.None;
    }

    private void Reset(AclUser user)
    {
        user.RemovePasswords(needsNone: false);
        user.IsEnabled = false;
        user.SkipsSanitizing = false;
        user.RemoveSelectors();
        user.Root.SetAllKeys(false);
        user.Root.SetAllChannels(AllowsChannels);
        user.Root.SetAllDatabases(true);
        user.Root.SetAllCommands(false);
    }

    private AclRuleError ApplyWithSign(AclUser user, string rule)
    {
        switch (rule[0])
        {
            case '>' or '#' or '<' or '!':
                return ApplyPassword(user, rule);
            case '(' when rule[^1] == ')' && rule.Length > 1:
                var selector = new AclSelector(AllowsChannels);
                foreach (string word in ConfigurationLine.Split(rule[1..^1]) ?? [])
                {
                    if (ApplyToSelector(selector, word) is var error and not AclRuleError.None) return error;
                }
                user.AddSelector(selector);
                return AclRuleError.None;
            default:
                return ApplyToSelector(user.Root, rule);
        }
    }

    private static AclRuleError ApplyPassword(AclUser user, string rule)
    {
        byte[] hash;
        if (rule[0] is '>' or '<') hash = Password.Hash(ConfigText.ToBytes(rule[1..]));
        else if (!Password.TryParseHash(rule[1..], out hash)) return AclRuleError.BadHash;
        if (rule[0] is '<' or '!') return user.RemovePassword(hash) ? AclRuleError.None : AclRuleError.NoSuchPassword;
        user.AddPassword(hash);
        return AclRuleError.None;
    }

    private AclRuleError ApplyToSelector(AclSelector selector, string rule)
    {
        switch (rule.ToLowerInvariant())
        {
            case "allkeys" or "~*":
                selector.SetAllKeys(true);
                return AclRuleError.None;
            case "resetkeys":
                selector.SetAllKeys(false);
                return AclRuleError.None;
            case "allchannels" or "&*":
                selector.SetAllChannels(true);
                return AclRuleError.None;
            case "resetchannels":
                selector.SetAllChannels(false);
                return AclRuleError.None;
            case "alldbs":
                selector.SetAllDatabases(true);
                return AclRuleError.None;
            case "resetdbs":
                selector.SetAllDatabases(false);
                return AclRuleError.None;
            case "allcommands" or "+@all":
                selector.SetAllCommands(true);
                return AclRuleError.None;
            case "nocommands" or "-@all":
                selector.SetAllCommands(false);
                return AclRuleError.None;
        }
        if (rule.StartsWith("db=", StringComparison.OrdinalIgnoreCase)) return ApplyDatabases(selector, rule[3..]);
        return rule.Length == 0 ? AclRuleError.Syntax : rule[0] switch
        {
            '~' or '%' => ApplyKeys(selector, rule),
            '&' => ApplyChannels(selector, rule[1..]),
            '+' or '-' when rule.Length > 1 && rule[1] == '@' => ApplyCategory(selector, rule),
            '+' => AllowCommand(selector, rule[1..]),
            '-' => RefuseCommand(selector, rule[1..]),
            _ => AclRuleError.Syntax,
        };
    }

    private static AclRuleError ApplyDatabases(AclSelector selector, string list)
    {
        var databases = new SortedSet<int>();
        foreach (string word in list.Split(','))
        {
            // As in C, blanks may come before a number, and a plus sign.
            string number = word.TrimStart(' ', '\t', '\n', '\v', '\f', '\r');
            string digits = number.TrimStart('+', '-');
            if (digits.Length == 0 || number.Length - digits.Length > 1 || digits.AsSpan().IndexOfAnyExceptInRange('0', '9') >= 0)
                return AclRuleError.Syntax;
            if (!int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int database) || database < 0)
                return AclRuleError.DatabaseOutOfRange;
            databases.Add(database);
        }
        selector.SetDatabases(databases);
        return AclRuleError.None;
    }

    private static AclRuleError ApplyKeys(AclSelector selector, string rule)
    {
        if (selector.AllowsAllKeys) return AclRuleError.AllKeysAllowed;
        var permissions = KeyPermissions.All;
        int start = 1;
        if (rule[0] == '%' && !TryReadPermissions(rule, out permissions, out start)) return AclRuleError.Syntax;
        string pattern = rule[start..];
        if (HasBlanks(pattern)) return AclRuleError.Syntax;
        selector.AllowKeys(ConfigText.ToBytes(pattern), permissions);
        return AclRuleError.None;
    }

    private static bool TryReadPermissions(string rule, out KeyPermissions permissions, out int end)
    {
        permissions = KeyPermissions.None;
        for (end = 1; end < rule.Length; end++)
        {
            KeyPermissions permission = rule[end] switch
            {
                'R' or 'r' => KeyPermissions.Read,
                'W' or 'w' => KeyPermissions.Write,
                _ => KeyPermissions.None,
            };
            if (permission == KeyPermissions.None && rule[end] == '~')
            {
                end++;
                break;
            }
            if (permission == KeyPermissions.None || (permissions & permission) != 0) return false;
            permissions |= permission;
        }
        return permissions != KeyPermissions.None;
    }

    private static AclRuleError ApplyChannels(AclSelector selector, string pattern)
    {
        if (selector.AllowsAllChannels) return AclRuleError.AllChannelsAllowed;
        if (HasBlanks(pattern)) return AclRuleError.Syntax;
        selector.AllowChannels(ConfigText.ToBytes(pattern));
        return AclRuleError.None;
    }

    private static AclRuleError ApplyCategory(AclSelector selector, string rule)
    {
        AclCategories category = CommandTable.LookupCategory(ConfigText.ToBytes(rule[2..]));
        if (category == AclCategories.None) return AclRuleError.UnknownCommand;
        bool isAllowed = rule[0] == '+';
        selector.NoteRule(rule[1..].ToLowerInvariant(), isAllowed);
        selector.SetCategory(category, isAllowed);
        return AclRuleError.None;
    }

    private static AclRuleError RefuseCommand(AclSelector selector, string name)
    {
        int id = CommandTable.LookupFullName(ConfigText.ToBytes(name));
        if (id < 0) return AclRuleError.UnknownCommand;
        selector.SetCommand(id, isAllowed: false);
        selector.NoteRule(ConfigText.FromBytes(CommandTable.FullName(id)), isAllowed: false);
        return AclRuleError.None;
    }

    private AclRuleError AllowCommand(AclSelector selector, string name)
    {
        int bar = name.LastIndexOf('|');
        int id = CommandTable.LookupFullName(ConfigText.ToBytes(bar < 0 ? name : name[..bar]));
        if (id < 0) return AclRuleError.UnknownCommand;
        if (bar < 0)
        {
            selector.SetCommand(id, isAllowed: true);
            selector.NoteRule(ConfigText.FromBytes(CommandTable.FullName(id)), isAllowed: true);
            return AclRuleError.None;
        }
        if (CommandTable.FullName(id).Contains((byte)'|')) return AclRuleError.ArgumentOfSubcommand;
        if (bar == name.Length - 1) return AclRuleError.Syntax;
        if (CommandTable.SubcommandCount[id] == 0) AllowFirstArgument(selector, id, name, bar);
        else if (CommandTable.LookupFullName(ConfigText.ToBytes(name)) is var sub and >= 0) selector.SetCommand(sub, isAllowed: true);
        else return AclRuleError.UnknownCommand;
        selector.NoteRule(name.ToLowerInvariant(), isAllowed: true);
        return AclRuleError.None;
    }

    private void AllowFirstArgument(AclSelector selector, int id, string name, int bar)
    {
        warn("Deprecation warning: Allowing a first arg of an otherwise blocked command is a misuse of ACL and may get disabled "
            + $"in the future (offender: +{name})");
        selector.AllowFirstArgument(id, ConfigText.ToBytes(name[(bar + 1)..]));
    }
}
