using System.Text;
using Sigrun.Configuration;
using Sigrun.Observability;

namespace Sigrun.Security.Ldap;

/// <summary>Finds out from a directory whether a name and a password belong together.</summary>
internal static class LdapLogin
{
    /// <summary>Returns when they do.</summary>
    /// <exception cref="LdapException">They do not, or that cannot be found out.</exception>
    public static void Authenticate(LdapConnection connection, LdapRequest request, ServerLog log)
    {
        LdapOptions options = request.Options;
        byte[] dn = options.Mode == LdapAuthMode.Bind ? NameOf(request) : Find(connection, request, log);
        // Servers take the absence of a name or a password for nobody in particular, and let in.
        if (dn.Length == 0 || request.Password.Length == 0) throw new LdapException("error in bind operation: a name and a password are needed");
        if (log.IsEnabled(LogLevel.Verbose)) log.Verbose($"<ldap> running ldap bind with DN='{LdapText.Printable(dn)}'");
        LdapResult result = connection.Bind(dn, request.Password, options.OperationTimeoutMs);
        if (!result.IsSuccess) throw new LdapException($"error in bind operation: {result}");
    }

    private static byte[] NameOf(LdapRequest request) =>
        [.. request.Options.DnPrefix, .. LdapText.EscapeName(request.User), .. request.Options.DnSuffix];

    /// <summary>Searches, as somebody who may, or as nobody, for the one entry that has the name.</summary>
    private static byte[] Find(LdapConnection connection, LdapRequest request, ServerLog log)
    {
        LdapOptions options = request.Options;
        BindForSearch(connection, options, log);
        string filter = $"(&({Encoding.UTF8.GetString(options.SearchFilter)})({Encoding.UTF8.GetString(options.SearchAttribute)}"
            + $"={LdapText.FilterValue(request.User)}))";
        string dnAttribute = Encoding.UTF8.GetString(options.SearchDnAttribute);
        if (log.IsEnabled(LogLevel.Verbose))
            log.Verbose($"<ldap> running ldap search with filter='{filter}' scope='{options.SearchScope}' attribute='{dnAttribute}'");
        var names = new List<byte[]?>();
        LdapResult result = connection.Search(options, request.User, names);
        if (names.Count > 1) throw new LdapException($"search filter '{filter}' returned multiple entries");
        if (!result.IsSuccess) throw new LdapException($"failed to search ldap user: {result}");
        if (names.Count == 0) throw new LdapException($"search filter '{filter}' returned no entries");
        return names[0] ?? throw new LdapException($"the user entry does not have the '{dnAttribute}' attribute to get the user DN");
    }

    /// <summary>A connection that was kept is still bound as the last user: the search must not run as that one.</summary>
    private static void BindForSearch(LdapConnection connection, LdapOptions options, ServerLog log)
    {
        bool isSomebody = options.SearchBindDn.Length > 0 && options.SearchBindPassword.Length > 0;
        if (isSomebody && log.IsEnabled(LogLevel.Verbose)) log.Verbose($"<ldap> running ldap admin bind with DN='{LdapText.Printable(options.SearchBindDn)}'");
        LdapResult result = isSomebody
            ? connection.Bind(options.SearchBindDn, options.SearchBindPassword, options.OperationTimeoutMs)
            : connection.Bind([], [], options.OperationTimeoutMs);
        if (!result.IsSuccess) throw new LdapException($"error in binding admin user: {result}");
    }
}
