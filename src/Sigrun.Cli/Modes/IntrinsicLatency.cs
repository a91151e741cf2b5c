using System.Globalization;
using Sigrun.Cli.Output;
using Sigrun.Client;

namespace Sigrun.Cli.Modes;

/// <summary>
/// Measures how long this system keeps a process waiting that only computes: the same little work again and again, and how much
/// longer than usual it took.
/// </summary>
internal static class IntrinsicLatency
{
    private const int Rounds = 1000;

    /// <summary>Measures for so many seconds, or until the user has enough.</summary>
    public static void Run(CliConsole console, int seconds)
    {
        using var interrupt = new InterruptFlag();
        long duration = seconds * 1_000_000L;
        long end = ToolClock.Microseconds + duration;
        long worst = 0;
        long runs = 0;
        ulong sum = 0;
        while (true)
        {
            long start = ToolClock.Microseconds;
            sum += Work();
            long now = ToolClock.Microseconds;
            runs++;
            if (now - start > worst)
            {
                worst = now - start;
                console.PrintLine($"Max latency so far: {worst} microseconds.");
                console.Flush();
            }
            if (interrupt.IsSet || now > end) break;
        }
        GC.KeepAlive(sum);
        double average = (double)duration / runs;
        console.PrintLine($"\n{runs} total runs (avg latency: {average.ToString("F4", CultureInfo.InvariantCulture)} microseconds / {FixedText.Two(average * 1e3)} nanoseconds per run).");
        console.PrintLine($"Worst run took {(worst / average).ToString("F0", CultureInfo.InvariantCulture)}x longer than the average latency.");
    }

    /// <summary>Some work that no compiler leaves out; it takes microseconds.</summary>
    private static ulong Work()
    {
        Span<byte> table = stackalloc byte[256];
        for (int i = 0; i < table.Length; i++) table[i] = (byte)i;
        ulong sum = 0;
        byte left = 0;
        byte right = 0;
        for (int round = 0; round < Rounds; round++)
        {
            left++;
            right += table[left];
            (table[left], table[right]) = (table[right], table[left]);
            sum += table[(byte)(table[left] + table[right])];
        }
        return sum;
    }
}
