using Sigrun.Configuration;

namespace Sigrun.Security.Ldap;

/// <summary>Where an LDAP server is: <c>ldap://host:port</c>, or <c>ldaps://</c> for a connection that is encrypted from the start.</summary>
/// <param name="Text">The URL as it was given.</param>
/// <param name="Host">A name or an address, without the brackets of IPv6.</param>
/// <param name="Port">The port.</param>
/// <param name="IsSecure">Whether it is <c>ldaps</c>.</param>
internal sealed record LdapUrl(string Text, string Host, int Port, bool IsSecure)
{
    private const int PlainPort = 389;
    private const int SecurePort = 636;

    /// <summary>The host as a URL has it.</summary>
    public string UrlHost => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;

    /// <summary>What is wrong with a list of URLs, or null.</summary>
    public static string? Check(string servers)
    {
        foreach (string text in Split(servers))
        {
            if (!TryParse(text, out _, out string error)) return error;
        }
        return null;
    }

    /// <summary>Reads a list that was checked.</summary>
    public static LdapUrl[] ParseAll(string servers) => Array.ConvertAll(Split(servers), static text =>
        TryParse(text, out LdapUrl? url, out string error) ? url! : throw new ArgumentException(error, nameof(servers)));

    private static string[] Split(string servers) => ConfigText.ToString(servers).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static bool TryParse(string text, out LdapUrl? url, out string error)
    {
        url = null;
        error = "";
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri))
        {
            error = $"'{text}' is not a URL such as ldap://host:389; servers are separated by blanks";
            return false;
        }
        if (uri.Scheme is not ("ldap" or "ldaps"))
        {
            error = $"the scheme of an LDAP server is ldap or ldaps, not '{uri.Scheme}'";
            return false;
        }
        string host = uri.Host.Trim('[', ']');
        if (host.Length == 0 || uri.UserInfo.Length > 0 || uri.PathAndQuery.Trim('/').Length > 0 || uri.Fragment.Length > 0
            || Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            error = $"'{text}' must name a host and may name a port, nothing else";
            return false;
        }
        bool isSecure = uri.Scheme == "ldaps";
        int port = uri.Port > 0 ? uri.Port : isSecure ? SecurePort : PlainPort;
        url = new LdapUrl(text, uri.IdnHost.Trim('[', ']'), port, isSecure);
        return true;
    }
}
