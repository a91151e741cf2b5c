using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Types.Strings;

namespace Sigrun.Types.Bitmaps;

/// <summary>BITFIELD and BITFIELD_RO: a list of reads and writes of integers inside a string.</summary>
/// <remarks>
/// The list is read twice: once to check all of it and to learn how long the string must be, once to run it.
/// Nothing has to be kept in between.
/// </remarks>
internal static class BitFieldCommands
{
    [Command("BITFIELD", Arity = -2, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Bitmap,
        Since = "3.2.0", Complexity = "O(1)", Keys = "1 RW update access variable_flags 'GET reads, SET and INCRBY write'",
        KeyFunction = nameof(BitFieldKeys), Summary = "Reads and writes integers of any width inside a string.",
        Syntax = "key [<operation=<get-block=GET encoding offset>|<write=[OVERFLOW <overflow-block=WRAP|SAT|FAIL>] "
            + "<write-operation=<set-block=SET encoding offset value:int>|<incrby-block=INCRBY encoding offset "
            + "increment>>>> [...]]")]
    public static void BitFieldWrite(CommandContext c) => Run(c, isReadOnly: false);

    [Command("BITFIELD_RO", Arity = -2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Bitmap,
        Since = "6.0.0", Complexity = "O(1)", Keys = "1 RO access", Summary = "Reads integers of any width inside a string.",
        Syntax = "key [<get-block=GET encoding offset> [GET encoding offset ...]]")]
    public static void BitFieldRead(CommandContext c) => Run(c, isReadOnly: true);

    /// <summary>The key of BITFIELD: only read when all operations are reads.</summary>
    public static void BitFieldKeys(ArgumentList arguments, ref KeyPositions keys)
    {
        bool reads = true;
        for (int i = 2; i < arguments.Count && reads; i++)
        {
            int left = arguments.Count - i - 1;
            if (arguments.Is(i, "GET"u8) && left >= 2) i += 2;
            else if (arguments.Is(i, "OVERFLOW"u8) && left >= 1) i++;
            else reads = false;
        }
        keys.Add(1, (reads ? KeyFlags.ReadOnly : KeyFlags.ReadWrite | KeyFlags.Update) | KeyFlags.Access);
    }

    private enum Operation
    {
        Get,
        Set,
        IncrBy,
    }

    /// <summary>One step of the list.</summary>
    private record struct Step(Operation Operation, BitField Field, long Operand, BitFieldOverflow Overflow);

    /// <summary>What the check of a list has found.</summary>
    private record struct Plan(int Steps, long FirstByte, long BytesNeeded)
    {
        public readonly bool Writes => BytesNeeded > 0;
    }

    private static void Run(CommandContext c, bool isReadOnly)
    {
        if (!TryCheck(c, out Plan plan)) return;
        KeyRef key = c.Key(1);
        if (!plan.Writes)
        {
            if (!StringValue.TryFind(c, key, out EntryRef entry)) return;
            Span<byte> digits = stackalloc byte[EntryRef.IntegerDigits];
            Read(c, entry.IsNull ? [] : entry.GetValue(digits), plan);
            return;
        }
        if (isReadOnly)
        {
            c.Reply.Error("ERR BITFIELD_RO only supports the GET subcommand"u8);
            return;
        }
        WriteScope scope = c.Db.OpenWrite(c, key);
        if (!StringValue.IsString(c, scope.Entry)) return;
        bool isGrown = scope.Entry.IsNull || scope.Entry.ValueLength < plan.BytesNeeded;
        int changes = Write(c, scope.OpenBytes(plan.BytesNeeded, plan.FirstByte, plan.BytesNeeded), plan, isGrown);
        for (; changes > 1; changes--) c.Engine.Dirty++;
        if (changes > 0) scope.Commit(KeyspaceEventClass.String, "setbit"u8);
        // Every write failed, but the string has become longer: replicas must follow, no event tells it.
        else if (isGrown) scope.Commit(KeyspaceEventClass.None, []);
    }

    private static bool TryCheck(CommandContext c, out Plan plan)
    {
        plan = new Plan { FirstByte = long.MaxValue };
        BitFieldOverflow overflow = BitFieldOverflow.Wrap;
        for (int i = 2; i < c.ArgCount;)
        {
            if (c.ArgIs(i, "OVERFLOW"u8) && i + 1 < c.ArgCount)
            {
                if (!TryReadOverflow(c, i + 1, out overflow)) return false;
                i += 2;
                continue;
            }
            if (!TryReadStep(c, ref i, overflow, out Step step)) return false;
            plan.Steps++;
            if (step.Operation == Operation.Get) continue;
            plan.FirstByte = Math.Min(plan.FirstByte, step.Field.FirstByte);
            plan.BytesNeeded = Math.Max(plan.BytesNeeded, step.Field.BytesNeeded);
        }
        return true;
    }

