namespace Sigrun.Security.Ldap;

/// <summary>How a server says that an operation ended (RFC 4511, 4.1.9).</summary>
/// <param name="Code">0 for success.</param>
/// <param name="MatchedDn">The part of a name that exists.</param>
/// <param name="Message">What the server wants to say.</param>
internal readonly record struct LdapResult(int Code, string MatchedDn, string Message)
{
    /// <summary>Whether the operation did what it was to do.</summary>
    public bool IsSuccess => Code == 0;

    /// <inheritdoc/>
    public override string ToString() =>
        LdapText.Printable($"LDAP operation result: rc={Code} ({NameOf(Code)}), dn: \"{MatchedDn}\", text: \"{Message}\"");

    private static string NameOf(int code) => code switch
    {
        0 => "success",
        1 => "operationsError",
        2 => "protocolError",
        3 => "timeLimitExceeded",
        4 => "sizeLimitExceeded",
        7 => "authMethodNotSupported",
        8 => "strongerAuthRequired",
        10 => "referral",
        11 => "adminLimitExceeded",
        12 => "unavailableCriticalExtension",
        13 => "confidentialityRequired",
        16 => "noSuchAttribute",
        17 => "undefinedAttributeType",
        18 => "inappropriateMatching",
        19 => "constraintViolation",
        21 => "invalidAttributeSyntax",
        32 => "noSuchObject",
        33 => "aliasProblem",
        34 => "invalidDNSyntax",
        36 => "aliasDereferencingProblem",
        48 => "inappropriateAuthentication",
        49 => "invalidCredentials",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        54 => "loopDetect",
        80 => "other",
        _ => "unknown",
    };
}
