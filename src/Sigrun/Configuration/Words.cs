namespace Sigrun.Configuration;

/// <summary>The word lists of the directives; where no values are given the order is that of the enumeration.</summary>
internal static class Words
{
    /// <summary>maxmemory-policy.</summary>
    public static readonly WordList MaxMemoryPolicy = new(["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
        "allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction"]);

    /// <summary>loglevel.</summary>
    public static readonly WordList LogLevel = new(["debug", "verbose", "notice", "warning", "nothing"]);

    /// <summary>log-format.</summary>
    public static readonly WordList LogFormat = new(["legacy", "logfmt", "json"]);

    /// <summary>log-timestamp-format.</summary>
    public static readonly WordList LogTimestampFormat = new(["legacy", "iso8601", "milliseconds"]);

    /// <summary>syslog-facility.</summary>
    public static readonly WordList SyslogFacility = new(["user", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
        "local7"]);

    /// <summary>supervised.</summary>
    public static readonly WordList Supervised = new(["upstart", "systemd", "auto", "no"]);

    /// <summary>shutdown-on-sigint and shutdown-on-sigterm.</summary>
    public static readonly WordList Shutdown = new(["default", "save", "nosave", "now", "force", "safe", "failover"],
        [0, 1, 2, 4, 8, 16, 32]);

    /// <summary>enable-protected-configs and its like.</summary>
    public static readonly WordList ProtectedAction = new(["no", "yes", "local"]);

    /// <summary>appendfsync.</summary>
    public static readonly WordList AppendFsync = new(["everysec", "always", "no"]);

    /// <summary>sanitize-dump-payload.</summary>
    public static readonly WordList SanitizeDumpPayload = new(["no", "yes", "clients"]);

    /// <summary>transport.</summary>
    public static readonly WordList Transport = new(["auto", "epoll", "sockets"]);

    /// <summary>rdb-save-version.</summary>
    public static readonly WordList RdbSaveVersion = new(["80", "11", "10"]);

    /// <summary>rdb-version-check.</summary>
    public static readonly WordList RdbVersionCheck = new(["strict", "relaxed"]);

    /// <summary>repl-diskless-load.</summary>
    public static readonly WordList ReplDisklessLoad = new(["disabled", "on-empty-db", "swapdb", "flush-before-load"]);

    /// <summary>propagation-error-behavior.</summary>
    public static readonly WordList PropagationErrorBehavior = new(["ignore", "panic", "panic-on-replicas"]);

    /// <summary>cluster-preferred-endpoint-type.</summary>
    public static readonly WordList ClusterEndpointType = new(["ip", "hostname", "unknown-endpoint"]);

    /// <summary>cluster-config-save-behavior.</summary>
    public static readonly WordList ClusterConfigSaveBehavior = new(["sync", "best-effort"]);

    /// <summary>ldap.auth_mode.</summary>
    public static readonly WordList LdapAuthMode = new(["bind", "search+bind"]);

    /// <summary>ldap.search_scope.</summary>
    public static readonly WordList LdapSearchScope = new(["base", "one", "sub"]);

    /// <summary>acl-pubsub-default.</summary>
    public static readonly WordList AclPubSubDefault = new(["allchannels", "resetchannels"]);

    /// <summary>oom-score-adj, where yes is another word for relative.</summary>
    public static readonly WordList OomScoreAdjust = new(["no", "yes", "relative", "absolute"], [0, 1, 1, 2]);

    /// <summary>tls-auth-clients.</summary>
    public static readonly WordList TlsAuthClients = new(["no", "yes", "optional"]);

    /// <summary>tls-auth-clients-user.</summary>
    public static readonly WordList TlsUserField = new(["CN", "URI", "off"]);
}
