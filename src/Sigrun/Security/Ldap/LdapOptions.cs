using Sigrun.Configuration;

namespace Sigrun.Security.Ldap;

/// <summary>What decides how a connection is made; connections made otherwise are of no use any more.</summary>
internal sealed record LdapLink(string Servers, bool UseStartTls, string CaCertPath, string CertPath, string KeyPath, bool SkipVerify, long TimeoutSeconds);

/// <summary>The settings as they were at one moment, for threads other than the engine's.</summary>
internal sealed class LdapOptions(LdapSettings settings)
{
    /// <summary>How connections are made. A file that was named again may have changed, so that each set of options has its own.</summary>
    public LdapLink Link { get; } = new(settings.Servers!, settings.UseStartTls, ConfigText.ToString(settings.TlsCaCertPath!),
        ConfigText.ToString(settings.TlsCertPath!), ConfigText.ToString(settings.TlsKeyPath!), settings.TlsSkipVerify, settings.TimeoutConnectionSeconds);

    /// <summary>How users are found.</summary>
    public LdapAuthMode Mode { get; } = settings.AuthMode;

    /// <summary>What stands before the user's name in the distinguished name.</summary>
    public byte[] DnPrefix { get; } = ConfigText.ToBytes(settings.BindDnPrefix!);

    /// <summary>What stands behind it.</summary>
    public byte[] DnSuffix { get; } = ConfigText.ToBytes(settings.BindDnSuffix!);

    /// <summary>As whom is searched; empty for nobody.</summary>
    public byte[] SearchBindDn { get; } = ConfigText.ToBytes(settings.SearchBindDn!);

    /// <summary>The password for that.</summary>
    public byte[] SearchBindPassword { get; } = ConfigText.ToBytes(settings.SearchBindPassword!);

    /// <summary>Where the search begins.</summary>
    public byte[] SearchBase { get; } = ConfigText.ToBytes(settings.SearchBase!);

    /// <summary>What else must be true of the entry.</summary>
    public byte[] SearchFilter { get; } = OrDefault(settings.SearchFilter!, "objectClass=*"u8);

    /// <summary>The attribute that is the user's name.</summary>
    public byte[] SearchAttribute { get; } = OrDefault(settings.SearchAttribute!, "uid"u8);

    /// <summary>How deep the search goes.</summary>
    public LdapSearchScope SearchScope { get; } = settings.SearchScope;

    /// <summary>The attribute with the distinguished name.</summary>
    public byte[] SearchDnAttribute { get; } = OrDefault(settings.SearchDnAttribute!, "entryDN"u8);

    /// <summary>Connections per server.</summary>
    public int PoolSize { get; } = settings.ConnectionPoolSize;

    /// <summary>Time between two looks whether a server is there.</summary>
    public int DetectorIntervalMs { get; } = Milliseconds(settings.FailureDetectorIntervalSeconds);

    /// <summary>How long connecting may take.</summary>
    public int ConnectTimeoutMs { get; } = Milliseconds(settings.TimeoutConnectionSeconds);

    /// <summary>How long an operation may take.</summary>
    public int OperationTimeoutMs { get; } = Milliseconds(settings.TimeoutOperationSeconds);

    private static byte[] OrDefault(string text, ReadOnlySpan<byte> fallback) => text.Length > 0 ? ConfigText.ToBytes(text) : fallback.ToArray();

    private static int Milliseconds(long seconds) => (int)Math.Min(seconds, int.MaxValue / 1000) * 1000;
}
