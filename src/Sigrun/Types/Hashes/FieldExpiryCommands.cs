using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;
using Sigrun.Storage.Structures.Hashes;

namespace Sigrun.Types.Hashes;

/// <summary>Commands that set, remove and tell when fields of a hash expire.</summary>
internal static class FieldExpiryCommands
{
    private const int NoField = -2;
    private const int NoExpiry = -1;
    private const int ConditionFailed = 0;
    private const int Done = 1;
    private const int ExpiredAtOnce = 2;

    /// <summary>Where the number of fields stands when nothing but FIELDS is in front of it.</summary>
    private const int PlainCount = 3;

    [Command("HEXPIRE", Arity = -6, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Hash, Since = "9.0.0",
        Complexity = "O(N)", Keys = "1 RW update", Summary = "Gives fields of a hash a time to live in seconds.",
        Syntax = "key seconds [condition=NX|XX|GT|LT] <FIELDS numfields field [field ...]>")]
    public static void HExpire(CommandContext c) => SetExpiry(c, ExpiryUnit.Seconds, isRelative: true);

    [Command("HEXPIREAT", Arity = -6, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Hash,
        Since = "9.0.0", Complexity = "O(N)", Keys = "1 RW update",
        Summary = "Sets the time at which fields of a hash expire, in Unix seconds.",
        Syntax = "key unix-time-seconds:int [condition=NX|XX|GT|LT]@9.0.0 <FIELDS numfields#0 field [field ...]>")]
    public static void HExpireAt(CommandContext c) => SetExpiry(c, ExpiryUnit.Seconds, isRelative: false);

    [Command("HPEXPIRE", Arity = -6, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Hash,
        Since = "9.0.0", Complexity = "O(N)", Keys = "1 RW update",
        Summary = "Gives fields of a hash a time to live in milliseconds.",
        Syntax = "key milliseconds [condition=NX|XX|GT|LT]@9.0.0 <FIELDS numfields#0 field [field ...]>")]
    public static void HPExpire(CommandContext c) => SetExpiry(c, ExpiryUnit.Milliseconds, isRelative: true);

    [Command("HPEXPIREAT", Arity = -6, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Hash,
        Since = "9.0.0", Complexity = "O(N)", Keys = "1 RW update",
        Summary = "Sets the time at which fields of a hash expire, in Unix milliseconds.",
        Syntax = "key unix-time-milliseconds:int [condition=NX|XX|GT|LT]@9.0.0 <FIELDS numfields#0 field [field ...]>")]
    public static void HPExpireAt(CommandContext c) => SetExpiry(c, ExpiryUnit.Milliseconds, isRelative: false);

    [Command("HTTL", Arity = -5, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash, Since = "9.0.0",
        Complexity = "O(N)", Keys = "1 RO access", Summary = "Tells how many seconds fields of a hash have left.",
        Syntax = "key <FIELDS numfields#0 field [field ...]>")]
    public static void HTtl(CommandContext c) => TellExpiry(c, ExpiryUnit.Seconds, isRelative: true);

    [Command("HPTTL", Arity = -5, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash,
        Since = "9.0.0", Complexity = "O(N)", Keys = "1 RO access",
        Summary = "Tells how many milliseconds fields of a hash have left.", Syntax = "key <FIELDS numfields#0 field [field ...]>")]
    public static void HPTtl(CommandContext c) => TellExpiry(c, ExpiryUnit.Milliseconds, isRelative: true);

    [Command("HEXPIRETIME", Arity = -5, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash,
        Since = "9.0.0", Complexity = "O(N)", Keys = "1 RO access",
        Summary = "Tells when fields of a hash expire, in Unix seconds.", Syntax = "key <FIELDS numfields#0 field [field ...]>")]
    public static void HExpireTime(CommandContext c) => TellExpiry(c, ExpiryUnit.Seconds, isRelative: false);

    [Command("HPEXPIRETIME", Arity = -5, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash,
        Since = "9.0.0", Complexity = "O(N)", Keys = "1 RO access",
        Summary = "Tells when fields of a hash expire, in Unix milliseconds.",
        Syntax = "key <FIELDS numfields#0 field [field ...]>")]
    public static void HPExpireTime(CommandContext c) => TellExpiry(c, ExpiryUnit.Milliseconds, isRelative: false);

