using System.Text.RegularExpressions;
using Sigrun.Cli.Tests.Harness;

namespace Sigrun.Cli.Tests;

/// <summary>
/// The tool beside redis-cli, with the same server and the same arguments: output, errors and exit codes are the same bytes. Only
/// what redis-cli and Valkey's tool do alike is compared.
/// </summary>
[Collection(ServerCollection.Name)]
public sealed class SameOutputTests(ServerFixture server)
{
    private const string Peer = "redis-cli";

    public static TheoryData<string> Modes => new("", "--no-raw", "--csv", "--json", "--quoted-json", "-3 --no-raw", "-3 --raw", "-3 --csv", "-2 --json");

    [Theory]
    [MemberData(nameof(Modes))]
    public void Replies_look_the_same(string mode)
    {
        using (Client.ServerConnection own = server.Connect())
        {
            own.Call([.. (byte[][])["SET"u8.ToArray(), "same:bytes"u8.ToArray(), [.. Enumerable.Range(0, 256).Select(i => (byte)i)]]]);
            own.Call("DEL", "same:list", "same:hash", "same:zset", "same:stream");
            own.Call(["RPUSH", "same:list", .. Enumerable.Range(0, 12).Select(i => $"{i}")]);
            own.Call("HSET", "same:hash", "a", "1", "b", "2");
            own.Call("ZADD", "same:zset", "1.5", "a", "inf", "b");
            own.Call("XADD", "same:stream", "1-1", "a", "1");
            own.Call("XADD", "same:stream", "1-2", "b", "2");
        }
        string[] types = ["string", "integer", "double", "null", "array", "set", "map", "verbatim", "true", "false"];
        string[] commands =
        [
            .. types.Select(t => "debug protocol " + t),
            "nosuch", "command info get set xadd", "command docs get set xadd", "config get save", "get nosuch", "get same:bytes", "lrange same:list 0 -1",
            "hgetall same:hash", "zrange same:zset 0 -1 withscores", "xrange same:stream - +", "xinfo stream same:stream full", "3 llen same:list",
        ];
        Compare(mode, string.Join('\n', commands));
    }

    [Theory]
    [InlineData("-e nosuch")]
    [InlineData("-d , lrange nosuch 0 -1")]
    [InlineData("-D |-| -r 3 ping")]
    [InlineData("-n 99 ping")]
    [InlineData("-a wrong ping")]
    [InlineData("--user bob -a wrong ping")]
    [InlineData("--no-auth-warning -a wrong ping")]
    [InlineData("-x -X tag ping")]
    [InlineData("-X")]
    [InlineData("--nosuch")]
    [InlineData("-3 -2 ping")]
    [InlineData("-u http://x ping")]
    [InlineData("--quoted-input echo \"\\x61\"")]
    [InlineData("--quoted-input echo \"a\"\"")]
    [InlineData("--scan --quoted-pattern \"")]
    [InlineData("--eval /nosuch")]
    [InlineData("memory doctor")]
    [InlineData("--no-raw client no-evict on")]
    public void Options_do_the_same(string arguments) => Compare(arguments);

    [Theory]
    [InlineData("set repl:a v\nget repl:a\n5 incr repl:n\ndel repl:n\n\n  \nget \"a\n'x\nnosuch\n")]
    [InlineData("multi\nset repl:a b\nget repl:a\nexec\nmulti\nselect 3\ndiscard\nselect 99\nselect 3\ndbsize\n")]
    [InlineData("hello 3\nconfig get save\nset repl:a z\nhello 2\nreset\nping\nquit\nping\n")]
    [InlineData("config get maxmemory\nauth wrong wrong\ninfo nosuch\nget repl:x")]
    public void Lines_from_a_pipe_do_the_same(string lines)
    {
        foreach (string mode in (string[])["", "--no-raw"]) Compare(mode, lines);
    }

    [Theory]
    [InlineData("-x set input:a", "one\ntwo")]
    [InlineData("-X tag set tag value", "one\ntwo")]
    [InlineData("-X tag set other value", "one\ntwo")]
    [InlineData("--pipe", "*1\r\n$4\r\nPING\r\nPING\r\nset input:a\r\nget input:a\r\n")]
    [InlineData("--pipe", "")]
    [InlineData("--pipe", "*1\r\n$4\r\nPI")]
    public void Input_is_used_the_same_way(string arguments, string input) => Compare(arguments, input);

    private void Compare(string arguments, string input = "")
    {
        string[] words = ["-p", $"{server.Port}", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        CliRun theirs = Unvarying(CliRun.Start(Peer, [], input, words));
        CliRun ours = Unvarying(CliRun.Start(Programs.Cli, [], input, words));
        Assert.Equal((arguments, theirs), (arguments, ours));
    }

    /// <summary>HELLO tells the number of the client, and a command that took half a second its time.</summary>
    private static CliRun Unvarying(CliRun run) => run with
    {
        Output = Regex.Replace(Regex.Replace(run.Output, @"^\(\d+\.\d\ds\)\n", "", RegexOptions.Multiline), """(\bid"?( |\n| => \(integer\) |\n.*\(integer\) ))\d+""", "$1-"),
    };
}
