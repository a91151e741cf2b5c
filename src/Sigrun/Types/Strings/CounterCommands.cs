using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Types.Strings;

/// <summary>Commands that count: strings that are numbers.</summary>
internal static class CounterCommands
{
    [Command("INCR", Arity = 2, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)", Keys = "1 RW access update",
        Summary = "Adds one to an integer; a missing key counts as 0.", Syntax = "key")]
    public static void Incr(CommandContext c) => Add(c, 1);

    [Command("DECR", Arity = 2, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)", Keys = "1 RW access update",
        Summary = "Subtracts one from an integer; a missing key counts as 0.", Syntax = "key")]
    public static void Decr(CommandContext c) => Add(c, -1);

    [Command("INCRBY", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)", Keys = "1 RW access update",
        Summary = "Adds to an integer; a missing key counts as 0.", Syntax = "key increment")]
    public static void IncrBy(CommandContext c)
    {
        if (StringValue.TryReadArgument(c, 2, out long increment)) Add(c, increment);
    }

    [Command("DECRBY", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)", Keys = "1 RW access update",
        Summary = "Subtracts from an integer; a missing key counts as 0.", Syntax = "key decrement")]
    public static void DecrBy(CommandContext c)
    {
        if (!StringValue.TryReadArgument(c, 2, out long decrement)) return;
        if (decrement == long.MinValue) c.Reply.Error("ERR decrement would overflow"u8);
        else Add(c, -decrement);
    }

    [Command("INCRBYFLOAT", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.String, Since = "2.6.0", Complexity = "O(1)", Keys = "1 RW access update",
        Summary = "Adds to a floating-point number; a missing key counts as 0.", Syntax = "key increment:double")]
    public static void IncrByFloat(CommandContext c)
    {
        KeyRef key = c.Key(1);
        WriteScope scope = c.Db.OpenWrite(c, key);
        if (!StringValue.IsString(c, scope.Entry)) return;
        if (!TryReadFloat(scope.Entry, out ExtendedFloat value) || !ExtendedFloatText.TryParse(c.Arg(2), out ExtendedFloat increment))
        {
            c.Reply.Error(CommandErrors.NotAFloat);
            return;
        }
        value += increment;
        if (!value.IsFinite)
        {
            c.Reply.Error("ERR increment would produce NaN or Infinity"u8);
            return;
        }
        Span<byte> text = stackalloc byte[ExtendedFloatText.UsualLengthMax];
        if (ExtendedFloatText.TryFormat(value, text, out int length)) StoreFloat(c, key, ref scope, text[..length]);
        else StoreLongFloat(c, key, ref scope, value);
    }

    /// <summary>A number with so many digits that it does not belong on every call's stack.</summary>
    private static void StoreLongFloat(CommandContext c, in KeyRef key, ref WriteScope scope, ExtendedFloat value)
    {
        Span<byte> text = stackalloc byte[ExtendedFloatText.LengthMax];
        ExtendedFloatText.TryFormat(value, text, out int length);
        StoreFloat(c, key, ref scope, text[..length]);
    }

    /// <summary>The number is stored as text even where it is an integer; replicas get the outcome, not the sum.</summary>
    private static void StoreFloat(CommandContext c, in KeyRef key, ref WriteScope scope, scoped ReadOnlySpan<byte> text)
    {
        long expiryMs = scope.Entry.IsNull ? -1 : scope.Entry.ExpiryMs;
        scope.SetBytes(text, StringEncoding.ForBytes(key.Bytes.Length, text.Length, expiryMs >= 0), expiryMs);
        c.ReplaceEffects().Add("SET"u8).Add(key.Bytes).Add(text).Add("KEEPTTL"u8).Emit();
        scope.Commit(KeyspaceEventClass.String, "incrbyfloat"u8);
        c.Reply.Bulk(text);
    }

    private static bool TryReadFloat(EntryRef entry, out ExtendedFloat value)
    {
        value = default;
        if (entry.IsNull) return true;
        if (!entry.TryGetInteger(out long integer)) return ExtendedFloatText.TryParse(entry.ValueBytes, out value);
        value = ExtendedFloat.FromInteger(integer);
        return true;
    }

    private static void Add(CommandContext c, long increment)
    {
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        EntryRef entry = scope.Entry;
        if (!StringValue.IsString(c, entry) || !StringValue.TryReadInteger(c, entry, out long value)) return;
        long sum = unchecked(value + increment);
        if (((value ^ sum) & (increment ^ sum)) < 0)
        {
            c.Reply.Error("ERR increment or decrement would overflow"u8);
            return;
        }
        scope.SetInteger(sum, entry.IsNull ? -1 : entry.ExpiryMs);
        scope.Commit(KeyspaceEventClass.String, "incrby"u8);
        c.Reply.Integer(sum);
    }
}
