using System.Text;
using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Keyspace;

/// <summary>What a time of expiry is counted in.</summary>
internal enum ExpiryUnit
{
    /// <summary>Seconds.</summary>
    Seconds,

    /// <summary>Milliseconds.</summary>
    Milliseconds,
}

/// <summary>
/// Reads the argument of a command that says when something expires, and turns it into the form that
/// everything else uses: milliseconds since 1970.
/// </summary>
/// <remarks>
/// There are three rules. Commands that write a value together with its expiry (SET, SETEX, GETEX, MSETEX …) refuse
/// zero and negative times. Commands that only move an expiry (EXPIRE and its relatives) take them as "now" and
/// remove the key. Commands on fields of hashes take zero so, and refuse negative times. All refuse what does not fit
/// into 63 bits of milliseconds, with an error that names the command. Nothing is allocated unless an error is replied.
/// </remarks>
internal static class ExpiryArgument
{
    private const long SecondsMax = long.MaxValue / 1000;
    private const long SecondsMin = long.MinValue / 1000;

    /// <summary>
    /// Reads a time that must lie after the beginning of its count, as SET … EX has it. When it is none, the
    /// error is replied and the result is false.
    /// </summary>
    /// <param name="c">The command.</param>
    /// <param name="index">The argument.</param>
    /// <param name="unit">What it counts.</param>
    /// <param name="isRelative">Whether it counts from now rather than from 1970.</param>
    /// <param name="unixMs">The time in milliseconds since 1970.</param>
    public static bool TryReadPositive(CommandContext c, int index, ExpiryUnit unit, bool isRelative, out long unixMs)
    {
        if (!TryReadNumber(c, index, out unixMs)) return false;
        if (unixMs <= 0 || (unit == ExpiryUnit.Seconds && unixMs > SecondsMax)) return Refuse(c);
        if (unit == ExpiryUnit.Seconds) unixMs *= 1000;
        if (!isRelative) return true;
        if (unixMs > long.MaxValue - c.NowMs) return Refuse(c);
        unixMs += c.NowMs;
        return true;
    }

    /// <summary>
    /// Reads a time as EXPIRE has it: negative ones are allowed and end as 0, which is always past. When it is
    /// none, the error is replied and the result is false.
    /// </summary>
    /// <param name="c">The command.</param>
    /// <param name="index">The argument.</param>
    /// <param name="unit">What it counts.</param>
    /// <param name="isRelative">Whether it counts from now rather than from 1970.</param>
    /// <param name="unixMs">The time in milliseconds since 1970, at least 0.</param>
    public static bool TryRead(CommandContext c, int index, ExpiryUnit unit, bool isRelative, out long unixMs)
    {
        if (!TryReadNumber(c, index, out unixMs)) return false;
        if (unit == ExpiryUnit.Seconds)
        {
            if (unixMs is > SecondsMax or < SecondsMin) return Refuse(c);
            unixMs *= 1000;
        }
        long baseMs = isRelative ? c.NowMs : 0;
        if (unixMs > long.MaxValue - baseMs) return Refuse(c);
        unixMs = Math.Max(0, unixMs + baseMs);
        return true;
    }

    /// <summary>
    /// Reads a time as the commands on fields have it: 0 is allowed, and past; negative ones are not. When it is
    /// none, the error is replied and the result is false.
    /// </summary>
    /// <param name="c">The command.</param>
    /// <param name="index">The argument.</param>
    /// <param name="unit">What it counts.</param>
    /// <param name="isRelative">Whether it counts from now rather than from 1970.</param>
    /// <param name="unixMs">The time in milliseconds since 1970.</param>
    public static bool TryReadOfField(CommandContext c, int index, ExpiryUnit unit, bool isRelative, out long unixMs)
    {
        if (!TryReadNumber(c, index, out unixMs)) return false;
        if (unixMs < 0 || (unit == ExpiryUnit.Seconds && unixMs > SecondsMax)) return Refuse(c);
        if (unit == ExpiryUnit.Seconds) unixMs *= 1000;
        if (!isRelative) return true;
        if (unixMs > long.MaxValue - c.NowMs) return Refuse(c);
        unixMs += c.NowMs;
        return true;
    }

    /// <summary>
    /// Whether a key that would get this expiry is removed at once instead: the time is not in the future.
    /// </summary>
    public static bool IsPast(CommandContext c, long unixMs) => unixMs <= c.NowMs && !c.Engine.IsReplaying && !c.Engine.IsImporting;

    private static bool TryReadNumber(CommandContext c, int index, out long value)
    {
        if (NumberText.TryParseInt64(c.Arg(index), out value)) return true;
        c.Reply.Error(CommandErrors.NotAnInteger);
        return false;
    }

    private static bool Refuse(CommandContext c)
    {
        c.Reply.Error($"ERR invalid expire time in '{Encoding.ASCII.GetString(CommandTable.FullName(c.CommandId))}' command");
        return false;
    }
}
