using Sigrun.Configuration;
using Sigrun.Storage;

namespace Sigrun.Server;

/// <summary>The processors of the threads, as server-cpulist and bio-cpulist say.</summary>
internal static class Processors
{
    private const string Source = "/proc/self/status";
    private const string Allowed = "Cpus_allowed_list:";

    /// <summary>Binds the calling thread, the engine's, to those of the engine.</summary>
    public static void Take(ProcessSettings settings) => CpuList.Bind(settings.ServerCpuList);

    /// <summary>
    /// Those of the background, null for the same as the thread that starts another: where the engine has a list and the
    /// background has none, those that the process was started with.
    /// </summary>
    public static string? OfBackground(ProcessSettings settings)
    {
        if (settings.BackgroundCpuList is { } list || settings.ServerCpuList is null) return settings.BackgroundCpuList;
        return File.Exists(Source) ? Array.Find(File.ReadAllLines(Source), static line => line.StartsWith(Allowed, StringComparison.Ordinal))?[Allowed.Length..].Trim() : null;
    }
}
