using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Sigrun.Tests.Harness;

namespace Sigrun.Benchmark.Tests;

/// <summary>Runs against a server: what arrives there, and what is shown.</summary>
public sealed partial class RunTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private int Port => fixture.Server.Port;

    [Theory]
    [InlineData("-c 5 -n 10", 10)]
    [InlineData("-c 50 -n 10", 10)]
    [InlineData("-c 1 -n 1", 1)]
    [InlineData("-c 3 -n 10 -P 5", 10)]
    [InlineData("-c 7 -n 10 -P 3", 12)]
    [InlineData("-c 50 -n 1001 -P 16", 1008)]
    [InlineData("-c 8 -n 1000 --threads 3", 1000)]
    [InlineData("-c 2 -n 1000 --threads 4 -P 7", 1001)]
    [InlineData("-c 4 -n 50 -k 0", 50)]
    [InlineData("-c 4 -n 50 -k 0 -P 4 --threads 2", 52)]
    [InlineData("-c 4 -n 0", 0)]
    [InlineData("-c 4 -n 60 -d 100000 -P 5", 60)]
    [InlineData("-c 4 -n 100 -3 --enable-tracking --dbnum 3", 100)]
    [InlineData("-c 4 -n 100 --rps 1000 -P 3", 102)]
    public void All_requests_arrive_in_whole_pipelines(string options, int expected)
    {
        using RespClient client = fixture.Reset();
        Tool tool = Tool.Run($"-p {Port} -q {options} -t set");
        Assert.Equal((0, expected), (tool.Exit, Calls(client, "set")));
        Assert.Matches(@"^SET: [0-9.]+ requests per second, p50=[0-9]+\.[0-9]{3} msec$", tool.Lines[0]);
        if (options.Contains("--dbnum", StringComparison.Ordinal)) Assert.Equal("[]", client.Line("keys *"));
    }

    [Fact]
    public void Every_test_of_the_list_runs_its_command()
    {
        using RespClient client = fixture.Reset();
        Tool tool = Tool.Run($"-p {Port} -q -c 4 -n 20 -t ping,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange,mset,mget,xadd");
        Assert.Equal((0, ""), (tool.Exit, tool.Errors));
        Assert.Equal(
            ["ping=40", "lpush=40", "lrange=80", .. "set get incr rpush lpop rpop sadd hset spop zadd zpopmin mset mget xadd".Split(' ').Select(c => c + "=20")],
            "ping lpush lrange set get incr rpush lpop rpop sadd hset spop zadd zpopmin mset mget xadd".Split(' ').Select(c => $"{c}={Calls(client, c)}"));
    }

    [Fact]
    public void A_value_is_the_one_that_other_tools_of_the_kind_store()
    {
        using RespClient client = fixture.Reset();
        Tool.Run($"-p {Port} -q -n 1 -t set");
        Assert.Equal("\"VXK\"", client.Line("get key:__rand_int__"));
    }

    [Fact]
    public void Commands_of_the_command_line_run_in_their_order()
    {
        using RespClient client = fixture.Reset();
        Tool tool = Tool.Run($"-p {Port} -q -n 12 -- incr foo ; 3 incr bar");
        Assert.StartsWith("incr foo ; 3 incr bar: ", tool.Lines[0]);
        Assert.Equal(["\"3\"", "\"9\""], [client.Line("get foo"), client.Line("get bar")]);
    }

    [Fact]
    public void Sequential_keys_cover_the_keyspace_also_with_threads()
    {
        using RespClient client = fixture.Reset();
        Tool.Run($"-p {Port} -q -r 500 -n 500 -P 5 --threads 2 --sequential -t set");
        Assert.Equal(":500", client.Line("dbsize"));
        Tool.Run($"-p {Port} -q -r 50 -n 50 --sequential -- zadd z __rand_int__ e:__rand_1st__");
        Assert.Equal(":50", client.Line("zcard z"));
    }

    /// <summary>What a server says by itself, to clients that have nothing left to ask too, ends no pipeline and begins none.</summary>
    [Fact]
    public void Messages_about_keys_that_have_changed_are_no_replies()
    {
        using RespClient client = fixture.Reset();
        Tool tool = Tool.Run($"-p {Port} -3 --enable-tracking -c 20 -n 2000 -r 5 --rps 4000 -- get k__rand_1st__ ; set k__rand_2nd__ x");
        Assert.Equal((0, 1000, 1000), (tool.Exit, Calls(client, "get"), Calls(client, "set")));
        Assert.Contains("  2000 requests completed in ", tool.Output);
    }

    [Fact]
    public void The_same_seed_sends_the_same()
    {
        using RespClient client = fixture.Reset();
        for (int i = 0; i < 2; i++) Tool.Run($"-p {Port} -q -c 1 -n 100 --seed 42 -r 1000000 -t set");
        Assert.InRange(client.Line("dbsize").Number, 99, 100);
    }

    [Fact]
    public void The_last_argument_may_come_from_the_standard_input()
    {
        using RespClient client = fixture.Reset();
        Tool.Run($"-p {Port} -q -n 2 -x set key", input: "a b\n");
        Assert.Equal("\"a b\n\"", client.Line("get key"));
    }

    [Fact]
    public void Values_for_programs_stand_behind_their_names()
    {
        Tool tool = Tool.Run($"-p {Port} --csv -n 100 -t set,get");
        Assert.Equal("\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\",\"p99_latency_ms\",\"max_latency_ms\"", tool.Lines[0]);
        Assert.Matches(@"^""SET"",""\d+\.\d{2}""(,""\d+\.\d{3}""){6}$", tool.Lines[1]);
        Assert.Matches(@"^""GET"",""\d+\.\d{2}""(,""\d+\.\d{3}""){6}$", tool.Lines[2]);
        Assert.Equal(4, tool.Lines.Length);
        Assert.DoesNotContain('\r', tool.Output);
    }

    /// <summary>The report has the lines of the tool that others know, figures apart.</summary>
    [Theory]
    [InlineData("-n 1000 -t set")]
    [InlineData("-n 1000 -P 4 -d 10 --threads 2 lpush mylist __rand_int__")]
    public void The_report_has_the_usual_lines(string options)
    {
        Tool tool = Tool.Run($"-p {Port} {options}");
        Assert.Equal(Shape(Tool.LinesOf(RedisBenchmark($"-p {Port} {options}"))), Shape(tool.Lines));
    }

    [Fact]
    public void The_figures_of_a_report_agree_with_each_other()
    {
        string[] lines = Tool.Run($"-p {Port} -n 5000 -P 2 -t set").Lines;
        (double Percent, double Ms, int Count)[] steps = [.. lines.Select(l => Step().Match(l)).Where(m => m.Success)
            .Select(m => (Number(m, 1), Number(m, 2), (int)Number(m, 3)))];
        int half = Array.FindIndex(steps, s => s.Percent == 100) + 1;
        Assert.Equal([5000, 5000], [steps[half - 1].Count, steps[^1].Count]);
        Assert.Equal(0, steps[0].Percent);
        double[] summary = [.. lines[Array.FindIndex(lines, l => l.TrimStart().StartsWith("avg", StringComparison.Ordinal)) + 1]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
        Assert.Equal(summary[5], steps[half - 1].Ms);
        Assert.Equal(summary[2], steps.First(s => s.Percent >= 50).Ms);
        Assert.True(summary[1] <= summary[2] && summary[2] <= summary[3] && summary[3] <= summary[4] && summary[4] <= summary[5]);
    }

    [Fact]
    public void A_warm_up_counts_for_nothing()
    {
        using RespClient client = fixture.Reset();
        Tool tool = RunUntilShown(client, "--warmup 1 -n 100 -t set", "Warming up SET: rps=");
        Assert.Contains("  100 requests completed in ", tool.Output);
        Assert.True(Calls(client, "set") > 150);
    }

    [Fact]
    public void A_run_may_last_a_time_instead_of_a_number_of_requests()
    {
        using RespClient client = fixture.Reset();
        Tool tool = RunUntilShown(client, "--duration 1 --rps 2000 -t set", "RPS Summary:");
        int requests = int.Parse(Completed().Match(tool.Output).Groups[1].Value, CultureInfo.InvariantCulture);
        // It does not wait for ever for those whose replies are late.
        const int Clients = 50;
        Assert.InRange(Calls(client, "set"), requests, requests + Clients);
        Assert.InRange(requests, 1, 2000 + Clients);
        Assert.Contains("RPS Summary:\n  target RPS: 2000.00\n  RPS distribution (reqs/sec):\n          avg       min ", tool.Output);
    }

    /// <summary>Runs the tool; again when it shows nothing of what takes a second, since it has stood still for that long.</summary>
    private Tool RunUntilShown(RespClient client, string arguments, string text)
    {
        const int RunsMax = 5;
        Tool tool = Tool.Run($"-p {Port} {arguments}");
        for (int i = 1; i < RunsMax && !tool.Output.Contains(text, StringComparison.Ordinal); i++)
        {
            client.Line("config resetstat");
            tool = Tool.Run($"-p {Port} {arguments}");
        }
        Assert.Contains(text, tool.Output);
        return tool;
    }

    [Fact]
    public void The_process_takes_its_arguments_and_gives_its_exit_code()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "sigrun-benchmark");
        (int exit, string output) = Execute(program, $"-p {Port} --csv -n 10 -t ping_mbulk");
        Assert.Equal(0, exit);
        Assert.StartsWith("\"PING_MBULK\",\"", output.Split('\n')[1]);
        Assert.Equal(1, Execute(program, "-p 1").Exit);
    }

    private static int Calls(RespClient client, string command)
    {
        Match match = Regex.Match(client.Line("info commandstats").Text, $"cmdstat_{command}:calls=(\\d+)");
        return match.Success ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Lines without their figures; lines that differ in nothing else count once.</summary>
    private static string[] Shape(string[] lines)
    {
        var shape = new List<string>();
        foreach (string line in lines.Select(l => Figure().Replace(l, "#")))
        {
            if (shape.Count == 0 || shape[^1] != line || line.Length == 0) shape.Add(line);
        }
        return [.. shape];
    }

    private static string RedisBenchmark(string arguments) => Execute("redis-benchmark", arguments).Output;

    private static (int Exit, string Output) Execute(string program, string arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    private static double Number(Match match, int group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^([0-9.]+)% <= ([0-9.]+) milliseconds \(cumulative count ([0-9]+)\)$")]
    private static partial Regex Step();

    [GeneratedRegex(@"(\d+) requests completed in [\d.]+ seconds")]
    private static partial Regex Completed();

    [GeneratedRegex(@" *[0-9]+(\.[0-9]+)?")]
    private static partial Regex Figure();
}
