using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Types.Hashes;

/// <summary>The arguments that follow <c>FIELDS</c>: how many, and the fields, perhaps with their values.</summary>
/// <param name="First">The first field.</param>
/// <param name="Count">How many there are.</param>
internal readonly record struct FieldArguments(int First, int Count)
{
    /// <summary>The error when the number is not that of the fields.</summary>
    public static ReadOnlySpan<byte> Mismatch => "ERR numfields should be greater than 0 and match the provided number of fields"u8;

    /// <summary>Where the word is, from an argument on; −1 when it is not there, or last.</summary>
    public static int IndexOfWord(CommandContext c, int first)
    {
        for (int i = first; i < c.ArgCount - 1; i++)
        {
            if (c.ArgIs(i, "fields"u8)) return i;
        }
        return -1;
    }

    /// <summary>Reads the number, behind which the fields are all that is left; replies the error and returns false when not.</summary>
    /// <param name="c">The command.</param>
    /// <param name="index">The number.</param>
    /// <param name="step">Arguments per field.</param>
    /// <param name="mismatch">The error when the number is not that of the fields.</param>
    /// <param name="fields">The fields.</param>
    public static bool TryRead(CommandContext c, int index, int step, ReadOnlySpan<byte> mismatch, out FieldArguments fields)
    {
        fields = default;
        if (!NumberText.TryParseInt64(c.Arg(index), out long count))
        {
            c.Reply.Error(CommandErrors.NotAnInteger);
            return false;
        }
        int given = c.ArgCount - index - 1;
        if (count <= 0 || count > given || count * step != given)
        {
            c.Reply.Error(mismatch);
            return false;
        }
        fields = new FieldArguments(index + 1, (int)count);
        return true;
    }

    /// <summary>Reads the number that follows the word; replies the error when there is no word.</summary>
    public static bool TryReadBehind(CommandContext c, int word, int step, out FieldArguments fields)
    {
        if (word >= 0) return TryRead(c, word + 1, step, Mismatch, out fields);
        fields = default;
        c.Reply.Error(Mismatch);
        return false;
    }
}
