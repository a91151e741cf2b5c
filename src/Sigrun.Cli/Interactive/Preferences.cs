using System.Text;

namespace Sigrun.Cli.Interactive;

/// <summary>The commands that begin with a colon: what the user likes, and what the tool tells about itself.</summary>
internal sealed class Preferences(Session session)
{
    /// <summary>Whether hints are shown.</summary>
    public bool ShowHints { get; private set; } = true;

    /// <summary>Reads the preferences file, if there is one.</summary>
    public void Load()
    {
        if (UserFile.Find("VALKEYCLI_RCFILE", "REDISCLI_RCFILE", ".valkeyclirc") is not { } path || !File.Exists(path)) return;
        foreach (string line in File.ReadLines(path))
        {
            if (ArgumentList.Split(Encoding.UTF8.GetBytes(line)) is { Count: > 0 } words) Apply(words, ".valkeyclirc: ");
        }
    }

    /// <summary>Does what a line says; complaints name where it stands.</summary>
    public void Apply(List<byte[]> words, string place = "")
    {
        string? argument = words.Count >= 2 ? Encoding.UTF8.GetString(words[1]) : null;
        if (words[0].IsWord(":set") && argument is not null)
        {
            if (words[1].IsWord("hints")) ShowHints = true;
            else if (words[1].IsWord("nohints")) ShowHints = false;
            else session.Console.PrintLine($"{place}unknown {Usage.ToolName} preference '{argument}'");
        }
        else if (words[0].IsWord(":get") && argument is not null)
        {
            if (words[1].IsWord("pubsub")) session.Console.PrintLine(session.IsSubscribed ? "1" : "0");
            else session.Console.PrintLine($"{place}unknown {Usage.ToolName} get option '{argument}'");
        }
        else
            session.Console.PrintLine($"{place}unknown {Usage.ToolName} internal command '{Encoding.UTF8.GetString(words[0])}'");
        session.Console.Flush();
    }
}
