using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Sets;

namespace Sigrun.Types.Sets;

/// <summary>Commands that choose members of a set at random, each equally likely.</summary>
internal static class SetRandomCommands
{
    /// <summary>Members per effect.</summary>
    private const int EffectMembersMax = 1024;

    /// <summary>A set of which less than this share was left is packed anew.</summary>
    private const long RepackShare = 5;

    /// <summary>Above this share of a set, choosing goes through all of it.</summary>
    private const long WalkShare = 3;

    [Command("SPOP", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Set, Since = "1.0.0",
        Complexity = "O(1); O(N)", Keys = "1 RW access delete", Tips = "nondeterministic_output",
        Summary = "Removes members chosen at random and replies them.", Syntax = "key [count@3.2.0]")]
    public static void SPop(CommandContext c)
    {
        if (c.ArgCount > 3)
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        if (c.ArgCount == 3)
        {
            PopMany(c);
            return;
        }
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Set, out WriteScope scope)) return;
        if (scope.Entry.IsNull)
        {
            c.Reply.Null();
            return;
        }
        StructureEditor editor = scope.Edit();
        SetPlace place = SetValue.Choose(c.Engine.Heap, scope.Entry, ref c.Engine.Random);
        c.Reply.Element(place.Member);
        EffectBuilder effect = c.ReplaceEffects().Add("SREM"u8).Add(c.Arg(1));
        AddTo(effect, place.Member);
        effect.Emit();
        SetValue.Remove(editor, place);
        SetCommands.CommitRemoval(ref scope, "spop"u8);
    }

    [Command("SRANDMEMBER", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Set, Since = "1.0.0",
        Complexity = "O(1); O(N)", Keys = "1 RO access", Tips = "nondeterministic_output",
        Summary = "Replies members chosen at random.", Syntax = "key [count@2.6.0]")]
    public static void SRandMember(CommandContext c)
    {
        if (c.ArgCount > 3)
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        long count = 0;
        if (c.ArgCount == 3 && !CountArgument.TryReadSigned(c, 2, out count)) return;
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Set, out EntryRef set)) return;
        if (c.ArgCount == 3) ReplyChosen(c, set, count);
        else if (set.IsNull) c.Reply.Null();
        else c.Reply.Element(SetValue.Choose(c.Engine.Heap, set, ref c.Engine.Random).Member);
    }

    private static void PopMany(CommandContext c)
    {
        if (!CountArgument.TryReadPositive(c, 2, out long count)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Set, out WriteScope scope)) return;
        if (scope.Entry.IsNull || count == 0)
        {
            c.Reply.Set(0);
            return;
        }
        long size = SetValue.Count(scope.Entry);
        if (count >= size)
        {
            PopAll(c, ref scope, size);
            return;
        }
        StructureEditor editor = scope.Edit();
        PopSome(c, editor, count);
        if ((size - count) * RepackShare <= count) SetValue.Repack(editor, c.Engine.Settings.Types.SetLimits);
        scope.Commit(KeyspaceEventClass.Set, "spop"u8);
        c.Engine.Dirty += count - 1;
    }

    private static void PopAll(CommandContext c, ref WriteScope scope, long size)
    {
        bool lazy = c.Engine.Settings.Memory.LazyFreeServerDelete;
        SetCommands.ReplyMembers(c, scope.Entry);
        scope.Commit(KeyspaceEventClass.Set, "spop"u8);
        scope.Remove(lazy);
        scope.Raise(KeyspaceEventClass.Generic, "del"u8);
        c.ReplaceEffects().Add(lazy ? "UNLINK"u8 : "DEL"u8).Add(c.Arg(1)).Emit();
        c.Engine.Dirty += size - 1;
    }

    private static void PopSome(CommandContext c, in StructureEditor editor, long count)
    {
        c.Reply.Set(count);
        while (count > 0)
        {
            EffectBuilder effect = c.ReplaceEffects().Add("SREM"u8).Add(c.Arg(1));
            long batch = Math.Min(count, EffectMembersMax);
            for (long i = 0; i < batch; i++)
            {
                SetPlace place = SetValue.Choose(c.Engine.Heap, editor.Entry, ref c.Engine.Random);
                c.Reply.Element(place.Member);
                AddTo(effect, place.Member);
                SetValue.Remove(editor, place);
            }
            effect.Emit();
            count -= batch;
        }
    }

    private static void AddTo(in EffectBuilder effect, in ListpackElement member)
    {
        if (member.IsNumber) effect.Add(member.Number);
        else effect.Add(member.Bytes);
    }

    /// <summary>A negative count allows a member to come more than once.</summary>
    private static void ReplyChosen(CommandContext c, EntryRef set, long count)
    {
        if (set.IsNull || count == 0)
        {
            c.Reply.Array(0);
        }
        else if (count < 0)
        {
            c.Reply.Array(-count);
            for (; count < 0 && !c.Reply.IsCut; count++)
                c.Reply.Element(SetValue.Choose(c.Engine.Heap, set, ref c.Engine.Random).Member);
        }
        else
        {
            ReplyDifferent(c, set, Math.Min(count, SetValue.Count(set)));
        }
    }

    private static void ReplyDifferent(CommandContext c, EntryRef set, long count)
    {
        c.Reply.Array(count);
        long size = SetValue.Count(set);
        if (set.Encoding != EntryEncoding.HashTable || count > size / WalkShare) ReplySample(c, set, count, size);
        else ReplyCollected(c, set, count);
    }

    /// <summary>
    /// Goes through all members and takes each with the probability that is left over, which gives every choice of that
    /// many members the same chance.
    /// </summary>
    private static void ReplySample(CommandContext c, EntryRef set, long wanted, long left)
    {
        foreach (ListpackElement member in SetValue.Members(set))
        {
            if (wanted == 0) break;
            if (wanted == left || (long)c.Engine.Random.NextBounded((ulong)left) < wanted)
            {
                c.Reply.Element(member);
                wanted--;
            }
            left--;
        }
    }

    /// <summary>Chooses one after the other and keeps in mind which were chosen.</summary>
    private static void ReplyCollected(CommandContext c, EntryRef set, long count)
    {
        Heap heap = c.Engine.Heap;
        EntryRef chosen = SetValue.NewEntry(heap, default, KeyEntry.NoExpiry, EntryEncoding.HashTable, count);
        try
        {
            StructureEditor editor = StructureEditor.ForDetached(heap, chosen);
            while (count > 0)
            {
                ListpackElement member = SetValue.Choose(heap, set, ref c.Engine.Random).Member;
                if (!SetValue.Add(editor, default, member.Bytes)) continue;
                c.Reply.Element(member);
                count--;
            }
        }
        finally
        {
            DetachedEntry.Free(heap, chosen);
        }
    }
}
