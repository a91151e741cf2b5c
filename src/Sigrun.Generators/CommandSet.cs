using System.Text;
using Microsoft.CodeAnalysis;
using Sigrun.Commands;

namespace Sigrun.Generators;

/// <summary>A command with its place in the table and everything derived from its attribute.</summary>
internal sealed class CommandEntry(CommandModel model, int id, int scope)
{
    public CommandModel Model { get; } = model;

    public int Id { get; } = id;

    /// <summary>0 for a command, the container's id + 1 for a subcommand.</summary>
    public int Scope { get; } = scope;

    public int SubcommandCount { get; set; }

    public KeySpec[] KeySpecs { get; set; } = [];

    public LegacyRange Range { get; set; }

    public AclCategories Categories { get; set; }

    public IReadOnlyList<Argument> Arguments { get; set; } = [];

    /// <summary>The flags with those that are derived from the key specs.</summary>
    public CommandFlags Flags => Model.Flags | (Range.MovableKeys ? CommandFlags.MovableKeys : CommandFlags.None);

    public CommandNameHash Hash => new(Encoding.ASCII.GetBytes(Model.Name), Scope);
}

/// <summary>
/// All commands of a compilation, checked and in table order: by name, each container followed by its subcommands.
/// A command with a mistake is reported and left out.
/// </summary>
internal sealed class CommandSet
{
    private readonly List<CommandEntry> _entries = [];
    private readonly Action<Diagnostic> _report;

    private CommandSet(Action<Diagnostic> report) => _report = report;

    public IReadOnlyList<CommandEntry> Entries => _entries;

    public static CommandSet Build(IEnumerable<CommandModel> models, Action<Diagnostic> report)
    {
        var set = new CommandSet(report);
        List<CommandModel> sound = [.. set.WithoutDuplicates(models.Where(set.IsSound))];
        ILookup<string, CommandModel> subcommands = sound.Where(c => c.Container is not null).ToLookup(c => c.Container!);
        foreach (CommandModel command in sound.Where(c => c.Container is null).OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            CommandEntry entry = set.Add(command, 0);
            foreach (CommandModel sub in subcommands[command.Name].OrderBy(c => c.Name, StringComparer.Ordinal))
            {
                set.Add(sub, entry.Id + 1);
                entry.SubcommandCount++;
            }
        }

        set.ReportOrphans(sound);
        return set;
    }

    private CommandEntry Add(CommandModel model, int scope)
    {
        var entry = new CommandEntry(model, _entries.Count, scope);
        Attempt(model, Diagnostics.BadKeys, () =>
        {
            entry.KeySpecs = KeySpec.ParseAll(model.Keys);
            entry.Range = LegacyRange.Of(entry.KeySpecs);
        });
        Attempt(model, Diagnostics.BadSyntax, () => entry.Arguments = SyntaxParser.Parse(model.Syntax, entry.KeySpecs.Length));
        Attempt(model, Diagnostics.BadCategory, () => entry.Categories = CategoryRules.Of(model));
        _entries.Add(entry);
        return entry;
    }

    private void Attempt(CommandModel model, DiagnosticDescriptor descriptor, Action parse)
    {
        try
        {
            parse();
        }
        catch (FormatException mistake)
        {
            Report(descriptor, model, mistake.Message);
        }
    }

    private bool IsSound(CommandModel model)
    {
        string? mistake = model.Error ?? MistakeIn(model);
        if (mistake is not null) Report(Diagnostics.BadDeclaration, model, mistake);
        return mistake is null;
    }

    private static string? MistakeIn(CommandModel model)
    {
        if (model.Name.Length == 0 || !model.Name.All(IsNameCharacter)) return "a name is made of capitals, digits, '-', '_' and '.'";
        if (model.Arity == 0) return "the arity is missing";
        if (model.Container is not null && Math.Abs(model.Arity) < 2) return "the arity of a subcommand counts both names";
        if (model.Since.Length == 0) return "Since is missing";
        if (model.Summary.Length == 0) return "the summary is missing";
        if (Texts(model).Any(text => text.Any(c => c is < ' ' or > '~'))) return "a text has characters outside ASCII";
        if ((model.Flags & CommandFlags.MovableKeys) != 0) return "MovableKeys follows from the key specs and is not declared";
        if ((model.Flags & CommandFlags.Write) != 0 && (model.Flags & CommandFlags.ReadOnly) != 0) return "a command is Write or ReadOnly, not both";
        return model.History.All(h => h.IndexOf(": ", StringComparison.Ordinal) > 0) ? null : "an entry of History is 'version: text'";
    }

    private static IEnumerable<string> Texts(CommandModel model) =>
        model.History.Concat([model.Summary, model.Complexity, model.Since, model.Keys, model.Syntax, model.Tips, model.ReplacedBy ?? ""]);

    private static bool IsNameCharacter(char c) => c is (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '-' or '_' or '.';

    private IEnumerable<CommandModel> WithoutDuplicates(IEnumerable<CommandModel> models)
    {
        var seen = new HashSet<string>();
        foreach (CommandModel model in models)
        {
            if (seen.Add(model.FullName)) yield return model;
            else Report(Diagnostics.Duplicate, model, "");
        }
    }

    private void ReportOrphans(List<CommandModel> sound)
    {
        var containers = new HashSet<string>(sound.Where(c => c.Container is null).Select(c => c.Name));
        foreach (CommandModel orphan in sound.Where(c => c.Container is not null && !containers.Contains(c.Container)))
        {
            Report(Diagnostics.BadDeclaration, orphan, "no attribute declares its container");
        }
    }

    private void Report(DiagnosticDescriptor descriptor, CommandModel model, string detail) =>
        _report(Diagnostic.Create(descriptor, model.Place.ToLocation(), model.Title, detail));
}
