using System.Globalization;
using System.Text;
using Sigrun.Configuration;

namespace Sigrun.Observability;

/// <summary>LATENCY DOCTOR: what has held the engine up, and what helps, for people.</summary>
/// <remarks>The line on each event has the reference server's shape; the advice is about this one.</remarks>
internal static class LatencyDoctor
{
    private const int FrequentHz = 100;

    /// <summary>Writes the report.</summary>
    public static string Report(Engine engine)
    {
        LatencyMonitor monitor = engine.Latency;
        if (!monitor.IsOn && monitor.All.Count == 0)
        {
            return "Dave, nothing is measured yet: latency monitoring is disabled in this instance. "
                + "\"CONFIG SET latency-monitor-threshold <milliseconds>\" enables it.\n";
        }
        if (monitor.All.Count == 0) return "Dave, nothing has taken longer than it may since this instance was started or reset.\n";
        var text = new StringBuilder("Dave, I have observed latency spikes in this instance.\n\n");
        for (int i = 0; i < monitor.All.Count; i++) AppendEvent(text, i + 1, monitor.All[i], monitor.NowSeconds);
        text.Append("\nHere is what may help:\n\n");
        foreach (string advice in monitor.All.SelectMany(series => Advice(engine, series.Name)).Distinct()) text.Append("- ").Append(advice).Append('\n');
        return text.ToString();
    }

    private static void AppendEvent(StringBuilder text, int number, LatencySeries series, long nowSeconds)
    {
        LatencySummary summary = series.Summarize(nowSeconds);
        text.Append(CultureInfo.InvariantCulture, $"{number}. {series.Name}: {summary.Samples} latency spikes (average {summary.Mean}ms, ");
        text.Append(CultureInfo.InvariantCulture, $"mean deviation {summary.MeanDeviation}ms, period {summary.SecondsBetween:F2} sec). ");
        text.Append(CultureInfo.InvariantCulture, $"Worst all time event {series.Max}ms.\n");
    }

    private static IEnumerable<string> Advice(Engine engine, string name) => name switch
    {
        LatencyMonitor.Command => [SlowLogAdvice(engine), LargeValues],
        LatencyMonitor.FastCommand => [Scheduling],
        LatencyMonitor.ExpireDelete or LatencyMonitor.EvictionDelete => [LargeValues],
        LatencyMonitor.ExpireCycle when engine.Settings.Process.Hz < FrequentHz => [Frequency, LargeValues],
        LatencyMonitor.ExpireCycle => [LargeValues],
        LatencyMonitor.EvictionCycle => [Pressure],
        LatencyMonitor.ActiveDefragCycle => [Defragmentation],
        LatencyMonitor.AofWritePendingFsync => [Disk, Contention],
        LatencyMonitor.AofWriteActiveChild => [Disk, NoFsyncOnRewrite],
        LatencyMonitor.AofFsyncAlways when engine.Settings.Persistence.AppendFsync == AppendFsync.Always => [Disk, FsyncPolicy],
        _ => [Disk],
    };

    private static string SlowLogAdvice(Engine engine)
    {
        long thresholdMicros = engine.Latency.ThresholdMs * 1000;
        if (engine.SlowLog.Threshold < 0 || engine.SlowLog.LengthMax == 0)
        {
            return $"The slow log is off, so that nobody can say which commands they were: CONFIG SET slowlog-log-slower-than {thresholdMicros}.";
        }
        return engine.SlowLog.Threshold / 1000 > engine.Latency.ThresholdMs
            ? $"The slow log only has commands that take longer than what counts here: CONFIG SET slowlog-log-slower-than {thresholdMicros}."
            : "SLOWLOG GET shows which commands they were.";
    }

    private const string LargeValues = "Work on large values in parts, or let them be freed by another thread: "
        + "UNLINK in place of DEL, and the lazyfree directives, whose default that is.";

    private const string Scheduling = "Commands that cannot take long by themselves were held up: the system has not given the server its "
        + "processor, or its memory. Look for other programs, a busy neighbour of a virtual machine, and swapping.";

    private const string Frequency = "A higher hz lets keys expire in more and smaller steps: CONFIG SET hz 100.";

    private const string Pressure = "Much had to be evicted at once, after maxmemory was lowered or large values came. "
        + "A lower maxmemory-eviction-tenacity divides it into smaller steps.";

    private const string Defragmentation = "A shorter active-defrag-cycle-us makes the steps of active defragmentation smaller, and longer on the whole.";

    private const string Disk = "The append-only file waits for its disk: a local one, and one of flash memory, is faster.";

    private const string Contention = "Something else keeps the disk busy; other servers, backups and swapping are frequent reasons.";

    private const string NoFsyncOnRewrite = "While a snapshot is written the disk is busier: no-appendfsync-on-rewrite leaves out "
        + "synchronisation meanwhile, for whom that is safe enough.";

    private const string FsyncPolicy = "appendfsync always waits for the disk before any reply to a write; everysec does not.";
}
