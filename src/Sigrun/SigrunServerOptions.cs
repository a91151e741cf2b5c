namespace Sigrun;

/// <summary>How important a line of a server's log is; the levels are those of the directive <c>loglevel</c>.</summary>
public enum SigrunLogLevel
{
    /// <summary>For those who work on the server.</summary>
    Debug,

    /// <summary>What comes and goes.</summary>
    Verbose,

    /// <summary>What an operator wants to know.</summary>
    Notice,

    /// <summary>What an operator has to know.</summary>
    Warning,
}

/// <summary>What a server inside a program is like. Without any of it, it is reached through <see cref="SigrunServer.Connect"/> only and writes no file.</summary>
public sealed class SigrunServerOptions
{
    /// <summary>The TCP port; 0 for a free one, which <see cref="SigrunServer.Port"/> tells; null for none.</summary>
    public int? Port { get; set; }

    /// <summary>Addresses to listen on when there is a port: the loopback addresses unless changed.</summary>
    public IList<string> BindAddresses { get; } = ["127.0.0.1", "-::1"];

    /// <summary>Path of a Unix socket; null for none.</summary>
    public string? UnixSocketPath { get; set; }

    /// <summary>Password of the default user; null for none.</summary>
    public string? Password { get; set; }

    /// <summary>
    /// Where the data lives: it is loaded from there at the start, and saved there at the end. Null for a server that begins
    /// empty and to which commands that write files reply an error.
    /// </summary>
    public string? DataDirectory { get; set; }

    /// <summary>Whether every change is written to an append-only file in <see cref="DataDirectory"/>.</summary>
    public bool AppendOnly { get; set; }

    /// <summary>Bytes of memory from which on keys are evicted, or writes refused; 0 for no limit. See <c>maxmemory</c>.</summary>
    public long MaxMemoryBytes { get; set; }

    /// <summary>Threads for input and output, the engine's own included; 1 to 256.</summary>
    public int IoThreads { get; set; } = 1;

    /// <summary>A configuration file in Valkey's syntax, read before everything else here; null for none.</summary>
    public string? ConfigurationFile { get; set; }

    /// <summary>
    /// Any other directives by their names, such as <c>maxmemory-policy</c>, with values as in a configuration file. They
    /// count more than the other options. What concerns a process of its own (<c>daemonize</c>, <c>pidfile</c>,
    /// <c>logfile</c> …) is refused.
    /// </summary>
    public IDictionary<string, string> Directives { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Gets the lines of the log, one at a time and in order, on a thread of the server's; null for nobody. Should it throw an
    /// exception, that line is lost and the next one comes.
    /// </summary>
    public Action<SigrunLogLevel, string>? Log { get; set; }
}
