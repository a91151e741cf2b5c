using Sigrun.Client;

namespace Sigrun.Cli.Help;

/// <summary>A command or subcommand as COMMAND DOCS describes it.</summary>
internal sealed class CommandEntry
{
    private const int BriefArgumentsMax = 100;

    private CommandEntry(string[] words, ArgumentDoc[]? arguments, Reply docs)
    {
        Words = words;
        FullName = string.Join(' ', words);
        Arguments = arguments;
        Parameters = arguments is null ? null : HintWriter.Write(arguments);
        Summary = docs.Find("summary"u8)?.Text;
        Since = docs.Find("since"u8)?.Text;
        Group = docs.Find("group"u8)?.Text;
    }

    private CommandEntry(string name, string parameters)
    {
        Words = [name];
        FullName = name;
        Parameters = parameters;
        Summary = "Help not available";
        Since = "Not known";
        Group = "generic";
    }

    /// <summary>The name, and that of the subcommand, in capitals.</summary>
    public string[] Words { get; }

    /// <summary>The words with blanks in between.</summary>
    public string FullName { get; }

    /// <summary>The arguments; null where nothing is known of them.</summary>
    public ArgumentDoc[]? Arguments { get; }

    /// <summary>The arguments as text.</summary>
    public string? Parameters { get; }

    /// <summary>What it does.</summary>
    public string? Summary { get; }

    /// <summary>The version that brought it.</summary>
    public string? Since { get; }

    /// <summary>The group that it belongs to.</summary>
    public string? Group { get; }

    /// <summary>Reads a command and its subcommands.</summary>
    public static void Read(Reply name, Reply docs, List<CommandEntry> entries)
    {
        string command = name.Text.ToUpperInvariant();
        entries.Add(new CommandEntry([command], ArgumentsOf(docs), docs));
        Reply[] subcommands = docs.Find("subcommands"u8)?.Elements ?? [];
        for (int i = 0; i + 1 < subcommands.Length; i += 2)
        {
            // The name of a subcommand carries that of the command in front of a bar.
            string word = subcommands[i].Text;
            word = word[(word.IndexOf('|', StringComparison.Ordinal) + 1)..].ToUpperInvariant();
            entries.Add(new CommandEntry([command, word], ArgumentsOf(subcommands[i + 1]), subcommands[i + 1]));
        }
    }

    /// <summary>Reads a command as COMMAND describes it, which is less: the number of arguments, and whether there is a key.</summary>
    public static CommandEntry? ReadBrief(Reply description)
    {
        if (description.Elements is not [{ Type: ReplyType.Bulk } name, { Type: ReplyType.Integer } arity, _, { Type: ReplyType.Integer } firstKey, ..]) return null;
        int arguments = (int)Math.Min(Math.Abs(arity.Integer) - 1, BriefArgumentsMax);
        string parameters = "";
        if (firstKey.Integer == 1)
        {
            parameters = "key ";
            arguments--;
        }
        while (arguments-- > 0) parameters += "arg ";
        if (arity.Integer < 0) parameters += "...options...";
        return new CommandEntry(name.Text.ToUpperInvariant(), parameters);
    }

    private static ArgumentDoc[]? ArgumentsOf(Reply docs) => docs.Find("arguments"u8) is { } list ? ArgumentDoc.ReadAll(list) : null;
}
