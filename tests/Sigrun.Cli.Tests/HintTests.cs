using System.Text;
using Sigrun.Cli.Help;
using Sigrun.Client;

namespace Sigrun.Cli.Tests;

/// <summary>Hints and completion for a few commands that have every kind of argument.</summary>
public sealed class HintTests
{
    private static readonly CommandTable Table = CommandTable.Of(Docs(
        ("get", "string", [Argument("key", "key")]),
        ("mget", "string", [Argument("key", "key", flags: ["multiple"])]),
        ("set", "string",
        [
            Argument("key", "key"), Argument("value", "string"),
            Argument("condition", "oneof", flags: ["optional"], parts: [Token("NX"), Token("XX")]),
            Argument("expiry", "oneof", flags: ["optional"], parts: [Argument("seconds", "integer", "EX"), Argument("ms", "integer", "PX"), Token("KEEPTTL")]),
        ]),
        ("zadd", "sorted-set",
        [
            Argument("key", "key"), Token("CH", "optional"),
            Argument("data", "block", flags: ["multiple"], parts: [Argument("score", "double"), Argument("member", "string")]),
        ]),
        ("scan", "generic",
        [
            Argument("cursor", "integer"), Argument("pattern", "pattern", "MATCH", ["optional"]), Argument("count", "integer", "COUNT", ["optional"]),
        ]),
        ("bitfield_ro", "bitmap",
        [
            Argument("key", "key"),
            Argument("get", "block", "GET", ["optional", "multiple", "multiple_token"], [Argument("encoding", "string"), Argument("offset", "integer")]),
        ]),
        ("migrate", "generic", [Argument("key", "oneof", parts: [Argument("key", "key"), Token("")])])));

    [Theory]
    [InlineData("get ", "key")]
    [InlineData("GET a ", "")]
    [InlineData("get a b ", "")]
    [InlineData("get", null)]
    [InlineData("nosuch ", null)]
    [InlineData("get \"a", null)]
    [InlineData("mget ", "key [key ...]")]
    [InlineData("mget a b ", "[key ...]")]
    [InlineData("set a b ", "[NX|XX] [EX seconds|PX ms|KEEPTTL]")]
    [InlineData("set a b px ", "ms [NX|XX]")]
    [InlineData("set a b EX 5 ", "[NX|XX]")]
    [InlineData("set a b EX five ", "")]
    [InlineData("set a b xx ", "[EX seconds|PX ms|KEEPTTL]")]
    [InlineData("set a b keepttl nx ", "")]
    [InlineData("set a b what ", "")]
    [InlineData("zadd a ", "[CH] score member [score member ...]")]
    [InlineData("zadd a 1 ", "member [score member ...]")]
    [InlineData("zadd a 1 m ", "[score member ...]")]
    [InlineData("scan 0 count ", "count [MATCH pattern]")]
    [InlineData("scan x ", "")]
    [InlineData("bitfield_ro k get u8 ", "offset [GET encoding offset ...]]")]
    [InlineData("migrate ", "key|\"\"")]
    public void Hints_show_what_is_missing(string line, string? hint) => Assert.Equal(hint, Table.Hint(line)?.TrimEnd(' '));

    /// <summary>A hint does not depend on what was asked before.</summary>
    [Fact]
    public void Hints_are_repeatable()
    {
        Table.Hint("set a b px 1 nx ");
        Assert.Equal("[NX|XX] [EX seconds|PX ms|KEEPTTL]", Table.Hint("set a b "));
    }

    [Theory]
    [InlineData("m", "MGET", "MIGRATE")]
    [InlineData("MGE", "MGET")]
    [InlineData("x")]
    [InlineData("help  s", "help  SCAN", "help  SET")]
    [InlineData("help @s", "help @sorted-set", "help @string")]
    public void Beginnings_are_completed(string line, params string[] choices) => Assert.Equal(choices, Table.Complete(line));

    [Fact]
    public void Files_of_hints_are_checked()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "# a remark\n\n\"get \" \"key\"\n\"get a \" \"wrong\"\n");
            Assert.Equal(1, HintSuite.Run(file, Table, new CliConsole(), verbose: false));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Reply Docs(params (string Name, string Group, Reply[] Arguments)[] commands)
    {
        var all = new List<Reply>();
        foreach ((string name, string group, Reply[] arguments) in commands)
        {
            all.Add(Text(name));
            all.Add(Reply.OfElements(ReplyType.Map, Text("group"), Text(group), Text("arguments"), Reply.OfElements(ReplyType.Array, arguments)));
        }
        return Reply.OfElements(ReplyType.Map, [.. all]);
    }

    private static Reply Token(string token, params string[] flags) => Argument(token, "pure-token", token, flags);

    private static Reply Argument(string name, string type, string? token = null, string[]? flags = null, Reply[]? parts = null)
    {
        List<Reply> map = [Text("name"), Text(name), Text("type"), Text(type)];
        if (token is not null) map.AddRange([Text("token"), Text(token)]);
        if (flags is not null) map.AddRange([Text("flags"), Reply.OfElements(ReplyType.Set, Array.ConvertAll(flags, Text))]);
        if (parts is not null) map.AddRange([Text("arguments"), Reply.OfElements(ReplyType.Array, parts)]);
        return Reply.OfElements(ReplyType.Map, [.. map]);
    }

    private static Reply Text(string text) => Reply.OfText(ReplyType.Bulk, Encoding.UTF8.GetBytes(text));
}
