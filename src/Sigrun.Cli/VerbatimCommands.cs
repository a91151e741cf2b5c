namespace Sigrun.Cli;

/// <summary>The commands whose replies are texts for people, also where the protocol calls them strings.</summary>
internal static class VerbatimCommands
{
    /// <summary>Whether a command is one of them.</summary>
    public static bool Contains(ReadOnlySpan<byte[]> command)
    {
        byte[] name = command[0];
        if (name.IsWord("info") || name.IsWord("lolwut")) return true;
        if (command.Length < 2) return false;
        byte[] part = command[1];
        if (name.IsWord("debug")) return part.IsWord("htstats") || part.IsWord("htstats-key") || part.IsWord("client-eviction");
        if (name.IsWord("memory")) return part.IsWord("malloc-stats") || part.IsWord("doctor");
        if (name.IsWord("cluster")) return command.Length == 2 && (part.IsWord("nodes") || part.IsWord("info"));
        if (name.IsWord("client")) return part.IsWord("list") || part.IsWord("info");
        if (name.IsWord("latency"))
            return (command.Length == 3 && part.IsWord("graph")) || (command.Length == 2 && part.IsWord("doctor"));
        return name.IsWord("proxy") && part.IsWord("info");
    }
}
