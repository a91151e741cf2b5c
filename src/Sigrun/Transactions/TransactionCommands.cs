using Sigrun.Commands;

namespace Sigrun.Transactions;

/// <summary>MULTI, EXEC, DISCARD, WATCH, UNWATCH.</summary>
internal static class TransactionCommands
{
    [Command("MULTI", Arity = 1,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast
            | CommandFlags.NoMulti | CommandFlags.AllowBusy,
        Group = CommandGroup.Transactions, Since = "1.2.0", Complexity = "O(1)",
        Summary = "Starts to queue requests that EXEC will run as one.")]
    public static void Multi(CommandContext c)
    {
        c.Client.OpenTransaction();
        c.Reply.Ok();
    }

    [Command("EXEC", Arity = 1,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.SkipCommandLog,
        Group = CommandGroup.Transactions, Since = "1.2.0", Summary = "Runs the queued requests, with no other client's in between.")]
    public static void Exec(CommandContext c)
    {
        if (c.Client.Transaction is not { IsOpen: true } transaction)
        {
            c.Reply.Error("ERR EXEC without MULTI"u8);
            return;
        }
        if (transaction.IsAborted)
        {
            c.Reply.Error("EXECABORT Transaction discarded because of previous errors."u8);
        }
        else if (transaction.IsTouched || c.Engine.WatchedKeys.HasExpired(transaction))
        {
            c.Reply.NullArray();
        }
        else
        {
            c.Engine.WatchedKeys.Forget(c.Client);
            c.Engine.Executor.RunQueue(c.Client, transaction);
        }
        c.Client.CloseTransaction();
    }

    [Command("DISCARD", Arity = 1,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast
            | CommandFlags.AllowBusy,
        Group = CommandGroup.Transactions, Since = "2.0.0", Complexity = "O(N)", Summary = "Forgets the queued requests.")]
    public static void Discard(CommandContext c)
    {
        if (c.Client.Transaction is not { IsOpen: true })
        {
            c.Reply.Error("ERR DISCARD without MULTI"u8);
            return;
        }
        c.Client.CloseTransaction();
        c.Reply.Ok();
    }

    [Command("WATCH", Arity = -2,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast
            | CommandFlags.NoMulti | CommandFlags.AllowBusy,
        Group = CommandGroup.Transactions, Since = "2.2.0", Complexity = "O(1)", Keys = "1..-1 RO",
        Summary = "Makes the next transaction do nothing should one of the keys change before it runs.", Syntax = "key [key ...]")]
    public static void Watch(CommandContext c)
    {
        Transaction transaction = c.Client.Transaction ??= new Transaction();
        // A transaction that will do nothing anyway needs no more reasons.
        for (int i = 1; i < c.ArgCount && !transaction.IsTouched; i++) c.Engine.WatchedKeys.Watch(c.Client, c.Arg(i));
        c.Reply.Ok();
    }

    [Command("UNWATCH", Arity = 1,
        Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast
            | CommandFlags.AllowBusy,
        Group = CommandGroup.Transactions, Since = "2.2.0", Complexity = "O(1)", Summary = "Forgets all watched keys.")]
    public static void Unwatch(CommandContext c)
    {
        c.Engine.WatchedKeys.Forget(c.Client);
        if (c.Client.Transaction is { } transaction) transaction.Unwatch();
        c.Reply.Ok();
    }
}
