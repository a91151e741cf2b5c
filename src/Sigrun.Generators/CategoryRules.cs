using Sigrun.Commands;

namespace Sigrun.Generators;

/// <summary>Derives a command's ACL categories from its flags, its group and the attribute's explicit list.</summary>
internal static class CategoryRules
{
    /// <summary>The categories of a command.</summary>
    /// <exception cref="FormatException">The explicit list names an unknown category.</exception>
    public static AclCategories Of(CommandModel command)
    {
        AclCategories categories = OfFlags(command);

        // A container alone does nothing to anything: only its subcommands are in the group's category.
        if (command.Handler is not null) categories |= OfGroup(command.Group);
        foreach (string word in command.Acl.Split([' '], StringSplitOptions.RemoveEmptyEntries))
        {
            bool remove = word[0] == '-';
            AclCategories category = Parse(remove ? word.Substring(1) : word);
            categories = remove ? categories & ~category : categories | category;
        }

        return categories;
    }

    private static AclCategories OfFlags(CommandModel command)
    {
        CommandFlags flags = command.Flags;
        AclCategories categories = (flags & CommandFlags.Fast) != 0 ? AclCategories.Fast : AclCategories.Slow;
        if ((flags & CommandFlags.Write) != 0) categories |= AclCategories.Write;
        if ((flags & CommandFlags.ReadOnly) != 0 && command.Group != CommandGroup.Scripting) categories |= AclCategories.Read;
        if ((flags & CommandFlags.Admin) != 0) categories |= AclCategories.Admin | AclCategories.Dangerous;
        if ((flags & CommandFlags.PubSub) != 0) categories |= AclCategories.PubSub;
        if ((flags & CommandFlags.Blocking) != 0) categories |= AclCategories.Blocking;
        return categories;
    }

    private static AclCategories OfGroup(CommandGroup group) => group switch
    {
        CommandGroup.Generic => AclCategories.Keyspace,
        CommandGroup.String => AclCategories.String,
        CommandGroup.List => AclCategories.List,
        CommandGroup.Set => AclCategories.Set,
        CommandGroup.SortedSet => AclCategories.SortedSet,
        CommandGroup.Hash => AclCategories.Hash,
        CommandGroup.PubSub => AclCategories.PubSub,
        CommandGroup.Transactions => AclCategories.Transaction,
        CommandGroup.Connection => AclCategories.Connection,
        CommandGroup.Scripting => AclCategories.Scripting,
        CommandGroup.HyperLogLog => AclCategories.HyperLogLog,
        CommandGroup.Geo => AclCategories.Geo,
        CommandGroup.Stream => AclCategories.Stream,
        CommandGroup.Bitmap => AclCategories.Bitmap,
        _ => AclCategories.None,
    };

    private static AclCategories Parse(string name)
    {
        for (int bit = 0; bit < AclCategoryNames.Count; bit++)
        {
            if (AclCategoryNames.Name(bit) == name) return (AclCategories)(1u << bit);
        }

        throw new FormatException($"'{name}' is not an ACL category");
    }
}
