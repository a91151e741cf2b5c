namespace Sigrun.Security;

/// <summary>What is wrong with a rule.</summary>
internal enum AclRuleError
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is none.</summary>
    Syntax,

    /// <summary>It names a command or category that does not exist.</summary>
    UnknownCommand,

    /// <summary>It allows some keys where all are allowed.</summary>
    AllKeysAllowed,

    /// <summary>It allows some channels where all are allowed.</summary>
    AllChannelsAllowed,

    /// <summary>It removes a password that is not there.</summary>
    NoSuchPassword,

    /// <summary>It has no hash where one belongs.</summary>
    BadHash,

    /// <summary>It allows an argument of a subcommand.</summary>
    ArgumentOfSubcommand,

    /// <summary>It names a database that cannot be.</summary>
    DatabaseOutOfRange,

    /// <summary>It gives a user a second time.</summary>
    DuplicateUser,

    /// <summary>It lacks a parenthesis.</summary>
    Unmatched,
}

/// <summary>The words for it.</summary>
internal static class AclRuleErrors
{
    /// <summary>The words for an error.</summary>
    public static string Text(AclRuleError error) => error switch
    {
        AclRuleError.UnknownCommand => "Unknown command or category name in ACL",
        AclRuleError.Syntax => "Syntax error",
        AclRuleError.AllKeysAllowed => "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any "
            + "effect. Try 'resetkeys' to start with an empty list of patterns",
        AclRuleError.AllChannelsAllowed => "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not "
            + "have any effect. Try 'resetchannels' to start with an empty list of channels",
        AclRuleError.NoSuchPassword => "The password you are trying to remove from the user does not exist",
        AclRuleError.BadHash => "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters",
        AclRuleError.DuplicateUser => "Duplicate user found. A user can only be defined once in config files",
        AclRuleError.ArgumentOfSubcommand => "Allowing first-arg of a subcommand is not supported",
        AclRuleError.DatabaseOutOfRange => "The provided database ID is out of range",
        _ => "Wrong format",
    };
}
