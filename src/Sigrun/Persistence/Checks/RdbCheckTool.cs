using Sigrun.Storage.Files;

namespace Sigrun.Persistence.Checks;

/// <summary>How the figures of a check are laid out.</summary>
internal enum RdbCheckFormat : byte
{
    /// <summary>A column per type.</summary>
    Table,

    /// <summary>A line per figure and type.</summary>
    Info,

    /// <summary>Values between commas.</summary>
    Csv,
}

/// <summary>The program that says whether a snapshot file is sound, and what is in it.</summary>
internal static class RdbCheckTool
{
    private const string Name = "sigrun-check-rdb";

    /// <summary>Runs the program.</summary>
    /// <param name="args">The file and options.</param>
    /// <param name="clock">What tells which keys have expired.</param>
    /// <param name="output">Gets the findings.</param>
    /// <param name="errors">Gets complaints about the arguments.</param>
    /// <returns>The exit code: 0 when the file is sound.</returns>
    public static int Run(string[] args, IClock clock, TextWriter output, TextWriter errors)
    {
        if (args is ["-v"] or ["--version"])
        {
            output.Write($"{Name} {ServerIdentity.ValkeyVersion} (Sigrun {ServerIdentity.Version})\n");
            return 0;
        }
        if (args.Length == 0 || !TryReadOptions(args, out RdbCheckFormat format, out bool hasStatistics, out string? target))
        {
            errors.Write($"Usage: {Name} <rdb-file-name> [--format table|info|csv] [--stats] [--output <file>]\n");
            return 1;
        }
        using var check = new RdbCheck(clock.UnixMicroseconds / 1000, output, hasStatistics);
        int code = check.Run(new SystemFiles(), Path.GetFullPath(args[0]), args[0]);
        if (!hasStatistics) return code;
        if (target is null)
        {
            check.WriteStatistics(output, format);
            return code;
        }
        try
        {
            using var file = new StreamWriter(target);
            check.WriteStatistics(file, format);
        }
        catch (Exception fault) when (DiskFault.Is(fault))
        {
            errors.Write($"Cannot open output file: '{target}': {DiskFault.Text(fault)}\n");
            return 1;
        }
        return code;
    }

    private static bool TryReadOptions(string[] args, out RdbCheckFormat format, out bool hasStatistics, out string? target)
    {
        format = RdbCheckFormat.Table;
        hasStatistics = false;
        target = null;
        for (int i = 1; i < args.Length; i++)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            switch (args[i])
            {
                case "--stats":
                    hasStatistics = true;
                    break;
                case "--output" when value is not null:
                    target = value;
                    i++;
                    break;
                case "--format" when value is "table" or "info" or "csv":
                    format = Enum.Parse<RdbCheckFormat>(value, ignoreCase: true);
                    i++;
                    break;
                default:
                    return false;
            }
        }
        return true;
    }
}
