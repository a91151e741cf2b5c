namespace Sigrun.Commands;

/// <summary>Commands about the connection itself.</summary>
internal static class ConnectionCommands
{
    [Command("PING", Arity = -1, Flags = CommandFlags.Fast, Group = CommandGroup.Connection, Since = "1.0.0",
        Complexity = "O(1)", Summary = "Answers.", Syntax = "[message]")]
    public static void Ping(CommandContext c)
    {
        if (c.ArgCount == 1) c.Reply.SimpleString("PONG"u8);
        else if (c.ArgCount == 2) c.Reply.Bulk(c.Arg(1));
        else c.Reply.Error(CommandErrors.WrongArity(c.CommandId));
    }
}
