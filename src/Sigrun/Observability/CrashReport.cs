using System.Runtime.InteropServices;
using System.Text;
using Sigrun.Configuration;

namespace Sigrun.Observability;

/// <summary>What the log says of a server that ends by an exception nobody handles.</summary>
/// <remarks>
/// The first and the last line, and the lines around the stack, are those that tools and tests look for. The report is
/// written and flushed on the thread that fails, which may be any: what it says of the engine is a snapshot that the
/// engine's thread may be changing, and is left out when it cannot be had.
/// </remarks>
internal static class CrashReport
{
    /// <summary>Writes the report.</summary>
    /// <param name="log">Where.</param>
    /// <param name="settings">What it may contain.</param>
    /// <param name="failure">What ended the server.</param>
    /// <param name="describe">What INFO would say.</param>
    public static void Write(ServerLog log, ObservabilitySettings settings, Exception failure, Func<string> describe)
    {
        log.Raw(LogLevel.Warning, $"\n\n=== {Name} BUG REPORT START: from here to END ===\n");
        Describe(log, failure);
        if (settings.CrashLogEnabled)
        {
            log.Raw(LogLevel.Warning, Details(failure));
            log.Flush();
            log.Raw(LogLevel.Warning, $"\n------ INFO OUTPUT ------\n{TryDescribe(describe)}\n");
        }
        log.Raw(LogLevel.Warning, $"\n=== {Name} BUG REPORT END ===\n\n");
        log.Flush();
    }

    private static string Name => ServerIdentity.Name.ToUpperInvariant();

    private static void Describe(ServerLog log, Exception failure)
    {
        switch (failure)
        {
            case EngineFailureException { IsAssertion: true }:
                log.Warning("=== ASSERTION FAILED ===");
                log.Warning($"==> {failure.Message}");
                break;
            case EngineFailureException:
                log.Warning($"Guru Meditation: {failure.Message}");
                break;
            default:
                log.Warning($"Unhandled {failure.GetType().FullName}: {failure.Message}");
                break;
        }
    }

    private static string TryDescribe(Func<string> describe)
    {
        try
        {
            return describe();
        }
        catch (Exception second)
        {
            return $"not available: {second.Message}";
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
}
