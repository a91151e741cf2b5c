using Sigrun.Configuration;

namespace Sigrun.Commands;

/// <summary>The CONFIG family: the settings of the running server.</summary>
/// <remarks>The rules are those of <see cref="ServerConfiguration"/>; here they meet arguments and replies.</remarks>
[Command("CONFIG", Arity = -2, Group = CommandGroup.Server, Since = "2.0.0", Complexity = "Depends on subcommand.",
    Summary = "Holds the commands about the server's settings.")]
internal static class ConfigCommands
{
    private const CommandFlags Administrative =
        CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale;

    [Command("GET", Container = "CONFIG", Arity = -3, Flags = Administrative, Group = CommandGroup.Server, Since = "2.0.0",
        Complexity = "O(N) where N is the number of settings", Summary = "Shows the settings whose names match.",
        Syntax = "parameter [parameter ...]", History = ["7.0.0: takes several patterns"])]
    public static void Get(CommandContext c)
    {
        if (c.Engine.Configuration is not { } configuration)
        {
            c.Reply.Map(0);
            return;
        }

        List<KeyValuePair<string, string>> found = configuration.Get(Texts(c));
        c.Reply.Map(found.Count);
        foreach ((string name, string value) in found)
        {
            c.Reply.Bulk(ConfigText.ToBytes(name));
            c.Reply.Bulk(ConfigText.ToBytes(value));
        }
    }

    [Command("SET", Container = "CONFIG", Arity = -4, Flags = Administrative, Group = CommandGroup.Server, Since = "2.0.0",
        Complexity = "O(N) where N is the number of settings given", Summary = "Changes settings, all of those given or none.",
        Syntax = "<data=parameter value> [parameter value ...]", Tips = "request_policy:all_nodes response_policy:all_succeeded",
        History = ["7.0.0: takes several settings"])]
    public static void Set(CommandContext c)
    {
        if (c.ArgCount % 2 != 0)
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }

        string[] pairs = Texts(c);
        if (c.Engine.Configuration is not { } configuration)
        {
            c.Reply.Error($"ERR Unknown option or number of arguments for CONFIG SET - '{pairs[0]}'");
            return;
        }

        // All of them, also those that come after one that is refused.
        for (int i = 0; i < pairs.Length; i += 2)
        {
            if (configuration.IsSensitive(pairs[i])) c.Redact(i + 3);
        }

        string? error = configuration.Set(pairs, MayChangeProtected(c), loading: c.Engine.Loading is not null);
        if (error == null) c.Reply.Ok();
        else c.Reply.Error(error);
    }

    [Command("RESETSTAT", Container = "CONFIG", Arity = 2, Flags = Administrative, Group = CommandGroup.Server, Since = "2.0.0",
        Complexity = "O(1)", Summary = "Sets the statistics of the server to zero.",
        Tips = "request_policy:all_nodes response_policy:all_succeeded")]
    public static void ResetStat(CommandContext c)
    {
        c.Engine.Statistics.Reset(c.Engine);
        c.Engine.Turns.Reset();
        c.Engine.LazyFree.ResetFreed();
        c.Engine.Defrag.ResetFigures();
        c.Engine.Eviction.ResetCounters();
        c.Reply.Ok();
    }

    [Command("REWRITE", Container = "CONFIG", Arity = 2, Flags = Administrative, Group = CommandGroup.Server, Since = "2.8.0",
        Complexity = "O(1)", Summary = "Writes the settings back to the configuration file.",
        Tips = "request_policy:all_nodes response_policy:all_succeeded")]
    public static void Rewrite(CommandContext c)
    {
        if (c.Engine.Configuration?.ConfigFile is null)
        {
            c.Reply.Error("ERR The server is running without a config file"u8);
        }
        else if (new ConfigurationFileUpdate(c.Engine).Run(writesAll: false) is { } reason)
        {
            c.Engine.Log.Warning("CONFIG REWRITE failed: " + reason);
            c.Reply.Error("ERR Rewriting config file: " + reason);
        }
        else
        {
            c.Engine.Log.Notice("CONFIG REWRITE executed with success.");
            c.Reply.Ok();
        }
    }

    [Command("HELP", Container = "CONFIG", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server,
        Since = "5.0.0", Complexity = "O(1)", Summary = "Says what CONFIG can do.")]
    public static void Help(CommandContext c) => HelpReply.Write(c.Reply, "CONFIG"u8,
        """
        GET <pattern>
            The settings whose names match the pattern, and their values.
        SET <directive> <value>
            Gives the setting the value.
        RESETSTAT
            Sets the statistics that INFO shows to zero.
        REWRITE
            Writes the settings back to the file that the server was started with.
        """u8);

    private static bool MayChangeProtected(CommandContext c) => c.Engine.Settings.Security.EnableProtectedConfigs switch
    {
        ProtectedAction.Yes => true,
        ProtectedAction.Local => c.Client.Connection is { IsLocal: true },
        _ => false,
    };

    /// <summary>The arguments after the subcommand.</summary>
    private static string[] Texts(CommandContext c)
    {
        string[] texts = new string[c.ArgCount - 2];
        for (int i = 0; i < texts.Length; i++) texts[i] = ConfigText.FromBytes(c.Arg(i + 2));
        return texts;
    }
}
