using static Sigrun.Configuration.DirectiveFlags;
using static Sigrun.Configuration.Support;

namespace Sigrun.Configuration;

/// <summary>Log, command logs, latency and crash reports.</summary>
internal sealed class ObservabilitySettings
{
    /// <summary>Least level that is written.</summary>
    public LogLevel LogLevel = LogLevel.Notice;

    /// <summary>File the log goes to; empty is standard output.</summary>
    public string? LogFile = "";

    /// <summary>Shape of a log line.</summary>
    public LogFormat LogFormat;

    /// <summary>Shape of its time.</summary>
    public LogTimestampFormat LogTimestampFormat;

    /// <summary>Print the banner even where standard output is no terminal.</summary>
    public bool AlwaysShowLogo;

    /// <summary>Keep keys and values out of the log.</summary>
    public bool HideUserDataFromLog = true;

    /// <summary>Log to the system's log too.</summary>
    public bool SyslogEnabled;

    /// <summary>Name used there.</summary>
    public string? SyslogIdent = "valkey";

    /// <summary>Facility used there.</summary>
    public SyslogFacility SyslogFacility = SyslogFacility.Local0;

    /// <summary>Write a report when the process fails.</summary>
    public bool CrashLogEnabled = true;

    /// <summary>Test the memory after a crash.</summary>
    public bool CrashMemcheckEnabled = true;

    /// <summary>Execution time from which on a command is logged; -1 logs none.</summary>
    public long SlowLogThresholdMicros = 10000;

    /// <summary>Slow commands remembered.</summary>
    public long SlowLogMaxLength = 128;

    /// <summary>Request size from which on a command is logged; -1 logs none.</summary>
    public long LargeRequestThresholdBytes = 1 << 20;

    /// <summary>Large requests remembered.</summary>
    public long LargeRequestLogMaxLength = 128;

    /// <summary>Reply size from which on a command is logged; -1 logs none.</summary>
    public long LargeReplyThresholdBytes = 1 << 20;

    /// <summary>Large replies remembered.</summary>
    public long LargeReplyLogMaxLength = 128;

    /// <summary>Events at least this long are remembered; 0 none.</summary>
    public long LatencyMonitorThresholdMs;

    /// <summary>Keep a histogram per command.</summary>
    public bool LatencyTracking = true;

    /// <summary>Percentiles that INFO latencystats shows.</summary>
    public double[] LatencyPercentiles = [50, 99, 99.9];

    /// <summary>Report a command that blocks the engine this long; 0 never (for debugging).</summary>
    public int WatchdogPeriodMs;

    /// <summary>Expensive assertions (for tests).</summary>
    public bool EnableDebugAssert;

    /// <summary>Exit instead of aborting on a broken invariant (for tests).</summary>
    public bool UseExitOnPanic;

    /// <summary>Text printed with crash reports (for tests).</summary>
    public string? DebugContext = "";

    /// <summary>File of all requests and replies (for tests).</summary>
    public string? RequestResponseLogFile;

    /// <summary>Declares the directives of these fields.</summary>
    public static void Declare(DirectiveTable table)
    {
        table.Word(Works, "loglevel", static s => (int)s.Observability.LogLevel,
            static (s, v) => s.Observability.LogLevel = (LogLevel)v, Words.LogLevel);
        table.Text(Works, "logfile", static s => ref s.Observability.LogFile, flags: Immutable);
        table.Word(Works, "log-format", static s => (int)s.Observability.LogFormat,
            static (s, v) => s.Observability.LogFormat = (LogFormat)v, Words.LogFormat);
        table.Word(Works, "log-timestamp-format", static s => (int)s.Observability.LogTimestampFormat,
            static (s, v) => s.Observability.LogTimestampFormat = (LogTimestampFormat)v, Words.LogTimestampFormat);
        table.Bool(Works, "always-show-logo", static s => ref s.Observability.AlwaysShowLogo, flags: Immutable);
        table.Bool(Works, "hide-user-data-from-log", static s => ref s.Observability.HideUserDataFromLog);
        table.Bool(Works, "syslog-enabled", static s => ref s.Observability.SyslogEnabled, flags: Immutable);
        table.Text(Works, "syslog-ident", static s => ref s.Observability.SyslogIdent, flags: Immutable);
        table.Word(Works, "syslog-facility", static s => (int)s.Observability.SyslogFacility,
            static (s, v) => s.Observability.SyslogFacility = (SyslogFacility)v, Words.SyslogFacility, flags: Immutable);
        table.Bool(Works, "crash-log-enabled", static s => ref s.Observability.CrashLogEnabled);
        table.Bool(Tuning, "crash-memcheck-enabled", static s => ref s.Observability.CrashMemcheckEnabled);
        table.Long(Works, "commandlog-execution-slower-than", static s => ref s.Observability.SlowLogThresholdMicros, -1,
            long.MaxValue, alias: "slowlog-log-slower-than");
        table.Long(Works, "commandlog-slow-execution-max-len", static s => ref s.Observability.SlowLogMaxLength, 0, long.MaxValue,
            alias: "slowlog-max-len");
        table.Long(Works, "commandlog-request-larger-than", static s => ref s.Observability.LargeRequestThresholdBytes, -1,
            long.MaxValue);
        table.Long(Works, "commandlog-large-request-max-len", static s => ref s.Observability.LargeRequestLogMaxLength, 0,
            long.MaxValue);
        table.Long(Works, "commandlog-reply-larger-than", static s => ref s.Observability.LargeReplyThresholdBytes, -1,
            long.MaxValue);
        table.Long(Works, "commandlog-large-reply-max-len", static s => ref s.Observability.LargeReplyLogMaxLength, 0, long.MaxValue);
        table.Long(Works, "latency-monitor-threshold", static s => ref s.Observability.LatencyMonitorThresholdMs, 0, long.MaxValue);
        table.Bool(Works, "latency-tracking", static s => ref s.Observability.LatencyTracking);
        table.Add(new PercentilesDirective());
        table.Int(Works, "watchdog-period", static s => ref s.Observability.WatchdogPeriodMs, 0, int.MaxValue, flags: Hidden);
        table.Bool(Tuning, "enable-debug-assert", static s => ref s.Observability.EnableDebugAssert, flags: Immutable | Hidden);
        table.Bool(Works, "use-exit-on-panic", static s => ref s.Observability.UseExitOnPanic, flags: Hidden);
        table.Text(Tuning, "debug-context", static s => ref s.Observability.DebugContext, flags: Debug | Hidden);
        table.OptionalText(Pending, "req-res-logfile", static s => ref s.Observability.RequestResponseLogFile,
            flags: Immutable | Hidden);
    }
}
