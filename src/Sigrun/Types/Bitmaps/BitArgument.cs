using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Types.Bitmaps;

/// <summary>Arguments that several bit commands share.</summary>
internal static class BitArgument
{
    /// <summary>Reads the offset of a bit; replies the error when it is none, or beyond the longest string.</summary>
    /// <param name="c">The command.</param>
    /// <param name="index">The argument.</param>
    /// <param name="width">With <c>#</c> in front the offset counts fields of that many bits; 0 when # is not allowed.</param>
    /// <param name="offset">The offset in bits.</param>
    public static bool TryReadOffset(CommandContext c, int index, int width, out long offset)
    {
        ReadOnlySpan<byte> text = c.Arg(index);
        bool countsFields = width > 0 && text.StartsWith("#"u8);
        if (NumberText.TryParseInt64(countsFields ? text[1..] : text, out offset))
        {
            if (countsFields) offset = unchecked(offset * width);
            if (offset >= 0 && offset >> 3 < c.Engine.BulkLengthMax) return true;
        }
        c.Reply.Error("ERR bit offset is not an integer or out of range"u8);
        return false;
    }

    /// <summary>Reads BYTE or BIT; replies a syntax error when it is neither.</summary>
    public static bool TryReadUnit(CommandContext c, int index, out bool isBit)
    {
        isBit = c.ArgIs(index, "BIT"u8);
        if (isBit || c.ArgIs(index, "BYTE"u8)) return true;
        c.Reply.Error(CommandErrors.Syntax);
        return false;
    }
}
