namespace Sigrun.Security;

/// <summary>
/// Why something is refused. The order says which reason is told when the selectors of a user refuse for different ones: the
/// last.
/// </summary>
internal enum AclDenial
{
    /// <summary>Nothing is refused.</summary>
    None,

    /// <summary>The database is not allowed.</summary>
    Database,

    /// <summary>The command is not allowed.</summary>
    Command,

    /// <summary>A key is not allowed, or not for such use.</summary>
    Key,

    /// <summary>The user does not exist, is off, or has another password.</summary>
    Authentication,

    /// <summary>A channel is not allowed.</summary>
    Channel,

    /// <summary>The user that a certificate names does not exist, or is off. No selector refuses for this.</summary>
    Certificate,
}

/// <summary>What a check of permissions has found.</summary>
/// <param name="Denial">Why the command is refused.</param>
/// <param name="Argument">The argument that is to blame; 0 for the command itself.</param>
internal readonly record struct AclVerdict(AclDenial Denial, int Argument)
{
    /// <summary>True when the command may run.</summary>
    public bool IsAllowed => Denial == AclDenial.None;
}
