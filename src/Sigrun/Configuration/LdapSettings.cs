using Sigrun.Security.Ldap;
using static Sigrun.Configuration.DirectiveFlags;
using static Sigrun.Configuration.Support;

namespace Sigrun.Configuration;

/// <summary>How a user is found in a directory (<c>ldap.auth_mode</c>).</summary>
internal enum LdapAuthMode : byte
{
    /// <summary>The name is part of the distinguished name.</summary>
    Bind,

    /// <summary>The distinguished name is searched for.</summary>
    SearchAndBind,
}

/// <summary>How deep a search goes (<c>ldap.search_scope</c>); the numbers are the protocol's.</summary>
internal enum LdapSearchScope : byte
{
    /// <summary>The base itself.</summary>
    Base = 0,

    /// <summary>What lies right below it.</summary>
    OneLevel = 1,

    /// <summary>The base and all below it.</summary>
    Subtree = 2,
}

/// <summary>Logging in against LDAP servers. The names are those of Valkey's module; a server in the list switches it on.</summary>
internal sealed class LdapSettings
{
    /// <summary>URLs of the servers, separated by blanks; empty for none.</summary>
    public string? Servers = "";

    /// <summary>How users are found.</summary>
    public LdapAuthMode AuthMode;

    /// <summary>Whether connections to <c>ldap://</c> servers are encrypted once they are open.</summary>
    public bool UseStartTls;

    /// <summary>Authorities that are trusted besides those of the system.</summary>
    public string? TlsCaCertPath = "";

    /// <summary>Certificate of this server as a client.</summary>
    public string? TlsCertPath = "";

    /// <summary>Its private key.</summary>
    public string? TlsKeyPath = "";

    /// <summary>Accept any certificate.</summary>
    public bool TlsSkipVerify;

    /// <summary>What stands before the user's name in the distinguished name.</summary>
    public string? BindDnPrefix = "cn=";

    /// <summary>What stands behind it.</summary>
    public string? BindDnSuffix = "";

    /// <summary>As whom is searched; empty for nobody.</summary>
    public string? SearchBindDn = "";

    /// <summary>The password for that.</summary>
    public string? SearchBindPassword = "";

    /// <summary>Where the search begins.</summary>
    public string? SearchBase = "";

    /// <summary>What else must be true of the user's entry.</summary>
    public string? SearchFilter = "objectClass=*";

    /// <summary>The attribute that is the user's name.</summary>
    public string? SearchAttribute = "uid";

    /// <summary>How deep the search goes.</summary>
    public LdapSearchScope SearchScope = LdapSearchScope.Subtree;

    /// <summary>The attribute with the entry's distinguished name.</summary>
    public string? SearchDnAttribute = "entryDN";

    /// <summary>Connections per server.</summary>
    public int ConnectionPoolSize = 2;

    /// <summary>Seconds between two looks whether a server is there.</summary>
    public long FailureDetectorIntervalSeconds = 1;

    /// <summary>How long connecting may take.</summary>
    public long TimeoutConnectionSeconds = 10;

    /// <summary>How long an operation may take.</summary>
    public long TimeoutOperationSeconds = 10;

    /// <summary>Declares the directives of these fields.</summary>
    public static void Declare(DirectiveTable table)
    {
        table.Text(Works, "ldap.servers", static s => ref s.Ldap.Servers, check: static value => LdapUrl.Check(value));
        table.Word(Works, "ldap.auth_mode", static s => (int)s.Ldap.AuthMode, static (s, v) => s.Ldap.AuthMode = (LdapAuthMode)v,
            Words.LdapAuthMode);
        table.Bool(Works, "ldap.use_starttls", static s => ref s.Ldap.UseStartTls);
        table.Text(Works, "ldap.tls_ca_cert_path", static s => ref s.Ldap.TlsCaCertPath, flags: Reloads);
        table.Text(Works, "ldap.tls_cert_path", static s => ref s.Ldap.TlsCertPath, flags: Reloads);
        table.Text(Works, "ldap.tls_key_path", static s => ref s.Ldap.TlsKeyPath, flags: Reloads);
        table.Bool(Works, "ldap.tls_skip_verify", static s => ref s.Ldap.TlsSkipVerify);
        table.Text(Works, "ldap.bind_dn_prefix", static s => ref s.Ldap.BindDnPrefix);
        table.Text(Works, "ldap.bind_dn_suffix", static s => ref s.Ldap.BindDnSuffix);
        table.Text(Works, "ldap.search_bind_dn", static s => ref s.Ldap.SearchBindDn);
        table.Text(Works, "ldap.search_bind_passwd", static s => ref s.Ldap.SearchBindPassword, flags: Sensitive | Hidden);
        table.Text(Works, "ldap.search_base", static s => ref s.Ldap.SearchBase);
        table.Text(Works, "ldap.search_filter", static s => ref s.Ldap.SearchFilter, check: static value => LdapFilter.Check(value));
        table.Text(Works, "ldap.search_attribute", static s => ref s.Ldap.SearchAttribute, check: static value => LdapFilter.CheckAttribute(value));
        table.Word(Works, "ldap.search_scope", static s => (int)s.Ldap.SearchScope,
            static (s, v) => s.Ldap.SearchScope = (LdapSearchScope)v, Words.LdapSearchScope);
        table.Text(Works, "ldap.search_dn_attribute", static s => ref s.Ldap.SearchDnAttribute, check: static value => LdapFilter.CheckAttribute(value));
        table.Int(Works, "ldap.connection_pool_size", static s => ref s.Ldap.ConnectionPoolSize, 1, 8192);
        table.Long(Works, "ldap.failure_detector_interval", static s => ref s.Ldap.FailureDetectorIntervalSeconds, 0, long.MaxValue);
        table.Long(Works, "ldap.timeout_connection", static s => ref s.Ldap.TimeoutConnectionSeconds, 0, long.MaxValue);
        table.Long(Works, "ldap.timeout_ldap_operation", static s => ref s.Ldap.TimeoutOperationSeconds, 0, long.MaxValue);
    }
}
