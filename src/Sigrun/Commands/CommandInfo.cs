namespace Sigrun.Commands;

/// <summary>What decides whether a command may run, as a value: a view of its row in <see cref="CommandTable"/>.</summary>
/// <param name="Id">The command's id.</param>
internal readonly record struct CommandInfo(int Id)
{
    /// <summary>What the command is and where it may run.</summary>
    public CommandFlags Flags => (CommandFlags)CommandTable.FlagBits[Id];

    /// <summary>The ACL categories.</summary>
    public AclCategories Categories => (AclCategories)CommandTable.CategoryBits[Id];

    /// <summary>Whether this many arguments, the names included, suit the arity.</summary>
    /// <param name="argCount">The number of arguments.</param>
    public bool AcceptsArgumentCount(int argCount)
    {
        int arity = CommandTable.Arity[Id];
        return arity > 0 ? argCount == arity : argCount >= -arity;
    }
}
