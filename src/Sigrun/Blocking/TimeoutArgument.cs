using Sigrun.Commands;
using Sigrun.Storage;
using Sigrun.Types.Strings;

namespace Sigrun.Blocking;

/// <summary>The unit in which a blocking command takes its timeout.</summary>
internal enum TimeoutUnit
{
    /// <summary>Seconds, with a fraction.</summary>
    Seconds,

    /// <summary>Whole milliseconds.</summary>
    Milliseconds,
}

/// <summary>Reads how long a client is ready to wait.</summary>
internal static class TimeoutArgument
{
    /// <summary>Reads a timeout; replies the error and returns false when it is none.</summary>
    public static bool TryRead(CommandContext c, int index, TimeoutUnit unit, out long timeoutMs)
    {
        bool isRead = unit == TimeoutUnit.Seconds ? TryReadSeconds(c, index, out timeoutMs) : TryReadMilliseconds(c, index, out timeoutMs);
        if (!isRead) return false;
        if (timeoutMs < 0) return c.Refuse("ERR timeout is negative"u8);
        return timeoutMs <= long.MaxValue - c.NowMs || c.Refuse(OutOfRange);
    }

    private static ReadOnlySpan<byte> OutOfRange => "ERR timeout is out of range"u8;

    private static bool TryReadSeconds(CommandContext c, int index, out long timeoutMs)
    {
        timeoutMs = 0;
        if (!ExtendedFloatText.TryParse(c.Arg(index), out ExtendedFloat seconds))
            return c.Refuse("ERR timeout is not a float or out of range"u8);
        double milliseconds = Math.Ceiling(seconds.ToDouble() * 1000);
        // A time that is too short for a double is not the one that never ends.
        if (milliseconds == 0 && !seconds.IsZero && !seconds.IsNegative) milliseconds = 1;
        if (milliseconds > long.MaxValue) return c.Refuse(OutOfRange);
        timeoutMs = (long)milliseconds;
        return true;
    }

    private static bool TryReadMilliseconds(CommandContext c, int index, out long timeoutMs) =>
        NumberText.TryParseInt64(c.Arg(index), out timeoutMs)
        || c.Refuse("ERR timeout is not an integer or out of range"u8);
}
