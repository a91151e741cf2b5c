using System.Diagnostics;

namespace Sigrun;

/// <summary>Where the engine reads time; replaced by a virtual clock in tests.</summary>
public interface IClock
{
    /// <summary>Nanoseconds of a clock that never goes back.</summary>
    long MonotonicNanoseconds { get; }

    /// <summary>Microseconds since 1970 (UTC) of the calendar clock, which may be set.</summary>
    long UnixMicroseconds { get; }
}

/// <summary>The system's clocks.</summary>
public sealed class SystemClock : IClock
{
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    /// <inheritdoc/>
    public long MonotonicNanoseconds => Stopwatch.Frequency == 1_000_000_000 ? Stopwatch.GetTimestamp() : (long)(Stopwatch.GetTimestamp() * NanosecondsPerTick);

    /// <inheritdoc/>
    public long UnixMicroseconds => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
