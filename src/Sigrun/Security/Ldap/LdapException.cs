namespace Sigrun.Security.Ldap;

/// <summary>Why somebody could not be authenticated by LDAP; the message is for the log.</summary>
/// <param name="message">What happened.</param>
/// <param name="isConnection">Whether the server cannot be talked to, so that another may know better.</param>
/// <param name="isTimeout">Whether it took too long.</param>
internal sealed class LdapException(string message, bool isConnection = false, bool isTimeout = false) : Exception(message)
{
    /// <summary>Whether the server cannot be talked to, rather than having said no.</summary>
    public bool IsConnection { get; } = isConnection;

    /// <summary>Whether it took too long.</summary>
    public bool IsTimeout { get; } = isTimeout;

    /// <summary>The server cannot be talked to.</summary>
    public static LdapException Connection(string reason) => new("LDAP connection failure: " + LdapText.Printable(reason), isConnection: true);

    /// <summary>The server does not answer in time.</summary>
    public static LdapException Timeout() => new("LDAP connection failure: timed out", isConnection: true, isTimeout: true);
}
