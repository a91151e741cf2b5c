using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Hashes;

namespace Sigrun.Types.Hashes;

/// <summary>Commands that read or set fields of a hash and change at once when they expire, or remove them.</summary>
internal static class FieldOptionCommands
{
    private const int FirstOption = 2;

    /// <summary>FIELDS is looked for from the first argument on, as other servers do.</summary>
    private const int FirstSearched = 1;

    [Command("HSETEX", Arity = -6, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.Hash, Since = "9.0.0", Complexity = "O(N)", Keys = "1 RW insert",
        Summary = "Sets fields of a hash and when they expire.",
        Syntax = "key [key-condition=NX|XX] [fields-condition=FNX|FXX] [expiration=EX seconds|PX milliseconds|EXAT "
            + "unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL] <FIELDS numfields#0 <data=field value> [field "
            + "value ...]>")]
    public static void HSetEx(CommandContext c)
    {
        WriteOptions options = default;
        int word = FieldArguments.IndexOfWord(c, FirstSearched);
        if (word >= 0 && !options.TryParse(c, FirstOption, word, WriteOption.OfHashSet)) return;
        if (!FieldArguments.TryReadBehind(c, word, 2, out FieldArguments fields)) return;
        if (!HashWrite.TryOpen(c, c.Key(1), out HashWrite write)) return;
        if (options.Has(write.Exists ? WriteOption.IfMissing : WriteOption.IfPresent))
        {
            c.Reply.Integer(0);
            return;
        }
        if (!options.TryReadFieldExpiry(c, out long expiryMs)) return;
        if (!AreFieldsAsWanted(c, write, options, fields))
        {
            c.Reply.Integer(0);
            return;
        }
        if (expiryMs >= 0 && ExpiryArgument.IsPast(c, expiryMs)) ExpireAtOnce(c, write, fields);
        else SetFields(c, ref write, options, fields, expiryMs);
        c.Reply.Integer(1);
    }

