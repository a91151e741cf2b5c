using Sigrun.Cli.Tests.Harness;
using Sigrun.Client;

namespace Sigrun.Cli.Tests;

/// <summary>The tool as somebody uses it who sits at a terminal.</summary>
[Collection(ServerCollection.Name)]
public sealed class TerminalTests(ServerFixture server) : IDisposable
{
    private const string ControlC = "\u0003";
    private const string ControlD = "\u0004";
    private const string ControlR = "\u0012";
    private const string Up = "\e[A";

    private readonly string _home = Directory.CreateTempSubdirectory("sigrun-cli-test-").FullName;

    private string Prompt => $"\e[0J127.0.0.1:{server.Port}> ";

    [Fact]
    public void Commands_are_answered_and_remembered()
    {
        using (TerminalSession terminal = Open())
        {
            terminal.WaitFor(Prompt);
            terminal.Type("set terminal:a 1\r");
            terminal.WaitFor("OK\r\n");
            terminal.Type("auth secret\r");
            terminal.WaitFor("(error) ");
            terminal.WaitFor(Prompt);
            // Both lines are there for this session.
            terminal.Type(Up + Up + "2\r");
            terminal.WaitFor("OK\r\n");
            terminal.Type("get terminal:a\r");
            terminal.WaitFor("\"12\"\r\n");
            terminal.Type("quit\r");
            Assert.Equal(0, terminal.WaitForEnd());
        }
        Assert.Equal("set terminal:a 1\nset terminal:a 12\nget terminal:a\nquit\n", File.ReadAllText(Path.Combine(_home, ".valkeycli_history")));

        using TerminalSession next = Open();
        next.WaitFor(Prompt);
        next.Type(ControlR + "12");
        next.WaitFor("(reverse-i-search)`12': set terminal:a 12");
        next.Type("\r");
        next.WaitFor("OK\r\n");
        next.WaitFor(Prompt);
        next.Type(ControlD);
        Assert.Equal(0, next.WaitForEnd());
    }

    [Fact]
    public void Lines_may_be_pasted()
    {
        using TerminalSession terminal = Open();
        terminal.WaitFor(Prompt);
        terminal.Type("set terminal:b 1\rincr terminal:b\rincr terminal:b\rquit\r");
        terminal.WaitFor("(integer) 3\r\n");
        Assert.Equal(0, terminal.WaitForEnd());
    }

    [Fact]
    public void Names_are_completed_and_arguments_hinted()
    {
        using TerminalSession terminal = Open();
        terminal.WaitFor(Prompt);
        terminal.Type("getra\t");
        terminal.WaitFor("GETRANGE");
        terminal.Type(" ");
        terminal.WaitFor("GETRANGE \e[0;90;49mkey start end\e[0m");
        terminal.Type("k 1 ");
        terminal.WaitFor("GETRANGE k 1 \e[0;90;49mend\e[0m");
        terminal.Type("\u0015:set nohints\r");
        terminal.WaitFor("\r\n");
        terminal.WaitFor(Prompt);
        terminal.Type("get ");
        terminal.WaitFor("get \r");
        terminal.Type(ControlC);
        Assert.Equal(0, terminal.WaitForEnd());
    }

    [Fact]
    public void Prompts_tell_the_state()
    {
        using TerminalSession terminal = Open();
        terminal.WaitFor(Prompt);
        terminal.Type("select 4\r");
        terminal.WaitFor($"127.0.0.1:{server.Port}[4]> ");
        terminal.Type("multi\r");
        terminal.WaitFor($"127.0.0.1:{server.Port}[4](TX)> ");
        terminal.Type("discard\r");
        terminal.WaitFor($"127.0.0.1:{server.Port}[4]> ");
        terminal.Type("connect 127.0.0.1 0\r");
        terminal.WaitFor("Could not connect to Valkey at 127.0.0.1:0: ");
        terminal.WaitFor("not connected> ");
        terminal.Type("exit\r");
        Assert.Equal(0, terminal.WaitForEnd());
    }

    [Fact]
    public void Messages_are_shown_until_somebody_leaves()
    {
        using ServerConnection own = server.Connect();
        using TerminalSession terminal = Open();
        terminal.WaitFor(Prompt);
        terminal.Type("subscribe terminal:c\r");
        terminal.WaitFor("1) \"subscribe\"\r\n2) \"terminal:c\"\r\n3) (integer) 1\r\n");
        terminal.WaitFor("Reading messages... (press Ctrl-C to quit or any key to type command)");
        own.Call("PUBLISH", "terminal:c", "hello");
        terminal.WaitFor("3) \"hello\"\r\n");
        terminal.WaitFor("Reading messages");
        terminal.Type("x");
        terminal.WaitFor("(subscribed mode)> ");
        terminal.Type("ping\r");
        terminal.WaitFor("1) \"pong\"");
        terminal.WaitFor("Reading messages");
        terminal.Type(ControlC);
        terminal.WaitFor("Closing current connection. Ready to reconnect to Valkey server... ");
        terminal.WaitFor(Prompt);
        terminal.Type("monitor\r");
        terminal.WaitFor("OK\r\n");
        own.Call("ECHO", "seen");
        terminal.WaitFor("\"ECHO\" \"seen\"\r\n");
        terminal.Type(ControlC);
        terminal.WaitFor(Prompt);
        terminal.Type("quit\r");
        Assert.Equal(0, terminal.WaitForEnd());
    }

    [Fact]
    public void Passwords_are_not_shown()
    {
        using ServerConnection own = server.Connect();
        own.Call("ACL", "SETUSER", "typed", "on", ">secret", "+@all");
        using TerminalSession terminal = Open("--user typed --askpass acl whoami");
        terminal.WaitFor("Please input password: ");
        terminal.Type("secret\r");
        string shown = terminal.WaitFor("\"typed\"");
        Assert.Contains("******", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", shown, StringComparison.Ordinal);
        Assert.Equal(0, terminal.WaitForEnd());
    }

    [Fact]
    public void Preferences_are_read()
    {
        File.WriteAllText(Path.Combine(_home, ".valkeyclirc"), ":set nohints\n:set nosuch\n");
        using TerminalSession terminal = Open();
        terminal.WaitFor(".valkeyclirc: unknown sigrun-cli preference 'nosuch'\r\n");
        terminal.WaitFor(Prompt);
        terminal.Type("get ");
        Assert.DoesNotContain("key", terminal.WaitFor("get \r"), StringComparison.Ordinal);
        terminal.Type(ControlC);
        Assert.Equal(0, terminal.WaitForEnd());
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);

    private TerminalSession Open(string arguments = "") =>
        new($"-p {server.Port} {arguments}", ("HOME", _home), ("TERM", "xterm"), ("VALKEYCLI_HISTFILE", ""), ("VALKEYCLI_RCFILE", ""));
}
