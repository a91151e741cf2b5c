using Sigrun.Cli.Output;
using Sigrun.Client;

namespace Sigrun.Cli.Modes;

/// <summary>Measures how long PING takes, every ten milliseconds.</summary>
internal sealed class LatencyMode(Session session)
{
    private const long HistoryIntervalMs = 15000;
    private const long SingleIntervalMs = 1000;

    /// <summary>How often to measure.</summary>
    public static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(10);

    private readonly SteadyCaller _server = new(session);
    private long _min;
    private long _max;
    private long _total;
    private long _count;

    private CliOptions Options => session.Options;

    /// <summary>Measures; for ever on a terminal.</summary>
    public void Run()
    {
        session.Require();
        long interval = (long)Options.Interval.TotalMilliseconds;
        long historyInterval = interval == 0 ? HistoryIntervalMs : interval;
        if (interval == 0) interval = SingleIntervalMs;
        long start = ToolClock.Milliseconds;
        while (true)
        {
            Sample();
            if (Options.Output == OutputMode.Standard) session.Console.Print("\e[0G\e[2K");
            long elapsed = ToolClock.Milliseconds - start;
            bool isOver = !Options.LatencyHistory && Options.Output != OutputMode.Standard && elapsed > interval;
            if (Options.Output == OutputMode.Standard || Options.LatencyHistory || isOver) Print();
            if (isOver) return;
            if (Options.LatencyHistory && elapsed > historyInterval)
            {
                session.Console.PrintLine($" -- {FixedText.Two((float)elapsed / 1000)} seconds range");
                start = ToolClock.Milliseconds;
                _min = _max = _total = _count = 0;
            }
            session.Console.Flush();
            ToolClock.Sleep(SampleInterval);
        }
    }

    private void Sample()
    {
        long start = ToolClock.Milliseconds;
        _server.Call("PING");
        long latency = ToolClock.Milliseconds - start;
        _min = _count == 0 ? latency : Math.Min(_min, latency);
        _max = Math.Max(_max, latency);
        _total += latency;
        _count++;
    }

    private void Print()
    {
        string average = FixedText.Two((double)_total / _count);
        switch (Options.Output)
        {
            case OutputMode.Standard:
                session.Console.Print($"min: {_min}, max: {_max}, avg: {average} ({_count} samples)");
                break;
            case OutputMode.Csv:
                session.Console.PrintLine($"{_min},{_max},{average},{_count}");
                break;
            case OutputMode.Raw:
                session.Console.PrintLine($"{_min} {_max} {average} {_count}");
                break;
            case OutputMode.Json:
                session.Console.PrintLine($"{{\"min\": {_min}, \"max\": {_max}, \"avg\": {average}, \"count\": {_count}}}");
                break;
        }
    }
}
