using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Types.Strings;

/// <summary>GET and SET in their plain forms.</summary>
internal static class StringCommands
{
    [Command("GET", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.String, Since = "1.0.0",
        Complexity = "O(1)", Keys = "1 RO access", Summary = "Reads a string.", Syntax = "key")]
    public static void Get(CommandContext c)
    {
        EntryRef entry = c.Db.FindForRead(c.Key(1));
        if (entry.IsNull) c.Reply.Null();
        else if (entry.Type != EntryType.String) c.Reply.Error(CommandErrors.WrongType);
        else c.Reply.StringValue(entry, c.Engine.Lender);
    }

    [Command("SET", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String,
        Since = "1.0.0", Complexity = "O(1)", Keys = "1 RW access update variable_flags", Summary = "Writes a string, whatever the key held before.",
        Syntax = "key value")]
    public static void Set(CommandContext c)
    {
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        scope.SetString(c.Arg(2), -1);
        scope.Commit(KeyspaceEventClass.String, "set"u8);
        c.Reply.Ok();
    }

    [Command("INCR", Arity = 2, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)", Keys = "1 RW access update",
        Summary = "Adds one to an integer; a missing key counts as 0.", Syntax = "key")]
    public static void Incr(CommandContext c)
    {
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        long value = 0;
        long expiry = -1;
        if (!scope.Entry.IsNull)
        {
            scope.Entry.TryGetInteger(out value);
            expiry = scope.Entry.ExpiryMs;
        }
        scope.SetInteger(value + 1, expiry);
        scope.Commit(KeyspaceEventClass.String, "incrby"u8);
        c.Reply.Integer(value + 1);
    }
}
