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
/// <remarks>A server looks at its options when it is made; what is changed later does not concern it.</remarks>
public sealed class SigrunServerOptions
{
    /// <summary>The TCP port; 0 for a free one, which <see cref="SigrunServer.Port"/> tells; null for none.</summary>
    public int? Port { get; set; }

    /// <summary>Addresses to listen on when there is a port, as <c>bind</c> takes them; none for the loopback addresses.</summary>
    public IList<string> BindAddresses { get; } = [];

    /// <summary>
    /// Path of a Unix socket; null for none. A file of that name stays, and the server does not start, unless it is a socket that
    /// nobody accepts on any more.
    /// </summary>
    public string? UnixSocketPath { get; set; }

    /// <summary>Password of the default user; null for none.</summary>
    public string? Password { get; set; }

    /// <summary>
    /// Where the data lives, a directory that exists: it is loaded from there at the start, and saved there at the end, be there
    /// save points or not. Null for a server that begins empty and to which commands that write files reply an error. Servers
    /// must not share one.
    /// </summary>
    public string? DataDirectory { get; set; }

    /// <summary>
    /// Whether every change is written to an append-only file in <see cref="DataDirectory"/>. At the end that file is complete,
    /// and a snapshot is written only if there are save points (<c>save</c>).
    /// </summary>
    /// <remarks>
    /// A directory with a snapshot and without an append-only file is refused, since the snapshot would not be loaded. Start
    /// without this once, send <c>CONFIG SET appendonly yes</c> and stop the server when <c>aof_rewrite_in_progress</c> of INFO
    /// is 0: the append-only file has all data then.
    /// </remarks>
    public bool AppendOnly { get; set; }

    /// <summary>Bytes of memory from which on keys are evicted, or writes refused; 0 for no limit. See <c>maxmemory</c>.</summary>
    public long MaxMemoryBytes { get; set; }

    /// <summary>Threads for input and output, the engine's own included; 1 to 256.</summary>
    public int IoThreads { get; set; } = 1;

    /// <summary>A configuration file in Valkey's syntax, read before everything else here; null for none.</summary>
    public string? ConfigurationFile { get; set; }

    /// <summary>
    /// Any other directives by their names, such as <c>maxmemory-policy</c>. They count more than the other options. What
    /// concerns a process of its own (<c>daemonize</c>, <c>pidfile</c>, <c>logfile</c> …) is refused, and so is what keeps data
    /// in files (<c>dir</c>, <c>save</c>, <c>appendonly</c>, <c>aclfile</c>) without a <see cref="DataDirectory"/>.
    /// </summary>
    /// <remarks>
    /// A value is what stands behind the name in a configuration file: several arguments are separated by blanks
    /// (<c>["save"] = "3600 1 300 100"</c>, <c>["user"] = "alice on >secret ~* +@all"</c>), one that has blanks in it is quoted
    /// (<c>["tls-cert-file"] = "\"/my files/cert.pem\""</c>), and an empty value is the empty text. Lines that a file would repeat,
    /// such as several users, belong in a <see cref="ConfigurationFile"/>.
    /// </remarks>
    public IDictionary<string, string> Directives { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Gets the lines of the log, one at a time and in order, on a thread of the server's; null for nobody. Should it throw an
    /// exception, that line is lost and the next one comes. The end of the server waits five seconds at most for it, and not at
    /// all when it waits for that end itself.
    /// </summary>
    public Action<SigrunLogLevel, string>? Log { get; set; }

    /// <summary>In a generic host: whether the host stops when the server ends or fails before it.</summary>
    public bool StopsHost { get; set; } = true;

    /// <summary>The same options, which go their own way.</summary>
    internal SigrunServerOptions Copy()
    {
        var copy = new SigrunServerOptions
        {
            Port = Port,
            UnixSocketPath = UnixSocketPath,
            Password = Password,
            DataDirectory = DataDirectory,
            AppendOnly = AppendOnly,
            MaxMemoryBytes = MaxMemoryBytes,
            IoThreads = IoThreads,
            ConfigurationFile = ConfigurationFile,
            Log = Log,
            StopsHost = StopsHost,
        };
        foreach (string address in BindAddresses) copy.BindAddresses.Add(address);
        foreach ((string name, string value) in Directives) copy.Directives.Add(name, value);
        return copy;
    }
}
