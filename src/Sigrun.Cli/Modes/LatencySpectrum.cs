using Sigrun.Client;

namespace Sigrun.Cli.Modes;

/// <summary>
/// Measures how long PING takes and shows a line of colours per interval: each place is a range of latencies, and the brighter it
/// is the more of them were there. Needs a terminal with 256 colours.
/// </summary>
internal sealed class LatencySpectrum(Session session)
{
    private const int LegendInterval = 20;
    private const string Rule = "---------------------------------------------";

    /// <summary>The highest latency of each range, in microseconds, and its mark; longer ones are a range of their own.</summary>
    private static readonly (long Max, char Mark)[] Ranges =
    [
        (10, '.'), (125, '-'), (250, '*'), (500, '#'),
        (1000, '1'), (2000, '2'), (3000, '3'), (4000, '4'), (5000, '5'), (6000, '6'), (7000, '7'), (8000, '8'), (9000, '9'),
        (10_000, 'A'), (20_000, 'B'), (30_000, 'C'), (40_000, 'D'), (50_000, 'E'),
        (100_000, 'F'), (200_000, 'G'), (300_000, 'H'), (400_000, 'I'), (500_000, 'J'),
        (1_000_000, 'K'), (2_000_000, 'L'), (4_000_000, 'M'), (8_000_000, 'N'), (16_000_000, 'O'), (30_000_000, 'P'), (60_000_000, 'Q'),
        (long.MaxValue, '?'),
    ];

    private static readonly int[] Colors = [0, 233, 234, 235, 237, 239, 241, 243, 245, 247, 144, 143, 142, 184, 226, 214, 208, 202, 196];
    private static readonly int[] Greys = [0, 233, 234, 235, 237, 239, 241, 243, 245, 247, 249, 251, 253];

    private readonly long[] _counts = new long[Ranges.Length];

    private int[] Palette => session.Options.MonochromeSpectrum ? Greys : Colors;

    /// <summary>Measures without end.</summary>
    public void Run()
    {
        session.Require();
        var server = new SteadyCaller(session);
        TimeSpan interval = session.Options.Interval == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : session.Options.Interval;
        long start = ToolClock.Microseconds;
        for (int lines = 0; ;)
        {
            long before = ToolClock.Microseconds;
            server.Call("PING");
            long latency = ToolClock.Microseconds - before;
            _counts[Array.FindIndex(Ranges, r => latency <= r.Max)]++;
            if (ToolClock.Microseconds - start > interval.TotalMicroseconds)
            {
                if (lines++ % LegendInterval == 0) PrintLegend();
                PrintLine();
                start = ToolClock.Microseconds;
            }
            ToolClock.Sleep(LatencyMode.SampleInterval);
        }
    }

    private void PrintLine()
    {
        long total = _counts.Sum();
        session.Console.Print("\e[38;5;0m");
        for (int i = 0; i < Ranges.Length; i++)
        {
            int color = Palette[(int)Math.Ceiling((double)_counts[i] / total * (Palette.Length - 1))];
            session.Console.Print($"\e[48;5;{color}m{Ranges[i].Mark}");
        }
        session.Console.PrintLine("\e[0m");
        session.Console.Flush();
        Array.Clear(_counts);
    }

    private void PrintLegend()
    {
        session.Console.PrintLine(Rule);
        session.Console.PrintLine(". - * #          .01 .125 .25 .5 milliseconds");
        session.Console.PrintLine("1,2,3,...,9      from 1 to 9     milliseconds");
        session.Console.PrintLine("A,B,C,D,E        10,20,30,40,50  milliseconds");
        session.Console.PrintLine("F,G,H,I,J        .1,.2,.3,.4,.5       seconds");
        session.Console.PrintLine("K,L,M,N,O,P,Q,?  1,2,4,8,16,30,60,>60 seconds");
        session.Console.Print("From 0 to 100%: ");
        foreach (int color in Palette) session.Console.Print($"\e[48;5;{color}m ");
        session.Console.PrintLine("\e[0m");
        session.Console.PrintLine(Rule);
    }
}