    [Command("HPERSIST", Arity = -5, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Hash,
        Since = "9.0.0", Complexity = "O(N)", Keys = "1 RW update", Summary = "Takes the time to live off fields of a hash.",
        Syntax = "key <FIELDS numfields#0 field [field ...]>")]
    public static void HPersist(CommandContext c)
    {
        if (!FieldArguments.TryRead(c, PlainCount, 1, FieldArguments.Mismatch, out FieldArguments fields)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Hash, out WriteScope scope)) return;
        c.Reply.Array(fields.Count);
        long changes = 0;
        for (int i = fields.First; i < c.ArgCount; i++)
        {
            bool isThere = HashCommands.TryGet(c, scope.Entry, c.Arg(i), out HashFieldRef field);
            if (isThere && field.IsExpiring)
            {
                new HashEditor(scope.Edit()).SetExpiry(c.Arg(i), HashValue.BeforeAll);
                changes++;
            }
            c.Reply.Integer(!isThere ? NoField : field.IsExpiring ? Done : NoExpiry);
        }
        if (changes > 0) Commit(c, ref scope, "hpersist"u8, changes);
    }

    private static void SetExpiry(CommandContext c, ExpiryUnit unit, bool isRelative)
    {
        const int FirstOption = 3;
        int word = FieldArguments.IndexOfWord(c, FirstOption);
        ExpiryConditions conditions = default;
        if (word >= 0 && !ExpiryConditions.TryRead(c, FirstOption, word, out conditions)) return;
        if (!FieldArguments.TryReadBehind(c, word, 1, out FieldArguments fields)) return;
        if (!ExpiryArgument.TryReadOfField(c, 2, unit, isRelative, out long unixMs)) return;
        if (!TypedKey.TryOpenWrite(c, c.Key(1), EntryType.Hash, out WriteScope scope)) return;
        c.Reply.Array(fields.Count);
        if (scope.Entry.IsNull)
        {
            for (int i = 0; i < fields.Count; i++) c.Reply.Integer(NoField);
        }
        else if (ExpiryArgument.IsPast(c, unixMs))
        {
            ExpireFields(c, ref scope, fields, conditions, unixMs);
        }
        else
        {
            bool isCanonical = unit == ExpiryUnit.Milliseconds && !isRelative;
            GiveExpiry(c, ref scope, fields, conditions, unixMs, isCanonical);
        }
    }

    /// <summary>The time is past: the fields that may get it go at once.</summary>
    private static void ExpireFields(
        CommandContext c, ref WriteScope scope, FieldArguments fields, ExpiryConditions conditions, long unixMs)
    {
        HashEditor editor = new(scope.Edit());
        EffectBuilder effect = c.ReplaceEffects().Add("HDEL"u8).Add(c.Arg(1));
        long expired = 0;
        for (int i = fields.First; i < c.ArgCount; i++)
        {
            int result = Check(c, scope.Entry, c.Arg(i), conditions, unixMs);
            if (result == Done)
            {
                editor.Remove(c.Arg(i), c.NowMs);
                effect.Add(c.Arg(i));
                expired++;
                result = ExpiredAtOnce;
            }
            c.Reply.Integer(result);
        }
        if (expired == 0) return;
        effect.Emit();
        c.Engine.Statistics.ExpiredFields += expired;
        HashCommands.CommitRemoval(c, ref scope, "hexpired"u8, expired);
    }

    private static void GiveExpiry(
        CommandContext c, ref WriteScope scope, FieldArguments fields, ExpiryConditions conditions, long unixMs, bool isCanonical)
    {
        scope.ReserveFieldExpiry();
        long changes = 0;
        for (int i = fields.First; i < c.ArgCount; i++)
        {
            int result = Check(c, scope.Entry, c.Arg(i), conditions, unixMs);
            if (result == Done)
            {
                new HashEditor(scope.Edit()).SetExpiry(c.Arg(i), unixMs);
                changes++;
            }
            c.Reply.Integer(result);
        }
        if (changes == 0) return;
        if (!isCanonical) EmitAbsolute(c, unixMs);
        Commit(c, ref scope, "hexpire"u8, changes);
    }

    /// <summary>Whether a field may get an expiry.</summary>
    private static int Check(CommandContext c, EntryRef hash, ReadOnlySpan<byte> name, ExpiryConditions conditions, long unixMs)
    {
        if (!HashCommands.TryGet(c, hash, name, out HashFieldRef field)) return NoField;
        return conditions.Hold(field.ExpiryMs, unixMs) ? Done : ConditionFailed;
    }

    private static void Commit(CommandContext c, ref WriteScope scope, ReadOnlySpan<byte> eventName, long changes)
    {
        scope.FollowFieldExpiry();
        scope.Commit(KeyspaceEventClass.Hash, eventName);
        c.Engine.Dirty += changes - 1;
    }

    /// <summary>The same command with the time it came to.</summary>
    private static void EmitAbsolute(CommandContext c, long unixMs)
    {
        EffectBuilder effect = c.ReplaceEffects().Add("HPEXPIREAT"u8).Add(c.Arg(1)).Add(unixMs);
        for (int i = 3; i < c.ArgCount; i++) effect.Add(c.Arg(i));
        effect.Emit();
    }

    private static void TellExpiry(CommandContext c, ExpiryUnit unit, bool isRelative)
    {
        if (!FieldArguments.TryRead(c, PlainCount, 1, CommandErrors.Syntax, out FieldArguments fields)) return;
        if (!TypedKey.TryFind(c, c.Key(1), EntryType.Hash, out EntryRef hash)) return;
        c.Reply.Array(fields.Count);
        for (int i = fields.First; i < c.ArgCount; i++)
        {
            bool isThere = HashCommands.TryGet(c, hash, c.Arg(i), out HashFieldRef field);
            if (isThere && field.IsExpiring) ReplyTime(c, field.ExpiryMs, unit, isRelative);
            else c.Reply.Integer(isThere ? NoExpiry : NoField);
        }
    }

    private static void ReplyTime(CommandContext c, long expiryMs, ExpiryUnit unit, bool isRelative)
    {
        long ms = Math.Max(0, isRelative ? expiryMs - c.NowMs : expiryMs);
        c.Reply.Integer(unit == ExpiryUnit.Milliseconds ? ms : (long)(((ulong)ms + 500) / 1000));
    }
}
