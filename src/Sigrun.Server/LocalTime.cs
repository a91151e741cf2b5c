using Sigrun.Server.Platform;

namespace Sigrun.Server;

/// <summary>The offset of local time, for log lines.</summary>
/// <remarks>
/// The C library answers in microseconds where the class library first reads the whole time zone database, which
/// takes longer than the rest of the start. Asked once per quarter of an hour, as no zone changes in between.
/// </remarks>
internal sealed class LocalTime
{
    private const int QuarterSeconds = 900;

    /// <summary>Where the parts of a time hold the offset, in units of eight bytes.</summary>
    private const int OffsetIndex = 5;

    private readonly object _gate = new();
    private readonly PinnedBytes _seconds = new(sizeof(long));
    private readonly PinnedBytes _parts = new(8 * sizeof(long));
    private long _quarter = long.MinValue;

    /// <summary>Seconds that local time is ahead of UTC at a time in seconds since 1970.</summary>
    public int UtcOffsetSeconds(long unixSeconds)
    {
        lock (_gate)
        {
            long quarter = unixSeconds / QuarterSeconds;
            if (quarter != _quarter)
            {
                _seconds[0] = unixSeconds;
                _ = Libc.LocalTime(_seconds.Address, _parts.Address);
                _quarter = quarter;
            }

            return (int)_parts[OffsetIndex];
        }
    }
}
