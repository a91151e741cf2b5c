using System.Diagnostics;

namespace Sigrun.Tests.Harness;

/// <summary>A clock that runs with the system's and can be moved forward.</summary>
public sealed class TestClock : IClock
{
    private readonly SystemClock _system = new();
    private long _offsetNs;

    public long MonotonicNanoseconds => _system.MonotonicNanoseconds + Interlocked.Read(ref _offsetNs);

    public long UnixMicroseconds => _system.UnixMicroseconds + Interlocked.Read(ref _offsetNs) / 1000;

    public long UnixMilliseconds => UnixMicroseconds / 1000;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _offsetNs, (long)(by.TotalMilliseconds * 1_000_000));

    /// <summary>Waits until a condition holds; fails after 20 seconds of real time.</summary>
    public static void WaitUntil(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(20)) throw new TimeoutException("Never happened: " + what);
            Thread.Yield();
        }
    }
}
