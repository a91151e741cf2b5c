using System.Text;
using Sigrun.Commands;

namespace Sigrun.Generators.Tests;

public class LookupTests
{
    [Fact]
    public void Every_name_finds_itself_in_any_case()
    {
        for (int id = 0; id < CommandTable.Count; id++)
        {
            string full = Encoding.ASCII.GetString(CommandTable.FullName(id));
            Assert.Equal(id, Resolve(full.Replace('|', ' ')));
            Assert.Equal(id, Resolve(full.Replace('|', ' ').ToUpperInvariant()));
        }
    }

    [Theory]
    [InlineData("GETT")]
    [InlineData("GE")]
    [InlineData("XET")]
    [InlineData("G\u0005T")]
    [InlineData("GEORADIUSBYMEMBER\u007fRO")] // folds onto the underscore
    [InlineData("GEORADIUSXXMEMBER_RO")] // differs between the first and the last eight bytes
    [InlineData("a-name-longer-than-any-command-there-is")]
    [InlineData("BOX NONE")]
    [InlineData("BOX BOX")]
    public void Other_names_find_nothing(string request) => Assert.Equal(-1, Resolve(request));

    [Fact]
    public void The_empty_name_finds_nothing() => Assert.Equal(-1, CommandTable.Lookup([]));

    [Fact]
    public void A_subcommand_is_not_a_command_and_the_reverse()
    {
        Assert.NotEqual(Resolve("GET"), Resolve("BOX GET"));
        Assert.Equal(-1, CommandTable.Lookup("BOX GET"u8));
        Assert.Equal(-1, CommandTable.LookupSubcommand(CommandIds.Get, "GET"u8));
        Assert.Equal(CommandIds.Box, Resolve("box"));
        Assert.Equal(CommandIds.Get, Resolve("get box"));
    }

    [Fact]
    public void Ids_follow_the_names_and_containers_precede_their_subcommands()
    {
        string[] names = [.. Enumerable.Range(0, CommandTable.Count).Select(id => Encoding.ASCII.GetString(CommandTable.FullName(id)))];
        Assert.Equal(names.OrderBy(name => name, StringComparer.Ordinal), names);
        Assert.Equal(2, CommandTable.SubcommandCount[CommandIds.Box]);
        Assert.Equal("box|get", names[CommandIds.Box + 1]);
        Assert.Equal(CommandTable.Count - 2, CommandTable.TopLevelCount);
    }

    [Fact]
    public void Dispatch_runs_the_handler()
    {
        foreach ((string request, string expected) in new[] { ("get k", "GET"), ("box get x", "BOX GET"), ("vary k v", "VARY"), ("a", "A") })
        {
            var context = new CommandContext(request);
            CommandTable.Dispatch(Resolve(request), context);
            Assert.Equal(expected, context.Ran);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => CommandTable.Dispatch(CommandIds.Box, new CommandContext("box")));
        Assert.Throws<ArgumentOutOfRangeException>(() => CommandTable.Dispatch(-1, new CommandContext("x")));
    }

    [Fact]
    public void Lookup_allocates_nothing()
    {
        int found = CommandTable.Lookup("Get"u8) + CommandTable.Lookup("georadiusbymember_ro"u8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) found += CommandTable.Lookup("Get"u8) + CommandTable.Lookup("georadiusbymember_ro"u8);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(found > 0);
    }

    [Theory]
    [InlineData("GET", 1, 1, 1, false)]
    [InlineData("MSET", 1, -1, 2, false)]
    [InlineData("LCS", 1, 2, 1, false)]
    [InlineData("STORE", 1, 1, 1, true)]
    [InlineData("EVAL", 0, 0, 0, true)]
    [InlineData("MIGRATE", 3, 3, 1, true)]
    [InlineData("A", 0, 0, 0, false)]
    public void The_old_key_range_follows_from_the_specs(string name, int first, int last, int step, bool movable)
    {
        int id = Resolve(name);
        Assert.Equal((first, last, step), (CommandTable.FirstKey[id], CommandTable.LastKey[id], CommandTable.KeyStep[id]));
        Assert.Equal(movable, new CommandInfo(id).Flags.HasFlag(CommandFlags.MovableKeys));
    }

    [Fact]
    public void Categories_follow_from_flags_and_group()
    {
        Assert.Equal(AclCategories.Read | AclCategories.String | AclCategories.Fast, new CommandInfo(CommandIds.Get).Categories);
        Assert.Equal(
            AclCategories.Admin | AclCategories.Dangerous | AclCategories.Slow | AclCategories.Connection,
            new CommandInfo(CommandIds.BoxGet).Categories);
        Assert.Equal(AclCategories.Slow, new CommandInfo(CommandIds.Box).Categories);
        Assert.False(new CommandInfo(CommandIds.Sort).Categories.HasFlag(AclCategories.Keyspace));
        Assert.True(new CommandInfo(CommandIds.Blpop).Categories.HasFlag(AclCategories.Blocking));
    }

    [Theory]
    [InlineData("GET", 2, true)]
    [InlineData("GET", 3, false)]
    [InlineData("MSET", 3, true)]
    [InlineData("MSET", 9, true)]
    [InlineData("MSET", 2, false)]
    public void Arity_is_exact_or_a_minimum(string name, int argCount, bool accepted) =>
        Assert.Equal(accepted, new CommandInfo(Resolve(name)).AcceptsArgumentCount(argCount));

    internal static int Resolve(string request) => Resolve(new ArgumentList(new CommandContext(request)));

    internal static int Resolve(ArgumentList arguments) => CommandTable.Resolve(CommandTable.Lookup(arguments[0]), arguments);
}
