using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Types.Strings;

namespace Sigrun.Types.Bitmaps;

/// <summary>Commands that read, write, count and find single bits of a string.</summary>
internal static class BitCommands
{
    [Command("GETBIT", Arity = 3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Bitmap,
        Since = "2.2.0", Complexity = "O(1)", Keys = "1 RO access", Summary = "Reads one bit of a string.",
        Syntax = "key offset")]
    public static void GetBit(CommandContext c)
    {
        if (!BitArgument.TryReadOffset(c, 2, 0, out long offset)) return;
        if (!StringValue.TryFind(c, c.Key(1), out EntryRef entry)) return;
        Span<byte> digits = stackalloc byte[EntryRef.IntegerDigits];
        ReadOnlySpan<byte> value = entry.IsNull ? [] : entry.GetValue(digits);
        c.Reply.Integer(ReadBit(value, offset));
    }

    [Command("SETBIT", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Bitmap,
        Since = "2.2.0", Complexity = "O(1)", Keys = "1 RW access update",
        Summary = "Writes one bit of a string, which is made or extended as needed.", Syntax = "key offset value:int")]
    public static void SetBit(CommandContext c)
    {
        if (!BitArgument.TryReadOffset(c, 2, 0, out long offset)) return;
        if (c.Arg(3) is not [(byte)'0' or (byte)'1'])
        {
            c.Reply.Error("ERR bit is not an integer or out of range"u8);
            return;
        }
        int bit = c.Arg(3)[0] - '0';
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        EntryRef entry = scope.Entry;
        if (!StringValue.IsString(c, entry)) return;

        long needed = (offset >> 3) + 1;
        bool isGrown = entry.IsNull || entry.ValueLength < needed;
        // A write without a change still leaves a raw string behind; one that is raw already stays untouched.
        int old = isGrown || entry.Encoding != EntryEncoding.Raw ? -1 : ReadBit(entry.ValueBytes, offset);
        if (old != bit)
        {
            Span<byte> bytes = scope.OpenBytes(needed, offset >> 3, needed);
            old = ReadBit(bytes, offset);
            ref byte target = ref bytes[(int)(offset >> 3)];
            int mask = 0x80 >> (int)(offset & 7);
            target = (byte)(bit == 0 ? target & ~mask : target | mask);
            if (isGrown || old != bit) scope.Commit(KeyspaceEventClass.String, "setbit"u8);
        }
        c.Reply.Integer(old);
    }

    [Command("BITCOUNT", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Bitmap, Since = "2.6.0",
        Complexity = "O(N)", Keys = "1 RO access", Summary = "Counts the set bits of a string or of a part of it.",
        Syntax = "key [range=start [end-unit-block=end [unit=BYTE|BIT]@7.0.0]]",
        History = ["7.0.0: BYTE and BIT", "8.0.0: the end may be left out"])]
    public static void BitCount(CommandContext c)
    {
        if (!TryReadRange(c, 2, out Range range)) return;
        if (!StringValue.TryFind(c, c.Key(1), out EntryRef entry)) return;
        Span<byte> digits = stackalloc byte[EntryRef.IntegerDigits];
        ReadOnlySpan<byte> value = entry.IsNull ? [] : entry.GetValue(digits);
        bool isEmpty = !range.TryClamp(value.Length, out long first, out long last)
            || (range.HasEnd && RangeCommands.IsReversed(range.Start, range.End));
        c.Reply.Integer(isEmpty ? 0 : BitKernels.Count(value, first, last));
    }

    [Command("BITPOS", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Bitmap, Since = "2.8.7",
        Complexity = "O(N)", Keys = "1 RO access", Summary = "Finds the first bit of a value in a string or a part of it.",
        Syntax = "key bit [range=start [end-unit-block=end [unit=BYTE|BIT]@7.0.0]]", History = ["7.0.0: BYTE and BIT"])]
    public static void BitPos(CommandContext c)
    {
        if (!StringValue.TryReadArgument(c, 2, out long bit)) return;
        if (bit is not (0 or 1))
        {
            c.Reply.Error("ERR The bit argument must be 1 or 0."u8);
            return;
        }
        if (!TryReadRange(c, 3, out Range range)) return;
        if (!StringValue.TryFind(c, c.Key(1), out EntryRef entry)) return;
        if (entry.IsNull)
        {
            c.Reply.Integer(-bit);
            return;
        }
        Span<byte> digits = stackalloc byte[EntryRef.IntegerDigits];
        ReadOnlySpan<byte> value = entry.GetValue(digits);
        if (!range.TryClamp(value.Length, out long first, out long last))
        {
            c.Reply.Integer(-1);
            return;
        }
        long found = BitKernels.Find(value, bit == 1, first, last);
        // Without an end the string goes on in zeros.
        if (found < 0 && bit == 0 && !range.HasEnd) found = last + 1;
        c.Reply.Integer(found);
    }

    private static int ReadBit(ReadOnlySpan<byte> bytes, long offset)
    {
        long index = offset >> 3;
        return index < bytes.Length ? (bytes[(int)index] >> (7 - (int)(offset & 7))) & 1 : 0;
    }

    /// <summary>The arguments [start [end [BYTE|BIT]]].</summary>
    private record struct Range(long Start, long End, bool HasEnd, bool IsBit)
    {
        /// <summary>The range in bits inside a string; both ends are included. False when nothing is left.</summary>
        public readonly bool TryClamp(int length, out long first, out long last)
        {
            (first, last) = (Start, HasEnd ? End : -1);
            bool isEmpty = !RangeCommands.TryClamp(ref first, ref last, IsBit ? (long)length << 3 : length);
            if (!IsBit) (first, last) = (first << 3, (last << 3) + 7);
            return !isEmpty;
        }
    }

    private static bool TryReadRange(CommandContext c, int index, out Range range)
    {
        range = default;
        int count = c.ArgCount - index;
        if (count > 3)
        {
            c.Reply.Error(CommandErrors.Syntax);
            return false;
        }
        if (count > 0)
        {
            if (!StringValue.TryReadArgument(c, index, out long start)) return false;
            range.Start = start;
        }
        if (count > 2)
        {
            if (!BitArgument.TryReadUnit(c, index + 2, out bool isBit)) return false;
            range.IsBit = isBit;
        }
        if (count > 1)
        {
            if (!StringValue.TryReadArgument(c, index + 1, out long end)) return false;
            range.End = end;
            range.HasEnd = true;
        }
        return true;
    }
}
