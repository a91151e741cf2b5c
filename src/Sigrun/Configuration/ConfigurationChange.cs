namespace Sigrun.Configuration;

/// <summary>One CONFIG SET: checks every name, then sets every value, then applies; any failure undoes all of it.</summary>
/// <remarks>The steps are called in this order, each until the first that returns an error reply.</remarks>
internal sealed class ConfigurationChange(ServerConfiguration configuration)
{
    /// <summary>A directive under the name it was found by: a name and its alias count as two, and errors tell them apart.</summary>
    private sealed record Item(string Name, Directive Directive, string Value, string Before);

    private readonly List<Item> _items = [];
    private readonly List<Item> _changed = [];

    /// <summary>Finds the directives and checks that they may be set now.</summary>
    public string? Resolve(ReadOnlySpan<string> pairs, bool protectedAllowed, bool loading)
    {
        for (int i = 0; i + 1 < pairs.Length; i += 2)
        {
            string typed = pairs[i];
            Directive? directive = configuration.Find(typed);
            if (directive == null)
                return $"ERR Unknown option or number of arguments for CONFIG SET - '{typed}'";
            if (directive.Is(DirectiveFlags.Immutable))
                return Failure(typed, "can't set immutable config");
            if (directive.Is(DirectiveFlags.Protected) && !protectedAllowed)
                return Failure(typed, "can't set protected config");
            if (directive.Is(DirectiveFlags.DenyLoading) && loading)
                return $"LOADING {ReplyName} is loading the dataset in memory";
            string name = typed.Equals(directive.Name, StringComparison.OrdinalIgnoreCase) ? directive.Name : directive.Alias!;
            if (_items.Exists(item => item.Name == name))
                return Failure(typed, "duplicate parameter");
            _items.Add(new Item(name, directive, pairs[i + 1], directive.Get(configuration.Settings)));
        }

        return null;
    }

    /// <summary>Stores the values.</summary>
    public string? SetAll()
    {
        foreach (Item item in _items)
        {
            SetOutcome outcome = configuration.SetOne(item.Directive, ServerConfiguration.Values(item.Directive, item.Value),
                out string? error);
            if (outcome == SetOutcome.Refused)
            {
                Restore();
                return Failure(item.Name, error);
            }

            if (outcome == SetOutcome.Changed)
                _changed.Add(item);
        }

        return null;
    }

    /// <summary>Calls the callbacks of what changed, each once.</summary>
    public string? ApplyAll()
    {
        List<Func<string?>> called = [];
        foreach (Item item in _changed)
        {
            if (item.Directive.Applier is not { } apply || called.Contains(apply))
                continue;
            called.Add(apply);
            string? error = apply();
            if (error != null)
            {
                configuration.Log(LogLevel.Warning, "Failed applying new configuration. Possibly related to new "
                    + $"{item.Name} setting. Restoring previous settings.");
                Restore();
                Reapply(called);
                return Failure(item.Name, error);
            }
        }

        configuration.LogNotes(_changed.ConvertAll(static item => item.Directive));
        return null;
    }

    private string ReplyName => configuration.Settings.Types.ExtendedRedisCompatibility ? "Redis" : "Valkey";

    private void Restore()
    {
        foreach (Item item in _items)
            configuration.SetOne(item.Directive, ServerConfiguration.Values(item.Directive, item.Before), out _);
    }

    private void Reapply(List<Func<string?>> appliers)
    {
        foreach (Func<string?> apply in appliers)
        {
            if (apply() is { } error)
                configuration.Log(LogLevel.Warning, "Failed applying restored failed CONFIG SET command: " + error);
        }
    }

    private static string Failure(string name, string? reason) => reason == null
        ? $"ERR CONFIG SET failed (possibly related to argument '{name}')"
        : $"ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}";
}
