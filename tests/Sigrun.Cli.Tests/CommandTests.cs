using System.Net;
using System.Net.Sockets;
using Sigrun.Cli.Tests.Harness;
using Sigrun.Client;

namespace Sigrun.Cli.Tests;

/// <summary>What the tool does that redis-cli does not, or not in this way.</summary>
[Collection(ServerCollection.Name)]
public sealed class CommandTests(ServerFixture server)
{
    [Theory]
    [InlineData("debug protocol bignum", "1234567999999999999999999999999999999\n")]
    [InlineData("--no-raw debug protocol bignum", "(big number) 1234567999999999999999999999999999999\n")]
    [InlineData("--json debug protocol bignum", "1234567999999999999999999999999999999\n")]
    [InlineData("debug protocol attrib", "Some real reply following the attribute\n")]
    public void Replies_that_other_tools_do_not_know_are_shown(string arguments, string output) =>
        Assert.Equal(new CliRun(output, "", 0), server.Run(["-3", .. arguments.Split(' ')]));

    [Fact]
    public void Messages_that_are_not_shown_are_no_replies() =>
        Assert.Equal(new CliRun("OK\nOK\none\nOK\nthree\nfour\n", "", 0),
            server.RunWithInput("CLIENT TRACKING ON\nSET tracked one\nGET tracked\nSET tracked two\nECHO three\nECHO four\n", "-3"));

    [Theory]
    [InlineData("--cluster create", "--cluster")]
    [InlineData("-c get a", "-c")]
    [InlineData("--replica", "--replica")]
    [InlineData("--rdb file", "--rdb")]
    [InlineData("--functions-rdb file", "--functions-rdb")]
    [InlineData("--ldb --eval file", "--ldb")]
    public void What_is_still_to_come_is_refused(string arguments, string name) =>
        Assert.Equal(new CliRun("", $"sigrun-cli cannot do {name} yet: clusters, replicas and the Lua debugger are still to come.\n", 1), server.Run(arguments.Split(' ')));