    private static void Read(CommandContext c, ReadOnlySpan<byte> bytes, Plan plan)
    {
        c.Reply.Array(plan.Steps);
        var steps = new StepReader(c);
        while (steps.TryNext(out Step step)) c.Reply.Integer(step.Field.Read(bytes));
    }

    /// <summary>Runs the list; returns how many changes it made.</summary>
    private static int Write(CommandContext c, Span<byte> bytes, Plan plan, bool isGrown)
    {
        c.Reply.Array(plan.Steps);
        int changes = 0;
        var steps = new StepReader(c);
        while (steps.TryNext(out Step step))
        {
            long old = step.Field.Read(bytes);
            if (step.Operation == Operation.Get)
            {
                c.Reply.Integer(old);
                continue;
            }
            bool adds = step.Operation == Operation.IncrBy;
            if (!step.Field.TryAdd(adds ? old : step.Operand, adds ? step.Operand : 0, step.Overflow, out long value))
            {
                c.Reply.Null();
                continue;
            }
            step.Field.Write(bytes, value);
            if (isGrown || value != old) changes++;
            c.Reply.Integer(adds ? value : old);
        }
        return changes;
    }

    /// <summary>Goes over a list that was checked.</summary>
    private ref struct StepReader(CommandContext c)
    {
        private BitFieldOverflow _overflow;
        private int _index = 2;

        public bool TryNext(out Step step)
        {
            while (_index < c.ArgCount && c.ArgIs(_index, "OVERFLOW"u8))
            {
                TryReadOverflow(c, _index + 1, out _overflow);
                _index += 2;
            }
            step = default;
            return _index < c.ArgCount && TryReadStep(c, ref _index, _overflow, out step);
        }
    }

    private static bool TryReadOverflow(CommandContext c, int index, out BitFieldOverflow overflow)
    {
        overflow = BitFieldOverflow.Wrap;
        if (c.ArgIs(index, "WRAP"u8)) return true;
        overflow = BitFieldOverflow.Saturate;
        if (c.ArgIs(index, "SAT"u8)) return true;
        overflow = BitFieldOverflow.Fail;
        if (c.ArgIs(index, "FAIL"u8)) return true;
        c.Reply.Error("ERR Invalid OVERFLOW type specified"u8);
        return false;
    }

    /// <summary>Reads one operation and moves on to the next; replies the error when it is not well formed.</summary>
    private static bool TryReadStep(CommandContext c, ref int index, BitFieldOverflow overflow, out Step step)
    {
        step = default;
        int left = c.ArgCount - index - 1;
        Operation operation;
        if (left >= 2 && c.ArgIs(index, "GET"u8))
        {
            operation = Operation.Get;
        }
        else if (left >= 3 && c.ArgIs(index, "SET"u8))
        {
            operation = Operation.Set;
        }
        else if (left >= 3 && c.ArgIs(index, "INCRBY"u8))
        {
            operation = Operation.IncrBy;
        }
        else
        {
            c.Reply.Error(CommandErrors.Syntax);
            return false;
        }
        long operand = 0;
        if (!TryReadType(c, index + 1, out bool isSigned, out int width)) return false;
        if (!BitArgument.TryReadOffset(c, index + 2, width, out long offset)) return false;
        if (operation != Operation.Get && !StringValue.TryReadArgument(c, index + 3, out operand)) return false;
        step = new Step(operation, new BitField(isSigned, width, offset), operand, overflow);
        index += operation == Operation.Get ? 3 : 4;
        return true;
    }

    private static bool TryReadType(CommandContext c, int index, out bool isSigned, out int width)
    {
        ReadOnlySpan<byte> type = c.Arg(index);
        isSigned = type.StartsWith("i"u8);
        width = 0;
        if ((isSigned || type.StartsWith("u"u8))
            && NumberText.TryParseInt64(type[1..], out long bits) && bits >= 1 && bits <= (isSigned ? 64 : 63))
        {
            width = (int)bits;
            return true;
        }
        c.Reply.Error("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."u8);
        return false;
    }
}
