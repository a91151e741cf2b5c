using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>Reads arguments that say how many; replies the error and returns false when one is out of range.</summary>
internal static class CountArgument
{
    /// <summary>Reads a count that may be negative.</summary>
    public static bool TryReadSigned(CommandContext c, int index, out long count)
    {
        if (!NumberText.TryParseInt64(c.Arg(index), out count)) return c.Refuse(CommandErrors.NotAnInteger);
        return count != long.MinValue
            || c.Refuse("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"u8);
    }

    /// <summary>Reads a count that must not be negative.</summary>
    public static bool TryReadPositive(CommandContext c, int index, out long count) =>
        TryReadAtLeast(c, index, 0, "ERR value is out of range, must be positive"u8, out count);

    /// <summary>Reads a count with an error of its own.</summary>
    public static bool TryReadAtLeast(CommandContext c, int index, long min, ReadOnlySpan<byte> error, out long count) =>
        (NumberText.TryParseInt64(c.Arg(index), out count) && count >= min) || c.Refuse(error);
}
