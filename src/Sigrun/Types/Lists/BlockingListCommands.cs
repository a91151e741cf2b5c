using Sigrun.Blocking;
using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Types.Lists;

/// <summary>List commands that wait for an element when there is none.</summary>
/// <remarks>
/// A command that waited runs again as it came. What it passes on is the command without waiting that does the same.
/// </remarks>
internal static class BlockingListCommands
{
    [Command("BLPOP", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Blocking, Group = CommandGroup.List,
        Since = "2.0.0", Complexity = "O(N)", Keys = "1..-2 RW access delete",
        Summary = "Takes the first element of the first of several lists that has any, and waits for one.",
        Syntax = "key [key ...] timeout", History = ["6.0.0: fractions of a second"])]
    public static void BLPop(CommandContext c) => PopOne(c, isLast: false);

    [Command("BRPOP", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Blocking, Group = CommandGroup.List,
        Since = "2.0.0", Complexity = "O(N)", Keys = "1..-2 RW access delete",
        Summary = "Takes the last element of the first of several lists that has any, and waits for one.",
        Syntax = "key [key ...] timeout", History = ["6.0.0: fractions of a second"])]
    public static void BRPop(CommandContext c) => PopOne(c, isLast: true);

    [Command("BLMPOP", Arity = -5, Flags = CommandFlags.Write | CommandFlags.Blocking, Group = CommandGroup.List,
        Since = "7.0.0", Complexity = "O(N+M)", Keys = "2# RW access delete",
        Summary = "Takes elements from one end of the first of several lists that has any, and waits for one.",
        Syntax = "timeout numkeys key [key ...] <where=LEFT|RIGHT> [COUNT count]")]
    public static void BLMPop(CommandContext c)
    {
        if (PopCommands.TryReadMultiple(c, 2, out PopCommands.MultiplePop pop)) Pop(c, pop, timeoutIndex: 1);
    }

    [Command("BLMOVE", Arity = 6, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Blocking,
        Group = CommandGroup.List, Since = "6.2.0", Complexity = "O(1)", Keys = "1 RW access delete; 2 RW insert",
        Summary = "Moves an element from one end of a list to one end of another and replies it, and waits for one.",
        Syntax = "source destination <wherefrom=LEFT|RIGHT> <whereto=LEFT|RIGHT> timeout")]
    public static void BLMove(CommandContext c)
    {
        if (!ListArgument.TryReadEnd(c, 3, out bool fromLast) || !ListArgument.TryReadEnd(c, 4, out bool toEnd)) return;
        Move(c, fromLast, toEnd, timeoutIndex: 5);
    }

    [Command("BRPOPLPUSH", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Blocking,
        Group = CommandGroup.List, Since = "2.2.0", Complexity = "O(1)", Keys = "1 RW access delete; 2 RW insert",
        Summary = "Moves the last element of a list to the front of another and replies it, and waits for one.",
        Syntax = "source destination timeout", History = ["6.0.0: fractions of a second"])]
    public static void BRPopLPush(CommandContext c) => Move(c, fromLast: true, toEnd: false, timeoutIndex: 3);

    private static void PopOne(CommandContext c, bool isLast)
    {
        var pop = new PopCommands.MultiplePop(FirstKey: 1, c.ArgCount - 2, isLast, Count: 1, IsSingle: true);
        Pop(c, pop, c.ArgCount - 1);
    }

    private static void Pop(CommandContext c, in PopCommands.MultiplePop pop, int timeoutIndex)
    {
        if (!c.TryReadTimeout(timeoutIndex, TimeoutUnit.Seconds, out long timeoutMs)) return;
        if (PopCommands.TryPopFirst(c, pop)) return;
        c.Block(EntryType.List, pop.FirstKey, pop.KeyCount, timeoutMs, BlockedReply.NullArray);
    }

    /// <summary>Without waiting the reply is no element, after waiting in vain it is no array: both are as clients know them.</summary>
    private static void Move(CommandContext c, bool fromLast, bool toEnd, int timeoutIndex)
    {
        if (!c.TryReadTimeout(timeoutIndex, TimeoutUnit.Seconds, out long timeoutMs)) return;
        if (MoveCommands.TryMove(c, fromLast, toEnd))
        {
            if (c.HasWritten) EmitMove(c, timeoutIndex);
        }
        else if (c.MayBlock)
        {
            c.Block(EntryType.List, 1, 1, timeoutMs, BlockedReply.NullArray);
        }
        else
        {
            c.Reply.Null();
        }
    }

    private static void EmitMove(CommandContext c, int timeoutIndex)
    {
        const int TimeoutOfBLMove = 5;
        EffectBuilder effect = c.ReplaceEffects().Add(timeoutIndex == TimeoutOfBLMove ? "LMOVE"u8 : "RPOPLPUSH"u8);
        for (int i = 1; i < timeoutIndex; i++) effect.Add(c.Arg(i));
        effect.Emit();
    }
}
