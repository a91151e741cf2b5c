using System.Text;

namespace Sigrun.Configuration;

/// <summary>What a directive means to this version of the server.</summary>
internal enum Support : byte
{
    /// <summary>The feature behind it exists.</summary>
    Works,

    /// <summary>It only tunes something that is done differently here, or not yet: accepted, with one line in the log.</summary>
    Tuning,

    /// <summary>It promises something that does not exist yet (durability, security, a limit, replication): only its default is accepted.</summary>
    Pending,
}

/// <summary>How a directive may be used; the words are those of the reference server.</summary>
[Flags]
internal enum DirectiveFlags : byte
{
    /// <summary>An ordinary directive.</summary>
    None = 0,

    /// <summary>Only the configuration file and the command line may set it.</summary>
    Immutable = 1,

    /// <summary>Its value never appears in logs or MONITOR.</summary>
    Sensitive = 2,

    /// <summary>It takes several arguments.</summary>
    MultipleArguments = 4,

    /// <summary>CONFIG GET shows it only when asked for by its exact name.</summary>
    Hidden = 8,

    /// <summary>CONFIG SET changes it only where enable-protected-configs allows that.</summary>
    Protected = 16,

    /// <summary>CONFIG SET refuses it while a data set is loaded.</summary>
    DenyLoading = 32,

    /// <summary>It names something outside (a file), so that setting the same value again applies it again.</summary>
    Reloads = 64,

    /// <summary>It is useful for debugging.</summary>
    Debug = 128,
}

/// <summary>What setting a directive did.</summary>
internal enum SetOutcome : byte
{
    /// <summary>The value was not valid; nothing changed.</summary>
    Refused,

    /// <summary>The value was stored and has to be applied.</summary>
    Changed,

    /// <summary>The value was the present one.</summary>
    Unchanged,
}

/// <summary>What a directive sees while it is set: the settings it writes to, and where the value comes from.</summary>
internal sealed class SetContext(EngineSettings settings)
{
    /// <summary>The settings that are changed.</summary>
    public EngineSettings Settings { get; } = settings;

    /// <summary>True while a file or the command line is read, where some directives add up instead of replacing.</summary>
    public bool ReadingFile { get; set; }

    /// <summary>True once a save point was read, from where on they add up.</summary>
    public bool SavePointsRead { get; set; }

    /// <summary>Remarks to log that do not make the value invalid.</summary>
    public List<string> Warnings { get; } = [];
}

/// <summary>One configuration directive: its names, its rules, and how its text is turned into a setting and back.</summary>
/// <remarks>
/// A directive holds no value: the value is a plain typed field of one of the objects in
/// <see cref="EngineSettings"/>, which the code that needs it reads directly. A directive reaches the field through
/// a lambda, so two engines share the code but no state. Text is bytes held as Latin-1, see <see cref="ConfigText"/>.
/// Setting is all or nothing: a refused value leaves the field as it was.
/// </remarks>
internal abstract class Directive(Support support, string name, string? alias, DirectiveFlags flags)
{
    /// <summary>The name in the configuration file.</summary>
    public string Name { get; } = name;

    /// <summary>A second, older name, or null.</summary>
    public string? Alias { get; } = alias;

    /// <summary>How it may be used.</summary>
    public DirectiveFlags Flags { get; } = flags;

    /// <summary>What it means to this version.</summary>
    public Support Support { get; } = support;

    /// <summary>Whether it was set, since the start or by it.</summary>
    public bool WasSet { get; set; }

    /// <summary>Called when its value was changed at run time: null, or why the change cannot be. Null where nothing has to happen.</summary>
    public Func<string?>? Applier { get; set; }

    /// <summary>Whether <paramref name="flag"/> is among its flags.</summary>
    public bool Is(DirectiveFlags flag) => (Flags & flag) != 0;

    /// <summary>Stores what <paramref name="args"/> say, or says in <paramref name="error"/> why not.</summary>
    public abstract SetOutcome Set(SetContext context, ReadOnlySpan<string> args, out string? error);

    /// <summary>The present value as CONFIG GET shows it.</summary>
    public abstract string Get(EngineSettings settings);

    /// <summary>
    /// The present value as the lines of a file say it, without the name: as many as the directive has lines, none where only
    /// leaving it out gives this value.
    /// </summary>
    public virtual string[] FileValues(EngineSettings settings) => [Get(settings)];

    /// <summary>Whether a rewritten file has the value even where it is the default one.</summary>
    public virtual bool IsAlwaysWritten => false;

    /// <summary>A line for the log about the present value, or null.</summary>
    public virtual string? Note(EngineSettings settings, EngineSettings defaults)
    {
        if (Support != Support.Tuning || Get(settings) == Get(defaults))
            return null;
        return $"The directive '{Name}' is accepted but has no effect in this version.";
    }

    /// <summary>A text in quotes, so that a line may hold any.</summary>
    protected static string Quoted(string text)
    {
        var quoted = new StringBuilder();
        ConfigurationLine.AppendQuoted(quoted, text);
        return quoted.ToString();
    }

    /// <summary>The outcome of storing a value: files named by volatile directives count as changed each time.</summary>
    protected SetOutcome Outcome(bool changed) =>
        changed || Is(DirectiveFlags.Reloads) ? SetOutcome.Changed : SetOutcome.Unchanged;
}
