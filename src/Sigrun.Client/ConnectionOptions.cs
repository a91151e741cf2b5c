using System.Text;

namespace Sigrun.Client;

/// <summary>Where a server is and how to log in there. The defaults are those of Valkey's tools.</summary>
public sealed class ConnectionOptions
{
    /// <summary>Host name or address.</summary>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>Port.</summary>
    public int Port { get; set; } = 6379;

    /// <summary>Path of a Unix socket, which then takes the place of host and port.</summary>
    public string? UnixSocket { get; set; }

    /// <summary>User to log in as; null for the default one.</summary>
    public byte[]? User { get; set; }

    /// <summary>Password; null for no login.</summary>
    public byte[]? Password { get; set; }

    /// <summary>Database to select.</summary>
    public int Database { get; set; }

    /// <summary>Whether the connection is encrypted.</summary>
    public bool UseTls { get; set; }

    /// <summary>How it is encrypted.</summary>
    public TlsOptions Tls { get; } = new();

    /// <summary>How long connecting may take; zero for as long as the system tries.</summary>
    public TimeSpan ConnectTimeout { get; set; }

    /// <summary>Whether a name's IPv6 addresses come first; otherwise they are used only when there is no other.</summary>
    public bool PreferIPv6 { get; set; }

    /// <summary>Whether the connection may use several paths (MPTCP).</summary>
    public bool Multipath { get; set; }

    /// <summary>The server as messages name it.</summary>
    public string Name => UnixSocket ?? $"{Host}:{Port}";

    /// <summary>The server as prompts name it: addresses of IPv6 stand in brackets.</summary>
    public string PromptName => UnixSocket ?? (Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}");

    /// <summary>The command that logs in; null where there is no password.</summary>
    public byte[][]? AuthCommand => Password is null ? null
        : User is null ? ["AUTH"u8.ToArray(), Password]
        : ["AUTH"u8.ToArray(), User, Password];

    /// <summary>The command that selects a database.</summary>
    public byte[][] SelectCommand => ["SELECT"u8.ToArray(), Encoding.ASCII.GetBytes($"{Database}")];

    /// <summary>Reads a port; anything else than a number from 0 to 65535 is refused.</summary>
    /// <exception cref="OptionException">It is no port.</exception>
    public void SetPort(string text)
    {
        int port = CNumber.ParseInt32(text);
        if ((port == 0 && text != "0") || port is < 0 or > 65535) throw new OptionException("Invalid server port.");
        Port = port;
    }

    /// <summary>Reads a number of seconds, decimals allowed.</summary>
    /// <exception cref="OptionException">It is none, or negative.</exception>
    public void SetConnectTimeout(string text)
    {
        double seconds = CNumber.ParseDouble(text, out int used);
        if (used != text.Length || !(seconds >= 0) || seconds > int.MaxValue)
            throw new OptionException("Invalid connection timeout for -t.");
        ConnectTimeout = TimeSpan.FromSeconds(seconds);
    }
}
