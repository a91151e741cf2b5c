namespace Sigrun.Configuration;

/// <summary>The configuration of one engine: loading it at start, and CONFIG GET and CONFIG SET while it runs.</summary>
/// <remarks>
/// Settings are read and changed on the engine thread only, except by those who can live with seeing a change late.
/// A change that needs more than a new value (a listener that moves, a table that is resized) has an apply callback
/// registered by the part that does it; a callback that fails undoes the whole CONFIG SET.
/// </remarks>
internal sealed class ServerConfiguration
{
    private const string RdmaBind = "rdma-bind";
    private const string RdmaPort = "rdma-port";
    private const string NoRdma = "No RDMA building support.";

    private readonly DirectiveTable _table = new();
    private readonly EngineSettings _defaults = new();
    private readonly SetContext _context = new(new EngineSettings());
    private readonly List<Directive> _touched = [];

    /// <summary>The defaults, with relative paths taken from <paramref name="directory"/>.</summary>
    public ServerConfiguration(string directory)
    {
        Settings.Persistence.Directory = directory;
    }

    /// <summary>The settings.</summary>
    public EngineSettings Settings => _context.Settings;

    /// <summary>Absolute path of the configuration file; null when there is none.</summary>
    public string? ConfigFile { get; private set; }

    /// <summary>Where remarks about changes at run time go; the host sets it once the log exists.</summary>
    public Action<LogLevel, string> Log { get; set; } = static (_, _) => { };

    /// <summary>All directives.</summary>
    public IReadOnlyList<Directive> Directives => _table.All;

    /// <summary>Reads everything the arguments of the process name.</summary>
    /// <exception cref="ConfigurationException">Something is not valid.</exception>
    public void Load(CommandLine arguments, Func<string> readStandardInput)
    {
        if (arguments.ConfigFile != null)
            ConfigFile = Path.GetFullPath(arguments.ConfigFile, Settings.Persistence.Directory);
        Read(loader => loader.Load(arguments, readStandardInput));
    }

    /// <summary>Reads configuration text.</summary>
    /// <exception cref="ConfigurationException">Something is not valid.</exception>
    public void LoadText(string text) => Read(loader => loader.LoadText(text));

    /// <summary>What the log should say about the configuration as it was loaded.</summary>
    public IReadOnlyList<string> Notes()
    {
        List<string> notes = new(_context.Warnings);
        Touch(_table.Find("save")!);
        foreach (Directive directive in _touched)
        {
            if (directive.Note(Settings, _defaults) is { } note)
                notes.Add(note);
        }

        return notes;
    }

    /// <summary>The directive of this name or alias, or null.</summary>
    public Directive? Find(string name) => _table.Find(name);

    /// <summary>Whether the value of this directive must not be shown.</summary>
    public bool IsSensitive(string name) => _table.Find(name)?.Is(DirectiveFlags.Sensitive) ?? false;

    /// <summary>
    /// Has <paramref name="apply"/> called after CONFIG SET changed one of <paramref name="names"/>: once even when it
    /// changed several, and again when the change is undone. It returns null, or why the change cannot be.
    /// </summary>
    public void OnApply(Func<string?> apply, params string[] names)
    {
        foreach (string name in names)
        {
            Directive directive = _table.Find(name) ?? throw new ArgumentException("No such directive: " + name, nameof(names));
            if (directive.Applier is not null) throw new ArgumentException("Applied already: " + name, nameof(names));
            directive.Applier = apply;
        }
    }

    /// <summary>Names and values of the directives that match any of the patterns, sorted by name.</summary>
    /// <remarks>Names and aliases are separate entries. A name without a pattern is shown as it was asked for.</remarks>
    public List<KeyValuePair<string, string>> Get(ReadOnlySpan<string> patterns)
    {
        Dictionary<string, Directive> matches = new(StringComparer.OrdinalIgnoreCase);
        foreach (string pattern in patterns)
        {
            if (NamePattern.IsPattern(pattern))
                AddMatches(pattern, matches);
            else if (_table.Find(pattern) is { } directive)
                matches.TryAdd(pattern, directive);
        }

        List<KeyValuePair<string, string>> result = new(matches.Count);
        foreach ((string name, Directive directive) in matches)
            result.Add(new KeyValuePair<string, string>(name, Shown(directive)));
        result.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return result;
    }

    /// <summary>A value as clients see it. Passwords of other servers are of no use to them.</summary>
    private string Shown(Directive directive)
    {
        string value = directive.Get(Settings);
        return directive.Is(DirectiveFlags.Sensitive) && directive.Is(DirectiveFlags.Hidden) && value.Length > 0 ? "*********" : value;
    }

    /// <summary>Sets pairs of name and value, all of them or none.</summary>
    /// <param name="pairs">Names and values in turn.</param>
    /// <param name="protectedAllowed">Whether this client may change protected directives.</param>
    /// <param name="loading">Whether a data set is being loaded.</param>
    /// <returns>Null, or the error reply.</returns>
    public string? Set(ReadOnlySpan<string> pairs, bool protectedAllowed, bool loading)
    {
        ConfigurationChange change = new(this);
        return change.Resolve(pairs, protectedAllowed, loading) ?? change.SetAll() ?? change.ApplyAll();
    }

    /// <summary>Sets one directive, unless it promises what this version does not have.</summary>
    public SetOutcome SetOne(Directive directive, ReadOnlySpan<string> values, out string? error)
    {
        if (directive.Name == RdmaBind && !_context.ReadingFile)
        {
            // Said again, it would be tried again.
            error = NoRdma;
            return SetOutcome.Refused;
        }
        string? before = directive.Support == Support.Pending ? directive.Get(Settings) : null;
        SetOutcome outcome = directive.Set(_context, values, out error);
        if (outcome != SetOutcome.Changed)
            return outcome;
        Touch(directive);
        if (before == null || directive.Get(Settings) == directive.Get(_defaults))
            return outcome;
        directive.Set(_context, Values(directive, before), out _);
        if (directive.Name == RdmaPort)
        {
            error = NoRdma;
            return SetOutcome.Refused;
        }
        string only = directive.Get(_defaults);
        error = "not available in this version, " + (only.Length == 0 ? "only the empty value" : $"only '{only}'") + " is accepted";
        return SetOutcome.Refused;
    }

    /// <summary>The arguments in the value of a CONFIG SET, which separates several by one blank.</summary>
    public static string[] Values(Directive directive, string value) => directive.Is(DirectiveFlags.MultipleArguments)
        ? value.Length == 0 ? [] : value.Split(' ')
        : [value];

    /// <summary>Logs what there is to say about directives that CONFIG SET just changed.</summary>
    public void LogNotes(IEnumerable<Directive> changed)
    {
        foreach (string warning in _context.Warnings)
            Log(LogLevel.Warning, warning);
        _context.Warnings.Clear();
        foreach (Directive directive in changed)
        {
            if (directive.Note(Settings, _defaults) is { } note)
                Log(LogLevel.Notice, note);
        }
    }

    private void Touch(Directive directive)
    {
        if (directive.WasSet) return;
        directive.WasSet = true;
        _touched.Add(directive);
    }

    private void Read(Action<ConfigurationLoader> load)
    {
        _context.ReadingFile = true;
        load(new ConfigurationLoader(this));
        _context.ReadingFile = false;
    }

    private void AddMatches(string pattern, Dictionary<string, Directive> matches)
    {
        foreach ((string name, Directive directive) in _table.Names)
        {
            if (!directive.Is(DirectiveFlags.Hidden) && NamePattern.Matches(pattern, name, ignoreCase: true))
                matches.TryAdd(name, directive);
        }
    }
}
