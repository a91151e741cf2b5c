using Sigrun.Commands;

namespace Sigrun.Generators.Tests;

public class KeyTests
{
    [Theory]
    [InlineData("get k", "1")]
    [InlineData("mset a 1 b 2", "1 3")]
    [InlineData("mset a 1 b", "1 3")]
    [InlineData("lcs a b len", "1 2")]
    [InlineData("blpop a b c 0", "1 2 3")]
    [InlineData("blpop a 0", "1")]
    [InlineData("store d 2 a b weights", "1 3 4")]
    [InlineData("store d 3 a b", "")] // fewer than announced
    [InlineData("store d 0 a b", "")]
    [InlineData("store d -1 a b", "")]
    [InlineData("store d x a b", "")]
    [InlineData("store d 99999999999999 a b", "")]
    [InlineData("msetex 2 a 1 b 2 ex 5", "2 4")]
    [InlineData("eval s 0", "")]
    [InlineData("eval s 1 k arg", "3")]
    [InlineData("xread count 2 streams a b 1 2", "4 5")]
    [InlineData("xread streams a b c 1 2", "2 3")]
    [InlineData("xread count 2 3", "")]
    [InlineData("georadius k 1 2 3 m", "1")]
    [InlineData("georadius k 1 2 3 m store d", "1 7")]
    [InlineData("georadius k 1 2 3 m STORE d storedist e", "1 7 9")]
    [InlineData("migrate h 1 k 0 5", "3")]
    [InlineData("migrate h 1 k 0 5 keys a b", "")] // incomplete, and no function to complete it
    [InlineData("sort k store d", "1 3")]
    [InlineData("sort k", "1")]
    [InlineData("spublish c m", "")]
    [InlineData("vary k v", "1")]
    [InlineData("a", "")]
    public void Keys_are_found(string request, string expected) =>
        Assert.Equal(expected, string.Join(' ', Find(request).Select(key => key.Index)));

    [Fact]
    public void Keys_come_with_their_use()
    {
        Assert.Equal([new KeyPosition(1, KeyFlags.Overwrite | KeyFlags.Update), new KeyPosition(3, KeyFlags.ReadOnly | KeyFlags.Access)], Find("store d 1 a"));
        Assert.Equal([new KeyPosition(1, KeyFlags.Overwrite | KeyFlags.Update)], Find("vary k v"));
        Assert.Equal([new KeyPosition(1, KeyFlags.ReadOnly | KeyFlags.Access)], Find("vary k get"));
    }

    [Theory]
    [InlineData("get k", true)]
    [InlineData("sort k", true)]
    [InlineData("a", false)]
    [InlineData("spublish c m", false)]
    [InlineData("box", false)]
    public void Some_commands_have_no_keys(string request, bool expected) =>
        Assert.Equal(expected, CommandTable.HasKeys(LookupTests.Resolve(request)));

    [Fact]
    public void Arguments_may_start_further_on()
    {
        var arguments = new ArgumentList(new CommandContext("command getkeys lcs a b"), 2);
        Assert.Equal(3, arguments.Count);
        Assert.Equal(CommandIds.Lcs, LookupTests.Resolve(arguments));
        Assert.Equal("b"u8, arguments[2]);
    }

    [Fact]
    public void Many_keys_outgrow_the_stack()
    {
        string request = "mset " + string.Join(' ', Enumerable.Range(0, 2000).Select(i => $"k{i} v"));
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => 1 + (2 * i)), Find(request).Select(key => key.Index));
    }

    private static KeyPosition[] Find(string request)
    {
        var arguments = new ArgumentList(new CommandContext(request));
        var keys = new KeyPositions(stackalloc KeyPosition[4]);
        CommandTable.FindKeys(LookupTests.Resolve(arguments), arguments, ref keys);
        KeyPosition[] found = keys.Items.ToArray();
        keys.Dispose();
        return found;
    }
}
