namespace Sigrun.Configuration;

/// <summary>The configuration cannot be used; the start stops here.</summary>
/// <remarks>Two forms, because the reference server has two: a bad line is reported on standard error, a file that
/// cannot be read in the log.</remarks>
internal sealed class ConfigurationException : Exception
{
    private ConfigurationException(string report, string reason, bool isLogLine)
        : base(report)
    {
        Reason = reason;
        IsLogLine = isLogLine;
    }

    /// <summary>What is wrong, for those who know which line is meant. The text is Latin-1 like the message.</summary>
    public string Reason { get; }

    /// <summary>True when the message is a warning for the log, false when it is a report for standard error.</summary>
    public bool IsLogLine { get; }

    /// <summary>A line that is not valid. The text is Latin-1, see <see cref="ConfigText"/>.</summary>
    public static ConfigurationException BadLine(int number, string line, string reason) => new(
        $"\n*** FATAL CONFIG FILE ERROR (Version {ServerIdentity.ValkeyVersion}) ***\n"
        + $"Reading the configuration file, at line {number}\n>>> '{line}'\n{reason}\n", reason, isLogLine: false);

    /// <summary>Lines that are valid one by one but not together.</summary>
    public static ConfigurationException BadCombination(string reason) => new(
        $"\n*** FATAL CONFIG FILE ERROR (Version {ServerIdentity.ValkeyVersion}) ***\n{reason}\n", reason, isLogLine: false);

    /// <summary>A file that cannot be read.</summary>
    public static ConfigurationException Unreadable(string path, string reason)
    {
        string report = $"Fatal error, can't open config file '{path}': {reason}";
        return new ConfigurationException(report, report, isLogLine: true);
    }
}