    [Fact]
    public void Nobody_there_is_an_error()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        Assert.Equal(new CliRun("", $"Could not connect to Valkey at 127.0.0.1:{port}: Connection refused\n", 1), server.Run("-p", $"{port}", "ping"));
        Assert.Equal(new CliRun("", "Could not connect to Valkey at /nosuch: No such file or directory\n", 1), server.Run("-s", "/nosuch", "ping"));
        Assert.Equal(new CliRun("", "Could not connect to Valkey at no.such.invalid:1: Name or service not known\n", 1) with { Errors = "" },
            server.Run("-h", "no.such.invalid", "-p", "1", "ping") with { Errors = "" });
    }

    [Theory]
    [InlineData("-p", "x", "Invalid server port.")]
    [InlineData("-p", "65536", "Invalid server port.")]
    [InlineData("-t", "-1", "Invalid connection timeout for -t.")]
    [InlineData("-t", "1s", "Invalid connection timeout for -t.")]
    public void Values_that_make_no_sense_are_refused(string option, string value, string message) =>
        Assert.Equal(new CliRun("", message + "\n", 1), server.Run(option, value, "ping"));

    [Fact]
    public void Passwords_come_from_the_environment()
    {
        using ServerConnection own = server.Connect();
        own.Call("ACL", "SETUSER", "env", "on", ">secret", "+@all");
        foreach (string name in (string[])["VALKEYCLI_AUTH", "REDISCLI_AUTH"])
            Assert.Equal(new CliRun("env\n", "", 0), CliRun.Start(Programs.Cli, [(name, "secret")], "", "-p", $"{server.Port}", "--user", "env", "acl", "whoami"));
        Assert.Equal("env\n", server.Run("--no-auth-warning", "-u", $"valkey://env:s%65cret@127.0.0.1:{server.Port}/3", "acl", "whoami").Output);
    }

    /// <summary>Arguments of a process are bytes, not text.</summary>
    [Fact]
    public void Arguments_may_be_any_bytes()
    {
        CliRun run = CliRun.Start("/bin/sh", [], "", "-c", $"'{Programs.Cli}' -p {server.Port} --json echo \"$(printf 'a\\377\\303\\274b')\"");
        Assert.Equal(new CliRun("\"a\u00ff\u00c3\u00bcb\"\n", "", 0), run);
    }

    [Fact]
    public void Keys_are_listed()
    {
        using ServerConnection own = server.Connect();
        for (int i = 0; i < 100; i++) own.Call("SET", $"scan:{i}", "x");
        own.Call("SADD", "scan:set", "x");
        own.Call("SET", "scan:\n", "x");
        Assert.Equal(102, server.Run("--no-raw", "--scan", "--pattern", "scan:*").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal("scan:7\n", server.Run("--scan", "--pattern", "scan:7", "--count", "7").Output);
        Assert.Equal("scan:\n\n", server.Run("--scan", "--quoted-pattern", "\"scan:\\n\"").Output);
        Assert.Equal("\"scan:\\n\"\n", server.Run("--no-raw", "--scan", "--quoted-pattern", "\"scan:\\n\"").Output);
        Assert.Equal("scan:set\n", server.Run("--scan", "--pattern", "scan:*", "--type", "set").Output);
    }

    [Fact]
    public void The_largest_keys_are_found()
    {
        using ServerConnection own = server.Connect();
        own.Call("SELECT", "7");
        own.Call("SET", "a", "12345");
        own.Call("SET", "longer", "1");
        own.Call("RPUSH", "l", "1", "2", "3");
        string[] lines = server.Run("-n", "7", "--bigkeys").Output.Split('\n');
        Assert.Contains("Sampled 3 keys in the keyspace!", lines);
        Assert.Contains("Total key length in bytes is 8 (avg len 2.67)", lines);
        Assert.Contains("Biggest   list found '\"l\"' has 3 items", lines);
        Assert.Contains("Biggest string found '\"a\"' has 5 bytes", lines);
        Assert.Contains("2 strings with 6 bytes (66.67% of keys, avg size 3.00)", lines);
        Assert.Contains("0 zsets with 0 members (00.00% of keys, avg size 0.00)", lines);
        long bytes = own.Call("MEMORY", "USAGE", "l").Integer;
        Assert.Contains($"1 lists with {bytes} bytes (33.33% of keys, avg size {bytes}.00)", server.Run("-n", "7", "--memkeys").Output.Split('\n'));
    }

    [Fact]
    public void Hot_keys_need_a_policy_that_counts()
    {
        using ServerConnection own = server.Connect();
        own.Call("SELECT", "8");
        own.Call("SET", "hot", "1");
        own.Call("SET", "cold", "1");
        Assert.StartsWith("Error: ERR An LFU maxmemory policy is not selected", server.Run("-n", "8", "--hotkeys").Errors, StringComparison.Ordinal);
        own.Call("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
        try
        {
            // Keys from before have a time where the counter is now.
            own.Call("DEL", "hot", "cold");
            own.Call("SET", "hot", "1");
            own.Call("SET", "cold", "1");
            for (int i = 0; i < 500; i++) own.Call("GET", "hot");
            CliRun run = server.Run("-n", "8", "--hotkeys-count", "1");
            Assert.Matches("hot key found with counter: [0-9]+\tkeyname: \"hot\"\n$", run.Output);
        }
        finally
        {
            own.Call("CONFIG", "SET", "maxmemory-policy", "noeviction");
        }
    }

    [Theory]
    [InlineData("--raw", @"^\d+ \d+ \d+\.\d\d \d+\n$")]
    [InlineData("--csv", @"^\d+,\d+,\d+\.\d\d,\d+\n$")]
    [InlineData("--json", @"^{""min"": \d+, ""max"": \d+, ""avg"": \d+\.\d\d, ""count"": \d+}\n$")]
    public void Latency_is_one_line_for_programs(string mode, string pattern) =>
        Assert.Matches(pattern, server.Run(mode, "-i", "0.05", "--latency").Output);

    [Fact]
    public void The_system_is_measured() => Assert.Matches(@"Max latency so far: \d+ microseconds\.\n\n\d+ total runs", server.Run("--intrinsic-latency", "0").Output);

    [Fact]
    public void Help_is_there_without_a_server() => Assert.Contains("help @<group>", server.Run("-p", "0", "help").Output, StringComparison.Ordinal);

    [Fact]
    public void Help_comes_from_the_server() =>
        Assert.StartsWith("\r\n  \e[1mGET\e[0m \e[90mkey\e[0m\r\n  \e[33msummary:\e[0m ", server.Run("help", "get").Output, StringComparison.Ordinal);

    /// <summary>As servers before 7.0 do.</summary>
    [Fact]
    public void Servers_may_tell_less_about_commands()
    {
        using ServerConnection own = server.Connect();
        own.Call("ACL", "SETUSER", "brief", "on", ">secret", "+@all", "-command|docs");
        string[] logIn = ["--no-auth-warning", "--user", "brief", "-a", "secret"];
        Assert.Equal("key arg ...options...\n", server.Run([.. logIn, "--test_hint", "set "]).Output);
        Assert.Equal("\n", server.Run([.. logIn, "--test_hint", "set a "]).Output);
        Assert.Contains("Help not available", server.Run([.. logIn, "help", "set"]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lost_connection_is_opened_again_in_the_same_database()
    {
        CliRun run = server.RunWithInput("select 5\nclient kill type normal skipme no\nset again 1\nclient info\n");
        Assert.Contains(" db=5 ", run.Output, StringComparison.Ordinal);
        Assert.Contains("OK\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Subscriptions_are_followed()
    {
        CliRun run = server.RunWithInput("hello 3\n:get pubsub\nsubscribe a b\n:get pubsub\nping\nssubscribe c\nunsubscribe\n:get pubsub\nsunsubscribe\n:get pubsub\n");
        string[] lines = run.Output.Split('\n');
        Assert.Equal(
            ["0", "subscribe", "a", "1", "subscribe", "b", "2", "1", "PONG", "ssubscribe", "c", "1", "unsubscribe", "a", "1", "unsubscribe", "b", "0", "1", "sunsubscribe", "c", "0", "0", ""],
            lines[Array.IndexOf(lines, "0")..]);
    }

    /// <summary>Whoever reads the output may have enough of it.</summary>
    [Fact]
    public void A_broken_pipe_ends_the_tool() =>
        Assert.Equal("PONG\n141\n", CliRun.Start("/bin/bash", [], "", "-c", $"'{Programs.Cli}' -p {server.Port} -r -1 ping | head -n 1; echo ${{PIPESTATUS[0]}}").Output);

    /// <summary>A file for the output is shared with other programs.</summary>
    [Fact]
    public void Output_goes_behind_what_is_in_a_file()
    {
        CliRun run = CliRun.Start("/bin/bash", [], "", "-c", $"f=$(mktemp); (echo a; '{Programs.Cli}' -p {server.Port} ping; echo b) >$f; cat $f; rm $f");
        Assert.Equal("a\nPONG\nb\n", run.Output);
    }
}
