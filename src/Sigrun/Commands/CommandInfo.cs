namespace Sigrun.Commands;

/// <summary>One row of <see cref="CommandTable"/> as a value: for code that reads better with a name than an index.</summary>
/// <param name="Id">The command's id.</param>
internal readonly record struct CommandInfo(int Id)
{
    /// <summary>The full name in lower case: <c>get</c>, <c>config|get</c>.</summary>
    public ReadOnlySpan<byte> FullName => CommandTable.FullName(Id);

    /// <summary>The number of arguments, the names included; negative for a minimum.</summary>
    public int Arity => CommandTable.Arity[Id];

    /// <summary>What the command is and where it may run.</summary>
    public CommandFlags Flags => (CommandFlags)CommandTable.FlagBits[Id];

    /// <summary>The functional group.</summary>
    public CommandGroup Group => (CommandGroup)CommandTable.GroupNumber[Id];

    /// <summary>The ACL categories.</summary>
    public AclCategories Categories => (AclCategories)CommandTable.CategoryBits[Id];

    /// <summary>Whether the command has subcommands; their ids are <c>Id + 1</c> and on.</summary>
    public bool IsContainer => CommandTable.SubcommandCount[Id] != 0;

    /// <summary>Whether this many arguments, the names included, suit the arity.</summary>
    /// <param name="argCount">The number of arguments.</param>
    public bool AcceptsArgumentCount(int argCount)
    {
        int arity = Arity;
        return arity > 0 ? argCount == arity : argCount >= -arity;
    }
}
