using System.Globalization;
using System.Text;
using Sigrun.Configuration;

namespace Sigrun;

/// <summary>Turns the options of a server inside a program into a configuration, or says what is wrong with them in the options' own names.</summary>
/// <remarks>Each option becomes a line of a configuration file, which has the rules for all of them.</remarks>
internal sealed class OptionsReader
{
    private const int PortMax = 65535;
    private const int IoThreadsMax = 256;

    /// <summary>Directives of a process of its own, which a program is not.</summary>
    private static readonly string[] OfProcess =
    [
        "daemonize", "pidfile", "logfile", "supervised", "syslog-enabled", "oom-score-adj", "server-cpulist", "bio-cpulist",
        "oom-score-adj-values", "watchdog-period", "proc-title-template",
    ];

    private readonly SigrunServerOptions _options;
    private readonly ServerConfiguration _configuration = new(Environment.CurrentDirectory);

    private OptionsReader(SigrunServerOptions options) => _options = options;

    /// <summary>The configuration that options stand for.</summary>
    /// <exception cref="SigrunServerException">An option is not valid.</exception>
    public static ServerConfiguration Read(SigrunServerOptions options)
    {
        List<string> failures = Check(options);
        if (failures.Count > 0) throw new SigrunServerException(string.Join(' ', failures));
        var reader = new OptionsReader(options);
        reader.ReadAll();
        return reader._configuration;
    }

    /// <summary>What cannot be meant, as sentences; what directives say is looked at when they are read.</summary>
    public static List<string> Check(SigrunServerOptions options)
    {
        var failures = new List<string>();
        if (options.Port is < 0 or > PortMax) failures.Add($"{nameof(options.Port)} must be between 0 and {PortMax}, or null.");
        foreach (string? address in options.BindAddresses)
        {
            if (string.IsNullOrEmpty(address) || address.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c)))
                failures.Add($"{nameof(options.BindAddresses)} has an entry that is no address: '{address}'.");
        }
        if (options.MaxMemoryBytes < 0) failures.Add($"{nameof(options.MaxMemoryBytes)} must not be negative.");
        if (options.IoThreads is < 1 or > IoThreadsMax) failures.Add($"{nameof(options.IoThreads)} must be between 1 and {IoThreadsMax}.");
        if (options.AppendOnly && options.DataDirectory is null) failures.Add($"{nameof(options.AppendOnly)} needs {nameof(options.DataDirectory)}.");
        if (options.DataDirectory is { } directory && !Directory.Exists(directory)) failures.Add($"{nameof(options.DataDirectory)} does not exist: {directory}");
        if (options.ConfigurationFile is { } file && !File.Exists(file)) failures.Add($"{nameof(options.ConfigurationFile)} does not exist: {file}");
        if (options.UnixSocketPath is { } path && (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)))
            failures.Add($"{nameof(options.UnixSocketPath)} is no path.");
        foreach ((string name, string? value) in options.Directives) CheckDirective(name, value, failures);
        return failures;
    }

    private static void CheckDirective(string name, string? value, List<string> failures)
    {
        if (!name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') || name.Length == 0)
            failures.Add($"{nameof(SigrunServerOptions.Directives)} has an entry that is no directive: '{name}'.");
        else if (value is null || value.AsSpan().ContainsAny('\n', '\r', '\0'))
            failures.Add($"{Entry(name)} must be one line.");
    }

    private static string Entry(string name) => $"{nameof(SigrunServerOptions.Directives)}[\"{name}\"]";

    private void ReadAll()
    {
        if (_options.ConfigurationFile is { } file)
        {
            var arguments = new CommandLine(ConfigText.FromString(file), FromStandardInput: false, "");
            Try(nameof(_options.ConfigurationFile), isFile: true, () => _configuration.Load(arguments, static () => ""));
            RefuseFiles(nameof(_options.ConfigurationFile));
        }
        ReadOptions();
        foreach ((string name, string value) in _options.Directives) Read(Entry(name), name, value.Length == 0 ? "\"\"" : ConfigText.FromString(value));
        RefuseFiles(nameof(_options.Directives));
        RefuseProcess();
    }

    private void ReadOptions()
    {
        bool hasFile = _options.ConfigurationFile is not null;
        if (_options.Port is not null || !hasFile) ReadNumber(nameof(_options.Port), "port", _options.Port ?? 0);
        if (_options.BindAddresses.Count > 0) Read(nameof(_options.BindAddresses), "bind", string.Join(' ', _options.BindAddresses.Distinct().Select(Quoted)));
        else if (_options.Port is not null || !hasFile) Read(nameof(_options.BindAddresses), "bind", "127.0.0.1 -::1");
        if (_options.UnixSocketPath is { } path) Read(nameof(_options.UnixSocketPath), "unixsocket", Quoted(Path.GetFullPath(path)));
        if (_options.Password is { } password) Read(nameof(_options.Password), "requirepass", Quoted(password));
        if (_options.DataDirectory is { } directory) Read(nameof(_options.DataDirectory), "dir", Quoted(Path.GetFullPath(directory)));
        else Read(nameof(_options.DataDirectory), "save", "\"\"");
        if (_options.AppendOnly) Read(nameof(_options.AppendOnly), "appendonly", "yes");
        if (_options.MaxMemoryBytes != 0) ReadNumber(nameof(_options.MaxMemoryBytes), "maxmemory", _options.MaxMemoryBytes);
        if (_options.IoThreads != 1) ReadNumber(nameof(_options.IoThreads), "io-threads", _options.IoThreads);
    }

    private void ReadNumber(string option, string directive, long value) => Read(option, directive, value.ToString(CultureInfo.InvariantCulture));

    private void Read(string option, string directive, string value) =>
        Try(option, isFile: directive.Equals("include", StringComparison.OrdinalIgnoreCase), () => _configuration.LoadText(directive + " " + value));

    /// <summary>Names the option that is wrong; in a file, the line too.</summary>
    private static void Try(string option, bool isFile, Action read)
    {
        try
        {
            read();
        }
        catch (ConfigurationException fault)
        {
            throw new SigrunServerException($"{option}: {ConfigText.ToString(isFile ? fault.Message.Trim() : fault.Reason)}", fault);
        }
    }

    private static string Quoted(string value)
    {
        var text = new StringBuilder();
        ConfigurationLine.AppendQuoted(text, ConfigText.FromString(value));
        return text.ToString();
    }

    /// <summary>What is to be kept in files must not get lost because there is no directory.</summary>
    private void RefuseFiles(string option)
    {
        if (_options.DataDirectory is not null) return;
        PersistenceSettings settings = _configuration.Settings.Persistence;
        string? directive = _configuration.Find("dir")!.WasSet ? "dir"
            : _configuration.Find("save")!.WasSet && settings.SavePoints.Length > 0 ? "save"
            : settings.AppendOnly ? "appendonly"
            : !string.IsNullOrEmpty(_configuration.Settings.Security.AclFile) ? "aclfile"
            : null;
        if (directive is not null) throw new SigrunServerException($"{option}: '{directive}' needs {nameof(_options.DataDirectory)}.");
    }

    private void RefuseProcess()
    {
        var defaults = new EngineSettings();
        foreach (string name in OfProcess)
        {
            Directive directive = _configuration.Find(name)!;
            string refusal = $"'{name}' is for a server that is a process of its own.";
            if (directive.Get(_configuration.Settings) != directive.Get(defaults)) throw new SigrunServerException(refusal);
            if (!directive.Is(DirectiveFlags.Immutable)) _configuration.OnApply(() => refusal, name);
        }
    }
}
