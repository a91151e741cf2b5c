using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>DEBUG POPULATE: many strings at once, known to this server alone.</summary>
internal static class DebugPopulation
{
    private const int KeyBytesMax = 127;

    /// <summary>DEBUG POPULATE count [prefix] [size].</summary>
    public static void Create(CommandContext c)
    {
        if (!TryReadCount(c, 2, out long count)) return;
        long size = 0;
        if (c.ArgCount == 5 && !TryReadCount(c, 4, out size)) return;
        if (size > c.Engine.BulkLengthMax)
        {
            c.Reply.Error(CommandErrors.StringTooLong);
            return;
        }

        ReadOnlySpan<byte> prefix = c.ArgCount == 3 ? "key"u8 : CommandErrors.UpToNul(c.Arg(3));
        byte[] value = new byte[Math.Max(size, "value:"u8.Length + NumberText.Int64Max)];
        for (long i = 0; i < count; i++)
        {
            int length = Label(value, "value"u8, i);
            AddIfAbsent(c, prefix, i, value.AsSpan(0, size == 0 ? length : (int)size));
        }
        c.Reply.Ok();
    }

    private static void AddIfAbsent(CommandContext c, ReadOnlySpan<byte> prefix, long number, ReadOnlySpan<byte> value)
    {
        Span<byte> name = stackalloc byte[KeyBytesMax];
        name = name[..Label(name, prefix, number)];
        WriteScope scope = c.Db.OpenWrite(c, new KeyRef(name, c.Engine.Hasher.Hash(name)));
        if (!scope.Entry.IsNull) return;
        scope.SetString(value, -1);
        c.Db.AnnounceWrite(KeyspaceEventClass.New, "new"u8, name);
    }

    /// <summary>Writes a word, a colon and a number; what does not fit is cut off.</summary>
    private static int Label(Span<byte> target, ReadOnlySpan<byte> word, long number)
    {
        Span<byte> digits = stackalloc byte[NumberText.Int64Max + 1];
        digits[0] = (byte)':';
        digits = digits[..(1 + NumberText.FormatInt64(digits[1..], number))];
        word = word[..Math.Min(word.Length, target.Length)];
        word.CopyTo(target);
        digits = digits[..Math.Min(digits.Length, target.Length - word.Length)];
        digits.CopyTo(target[word.Length..]);
        return word.Length + digits.Length;
    }

    private static bool TryReadCount(CommandContext c, int index, out long count)
    {
        if (NumberText.TryParseInt64(c.Arg(index), out count) && count >= 0) return true;
        c.Reply.Error("ERR value is out of range, must be positive"u8);
        return false;
    }
}
