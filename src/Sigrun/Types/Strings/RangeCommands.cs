using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Types.Strings;

/// <summary>Commands that work on a part of a string.</summary>
/// <remarks>
/// They read and write the stored bytes in place: a part of a large string is sent from where it lies, and
/// writing into one copies it only while a reply or a snapshot still needs the old bytes, or when it grows
/// beyond its block.
/// </remarks>
internal static class RangeCommands
{
    [Command("STRLEN", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.String,
        Since = "2.2.0", Complexity = "O(1)", Keys = "1 RO", Summary = "Tells the length of a string.", Syntax = "key")]
    public static void StrLen(CommandContext c)
    {
        if (!StringValue.TryFind(c, c.Key(1), out EntryRef entry)) return;
        c.Reply.Integer(entry.IsNull ? 0 : entry.ValueLength);
    }

    [Command("APPEND", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.String, Since = "2.0.0", Complexity = "O(1)", Keys = "1 RW insert",
        Summary = "Adds bytes to the end of a string, which is made if it is missing.", Syntax = "key value")]
    public static void Append(CommandContext c)
    {
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        ReadOnlySpan<byte> bytes = c.Arg(2);
        if (scope.Entry.IsNull)
        {
            scope.SetString(bytes, -1);
        }
        else
        {
            if (!StringValue.IsString(c, scope.Entry)) return;
            if (!StringValue.MayHaveLength(c, scope.Entry.ValueLength, bytes.Length)) return;
            scope.Append(bytes);
        }
        scope.Commit(KeyspaceEventClass.String, "append"u8);
        c.Reply.Integer(scope.Entry.ValueLength);
    }

    [Command("SETRANGE", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String,
        Since = "2.2.0", Complexity = "O(1); O(M)", Keys = "1 RW update",
        Summary = "Writes over a part of a string, which is made or extended as needed.", Syntax = "key offset value")]
    public static void SetRange(CommandContext c)
    {
        if (!StringValue.TryReadArgument(c, 2, out long offset)) return;
        if (offset < 0)
        {
            c.Reply.Error("ERR offset is out of range"u8);
            return;
        }
        ReadOnlySpan<byte> bytes = c.Arg(3);
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        if (!StringValue.IsString(c, scope.Entry)) return;
        if (bytes.IsEmpty)
        {
            c.Reply.Integer(scope.Entry.IsNull ? 0 : scope.Entry.ValueLength);
            return;
        }
        if (!StringValue.MayHaveLength(c, offset, bytes.Length)) return;
        Span<byte> target = scope.OpenBytes(offset + bytes.Length, offset, offset + bytes.Length);
        bytes.CopyTo(target[(int)offset..]);
        scope.Commit(KeyspaceEventClass.String, "setrange"u8);
        c.Reply.Integer(target.Length);
    }

    [Command("GETRANGE", Arity = 4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.String, Since = "2.4.0",
        Complexity = "O(N); O(1)", Keys = "1 RO access", Summary = "Reads a part of a string.", Syntax = "key start end")]
    public static void GetRange(CommandContext c)
    {
        if (!StringValue.TryReadArgument(c, 2, out long start) || !StringValue.TryReadArgument(c, 3, out long end)) return;
        if (!StringValue.TryFind(c, c.Key(1), out EntryRef entry)) return;
        if (entry.IsNull)
        {
            c.Reply.Bulk([]);
            return;
        }
        Span<byte> digits = stackalloc byte[EntryRef.IntegerDigits];
        ReadOnlySpan<byte> value = entry.GetValue(digits);
        if (IsReversed(start, end) || !TryClamp(ref start, ref end, value.Length)) c.Reply.Bulk([]);
        else if (entry.IsInteger) c.Reply.Bulk(value[(int)start..(int)(end + 1)]);
        else c.Reply.StringRange(entry, (int)start, (int)(end - start + 1), c.Engine.Lender);
    }

    [Command("SUBSTR", Arity = 4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.String, Since = "1.0.0",
        Complexity = "O(N); O(1)", Keys = "1 RO access", Summary = "Reads a part of a string; the old name of GETRANGE.",
        Syntax = "key start end")]
    public static void SubStr(CommandContext c) => GetRange(c);

    /// <summary>
    /// Turns a range whose ends may count from the end of the string into offsets inside it; false when
    /// nothing is left. The end is inclusive.
    /// </summary>
    public static bool TryClamp(ref long start, ref long end, long length)
    {
        if (start < 0) start = Math.Max(0, start + length);
        if (end < 0) end = Math.Max(0, end + length);
        end = Math.Min(end, length - 1);
        return start <= end;
    }

    /// <summary>
    /// Whether both ends count from the end of the string and are in the wrong order: such a range is empty
    /// even where clamping would make both ends the first byte.
    /// </summary>
    public static bool IsReversed(long start, long end) => start < 0 && end < 0 && start > end;
}
