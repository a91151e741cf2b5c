using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Types;

namespace Sigrun.Commands;

/// <summary>COPY and MOVE: a key into another key or another database.</summary>
internal static class CopyCommands
{
    [Command("COPY", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Generic,
        Since = "6.2.0", Complexity = "O(N); O(1)", Keys = "1 RO access; 2 OW update",
        Summary = "Copies a value to another key.", Syntax = "source destination [DB destination-db] [REPLACE]")]
    public static void Copy(CommandContext c)
    {
        if (!TryReadCopyOptions(c, out Database target, out bool replace)) return;
        KeyRef from = c.Key(1);
        KeyRef to = c.Key(2);
        if (target == c.Db && from.Bytes.SequenceEqual(to.Bytes))
        {
            c.Reply.Error(CommandErrors.SameObject);
            return;
        }
        if (c.Db.FindForRead(from).IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        bool replaces = !target.Peek(to).IsNull;
        if (replaces && !replace)
        {
            c.Reply.Integer(0);
            return;
        }
        // The copy first: what it replaces must not be gone when there is no memory for it.
        EntryRef source = c.Db.Peek(from);
        EntryRef copy = ValueTypes.Of(source.Type).Copy(source, c.Engine.Heap, to.Bytes, source.ExpiryMs);
        if (replaces) target.MakeWay(c, to);
        WriteScope scope = target.OpenWrite(c, to);
        scope.Attach(copy);
        scope.Commit(KeyspaceEventClass.Generic, "copy_to"u8);
        c.Reply.Integer(1);
    }

    [Command("MOVE", Arity = 3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic, Since = "1.0.0",
        Complexity = "O(1)", Keys = "1 RW access update", Summary = "Moves a key to another database.", Syntax = "key db")]
    public static void Move(CommandContext c)
    {
        if (!DatabaseCommands.TryReadDatabase(c, 2, out Database target)) return;
        if (target == c.Db)
        {
            c.Reply.Error(CommandErrors.SameObject);
            return;
        }
        KeyRef key = c.Key(1);
        WriteScope source = c.Db.OpenWrite(c, key);
        if (source.Entry.IsNull || !target.Peek(key).IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        c.Db.MoveTo(c, key, target);
        target.Announce(KeyspaceEventClass.New, "new"u8, key.Bytes);
        c.Db.AnnounceWrite(KeyspaceEventClass.Generic, "move_from"u8, key.Bytes);
        target.AnnounceWrite(KeyspaceEventClass.Generic, "move_to"u8, key.Bytes);
        c.Engine.Dirty++;
        c.Reply.Integer(1);
    }

    private static bool TryReadCopyOptions(CommandContext c, out Database target, out bool replace)
    {
        target = c.Db;
        replace = false;
        for (int i = 3; i < c.ArgCount; i++)
        {
            if (c.ArgIs(i, "replace"u8))
            {
                replace = true;
            }
            else if (c.ArgIs(i, "db"u8) && i + 1 < c.ArgCount)
            {
                if (!DatabaseCommands.TryReadDatabase(c, ++i, out target)) return false;
            }
            else
            {
                c.Reply.Error(CommandErrors.Syntax);
                return false;
            }
        }
        return true;
    }
}
