using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Types.Strings;

/// <summary>What many string commands ask of a value before they work on it.</summary>
internal static class StringValue
{
    /// <summary>
    /// Finds a string for reading. When the key holds something else, the error is replied and the result is
    /// false; a missing key gives a null entry and true.
    /// </summary>
    public static bool TryFind(CommandContext c, in KeyRef key, out EntryRef entry) =>
        TypedKey.TryFind(c, key, EntryType.String, out entry);

    /// <summary>Whether an entry, if there is one, holds a string; replies the error when it does not.</summary>
    public static bool IsString(CommandContext c, EntryRef entry) => TypedKey.Is(c, entry, EntryType.String);

    /// <summary>Whether a string has these bytes.</summary>
    public static bool Equals(EntryRef entry, ReadOnlySpan<byte> bytes)
    {
        Span<byte> digits = stackalloc byte[EntryRef.IntegerDigits];
        return entry.GetValue(digits).SequenceEqual(bytes);
    }

    /// <summary>The integer that a string is, or spells; replies the error when it is none. A missing key counts as 0.</summary>
    public static bool TryReadInteger(CommandContext c, EntryRef entry, out long value)
    {
        value = 0;
        if (entry.IsNull || entry.TryGetInteger(out value) || NumberText.TryParseInt64(entry.ValueBytes, out value)) return true;
        c.Reply.Error(CommandErrors.NotAnInteger);
        return false;
    }

    /// <summary>An argument as an integer; replies the error when it is none.</summary>
    public static bool TryReadArgument(CommandContext c, int index, out long value)
    {
        if (NumberText.TryParseInt64(c.Arg(index), out value)) return true;
        c.Reply.Error(CommandErrors.NotAnInteger);
        return false;
    }

    /// <summary>Whether a string may have that many bytes; replies the error when it may not.</summary>
    /// <param name="c">The command.</param>
    /// <param name="present">Bytes before, or an offset; not negative.</param>
    /// <param name="added">Bytes that follow; not negative.</param>
    public static bool MayHaveLength(CommandContext c, long present, long added)
    {
        if ((ulong)present + (ulong)added <= (ulong)c.Engine.BulkLengthMax) return true;
        c.Reply.Error(CommandErrors.StringTooLong);
        return false;
    }
}
