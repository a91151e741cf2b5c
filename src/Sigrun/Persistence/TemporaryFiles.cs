using Sigrun.Storage.Files;

namespace Sigrun.Persistence;

/// <summary>The names of files in the data directory that are written beside before they take the place of others.</summary>
internal static class TemporaryFiles
{
    /// <summary>A snapshot.</summary>
    public static string Snapshot { get; } = $"temp-{Environment.ProcessId}.rdb";

    /// <summary>A snapshot that is saved in the background.</summary>
    public static string BackgroundSnapshot { get; } = $"temp-bg-{Environment.ProcessId}.rdb";

    /// <summary>The first base of an append-only file.</summary>
    public static string FirstBase { get; } = $"temp-rewriteaof-{Environment.ProcessId}.aof";

    /// <summary>A base that is written in the background.</summary>
    public static string BackgroundBase { get; } = $"temp-rewriteaof-bg-{Environment.ProcessId}.aof";

    /// <summary>Deletes those that there are, because the process ends at once; whoever writes one finds out too late to matter.</summary>
    public static void Delete(IFileSystem files, string directory)
    {
        foreach (string name in (ReadOnlySpan<string>)[Snapshot, BackgroundSnapshot, FirstBase, BackgroundBase])
            files.TryDelete(Path.Combine(directory, name));
    }
}
