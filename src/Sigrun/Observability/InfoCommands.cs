using System.Globalization;
using System.Text;
using Sigrun.Commands;

namespace Sigrun.Observability;

/// <summary>The sections on commands: how often, how long, how they failed.</summary>
internal static class InfoCommands
{
    public static void WriteStatistics(InfoWriter info, Engine engine)
    {
        info.Section("Commandstats");
        CommandStatistics statistics = engine.Statistics.Commands;
        for (int id = 0; id < CommandTable.Count; id++)
        {
            if (statistics.Calls(id) == 0 && statistics.Rejected(id) == 0 && statistics.Failed(id) == 0) continue;
            info.Field("cmdstat_" + Name(id), $"calls={statistics.Calls(id)},usec={statistics.Microseconds(id)},"
                + $"usec_per_call={InfoWriter.Fixed(statistics.MicrosecondsPerCall(id), 2)},rejected_calls={statistics.Rejected(id)},failed_calls={statistics.Failed(id)}");
        }
    }

    public static void WriteErrors(InfoWriter info, Engine engine)
    {
        info.Section("Errorstats");
        foreach ((string code, long count) in engine.Statistics.Errors.OrderBy(static e => e.Key, StringComparer.Ordinal))
        {
            info.Field("errorstat_" + code, "count=" + count);
        }
    }

    public static void WriteLatencies(InfoWriter info, Engine engine)
    {
        info.Section("Latencystats");
        if (!engine.Settings.Observability.LatencyTracking) return;
        double[] percentiles = engine.Settings.Observability.LatencyPercentiles;
        for (int id = 0; id < CommandTable.Count; id++)
        {
            if (engine.Statistics.Commands.Histogram(id) is not { } histogram) continue;
            info.Field("latency_percentiles_usec_" + Name(id), string.Join(',', percentiles.Select(p =>
                $"p{p.ToString("0.######", CultureInfo.InvariantCulture)}={InfoWriter.Fixed(histogram.Percentile(p) / 1000.0, 3)}")));
        }
    }

    private static string Name(int id) => Encoding.ASCII.GetString(CommandTable.FullName(id));
}
