namespace Sigrun.Configuration;

/// <summary>All directives, by name and by alias. Built once per engine, then only read.</summary>
/// <remarks>
/// The declarations stand beside the fields they set: one static method per settings class, called here. Building
/// costs a delegate per directive and no reflection, well under a millisecond in compiled code.
/// </remarks>
internal sealed class DirectiveTable
{
    private readonly Dictionary<string, Directive> _byName = new(300, StringComparer.OrdinalIgnoreCase);
    private readonly List<Directive> _all = new(260);

    /// <summary>Declares every directive.</summary>
    public DirectiveTable()
    {
        NetworkSettings.Declare(this);
        MemorySettings.Declare(this);
        TypeSettings.Declare(this);
        PersistenceSettings.Declare(this);
        ReplicationSettings.Declare(this);
        ClusterSettings.Declare(this);
        SecuritySettings.Declare(this);
        LdapSettings.Declare(this);
        TlsSettings.Declare(this);
        ObservabilitySettings.Declare(this);
        ProcessSettings.Declare(this);
        RedisSettings.Declare(this);
    }

    /// <summary>Every directive once, in the order of declaration.</summary>
    public IReadOnlyList<Directive> All => _all;

    /// <summary>Every name and alias with its directive.</summary>
    public IEnumerable<KeyValuePair<string, Directive>> Names => _byName;

    /// <summary>The directive of this name or alias, in any case; null when there is none.</summary>
    public Directive? Find(string name) => _byName.TryGetValue(name, out Directive? directive) ? directive : null;

    /// <summary>Adds a directive.</summary>
    public void Add(Directive directive)
    {
        _all.Add(directive);
        _byName.Add(directive.Name, directive);
        if (directive.Alias != null)
            _byName.Add(directive.Alias, directive);
    }

    /// <summary>Declares a yes-or-no directive.</summary>
    public void Bool(Support support, string name, BoolField field, string? alias = null, DirectiveFlags flags = DirectiveFlags.None,
        Func<bool, string?>? check = null) => Add(new BoolDirective(support, name, field, alias, flags, check));

    /// <summary>Declares a text directive whose default is null, which empty text means.</summary>
    public void OptionalText(Support support, string name, TextField field, string? alias = null,
        DirectiveFlags flags = DirectiveFlags.None, Func<string, string?>? check = null) =>
        Add(new TextDirective(support, name, field, alias, flags, emptyIsNull: true, check));

    /// <summary>Declares a text directive that may be empty but never null.</summary>
    public void Text(Support support, string name, TextField field, string? alias = null, DirectiveFlags flags = DirectiveFlags.None,
        Func<string, string?>? check = null) => Add(new TextDirective(support, name, field, alias, flags, emptyIsNull: false, check));

    /// <summary>Declares a directive that is one of a list of words.</summary>
    public void Word(Support support, string name, Func<EngineSettings, int> read, Action<EngineSettings, int> write, WordList words,
        string? alias = null, DirectiveFlags flags = DirectiveFlags.None, Func<int, string?>? check = null) =>
        Add(new WordDirective(support, name, read, write, words, alias, flags, check));

    /// <summary>Declares a number in an int field.</summary>
    public void Int(Support support, string name, IntField field, int min, int max, NumberForm form = NumberForm.Plain,
        string? alias = null, DirectiveFlags flags = DirectiveFlags.None, Func<long, long>? normalize = null) =>
        Add(new IntDirective(support, name, field, min, max, form, alias, flags, normalize));

    /// <summary>Declares a number in a uint field.</summary>
    public void UInt(Support support, string name, UIntField field, uint min, uint max, NumberForm form = NumberForm.Plain,
        string? alias = null, DirectiveFlags flags = DirectiveFlags.None) =>
        Add(new UIntDirective(support, name, field, min, max, form, alias, flags));

    /// <summary>Declares a number in a long field.</summary>
    public void Long(Support support, string name, LongField field, long min, long max, NumberForm form = NumberForm.Plain,
        string? alias = null, DirectiveFlags flags = DirectiveFlags.None, Func<long, long>? normalize = null) =>
        Add(new LongDirective(support, name, field, min, max, form, alias, flags, normalize));

    /// <summary>Declares a number in a ulong field.</summary>
    public void ULong(Support support, string name, ULongField field, ulong min, ulong max, NumberForm form = NumberForm.Plain,
        string? alias = null, DirectiveFlags flags = DirectiveFlags.None) =>
        Add(new ULongDirective(support, name, field, min, max, form, alias, flags));
}
