using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures.SortedSets;

namespace Sigrun.Types.SortedSets;

/// <summary>What the commands do with their result that store it in the key that is their first argument.</summary>
internal static class SortedSetStore
{
    /// <summary>Makes what was collected the key's value, whatever it was before, and replies how much that is; nothing removes the key.</summary>
    public static void Reply(CommandContext c, ref SortedSetBuilder builder, ReadOnlySpan<byte> eventName)
    {
        long count = builder.Count;
        KeyRef key = c.Key(1);
        if (count > 0)
        {
            EntryRef made = builder.Build(key.Bytes, KeyEntry.NoExpiry, SortedSetArgument.Limits(c.Engine.Settings));
            WriteScope scope = c.Db.OpenWrite(c, key);
            scope.Attach(made);
            scope.Commit(KeyspaceEventClass.SortedSet, eventName);
        }
        else
        {
            c.Db.RemoveForEmptyResult(c, key);
        }
        c.Reply.Integer(count);
    }
}
