using System.Globalization;
using Sigrun.Tests.Configuration;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Server;

/// <summary>What the log says of a server that fails, and how it ends then.</summary>
public sealed class CrashReportTests : IDisposable
{
    private const string Start = "=== VALKEY BUG REPORT START";
    private const string End = "=== VALKEY BUG REPORT END. Make sure to include from START to END. ===";

    /// <summary>What is added to the number of a signal that has ended a process.</summary>
    private const int BySignal = 128;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("ABRT", 6)]
    [InlineData("BUS", 7)]
    [InlineData("FPE", 8)]
    [InlineData("SEGV", 11)]
    [InlineData("ILL", 4)]
    public void ASignalFromOutsideIsReportedAndEndsTheServer(string signal, int number)
    {
        using ServerRun run = StartServer(out RespClient client);
        run.Signal(signal);
        (int code, string output, _) = run.End();
        client.Dispose();
        Assert.Equal(BySignal + number, code);
        AssertInOrder(output, Start, $"# Sigrun 0.1.0 crashed by signal: {number}, si_code: 0\n", "# Killed by PID: ", "------ STACK TRACE ------",
            $"{run.Id} sigrun-server *", "------ STACK TRACE DONE ------", "------ INFO OUTPUT ------", $"process_id:{run.Id}", "------ CLIENT LIST OUTPUT ------",
            "cmd=ping", "------ CONFIG DEBUG OUTPUT ------", "io-threads 1", End);
    }

    /// <summary>The runtime adds the stack, and ends the process.</summary>
    [Theory]
    [InlineData("yes", "argv[1]: 8 bytes\n", "name=*redacted*")]
    [InlineData("no", "argv[1]: \"segfault\"\n", "name=somebody")]
    public void AFailureOfMemoryIsReportedWithItsStack(string hides, string argument, string name)
    {
        using ServerRun run = StartServer(out RespClient client, "--logfile", "server.log", "--hide-user-data-from-log", hides);
        Assert.Equal("OK", client.Send("CLIENT", "SETNAME", "somebody").Text);
        client.WriteRaw(RespClient.Request("DEBUG", "segfault"));
        Assert.Equal(BySignal + 6, run.End().Code);
        client.Dispose();
        string log = File.ReadAllText(Path.Combine(_directory.Path, "server.log"));
        AssertInOrder(log, Start, "crashed by signal: 11, si_code: 2\n", "# Accessing address: 0x", "# Crashed running the instruction at: 0x",
            "running debug\n", "------ CURRENT CLIENT INFO ------", name, "argc: 2\nargv[0]: \"DEBUG\"\n" + argument, End, "AccessViolationException", "DebugCommands.Fault");
        Assert.DoesNotContain("Killed by", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ASSERT", "# === ASSERTION FAILED ===\n", "# ==> ")]
    [InlineData("PANIC", "# !!! Software Failure. Press left mouse button to continue\n", "# Guru Meditation: DEBUG PANIC called at Unix time ")]
    [InlineData("OOM", "# Out Of Memory allocating 9223372036854775807 bytes!\n", "# Guru Meditation: Sigrun aborting for OUT OF MEMORY.")]
    public void ABrokenInvariantIsReported(string tool, string first, string second)
    {
        using ServerRun run = StartServer(out RespClient client, "--use-exit-on-panic", "yes");
        client.WriteRaw(RespClient.Request("DEBUG", tool));
        (int code, string output, _) = run.End();
        client.Dispose();
        Assert.Equal(1, code);
        AssertInOrder(output, first, second, "EngineFailureException", "------ INFO OUTPUT ------", "------ CURRENT CLIENT INFO ------", End);
    }

    [Fact]
    public void WithoutACrashLogASignalJustEndsTheServer()
    {
        using ServerRun run = StartServer(out RespClient client);
        Assert.Equal("OK", client.Send("CONFIG", "SET", "crash-log-enabled", "no").Text);
        run.Signal("ABRT");
        (int code, string output, _) = run.End();
        client.Dispose();
        Assert.Equal(BySignal + 6, code);
        Assert.DoesNotContain("BUG REPORT", output, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAlarmIsAnsweredInTheLog()
    {
        using ServerRun run = StartServer(out RespClient client);
        run.Signal("ALRM");
        List<string> lines = run.ReadUntil("--------");
        Assert.Contains("Received SIGALRM", lines);
        Assert.Contains($"{run.Id} sigrun-server *", lines);
        Assert.Equal("PONG", client.Send("PING").Text);
        client.Dispose();
    }

    [Fact]
    public void TheWatchdogTellsWhichCommandTakesLong()
    {
        using ServerRun run = StartServer(out RespClient client, "--hz", "500");
        Assert.Equal("OK", client.Send("CONFIG", "SET", "watchdog-period", "1").Text);
        Assert.Equal("4", client.Send("CONFIG", "GET", "watchdog-period").Items[1].Text);
        Assert.Equal("OK", client.Send("CONFIG", "SET", "watchdog-period", "100").Text);
        Assert.Equal("OK", client.Send("DEBUG", "SLEEP", "2").Text);
        Assert.Equal("OK", client.Send("CONFIG", "SET", "watchdog-period", "0").Text);
        run.ReadUntil("--- WATCHDOG TIMER EXPIRED ---");
        Assert.Equal("running debug", run.ReadUntil("running debug")[^1]);
        client.Dispose();
    }

    private static void AssertInOrder(string text, params string[] parts)
    {
        int at = 0;
        foreach (string part in parts)
        {
            int found = text.IndexOf(part, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"'{part}' is missing in:\n{text[at..]}");
            at = found + part.Length;
        }
    }

    private ServerRun StartServer(out RespClient client, params string[] arguments)
    {
        int port = FreePorts.Take();
        var run = new ServerRun(_directory.Path, null, ["--port", port.ToString(CultureInfo.InvariantCulture), "--save", "", "--enable-debug-command", "yes", .. arguments]);
        client = ServerRun.Connect(port);
        Assert.Equal("PONG", client.Send("PING").Text);
        return run;
    }
}
