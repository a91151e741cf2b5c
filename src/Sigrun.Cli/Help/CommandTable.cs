using System.Text;
using Sigrun.Client;

namespace Sigrun.Cli.Help;

/// <summary>What the connected server says about its commands: for help, for completion and for hints.</summary>
internal sealed class CommandTable
{
    private readonly List<CommandEntry> _entries = [];
    private readonly List<string> _topics = [];

    private CommandTable()
    {
    }

    /// <summary>All commands in the order of their names.</summary>
    public IReadOnlyList<CommandEntry> Entries => _entries;

    /// <summary>Asks the server; the table is empty when there is none, or it does not tell.</summary>
    public static CommandTable Load(Session session)
    {
        var table = new CommandTable();
        if (!session.Connect(quiet: true)) return table;
        try
        {
            Reply docs = session.Connection!.Call("COMMAND", "DOCS");
            if (docs.Type is ReplyType.Map or ReplyType.Array) table.Read(docs);
            else if (docs.IsError) table.ReadBrief(session.Connection.Call("COMMAND"));
        }
        catch (ConnectionException)
        {
            // The next command will say what is wrong.
        }
        return table;
    }

    /// <summary>Reads the reply to COMMAND DOCS.</summary>
    public static CommandTable Of(Reply docs)
    {
        var table = new CommandTable();
        table.Read(docs);
        return table;
    }

    /// <summary>What a beginning of a line can become.</summary>
    public List<string> Complete(string line)
    {
        const string Help = "help ";
        int start = 0;
        if (line.StartsWith(Help, StringComparison.OrdinalIgnoreCase))
        {
            start = Help.Length;
            while (start < line.Length && char.IsWhiteSpace(line[start])) start++;
        }
        string begin = line[start..];
        IEnumerable<string> names = start > 0 ? _topics.Concat(_entries.Select(static e => e.FullName)) : _entries.Select(static e => e.FullName);
        return [.. names.Where(n => n.StartsWith(begin, StringComparison.OrdinalIgnoreCase)).Select(n => line[..start] + n)];
    }

    /// <summary>What may follow a line; null where its command is not known.</summary>
    public string? Hint(string line)
    {
        if (ArgumentList.Split(Encoding.UTF8.GetBytes(line)) is not { } arguments) return null;
        string[] words = [.. arguments.Select(Encoding.UTF8.GetString)];
        // The last word counts when it is finished.
        bool isFinished = line.Length > 0 && char.IsWhiteSpace(line[^1]);
        ReadOnlySpan<string> typed = words.AsSpan(0, Math.Max(0, isFinished ? words.Length : words.Length - 1));
        if (Find(typed) is not { } entry) return null;
        typed = typed[entry.Words.Length..];
        if (entry.Arguments is not { } docs) return typed.IsEmpty ? entry.Parameters ?? "" : "";
        foreach (ArgumentDoc argument in docs) argument.Forget();
        return ArgumentMatcher.Match(typed, docs) == typed.Length ? HintWriter.Write(docs) : "";
    }

    private void Read(Reply docs)
    {
        for (int i = 0; i + 1 < docs.Elements.Length; i += 2) CommandEntry.Read(docs.Elements[i], docs.Elements[i + 1], _entries);
        Sort();
    }

    /// <summary>Servers before 7.0 have only this.</summary>
    private void ReadBrief(Reply descriptions)
    {
        _entries.AddRange(descriptions.Elements.Select(CommandEntry.ReadBrief).OfType<CommandEntry>());
        Sort();
    }

    private void Sort()
    {
        _entries.Sort(static (a, b) => string.CompareOrdinal(a.FullName, b.FullName));
        _topics.AddRange(_entries.Select(static e => "@" + e.Group).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>The command that the most of the words are.</summary>
    private CommandEntry? Find(ReadOnlySpan<string> words)
    {
        CommandEntry? found = null;
        foreach (CommandEntry entry in _entries)
        {
            if (entry.Words.Length > words.Length || entry.Words.Length <= (found?.Words.Length ?? 0)) continue;
            bool fits = true;
            for (int i = 0; i < entry.Words.Length && fits; i++) fits = entry.Words[i].Equals(words[i], StringComparison.OrdinalIgnoreCase);
            if (fits) found = entry;
        }
        return found;
    }
}
