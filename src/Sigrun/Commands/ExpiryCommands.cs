using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>Commands that set, remove and tell when a key expires.</summary>
internal static class ExpiryCommands
{
    [Command("EXPIRE", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "1.0.0", Complexity = "O(1)", Keys = "1 RW update", Summary = "Gives a key a time to live in seconds.",
        Syntax = "key seconds [condition=NX|XX|GT|LT]@7.0.0", History = ["7.0.0: NX, XX, GT and LT"])]
    public static void Expire(CommandContext c) => SetExpiry(c, ExpiryUnit.Seconds, isRelative: true);

    [Command("EXPIREAT", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "1.2.0", Complexity = "O(1)", Keys = "1 RW update",
        Summary = "Sets the time at which a key expires, in Unix seconds.",
        Syntax = "key unix-time-seconds [condition=NX|XX|GT|LT]@7.0.0", History = ["7.0.0: NX, XX, GT and LT"])]
    public static void ExpireAt(CommandContext c) => SetExpiry(c, ExpiryUnit.Seconds, isRelative: false);

    [Command("PEXPIRE", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "2.6.0", Complexity = "O(1)", Keys = "1 RW update", Summary = "Gives a key a time to live in milliseconds.",
        Syntax = "key milliseconds [condition=NX|XX|GT|LT]@7.0.0", History = ["7.0.0: NX, XX, GT and LT"])]
    public static void PExpire(CommandContext c) => SetExpiry(c, ExpiryUnit.Milliseconds, isRelative: true);

    [Command("PEXPIREAT", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "2.6.0", Complexity = "O(1)", Keys = "1 RW update",
        Summary = "Sets the time at which a key expires, in Unix milliseconds.",
        Syntax = "key unix-time-milliseconds [condition=NX|XX|GT|LT]@7.0.0", History = ["7.0.0: NX, XX, GT and LT"])]
    public static void PExpireAt(CommandContext c) => SetExpiry(c, ExpiryUnit.Milliseconds, isRelative: false);

    [Command("TTL", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "1.0.0", Complexity = "O(1)", Keys = "1 RO access", Tips = "nondeterministic_output",
        Summary = "Tells how many seconds a key has left.", Syntax = "key", History = ["2.8.0: -2 for a missing key"])]
    public static void Ttl(CommandContext c) => TellExpiry(c, ExpiryUnit.Seconds, isRelative: true);

    [Command("PTTL", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "2.6.0", Complexity = "O(1)", Keys = "1 RO access", Tips = "nondeterministic_output",
        Summary = "Tells how many milliseconds a key has left.", Syntax = "key", History = ["2.8.0: -2 for a missing key"])]
    public static void PTtl(CommandContext c) => TellExpiry(c, ExpiryUnit.Milliseconds, isRelative: true);

    [Command("EXPIRETIME", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "7.0.0", Complexity = "O(1)", Keys = "1 RO access", Summary = "Tells when a key expires, in Unix seconds.",
        Syntax = "key")]
    public static void ExpireTime(CommandContext c) => TellExpiry(c, ExpiryUnit.Seconds, isRelative: false);

    [Command("PEXPIRETIME", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "7.0.0", Complexity = "O(1)", Keys = "1 RO access",
        Summary = "Tells when a key expires, in Unix milliseconds.", Syntax = "key")]
    public static void PExpireTime(CommandContext c) => TellExpiry(c, ExpiryUnit.Milliseconds, isRelative: false);

    [Command("PERSIST", Arity = 2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic,
        Since = "2.2.0", Complexity = "O(1)", Keys = "1 RW update", Summary = "Takes the time to live off a key.",
        Syntax = "key")]
    public static void Persist(CommandContext c)
    {
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        if (scope.Entry.IsNull || !scope.Entry.HasExpiry)
        {
            c.Reply.Integer(0);
            return;
        }
        scope.SetExpiry(-1);
        scope.Commit(KeyspaceEventClass.Generic, "persist"u8);
        c.Reply.Integer(1);
    }

    private static void SetExpiry(CommandContext c, ExpiryUnit unit, bool isRelative)
    {
        if (!ExpiryConditions.TryRead(c, 3, c.ArgCount, out ExpiryConditions conditions)) return;
        if (!ExpiryArgument.TryRead(c, 2, unit, isRelative, out long unixMs)) return;
        KeyRef key = c.Key(1);
        WriteScope scope = c.Db.OpenWrite(c, key);
        if (scope.Entry.IsNull || !conditions.Hold(scope.Entry.ExpiryMs, unixMs))
        {
            c.Reply.Integer(0);
            return;
        }
        if (ExpiryArgument.IsPast(c, unixMs))
        {
            scope.RemoveExpired();
            c.Reply.Integer(1);
            return;
        }
        scope.SetExpiry(unixMs);
        scope.Commit(KeyspaceEventClass.Generic, "expire"u8);
        bool isCanonical = unit == ExpiryUnit.Milliseconds && !isRelative;
        if (c.Engine.Effects.IsActive && !isCanonical) ReplaceEffects(c, unixMs);
        c.Reply.Integer(1);
    }

    /// <summary>The same command with its conditions, but with the time it came to.</summary>
    private static void ReplaceEffects(CommandContext c, long unixMs)
    {
        EffectBuilder effect = c.ReplaceEffects().Add("PEXPIREAT"u8).Add(c.Arg(1)).Add(unixMs);
        for (int i = 3; i < c.ArgCount; i++) effect.Add(c.Arg(i));
        effect.Emit();
    }

    private static void TellExpiry(CommandContext c, ExpiryUnit unit, bool isRelative)
    {
        EntryRef entry = c.Db.FindUntouched(c.Key(1));
        if (entry.IsNull || !entry.HasExpiry)
        {
            c.Reply.Integer(entry.IsNull ? -2 : -1);
            return;
        }
        long ms = Math.Max(0, isRelative ? entry.ExpiryMs - c.NowMs : entry.ExpiryMs);
        c.Reply.Integer(unit == ExpiryUnit.Milliseconds ? ms : (long)(((ulong)ms + 500) / 1000));
    }
}
