using System.Globalization;

namespace Sigrun.Benchmark;

/// <summary>The line that shows how a run is going, written over itself four times a second.</summary>
internal sealed class Progress(BenchmarkOptions options, string title, TextWriter output)
{
    private const double UsPerSecond = 1e6;
    private const double UsPerMillisecond = 1e3;

    private int _width;
    private bool _wasWarmup;
    private long _previousUs;
    private (long Count, long LatencyUs) _previous;

    /// <summary>Time between two lines.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Requests per second between any two lines; null where nobody wants to know.</summary>
    public Histogram? Rates { get; } = options.RequestsPerSecond > 0 ? new Histogram(2L * options.RequestsPerSecond, options.Precision) : null;

    /// <summary>Shows where the run is.</summary>
    public void Show(LoadRun run, long nowUs)
    {
        if (options.IsCsv) return;
        if (options.IsIdle)
        {
            output.Write($"clients: {run.ConnectionCount}\r");
            output.Flush();
            return;
        }
        bool isWarmup = nowUs < run.MeasuredFromUs;
        long fromUs = isWarmup ? run.StartUs : run.MeasuredFromUs;
        if (_previousUs < fromUs || isWarmup != _wasWarmup) (_previousUs, _previous) = (fromUs, default);
        _wasWarmup = isWarmup;
        (long Count, long LatencyUs) totals = run.Totals(isWarmup);
        double seconds = (nowUs - fromUs) / UsPerSecond;
        double rate = Ratio(totals.Count - _previous.Count, (nowUs - _previousUs) / UsPerSecond);
        double latency = Ratio(totals.LatencyUs - _previous.LatencyUs, totals.Count - _previous.Count) / UsPerMillisecond;
        double overall = Ratio(totals.LatencyUs, totals.Count) / UsPerMillisecond;
        (_previousUs, _previous) = (nowUs, totals);
        Rates?.Record((long)rate, 1);

        Clear();
        string tail = isWarmup || options.DurationSeconds > 0 ? Text($"{seconds:F1} seconds") : $"{totals.Count} requests";
        string line = (isWarmup ? "Warming up " : "")
            + Text($"{title}: rps={rate:F1} (overall: {Ratio(totals.Count, seconds):F1}) avg_msec={latency:F3} (overall: {overall:F3}) {tail}");
        output.Write(line + "\r");
        output.Flush();
        _width = line.Length + 1;
    }

    /// <summary>Makes the line empty, for something else.</summary>
    public void Clear()
    {
        output.Write(new string(' ', Math.Max(1, _width)) + "\r");
        _width = 0;
    }

    private static double Ratio(double part, double whole) => whole > 0 ? part / whole : 0;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
