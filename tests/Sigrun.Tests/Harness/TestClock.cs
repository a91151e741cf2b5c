using System.Diagnostics;

namespace Sigrun.Tests.Harness;

/// <summary>A clock that runs with the system's, or stands still, and can be moved forward.</summary>
public sealed class TestClock : IClock
{
    private readonly SystemClock _system = new();
    private Stand? _stand;
    private long _offsetNs;

    public long MonotonicNanoseconds => (Volatile.Read(ref _stand)?.MonotonicNanoseconds ?? _system.MonotonicNanoseconds) + Interlocked.Read(ref _offsetNs);

    public long UnixMicroseconds => (Volatile.Read(ref _stand)?.UnixMicroseconds ?? _system.UnixMicroseconds) + Interlocked.Read(ref _offsetNs) / 1000;

    public long UnixMilliseconds => UnixMicroseconds / 1000;

    /// <summary>Time passes only where it is advanced from now on.</summary>
    public void Stop() => Volatile.Write(ref _stand, new Stand(_system.MonotonicNanoseconds, _system.UnixMicroseconds));

    public void Advance(TimeSpan by) => Interlocked.Add(ref _offsetNs, (long)(by.TotalMilliseconds * 1_000_000));

    /// <summary>Waits until a condition holds; fails after two minutes of real time, which is as good as never.</summary>
    public static void WaitUntil(Func<bool> condition, string what)
    {
        const int EagerLooks = 100;
        var watch = Stopwatch.StartNew();
        for (int looks = 0; !condition(); looks++)
        {
            if (watch.Elapsed > TimeSpan.FromMinutes(2)) throw new TimeoutException("Never happened: " + what);
            // Whoever is waited for needs the processor, too.
            if (looks < EagerLooks) Thread.Yield();
            else Thread.Sleep(1);
        }
    }

    private sealed record Stand(long MonotonicNanoseconds, long UnixMicroseconds);
}
