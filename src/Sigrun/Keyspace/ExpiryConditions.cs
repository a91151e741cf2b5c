using Sigrun.Commands;

namespace Sigrun.Keyspace;

/// <summary>The words NX, XX, GT and LT, which say when the expiry of a key or of a field may be changed.</summary>
internal readonly struct ExpiryConditions
{
    private readonly Words _given;

    private ExpiryConditions(Words given) => _given = given;

    [Flags]
    private enum Words
    {
        None = 0,
        IfNone = 1,
        IfSome = 2,
        IfGreater = 4,
        IfLess = 8,
    }

    /// <summary>Reads arguments as conditions; replies the error and returns false when one is none, or two contradict.</summary>
    /// <param name="c">The command.</param>
    /// <param name="first">The first argument to read.</param>
    /// <param name="end">The argument behind the last one to read.</param>
    /// <param name="conditions">The conditions.</param>
    public static bool TryRead(CommandContext c, int first, int end, out ExpiryConditions conditions)
    {
        conditions = default;
        Words given = Words.None;
        for (int i = first; i < end; i++)
        {
            Words word = Recognise(c, i);
            if (word == Words.None) return c.Refuse([.. "ERR Unsupported option "u8, .. CommandErrors.UpToNul(c.Arg(i))]);
            given |= word;
        }
        if ((given & Words.IfNone) != 0 && given != Words.IfNone)
            return c.Refuse("ERR NX and XX, GT or LT options at the same time are not compatible"u8);
        if ((given & (Words.IfGreater | Words.IfLess)) == (Words.IfGreater | Words.IfLess))
            return c.Refuse("ERR GT and LT options at the same time are not compatible"u8);
        conditions = new ExpiryConditions(given);
        return true;
    }

    /// <summary>Whether an expiry may take the place of another; −1 is none, which is later than all.</summary>
    public bool Hold(long current, long wanted)
    {
        bool hasExpiry = current >= 0;
        if ((_given & Words.IfNone) != 0 && hasExpiry) return false;
        if ((_given & Words.IfSome) != 0 && !hasExpiry) return false;
        if ((_given & Words.IfGreater) != 0 && (!hasExpiry || wanted <= current)) return false;
        return (_given & Words.IfLess) == 0 || !hasExpiry || wanted < current;
    }

    private static Words Recognise(CommandContext c, int index) =>
        c.ArgIs(index, "nx"u8) ? Words.IfNone
        : c.ArgIs(index, "xx"u8) ? Words.IfSome
        : c.ArgIs(index, "gt"u8) ? Words.IfGreater
        : c.ArgIs(index, "lt"u8) ? Words.IfLess
        : Words.None;
}
