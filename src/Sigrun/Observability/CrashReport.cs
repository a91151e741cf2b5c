using System.Runtime.InteropServices;
using System.Text;
using Sigrun.Clients;
using Sigrun.Commands;
using Sigrun.Configuration;

namespace Sigrun.Observability;

/// <summary>What the log says of a server that ends by a signal, or by an exception that nobody handles.</summary>
/// <remarks>
/// The lines around the parts are those that tools and tests look for. The report is written by any thread: what it says of
/// the engine is a snapshot that the engine's thread may be changing, and a part that cannot be had is left out. There are no
/// stacks but that of an exception: the runtime tells none of threads that run.
/// </remarks>
internal sealed class CrashReport(Engine engine)
{
    /// <summary>How much of an argument is shown.</summary>
    private const int ArgumentBytesMax = 128;

    private readonly ServerLog _log = engine.Log;
    private readonly ObservabilitySettings _settings = engine.Settings.Observability;
    private int _isWritten;

    /// <summary>Writes the report on an exception.</summary>
    public void Write(Exception failure)
    {
        if (!TryBegin()) return;
        Describe(failure);
        if (_settings.CrashLogEnabled)
        {
            Raw(Details(failure));
            WriteState();
        }
        End();
    }

    /// <summary>Writes the report on a signal.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="threads">What is known of the threads.</param>
    public void Write(CrashSignal signal, string threads)
    {
        if (!TryBegin()) return;
        _log.Warning($"{ServerIdentity.Name} {ServerIdentity.Version} crashed by signal: {signal.Number}, si_code: {signal.Code}");
        if (signal.HasAddress) _log.Warning("Accessing address: " + Pointer(signal.Origin));
        if (signal.IsFromOutside) _log.Warning($"Killed by PID: {signal.ProcessId}, UID: {signal.UserId}");
        _log.Warning("Crashed running the instruction at: " + Pointer(signal.Instruction));
        WriteThreads(threads);
        WriteState();
        End();
    }

    /// <summary>Writes what the server is doing, which goes on.</summary>
    /// <param name="isWatchdog">Whether the engine has been busy for too long; else somebody has asked.</param>
    /// <param name="threads">What is known of the threads.</param>
    public void WriteAlarm(bool isWatchdog, string threads)
    {
        _log.Signal(isWatchdog ? "\n--- WATCHDOG TIMER EXPIRED ---" : "\nReceived SIGALRM");
        WriteThreads(threads);
        _log.Signal("--------\n");
    }

    private void WriteThreads(string threads)
    {
        string running = engine.Executor.Running is { } command ? $"running {Encoding.ASCII.GetString(CommandTable.FullName(command.CommandId))}\n" : "";
        Raw($"\n------ STACK TRACE ------\n{threads}\n{running}\n------ STACK TRACE DONE ------\n");
    }

    private bool TryBegin()
    {
        if (Interlocked.Exchange(ref _isWritten, 1) != 0) return false;
        Raw($"\n\n=== {Name} BUG REPORT START: Cut & paste starting from here ===\n");
        return true;
    }

    private void End()
    {
        Raw($"\n=== {Name} BUG REPORT END. Make sure to include from START to END. ===\n\n");
        _log.Flush();
    }

    private string Name => engine.Settings.Types.ExtendedRedisCompatibility ? "REDIS" : "VALKEY";

    private void Describe(Exception failure)
    {
        switch (failure)
        {
            case EngineFailureException { IsAssertion: true }:
                _log.Warning("=== ASSERTION FAILED ===");
                _log.Warning($"==> {failure.Message}");
                break;
            case EngineFailureException:
                _log.Warning("------------------------------------------------");
                _log.Warning("!!! Software Failure. Press left mouse button to continue");
                _log.Warning($"Guru Meditation: {failure.Message}");
                break;
            default:
                _log.Warning($"Unhandled {failure.GetType().FullName}: {failure.Message}");
                break;
        }
    }

    private static string Details(Exception failure)
    {
        var text = new StringBuilder();
        text.Append("\n------ STACK TRACE ------\n\n").Append(failure).Append('\n');
        text.Append("\n------ STACK TRACE DONE ------\n\n");
        text.Append($"{ServerIdentity.Name} {ServerIdentity.Version}, {RuntimeInformation.FrameworkDescription}, ");
        text.Append($"{RuntimeInformation.OSDescription} {RuntimeInformation.ProcessArchitecture}, thread {Environment.CurrentManagedThreadId}");
        if (Thread.CurrentThread.Name is { } thread) text.Append($" ({thread})");
        return text.Append('\n').ToString();
    }

    /// <summary>The lines so far are safe before what could fail is looked at.</summary>
    private void WriteState()
    {
        _log.Flush();
        Part("\n------ INFO OUTPUT ------\n", () => new InfoReport(engine).Write(["all"]));
        Part("\n------ CLIENT LIST OUTPUT ------\n", DescribeClients);
        if (engine.Executor.Running is { } command) Part("\n------ CURRENT CLIENT INFO ------\n", () => Describe(command));
        Part("\n------ CONFIG DEBUG OUTPUT ------\n", DescribeSettings);
    }

    private void Part(string title, Func<string> describe)
    {
        Raw(title);
        try
        {
            Raw(describe());
        }
        catch (Exception second)
        {
            Raw($"not available: {second.Message}\n");
        }
        _log.Flush();
    }

    private string DescribeClients()
    {
        var text = new StringBuilder();
        foreach (ClientSession client in engine.Clients.All) text.Append(ClientReport.LogLine(client)).Append('\n');
        return text.ToString();
    }

    /// <summary>The client whose command runs, and its arguments up to a password.</summary>
    private string Describe(CommandContext command)
    {
        var text = new StringBuilder();
        text.Append(ClientReport.LogLine(command.Client)).Append('\n');
        text.Append("argc: ").Append(command.ArgCount).Append('\n');
        for (int i = 0; i < command.ArgCount; i++)
        {
            ReadOnlySpan<byte> argument = command.Arg(i);
            text.Append("argv[").Append(i).Append("]: ");
            if (_settings.HideUserDataFromLog && i > 0)
            {
                text.Append(argument.Length).Append(" bytes\n");
                continue;
            }
            if (command.IsRedacted(i))
            {
                text.Append("(redacted)\n");
                continue;
            }
            ConfigurationLine.AppendQuoted(text, Encoding.Latin1.GetString(argument[..Math.Min(argument.Length, ArgumentBytesMax)]));
            text.Append('\n');
            if (Ascii.EqualsIgnoreCase(argument, "auth"u8) || Ascii.EqualsIgnoreCase(argument, "auth2"u8)) break;
        }
        return text.ToString();
    }

    private string DescribeSettings()
    {
        var text = new StringBuilder();
        foreach (Directive directive in engine.Configuration?.Directives ?? [])
        {
            if (!directive.Is(DirectiveFlags.Debug)) continue;
            string value = directive.Get(engine.Settings);
            text.Append(directive.Name).Append(' ');
            if (directive is TextDirective) ConfigurationLine.AppendQuoted(text, value);
            else text.Append(value);
            text.Append('\n');
        }
        return text.ToString();
    }

    private void Raw(string text) => _log.Raw(LogLevel.Warning, text);

    private static string Pointer(long address) => address == 0 ? "(nil)" : $"0x{address:x}";
}
