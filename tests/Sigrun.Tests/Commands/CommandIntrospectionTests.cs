using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Commands;

public sealed class CommandIntrospectionTests : IDisposable
{
    private readonly TestServer _server = new();
    private readonly RespClient _client;

    public CommandIntrospectionTests() => _client = new RespClient(_server.Port);

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Command_and_info_without_names_describe_every_command()
    {
        RespValue all = _client.Line("COMMAND");
        Assert.Equal(_client.Line("COMMAND COUNT").Number, all.Items.Length);
        Assert.Equal(all.ToString(), _client.Line("COMMAND INFO").ToString());
        Assert.All(all.Items, command => Assert.Equal(10, command.Items.Length));
        Assert.Contains(all.Items, command => command.Items[0].Text == "get");
    }

    [Fact]
    public void Info_answers_each_name() => Assert.Equal(
        "[[\"get\", :2, [+readonly, +fast], :1, :1, :1, [+@read, +@string, +@fast], [], "
        + "[[\"flags\", [+RO, +access], \"begin_search\", [\"type\", \"index\", \"spec\", [\"index\", :1]], "
        + "\"find_keys\", [\"type\", \"range\", \"spec\", [\"lastkey\", :0, \"keystep\", :1, \"limit\", :0]]]], []], nil]",
        _client.Line("COMMAND INFO GET nonesuch"));

    [Fact]
    public void Info_takes_subcommands_by_their_full_name()
    {
        Assert.Equal("command|docs", _client.Line("COMMAND INFO Command|DOCS").Items[0].Items[0].Text);
        Assert.Equal("[nil, nil, nil]", _client.Line("COMMAND INFO command|none command|docs|more get|docs"));
    }

    [Fact]
    public void Categories_are_those_of_flags_group_and_declaration() => Assert.Equal(
        "[[+@slow, +@blocking, +@connection], [+@slow, +@blocking, +@connection], [+@keyspace, +@write, +@slow, +@dangerous]]",
        $"[{string.Join(", ", _client.Line("COMMAND INFO WAIT WAITAOF RESTORE-ASKING").Items.Select(static c => c.Items[6].ToString()))}]");

    [Fact]
    public void Docs_leave_out_unknown_names()
    {
        RespValue docs = _client.Line("COMMAND DOCS nonesuch get");
        Assert.Equal("get", docs.Items[0].Text);
        Assert.Equal(2, docs.Items.Length);
        Assert.StartsWith("[\"summary\", ", docs.Items[1].ToString());
        Assert.Contains("\"since\", \"1.0.0\", \"group\", \"string\", \"complexity\", \"O(1)\"", docs.Items[1].ToString());
        Assert.Equal("[]", _client.Line("COMMAND DOCS nonesuch"));
    }

    [Fact]
    public void Docs_without_names_document_every_command() =>
        Assert.Equal(2 * _client.Line("COMMAND COUNT").Number, _client.Line("COMMAND DOCS").Items.Length);

    [Fact]
    public void List_names_commands_and_subcommands()
    {
        string[] names = [.. _client.Line("COMMAND LIST").Items.Select(name => name.Text)];
        Assert.Contains("get", names);
        Assert.Contains("command|list", names);
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Theory]
    [InlineData("PATTERN command|getkeys*", "[\"command|getkeys\", \"command|getkeysandflags\"]")]
    [InlineData("pattern COMMAND|Count", "[\"command|count\"]")]
    [InlineData("MODULE json", "[]")]
    [InlineData("ACLCAT nonesuch", "[]")]
    public void List_filters(string filter, string expected) => Assert.Equal(expected, _client.Line("COMMAND LIST FILTERBY " + filter));

    [Fact]
    public void List_filters_by_category()
    {
        string[] names = [.. _client.Line("COMMAND LIST FILTERBY ACLCAT STRING").Items.Select(name => name.Text)];
        Assert.Contains("get", names);
        Assert.DoesNotContain("ping", names);
    }

    [Theory]
    [InlineData("COMMAND LIST FILTERBY")]
    [InlineData("COMMAND LIST FILTERBY PATTERN")]
    [InlineData("COMMAND LIST FILTERBY PATTERN a b")]
    [InlineData("COMMAND LIST FILTERBY NAME a")]
    [InlineData("COMMAND LIST SORTBY PATTERN a")]
    public void List_refuses_what_is_no_filter(string line) => Assert.Equal("-ERR syntax error", _client.Line(line));

    [Theory]
    [InlineData("COMMAND GETKEYS GET k", "[\"k\"]")]
    [InlineData("COMMAND GETKEYSANDFLAGS GET k", "[[\"k\", [+RO, +access]]]")]
    [InlineData("COMMAND GETKEYS nonesuch k", "-ERR Invalid command specified")]
    [InlineData("COMMAND GETKEYS COMMAND nonesuch", "-ERR Invalid command specified")]
    [InlineData("COMMAND GETKEYS PING", "-ERR The command has no key arguments")]
    [InlineData("COMMAND GETKEYS GET a b", "-ERR Invalid number of arguments specified for command")]
    [InlineData("COMMAND GETKEYS", "-ERR wrong number of arguments for 'command|getkeys' command")]
    [InlineData("COMMAND nonesuch", "-ERR unknown subcommand 'nonesuch'. Try COMMAND HELP.")]
    public void Keys_are_picked_out_of_a_command(string line, string expected) => Assert.Equal(expected, _client.Line(line));

    [Fact]
    public void Help_ends_with_itself()
    {
        RespValue help = _client.Line("COMMAND HELP");
        Assert.Equal("+COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", help.Items[0]);
        Assert.Equal("+(no subcommand)", help.Items[1]);
        Assert.Equal("+HELP", help.Items[^2]);
        Assert.All(help.Items, line => Assert.Equal('+', line.Kind));
    }
}
