using System.Text;

namespace Sigrun.Cli.Help;

/// <summary>The command <c>help</c> of the tool.</summary>
internal sealed class CommandHelpPrinter(Func<CommandTable> table, CliConsole console)
{
    private const string General = $"""
        {Usage.ToolName}
          help @<group>     the commands of a group
          help <command>    a command
          help <Tab>        what there is help on
          quit              the end

        Preferences, also in ~/.valkeyclirc, one per line:
          :set hints        show what may follow while a command is typed
          :set nohints      do not

        Keys: Tab completes, Ctrl-R searches what was typed before, and those of Emacs.

        """;

    /// <summary>Prints help on a command, on a group or in general.</summary>
    public void Print(ReadOnlySpan<byte[]> topic)
    {
        if (topic.IsEmpty)
        {
            console.Print(General);
            return;
        }
        string[] words = new string[topic.Length];
        for (int i = 0; i < words.Length; i++) words[i] = Encoding.UTF8.GetString(topic[i]);
        string? group = words[0].StartsWith('@') ? words[0][1..] : null;
        foreach (CommandEntry entry in table().Entries)
        {
            if (group is null ? !StartsWith(entry.Words, words) : !group.Equals(entry.Group, StringComparison.OrdinalIgnoreCase)) continue;
            Print(entry, withGroup: group is null);
        }
        console.Print("\r\n");
    }

    private void Print(CommandEntry entry, bool withGroup)
    {
        console.Print($"\r\n  \e[1m{entry.FullName}\e[0m \e[90m{entry.Parameters}\e[0m\r\n");
        console.Print($"  \e[33msummary:\e[0m {entry.Summary}\r\n");
        if (entry.Since is not null) console.Print($"  \e[33msince:\e[0m {entry.Since}\r\n");
        if (withGroup) console.Print($"  \e[33mgroup:\e[0m {entry.Group}\r\n");
    }

    private static bool StartsWith(string[] name, string[] words)
    {
        if (words.Length > name.Length) return false;
        for (int i = 0; i < words.Length; i++)
        {
            if (!name[i].Equals(words[i], StringComparison.OrdinalIgnoreCase)) return false;
        }
        return true;
    }
}