    [Command("HGETEX", Arity = -5, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Hash, Since = "9.0.0",
        Complexity = "O(N)", Keys = "1 RW access", Summary = "Reads fields of a hash and changes when they expire.",
        Syntax = "key [expiration=EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST] "
            + "<FIELDS numfields#0 field [field ...]>")]
    public static void HGetEx(CommandContext c)
    {
        WriteOptions options = default;
        int word = FieldArguments.IndexOfWord(c, FirstSearched);
        if (word >= 0 && !options.TryParse(c, FirstOption, word, WriteOption.OfGetWithExpiry)) return;
        if (!FieldArguments.TryReadBehind(c, word, 1, out FieldArguments fields)) return;
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Hash, out EntryRef hash)) return;
        if (!options.TryReadFieldExpiry(c, out long expiryMs)) return;
        c.Reply.Array(fields.Count);
        if (hash.IsNull || !options.Has(WriteOption.OfGetWithExpiry))
        {
            for (int i = fields.First; i < c.ArgCount; i++) HashCommands.ReplyValue(c, hash, c.Arg(i));
        }
        else if (expiryMs >= 0 && ExpiryArgument.IsPast(c, expiryMs))
        {
            ReplyAndExpire(c, fields);
        }
        else
        {
            ReplyAndSetExpiry(c, fields, expiryMs);
        }
    }

    [Command("HGETDEL", Arity = -5, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Hash, Since = "9.1.0",
        Complexity = "O(N)", Keys = "1 RW access delete", Summary = "Reads fields of a hash and removes them.",
        Syntax = "key <FIELDS numfields#0 field [field ...]>")]
    public static void HGetDel(CommandContext c)
    {
        if (!FieldArguments.TryRead(c, 3, 1, FieldArguments.Mismatch, out FieldArguments fields)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Hash, out WriteScope scope)) return;
        c.Reply.Array(fields.Count);
        long removed = 0;
        for (int i = fields.First; i < c.ArgCount; i++)
        {
            HashCommands.ReplyValue(c, scope.Entry, c.Arg(i));
            if (!scope.Entry.IsNull && new HashEditor(scope.Edit()).Remove(c.Arg(i), c.FieldsNowMs)) removed++;
        }
        if (removed > 0) HashCommands.CommitRemoval(c, ref scope, "hdel"u8, removed);
    }

    /// <summary>Whether FNX or FXX, if given, holds: none of the fields is there, or all are.</summary>
    private static bool AreFieldsAsWanted(CommandContext c, in HashWrite write, in WriteOptions options, FieldArguments fields)
    {
        if (!options.Has(WriteOption.IfFieldsMissing | WriteOption.IfFieldsPresent)) return true;
        bool wanted = options.Has(WriteOption.IfFieldsPresent);
        for (int i = fields.First; i < c.ArgCount; i += 2)
        {
            if (write.TryGet(c.Arg(i), out _) != wanted) return false;
        }
        return true;
    }

    /// <summary>The time is past: the fields go, as if they had been set and had expired.</summary>
    private static void ExpireAtOnce(CommandContext c, in HashWrite write, FieldArguments fields)
    {
        WriteScope scope = write.Scope;
        long removed = 0;
        if (write.Exists)
        {
            HashEditor editor = new(scope.Edit());
            EffectBuilder effect = c.ReplaceEffects().Add("HDEL"u8).Add(c.Arg(1));
            for (int i = fields.First; i < c.ArgCount; i += 2)
            {
                if (!editor.Remove(c.Arg(i), HashValue.BeforeAll)) continue;
                effect.Add(c.Arg(i));
                removed++;
            }
            if (removed > 0) effect.Emit();
            scope.FollowFieldExpiry();
        }
        else
        {
            scope.Raise(KeyspaceEventClass.New, "new"u8);
        }
        c.Engine.Statistics.ExpiredFields += fields.Count;
        if (removed > 0) scope.Commit(KeyspaceEventClass.Hash, "hset"u8);
        else scope.Raise(KeyspaceEventClass.Hash, "hset"u8);
        c.Engine.Dirty += Math.Max(0, removed - 1);
        scope.Raise(KeyspaceEventClass.Hash, "hexpire"u8);
        scope.Raise(KeyspaceEventClass.Hash, "hexpired"u8);
        if (!write.Exists) scope.Raise(KeyspaceEventClass.Generic, "del"u8);
        else if (HashValue.Count(scope.Entry) == 0) scope.RemoveEmptied();
    }

    private static void SetFields(
        CommandContext c, ref HashWrite write, in WriteOptions options, FieldArguments fields, long expiryMs)
    {
        bool keeps = options.Has(WriteOption.KeepTtl);
        // A replica cannot tell that a field had expired here, and would keep its time to live.
        EffectBuilder removal = keeps && write.HadExpiring ? c.ReplaceEffects().Add("HDEL"u8).Add(c.Arg(1)) : default;
        long revived = 0;
        for (int i = fields.First; i < c.ArgCount; i += 2)
        {
            if (write.Set(c.Arg(i), c.Arg(i + 1), expiryMs, keeps) != FieldChange.Revived) continue;
            revived++;
            if (keeps) removal.Add(c.Arg(i));
        }
        write.Commit("hset"u8, fields.Count);
        if (expiryMs >= 0) write.Scope.Raise(KeyspaceEventClass.Hash, "hexpire"u8);
        if (keeps && revived > 0) removal.Emit();
        bool isCanonical = !options.Has(
            WriteOption.IfMissing | WriteOption.IfPresent | WriteOption.IfFieldsMissing | WriteOption.IfFieldsPresent
            | (WriteOption.Expiry & ~WriteOption.MillisecondsAt));
        if (!isCanonical || c.EffectsReplaced) EmitSet(c, options, fields, expiryMs);
    }

    /// <summary>The command without its conditions, with the time it came to.</summary>
    private static void EmitSet(CommandContext c, in WriteOptions options, FieldArguments fields, long expiryMs)
    {
        const WriteOption Conditions =
            WriteOption.IfMissing | WriteOption.IfPresent | WriteOption.IfFieldsMissing | WriteOption.IfFieldsPresent;
        EffectBuilder effect = c.ReplaceEffects();
        for (int i = 0; i < c.ArgCount; i++)
        {
            bool isOption = i >= FirstOption && i < fields.First;
            if (isOption && (WriteOptions.Recognise(c.Arg(i)) & Conditions) != 0) continue;
            if (options.ExpiryIndex > 0 && i == options.ExpiryIndex - 1 && !options.Has(WriteOption.MillisecondsAt))
            {
                effect.Add("PXAT"u8).Add(expiryMs);
                i++;
            }
            else
            {
                effect.Add(c.Arg(i));
            }
        }
        effect.Emit();
    }

    private static void ReplyAndExpire(CommandContext c, FieldArguments fields)
    {
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        HashEditor editor = new(scope.Edit());
        EffectBuilder effect = c.ReplaceEffects().Add("HDEL"u8).Add(c.Arg(1));
        long removed = 0;
        for (int i = fields.First; i < c.ArgCount; i++)
        {
            HashCommands.ReplyValue(c, scope.Entry, c.Arg(i));
            if (!editor.Remove(c.Arg(i), c.FieldsNowMs)) continue;
            effect.Add(c.Arg(i));
            removed++;
        }
        if (removed == 0) return;
        effect.Emit();
        c.Engine.Statistics.ExpiredFields += removed;
        HashCommands.CommitRemoval(c, ref scope, "hexpired"u8, removed);
    }

    /// <summary>Gives the fields an expiry or (−1) none; what was changed is known only in the end.</summary>
    private static void ReplyAndSetExpiry(CommandContext c, FieldArguments fields, long expiryMs)
    {
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        bool persists = expiryMs < 0;
        if (!persists) scope.ReserveFieldExpiry();
        ScanBuffer changed = c.Engine.ScanBuffer;
        changed.Clear();
        for (int i = fields.First; i < c.ArgCount; i++)
        {
            ReadOnlySpan<byte> name = c.Arg(i);
            HashCommands.ReplyValue(c, scope.Entry, name);
            if (!HashCommands.TryGet(c, scope.Entry, name, out HashFieldRef field) || (persists && !field.IsExpiring)) continue;
            new HashEditor(scope.Edit()).SetExpiry(name, expiryMs);
            changed.Add(name);
        }
        if (changed.Count == 0) return;
        EffectBuilder effect = c.ReplaceEffects().Add(persists ? "HPERSIST"u8 : "HPEXPIREAT"u8).Add(c.Arg(1));
        if (!persists) effect.Add(expiryMs);
        effect.Add("FIELDS"u8).Add(changed.Count);
        for (int i = 0; i < changed.Count; i++) effect.Add(changed[i]);
        effect.Emit();
        scope.FollowFieldExpiry();
        scope.Commit(KeyspaceEventClass.Hash, persists ? "hpersist"u8 : "hexpire"u8);
        c.Engine.Dirty += changed.Count - 1;
        changed.Clear();
    }
}
