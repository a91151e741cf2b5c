using Sigrun.Commands;

namespace Sigrun.Generators;

/// <summary>
/// Records the answers of COMMAND INFO and COMMAND DOCS for one command, up to the subcommands, which the server
/// appends: the order of the fields and the spelling are those that clients know.
/// </summary>
internal static class ReplyRecorder
{
    private static readonly string[] FlagNames =
    [
        "write", "readonly", "denyoom", "module", "admin", "pubsub", "noscript", "blocking", "loading", "stale",
        "skip_monitor", "skip_commandlog", "asking", "fast", "no_auth", "no_mandatory_keys", "no_async_loading",
        "no_multi", "movablekeys", "allow_busy",
    ];

    private static readonly string[] GroupNames =
    [
        "generic", "string", "list", "set", "sorted-set", "hash", "pubsub", "transactions", "connection", "server",
        "scripting", "hyperloglog", "cluster", "sentinel", "geo", "stream", "bitmap", "module",
    ];

    private static readonly string[] DocFlagNames = ["deprecated", "syscmd"];

    private static readonly string[] ArgumentFlagNames = ["optional", "multiple", "multiple_token"];

    public static void RecordInfo(TapeWriter tape, CommandEntry entry)
    {
        tape.Array(10);
        tape.Bulk(entry.Model.FullName);
        tape.Integer(entry.Model.Arity);
        Flags(tape, (ulong)entry.Flags, FlagNames);
        tape.Integer(entry.Range.FirstKey);
        tape.Integer(entry.Range.LastKey);
        tape.Integer(entry.Range.Step);
        Flags(tape, (ulong)entry.Categories, [.. Enumerable.Range(0, AclCategoryNames.Count).Select(bit => "@" + AclCategoryNames.Name(bit))]);
        string[] tips = entry.Model.Tips.Split([' '], StringSplitOptions.RemoveEmptyEntries);
        tape.Set(tips.Length);
        foreach (string tip in tips) tape.Bulk(tip);
        tape.Set(entry.KeySpecs.Length);
        foreach (KeySpec spec in entry.KeySpecs) RecordKeySpec(tape, spec);
    }

    public static void RecordDocs(TapeWriter tape, CommandEntry entry)
    {
        CommandModel model = entry.Model;
        CommandDocFlags docFlags = model.DocFlags | (model.DeprecatedSince is null ? 0 : CommandDocFlags.Deprecated);
        bool[] optional =
        [
            model.Complexity.Length > 0, docFlags != 0, model.DeprecatedSince is not null, model.ReplacedBy is not null,
            model.History.Length > 0, entry.Arguments.Count > 0, entry.SubcommandCount > 0,
        ];
        tape.Map(3 + optional.Count(present => present));
        tape.Field("summary", model.Summary);
        tape.Field("since", model.Since);
        tape.Field("group", GroupNames[(int)model.Group]);
        if (model.Complexity.Length > 0) tape.Field("complexity", model.Complexity);
        if (docFlags != 0)
        {
            tape.Bulk("doc_flags");
            Flags(tape, (ulong)docFlags, DocFlagNames);
        }

        if (model.DeprecatedSince is not null) tape.Field("deprecated_since", model.DeprecatedSince);
        if (model.ReplacedBy is not null) tape.Field("replaced_by", model.ReplacedBy);
        if (model.History.Length > 0) RecordHistory(tape, model);
        if (entry.Arguments.Count > 0)
        {
            tape.Bulk("arguments");
            RecordArguments(tape, entry.Arguments);
        }

        if (entry.SubcommandCount > 0) tape.Bulk("subcommands");
    }

    private static void RecordHistory(TapeWriter tape, CommandModel model)
    {
        tape.Bulk("history");
        tape.Set(model.History.Length);
        foreach (string change in model.History)
        {
            int colon = change.IndexOf(": ", StringComparison.Ordinal);
            tape.Array(2);
            tape.Bulk(change.Substring(0, colon));
            tape.Bulk(change.Substring(colon + 2));
        }
    }

    private static void RecordKeySpec(TapeWriter tape, KeySpec spec)
    {
        tape.Map(spec.Note.Length > 0 ? 4 : 3);
        if (spec.Note.Length > 0) tape.Field("notes", spec.Note);
        tape.Bulk("flags");
        Flags(tape, (ulong)spec.Flags, [.. Enumerable.Range(0, KeyFlagNames.Count).Select(KeyFlagNames.Name)]);
        tape.Bulk("begin_search");
        RecordSearch(tape, spec.Begin switch
        {
            BeginSearch.Index => ("index", [("index", spec.Position)]),
            BeginSearch.Keyword => ("keyword", [("keyword", spec.Keyword), ("startfrom", spec.Position)]),
            _ => ("unknown", []),
        });
        tape.Bulk("find_keys");
        RecordSearch(tape, spec.Find switch
        {
            FindKeys.Range => ("range", [("lastkey", spec.A), ("keystep", spec.B), ("limit", spec.C)]),
            FindKeys.KeyNumber => ("keynum", [("keynumidx", spec.A), ("firstkey", spec.B), ("keystep", spec.C)]),
            _ => ("unknown", []),
        });
    }

    private static void RecordSearch(TapeWriter tape, (string Type, (string Name, object Value)[] Fields) search)
    {
        tape.Map(2);
        tape.Field("type", search.Type);
        tape.Bulk("spec");
        tape.Map(search.Fields.Length);
        foreach ((string name, object value) in search.Fields)
        {
            tape.Bulk(name);
            if (value is int number) tape.Integer(number);
            else tape.Bulk((string)value);
        }
    }

    private static void RecordArguments(TapeWriter tape, IReadOnlyList<Argument> arguments)
    {
        tape.Array(arguments.Count);
        foreach (Argument argument in arguments) RecordArgument(tape, argument);
    }

    private static void RecordArgument(TapeWriter tape, Argument argument)
    {
        ulong flags = (argument.Optional ? 1UL : 0) | (argument.Multiple ? 2UL : 0) | (argument.MultipleToken ? 4UL : 0);
        bool[] optional =
        [
            argument.KeySpecIndex >= 0, argument.Token is not null, argument.Since is not null,
            argument.DeprecatedSince is not null, flags != 0,
        ];

        // Name, type, and either the display text or the nested arguments.
        tape.Map(3 + optional.Count(present => present));
        tape.Field("name", argument.Name);
        tape.Field("type", argument.Type);
        if (!argument.HasChildren) tape.Field("display_text", argument.DisplayText ?? argument.Name);
        if (argument.KeySpecIndex >= 0)
        {
            tape.Bulk("key_spec_index");
            tape.Integer(argument.KeySpecIndex);
        }

        if (argument.Token is not null) tape.Field("token", argument.Token);
        if (argument.Since is not null) tape.Field("since", argument.Since);
        if (argument.DeprecatedSince is not null) tape.Field("deprecated_since", argument.DeprecatedSince);
        if (flags != 0)
        {
            tape.Bulk("flags");
            Flags(tape, flags, ArgumentFlagNames);
        }

        if (!argument.HasChildren) return;
        tape.Bulk("arguments");
        RecordArguments(tape, argument.Children);
    }

    // Flags are sets of simple strings, in the order of their bits.
    private static void Flags(TapeWriter tape, ulong flags, string[] names)
    {
        List<string> set = [.. names.Where((_, bit) => (flags >> bit & 1) != 0)];
        tape.Set(set.Count);
        foreach (string name in set) tape.Simple(name);
    }
}
