namespace Sigrun;

/// <summary>What the server says it is. Clients and tools choose what they do by these, so they stand in one place.</summary>
internal static class ServerIdentity
{
    /// <summary>The name of this program.</summary>
    public const string Name = "Sigrun";

    /// <summary>The version of this program.</summary>
    public const string Version = "0.1.0";

    /// <summary>The server whose behaviour this is, as INFO names it.</summary>
    public const string ServerName = "valkey";

    /// <summary>The version of that server.</summary>
    public const string ValkeyVersion = "9.1.0";

    /// <summary>The version of Redis that clients find, for those that know no other.</summary>
    public const string RedisVersion = "7.2.4";
}
