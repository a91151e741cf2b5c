using System.Globalization;

namespace Sigrun.Benchmark;

/// <summary>Shows what a run has found, in one of three forms. Lines are those of Valkey's tool, so that scripts read them.</summary>
internal sealed class Report(BenchmarkOptions options, ServerSettings? server, TextWriter output)
{
    /// <summary>Latencies up to two milliseconds are shown in steps of a tenth of one, longer ones in whole ones.</summary>
    private const long FineStepUs = 100;

    private const long FineMaxUs = 2000;
    private const double UsPerSecond = 1e6;

    /// <summary>The first line of the form for programs.</summary>
    public static void WriteCsvHeader(TextWriter output) =>
        output.Write("\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\",\"p99_latency_ms\",\"max_latency_ms\"\n");

    /// <summary>Shows a run.</summary>
    /// <param name="title">What it is called.</param>
    /// <param name="payload">Bytes that are said to be sent.</param>
    /// <param name="run">The run, which is over.</param>
    /// <param name="progress">Its line.</param>
    public void Write(string title, int payload, LoadRun run, Progress progress)
    {
        Histogram latencies = run.Latencies();
        (long count, _) = run.Totals(isWarmup: false);
        double rate = count * UsPerSecond / run.ElapsedUs;
        if (options.IsCsv)
        {
            Line($"\"{title}\",\"{rate:F2}\",\"{Ms(latencies.Mean)}\",\"{Ms(latencies.Min)}\",\"{Ms(latencies.Percentile(50))}\",\"{Ms(latencies.Percentile(95))}\",\"{Ms(latencies.Percentile(99))}\",\"{Ms(latencies.Max)}\"");
        }
        else
        {
            progress.Clear();
            if (options.IsQuiet) Line($"{title}: {rate:F2} requests per second, p50={Ms(latencies.Percentile(50))} msec");
            else WriteAll(title, payload, run, progress, latencies, count, rate);
        }
        output.Flush();
    }

    private void WriteAll(string title, int payload, LoadRun run, Progress progress, Histogram latencies, long count, double rate)
    {
        Line($"====== {title} ======");
        Line($"  {count} requests completed in {run.ElapsedUs / UsPerSecond:F2} seconds");
        Line($"  {options.Clients} parallel clients");
        Line($"  {payload} bytes payload");
        Line($"  keep alive: {(options.KeepsAlive ? 1 : 0)}");
        if (server is not null)
        {
            Line($"  host configuration \"save\": {server.Save}");
            Line($"  host configuration \"appendonly\": {server.AppendOnly}");
        }
        Line($"  multi-thread: {(options.Threads > 0 ? "yes" : "no")}");
        if (options.Threads > 0) Line($"  threads: {options.Threads}");
        if (progress.Rates is { Total: > 0 } rates) WriteRates(rates);
        Line($"");
        Line($"Latency by percentile distribution:");
        foreach (DistributionStep step in latencies.ByPercentile()) Write(step);
        Line($"");
        Line($"Cumulative distribution of latencies:");
        foreach (DistributionStep step in latencies.ByValue(FineStepUs, FineMaxUs)) Write(step);
        Line($"");
        Line($"Summary:");
        Line($"  throughput summary: {rate:F2} requests per second");
        Line($"  latency summary (msec):");
        WriteRow("avg", "min", "p50", "p95", "p99", "max");
        WriteRow(Ms(latencies.Mean), Ms(latencies.Min), Ms(latencies.Percentile(50)), Ms(latencies.Percentile(95)), Ms(latencies.Percentile(99)), Ms(latencies.Max));
    }

    private void WriteRates(Histogram rates)
    {
        Line($"");
        Line($"RPS Summary:");
        Line($"  target RPS: {(double)options.RequestsPerSecond:F2}");
        Line($"  RPS distribution (reqs/sec):");
        WriteRow("avg", "min", "p50", "p95", "p99", "max");
        WriteRow(Rate(rates.Mean), Rate(rates.Min), Rate(rates.Percentile(50)), Rate(rates.Percentile(95)), Rate(rates.Percentile(99)), Rate(rates.Max));
    }

    private void Write(DistributionStep step) =>
        Line($"{step.Percent:F3}% <= {Ms(step.Value)} milliseconds (cumulative count {step.Count})");

    private void WriteRow(params ReadOnlySpan<string> cells)
    {
        output.Write("   ");
        foreach (string cell in cells) output.Write(" " + cell.PadLeft(9));
        output.Write('\n');
    }

    private static string Ms(double us) => Rate(us / 1000);

    private static string Rate(double value) => value.ToString("F3", CultureInfo.InvariantCulture);

    private void Line(FormattableString text) => output.Write(text.ToString(CultureInfo.InvariantCulture) + "\n");
}
