using System.Text;

namespace Sigrun.Commands;

/// <summary>MODULE: there are no modules, since they are libraries made for another program; tools ask for them all the same.</summary>
[Command("MODULE", Arity = -2, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "Varies by subcommand",
    Summary = "Commands about modules.")]
internal static class ModuleCommands
{
    private const CommandFlags Changes = CommandFlags.NoAsyncLoading | CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Protected;

    [Command("LIST", Container = "MODULE", Arity = 2, Flags = CommandFlags.Admin | CommandFlags.NoScript, Group = CommandGroup.Server,
        Since = "4.0.0", Complexity = "O(N)", Tips = "nondeterministic_output_order", Summary = "Lists the modules that are loaded.")]
    public static void List(CommandContext c) => c.Reply.Array(0);

    [Command("LOAD", Container = "MODULE", Arity = -3, Flags = Changes, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "O(1)",
        Summary = "Loads a module.", Syntax = "path [arg [arg ...]]")]
    public static void Load(CommandContext c) => RefuseToLoad(c);

    [Command("LOADEX", Container = "MODULE", Arity = -3, Flags = Changes, Group = CommandGroup.Server, Since = "7.0.0", Complexity = "O(1)",
        Summary = "Loads a module with settings.", Syntax = "path [<configs=CONFIG name value> [CONFIG name value ...]] [<args=ARGS args> [ARGS args ...]]")]
    public static void LoadEx(CommandContext c) => RefuseToLoad(c);

    [Command("UNLOAD", Container = "MODULE", Arity = 3, Flags = Changes, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "O(1)",
        Summary = "Unloads a module.", Syntax = "name")]
    public static void Unload(CommandContext c)
    {
        const string Reason = "no such module with that name";
        c.Engine.Log.Warning($"Error unloading module {Encoding.UTF8.GetString(CommandErrors.UpToNul(c.Arg(2)))}: {Reason}");
        c.Reply.Error("ERR Error unloading module: " + Reason);
    }

    [Command("HELP", Container = "MODULE", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Server,
        Since = "5.0.0", Complexity = "O(1)", Summary = "Lists the MODULE subcommands.")]
    public static void Help(CommandContext c) => HelpReply.Write(c.Reply, "MODULE"u8, """
        LIST
            Lists the modules that are loaded.
        LOAD <path> [<arg> ...]
            Refused: this server has no modules.
        LOADEX <path> [CONFIG <name> <value> ...] [ARGS <arg> ...]
            Likewise.
        UNLOAD <name>
            Refused, since there is none.
        """u8);

    private static void RefuseToLoad(CommandContext c)
    {
        c.Engine.Log.Warning($"Module {Encoding.UTF8.GetString(CommandErrors.UpToNul(c.Arg(2)))} failed to load: Modules are not available in this version");
        c.Reply.Error("ERR Error loading the extension. Please check the server logs."u8);
    }
}
