using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Types.Lists;

/// <summary>Arguments of list commands; each function replies the error when the argument makes no sense.</summary>
internal static class ListArgument
{
    /// <summary>What is not a count, or negative.</summary>
    public static ReadOnlySpan<byte> NotPositive => "ERR value is out of range, must be positive"u8;

    /// <summary>An index or another integer.</summary>
    public static bool TryReadInteger(CommandContext c, int index, out long value)
    {
        if (NumberText.TryParseInt64(c.Arg(index), out value)) return true;
        c.Reply.Error(CommandErrors.NotAnInteger);
        return false;
    }

    /// <summary>An integer that has an opposite.</summary>
    public static bool TryReadSigned(CommandContext c, int index, out long value)
    {
        if (!TryReadInteger(c, index, out value)) return false;
        if (value != long.MinValue) return true;
        c.Reply.Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"u8);
        return false;
    }

    /// <summary>An integer that is not too small; anything else gets the refusal.</summary>
    public static bool TryReadCount(CommandContext c, int index, long min, ReadOnlySpan<byte> refusal, out long value)
    {
        if (NumberText.TryParseInt64(c.Arg(index), out value) && value >= min) return true;
        c.Reply.Error(refusal);
        return false;
    }

    /// <summary>The end of a list, LEFT or RIGHT.</summary>
    public static bool TryReadEnd(CommandContext c, int index, out bool isLast)
    {
        isLast = c.ArgIs(index, "right"u8);
        if (isLast || c.ArgIs(index, "left"u8)) return true;
        c.Reply.Error(CommandErrors.Syntax);
        return false;
    }
}
