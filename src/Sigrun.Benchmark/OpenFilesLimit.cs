using System.Globalization;

namespace Sigrun.Benchmark;

/// <summary>How many connections the system lets this process have.</summary>
internal static class OpenFilesLimit
{
    private const string Source = "/proc/self/limits";
    private const string Row = "Max open files";

    /// <summary>What the runtime may need while the run goes on; where it gets nothing, it ends the process without a word.</summary>
    private const int ReservedForRuntime = 160;

    /// <summary>Whether so many connections can be had.</summary>
    public static bool Allows(int connections)
    {
        if (!File.Exists(Source)) return true;
        string? line = Array.Find(File.ReadAllLines(Source), static line => line.StartsWith(Row, StringComparison.Ordinal));
        string[] fields = line?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return fields.Length == 0 || !long.TryParse(fields[0], CultureInfo.InvariantCulture, out long limit)
            || connections + ReservedForRuntime <= limit;
    }
}
