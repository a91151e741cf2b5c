using Sigrun.Commands;
using Sigrun.Protocol;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;
using Sigrun.Storage.Structures.Sets;

namespace Sigrun.Types.Hashes;

/// <summary>HRANDFIELD: fields of a hash chosen at random, each equally likely.</summary>
internal static class HashRandomCommands
{
    /// <summary>Above this share of a hash, choosing goes through all of it.</summary>
    private const long WalkShare = 3;

    /// <summary>Choices per field wanted, should most fields have expired.</summary>
    private const long ChoicesPerField = 100;

    [Command("HRANDFIELD", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Hash, Since = "6.2.0",
        Complexity = "O(N)", Keys = "1 RO access", Tips = "nondeterministic_output",
        Summary = "Replies fields chosen at random.", Syntax = "key [options=count [WITHVALUES]]")]
    public static void HRandField(CommandContext c)
    {
        if (c.ArgCount == 2)
        {
            ReplyOne(c);
            return;
        }
        if (!CountArgument.TryReadSigned(c, 2, out long count)) return;
        bool withValues = c.ArgCount == 4 && c.ArgIs(3, "withvalues"u8);
        if (c.ArgCount > 4 || (c.ArgCount == 4 && !withValues))
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        if (withValues && count is < -long.MaxValue / 2 or > long.MaxValue / 2)
        {
            c.Reply.Error("ERR value is out of range"u8);
            return;
        }
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Hash, out EntryRef hash)) return;
        if (hash.IsNull || count == 0) c.Reply.Array(0);
        else ReplyMany(c, hash, count, withValues);
    }

    private static void ReplyOne(CommandContext c)
    {
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Hash, out EntryRef hash)) return;
        if (!hash.IsNull && TryChoose(c, hash, out HashFieldRef field)) c.Reply.Element(field.Field);
        else c.Reply.Null();
    }

    /// <summary>A negative count allows a field to come more than once. How many come is known when all have expired that will.</summary>
    private static void ReplyMany(CommandContext c, EntryRef hash, long count, bool withValues)
    {
        DeferredHeader header = c.Reply.BeginDeferred();
        long size = HashValue.Count(hash);
        long replied = count < 0 || count == 1 ? ReplyAny(c, hash, Math.Abs(count), withValues)
            : count >= size ? ReplySample(c, hash, long.MaxValue, withValues)
            : hash.Encoding == EntryEncoding.ListPack || count > size / WalkShare ? ReplySample(c, hash, count, withValues)
            : ReplyCollected(c, hash, count, withValues);
        c.Reply.EndDeferred(header, withValues && !c.Reply.IsResp3 ? replied * 2 : replied);
    }

    private static long ReplyAny(CommandContext c, EntryRef hash, long count, bool withValues)
    {
        long replied = 0;
        for (; replied < count && !c.Reply.IsCut && TryChoose(c, hash, out HashFieldRef field); replied++) Reply(c, field, withValues);
        return replied;
    }

    /// <summary>
    /// Goes through all fields and takes each with the probability that is left over, which gives every choice of that
    /// many fields the same chance.
    /// </summary>
    private static long ReplySample(CommandContext c, EntryRef hash, long wanted, bool withValues)
    {
        long left = CountLive(c, hash);
        wanted = Math.Min(wanted, left);
        long replied = wanted;
        HashCursor fields = HashValue.Fields(hash, c.FieldsNowMs);
        for (; wanted > 0 && fields.MoveNext(); left--)
        {
            if (wanted < left && (long)c.Engine.Random.NextBounded((ulong)left) >= wanted) continue;
            Reply(c, new HashFieldRef(fields.Field, fields.Value, fields.ExpiryMs), withValues);
            wanted--;
        }
        return replied;
    }

    private static long CountLive(CommandContext c, EntryRef hash)
    {
        if (!HashValue.HasExpiring(hash)) return HashValue.Count(hash);
        long count = 0;
        HashCursor fields = HashValue.Fields(hash, c.FieldsNowMs);
        while (fields.MoveNext()) count++;
        return count;
    }

    /// <summary>Chooses one after the other and keeps in mind which were chosen.</summary>
    private static long ReplyCollected(CommandContext c, EntryRef hash, long count, bool withValues)
    {
        Heap heap = c.Engine.Heap;
        EntryRef chosen = SetValue.NewEntry(heap, default, KeyEntry.NoExpiry, EntryEncoding.HashTable, count);
        try
        {
            StructureEditor editor = StructureEditor.ForDetached(heap, chosen);
            long replied = 0;
            for (long choices = count * ChoicesPerField; replied < count && choices > 0; choices--)
            {
                if (!TryChoose(c, hash, out HashFieldRef field)) break;
                if (!SetValue.Add(editor, default, field.Field.Bytes)) continue;
                Reply(c, field, withValues);
                replied++;
            }
            return replied;
        }
        finally
        {
            DetachedEntry.Free(heap, chosen);
        }
    }

    private static bool TryChoose(CommandContext c, EntryRef hash, out HashFieldRef field) =>
        HashValue.TryChoose(c.Engine.Heap, hash, c.FieldsNowMs, ref c.Engine.Random, out field);

    private static void Reply(CommandContext c, in HashFieldRef field, bool withValues)
    {
        if (withValues && c.Reply.IsResp3) c.Reply.Array(2);
        c.Reply.Element(field.Field);
        if (withValues) c.Reply.Element(field.Value);
    }
}
