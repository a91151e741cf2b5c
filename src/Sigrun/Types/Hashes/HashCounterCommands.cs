using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;
using Sigrun.Types.Strings;

namespace Sigrun.Types.Hashes;

/// <summary>Commands that count in fields of a hash; a field keeps its expiry.</summary>
internal static class HashCounterCommands
{
    [Command("HINCRBY", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(1)", Keys = "1 RW access update", Element = 2,
        Summary = "Adds to an integer in a field of a hash; a missing field counts as 0.", Syntax = "key field increment")]
    public static void HIncrBy(CommandContext c)
    {
        if (!StringValue.TryReadArgument(c, 3, out long increment)) return;
        if (!HashWrite.TryOpen(c, c.Key(1), out HashWrite write)) return;
        long value = 0;
        bool isThere = write.TryGet(c.Arg(2), out HashFieldRef found);
        if (isThere && !TryReadInteger(found.Value, out value))
        {
            c.Reply.Error("ERR hash value is not an integer"u8);
            return;
        }
        long sum = unchecked(value + increment);
        if (((value ^ sum) & (increment ^ sum)) < 0)
        {
            c.Reply.Error("ERR increment or decrement would overflow"u8);
            return;
        }
        Span<byte> text = stackalloc byte[NumberText.Int64Max];
        text = text[..NumberText.FormatInt64(text, sum)];
        long expiryMs = isThere ? found.ExpiryMs : -1;
        write.Set(c.Arg(2), text, expiryMs);
        write.Commit("hincrby"u8, 1);
        // What the field holds when the command reaches a replica depends on the moment.
        if (write.HadExpiring) EmitOutcome(c, text, expiryMs);
        c.Reply.Integer(sum);
    }

    [Command("HINCRBYFLOAT", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.Hash, Since = "2.6.0", Complexity = "O(1)", Keys = "1 RW access update", Element = 2,
        Summary = "Adds to a floating-point number in a field of a hash; a missing field counts as 0.",
        Syntax = "key field increment:double")]
    public static void HIncrByFloat(CommandContext c)
    {
        if (!ExtendedFloatText.TryParse(c.Arg(3), out ExtendedFloat increment))
        {
            c.Reply.Error(CommandErrors.NotAFloat);
            return;
        }
        if (!increment.IsFinite)
        {
            c.Reply.Error("ERR value is NaN or Infinity"u8);
            return;
        }
        if (!HashWrite.TryOpen(c, c.Key(1), out HashWrite write)) return;
        ExtendedFloat value = ExtendedFloat.FromInteger(0);
        bool isThere = write.TryGet(c.Arg(2), out HashFieldRef found);
        if (isThere && !TryReadFloat(found.Value, out value))
        {
            c.Reply.Error("ERR hash value is not a float"u8);
            return;
        }
        value += increment;
        if (!value.IsFinite)
        {
            c.Reply.Error("ERR increment would produce NaN or Infinity"u8);
            return;
        }
        long expiryMs = isThere ? found.ExpiryMs : -1;
        Span<byte> text = stackalloc byte[ExtendedFloatText.UsualLengthMax];
        if (ExtendedFloatText.TryFormat(value, text, out int length)) Store(c, ref write, text[..length], expiryMs);
        else StoreLong(c, ref write, value, expiryMs);
    }

    /// <summary>A number with so many digits that it does not belong on every call's stack.</summary>
    private static void StoreLong(CommandContext c, ref HashWrite write, ExtendedFloat value, long expiryMs)
    {
        Span<byte> text = stackalloc byte[ExtendedFloatText.LengthMax];
        ExtendedFloatText.TryFormat(value, text, out int length);
        Store(c, ref write, text[..length], expiryMs);
    }

    /// <summary>Replicas get the outcome, not the sum: they might round otherwise.</summary>
    private static void Store(CommandContext c, ref HashWrite write, scoped ReadOnlySpan<byte> text, long expiryMs)
    {
        write.Set(c.Arg(2), text, expiryMs);
        write.Commit("hincrbyfloat"u8, 1);
        EmitOutcome(c, text, expiryMs);
        c.Reply.Bulk(text);
    }

    private static void EmitOutcome(CommandContext c, scoped ReadOnlySpan<byte> text, long expiryMs)
    {
        EffectBuilder effect = c.ReplaceEffects();
        if (expiryMs < 0) effect.Add("HSET"u8).Add(c.Arg(1)).Add(c.Arg(2)).Add(text).Emit();
        else effect.Add("HSETEX"u8).Add(c.Arg(1)).Add("PXAT"u8).Add(expiryMs).Add("FIELDS"u8).Add(1).Add(c.Arg(2)).Add(text).Emit();
    }

    private static bool TryReadInteger(in ListpackElement value, out long number)
    {
        number = value.Number;
        return value.IsNumber || NumberText.TryParseInt64(value.Bytes, out number);
    }

    private static bool TryReadFloat(in ListpackElement value, out ExtendedFloat number)
    {
        number = ExtendedFloat.FromInteger(value.Number);
        return value.IsNumber || ExtendedFloatText.TryParse(value.Bytes, out number);
    }
}
