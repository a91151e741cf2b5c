using System.Text;

namespace Sigrun.Observability;

/// <summary>LATENCY GRAPH: the events of a kind, drawn with characters as the reference server draws them.</summary>
internal static class LatencyGraph
{
    private const int Columns = 80;
    private const int Rows = 4;

    /// <summary>The heights within a row, from low to high.</summary>
    private const string Marks = "_o#";

    /// <summary>What stands below a mark.</summary>
    private const char Body = '|';

    /// <summary>Draws a graph.</summary>
    public static string Draw(LatencySeries series, long nowSeconds)
    {
        LatencySample[] samples = [.. series.Samples];
        long min = samples.Min(sample => sample.Milliseconds);
        long max = samples.Max(sample => sample.Milliseconds);
        var text = new StringBuilder();
        text.Append($"{series.Name} - high {max} ms, low {min} ms (all time high {series.Max} ms)\n");
        text.Append('-', Columns).Append('\n');
        for (int start = 0; start < samples.Length; start += Columns)
        {
            if (start > 0) text.Append('\n');
            DrawPart(text, samples.AsSpan(start, Math.Min(Columns, samples.Length - start)), min, max, nowSeconds);
        }
        return text.ToString();
    }

    private static void DrawPart(StringBuilder text, ReadOnlySpan<LatencySample> samples, long min, long max, long nowSeconds)
    {
        const int Steps = Rows * 3;
        long range = Math.Max(1, max - min);
        for (int row = Rows - 1; row >= 0; row--)
        {
            foreach (LatencySample sample in samples)
            {
                int step = (int)Math.Min(Steps - 1, (sample.Milliseconds - min) * Steps / range);
                int height = step - row * Marks.Length;
                text.Append(height < 0 ? ' ' : height < Marks.Length ? Marks[height] : Body);
            }
            text.Append('\n');
        }
        text.Append(' ', samples.Length).Append('\n');
        AppendLabels(text, samples, nowSeconds);
    }

    /// <summary>How long ago each was, from top to bottom.</summary>
    private static void AppendLabels(StringBuilder text, ReadOnlySpan<LatencySample> samples, long nowSeconds)
    {
        var labels = new string[samples.Length];
        for (int i = 0; i < labels.Length; i++) labels[i] = Ago(nowSeconds - samples[i].UnixSeconds);
        for (int line = 0; line < labels.Max(label => label.Length); line++)
        {
            foreach (string label in labels) text.Append(line < label.Length ? label[line] : ' ');
            text.Append('\n');
        }
    }

    private static string Ago(long seconds) => seconds switch
    {
        < 60 => $"{seconds}s",
        < 3600 => $"{seconds / 60}m",
        < 24 * 3600 => $"{seconds / 3600}h",
        _ => $"{seconds / (24 * 3600)}d",
    };
}
