using System.Diagnostics;

namespace Sigrun.Client;

/// <summary>The tools' time.</summary>
public static class ToolClock
{
    /// <summary>Microseconds of a clock that never goes back.</summary>
    public static long Microseconds => (long)Stopwatch.GetElapsedTime(0).TotalMicroseconds;

    /// <summary>Milliseconds of a clock that never goes back.</summary>
    public static long Milliseconds => Microseconds / 1000;

    /// <summary>Waits.</summary>
    public static void Sleep(TimeSpan time) => Thread.Sleep(time);
}
