using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Types.Strings;

/// <summary>Commands that read or write a string as a whole.</summary>
/// <remarks>
/// Plain GET and SET are what a server mostly does: their way is the shortest, and SET leaves it only when
/// there are options. All writes with conditions or expiry go through one function. A reply that holds the
/// old value is written before the value changes; a large one is lent to the reply, so that the change
/// makes a new block and nothing is copied.
/// </remarks>
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
        Since = "1.0.0", Complexity = "O(1)", Keys = "1 RW access update variable_flags 'GET reads the old value'",
        KeyFunction = nameof(SetKeys), Summary = "Writes a string, whatever the key held before.",
        Syntax = "key value [condition=NX@2.6.12|XX@2.6.12|IFEQ comparison-value@8.1.0] [GET@6.2.0] [expiration=EX "
            + "seconds@2.6.12|PX milliseconds@2.6.12|EXAT unix-time-seconds@6.2.0|PXAT unix-time-milliseconds@6.2.0|"
            + "KEEPTTL@6.0.0]",
        History =
        [
            "2.6.12: EX, PX, NX and XX",
            "6.0.0: KEEPTTL",
            "6.2.0: GET, EXAT and PXAT",
            "7.0.0: NX and GET together",
            "8.1.0: IFEQ",
        ])]
    public static void Set(CommandContext c)
    {
        if (c.ArgCount > 3)
        {
            SetWithOptions(c);
            return;
        }
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        scope.SetString(c.Arg(2), -1);
        scope.Commit(KeyspaceEventClass.String, "set"u8);
        c.Reply.Ok();
    }

    /// <summary>The key of SET: read as well as written when GET is among the options.</summary>
    public static void SetKeys(ArgumentList arguments, ref KeyPositions keys)
    {
        bool reads = false;
        for (int i = 3; i < arguments.Count; i++) reads |= arguments.Is(i, "GET"u8);
        keys.Add(1, reads ? KeyFlags.ReadWrite | KeyFlags.Access | KeyFlags.Update : KeyFlags.Overwrite | KeyFlags.Update);
    }

    [Command("SETNX", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)", Keys = "1 OW insert",
        Summary = "Writes a string if the key is not there.", Syntax = "key value")]
    public static void SetNx(CommandContext c)
    {
        WriteScope scope = c.Db.OpenWrite(c, c.Key(1));
        if (!scope.Entry.IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        scope.SetString(c.Arg(2), -1);
        scope.Commit(KeyspaceEventClass.String, "set"u8);
        c.Reply.Integer(1);
    }

    [Command("SETEX", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String,
        Since = "2.0.0", Complexity = "O(1)", Keys = "1 OW update", Summary = "Writes a string that lives for some seconds.",
        Syntax = "key seconds value")]
    public static void SetEx(CommandContext c) => SetForTime(c, ExpiryUnit.Seconds);

    [Command("PSETEX", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String,
        Since = "2.6.0", Complexity = "O(1)", Keys = "1 OW update",
        Summary = "Writes a string that lives for some milliseconds.", Syntax = "key milliseconds value")]
    public static void PSetEx(CommandContext c) => SetForTime(c, ExpiryUnit.Milliseconds);

    [Command("GETSET", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
        Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)", Keys = "1 RW access update",
        Summary = "Replaces a string and returns the old one.", Syntax = "key value")]
    public static void GetSet(CommandContext c)
    {
        KeyRef key = c.Key(1);
        if (!TryReplyValue(c, key, out _)) return;
        WriteScope scope = c.Db.OpenWrite(c, key);
        scope.SetString(c.Arg(2), -1);
        c.ReplaceEffects().Add("SET"u8).Add(key.Bytes).Add(c.Arg(2)).Emit();
        scope.Commit(KeyspaceEventClass.String, "set"u8);
    }

    [Command("GETDEL", Arity = 2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.String, Since = "6.2.0",
        Complexity = "O(1)", Keys = "1 RW access delete", Summary = "Reads a string and removes its key.", Syntax = "key")]
    public static void GetDel(CommandContext c)
    {
        KeyRef key = c.Key(1);
        if (!TryReplyValue(c, key, out EntryRef entry) || entry.IsNull) return;
        WriteScope scope = c.Db.OpenWrite(c, key);
        Remove(c, key, ref scope);
    }

    [Command("DELIFEQ", Arity = 3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.String,
        Since = "9.0.0", Complexity = "O(1)", Keys = "1 RM delete", Summary = "Removes a key if it holds the given string.",
        Syntax = "key value")]
    public static void DelIfEq(CommandContext c)
    {
        KeyRef key = c.Key(1);
        WriteScope scope = c.Db.OpenWrite(c, key);
        if (!StringValue.IsString(c, scope.Entry)) return;
        if (scope.Entry.IsNull || !StringValue.Equals(scope.Entry, c.Arg(2)))
        {
            c.Reply.Integer(0);
            return;
        }
        Remove(c, key, ref scope);
        c.Reply.Integer(1);
    }

    [Command("GETEX", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.String, Since = "6.2.0",
        Complexity = "O(1)", Keys = "1 RW access update 'the time of expiry may change'",
        Summary = "Reads a string and changes when it expires.",
        Syntax = "key [expiration=EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST]")]
    public static void GetEx(CommandContext c)
    {
        WriteOptions options = default;
        if (!options.TryParse(c, 2, c.ArgCount, WriteOption.OfGetWithExpiry)) return;
        if (!options.TryReadExpiry(c, out long expiryMs)) return;
        KeyRef key = c.Key(1);
        if (!TryReplyValue(c, key, out EntryRef entry) || entry.IsNull) return;
        if (options.Has(WriteOption.ExpiryAt) && ExpiryArgument.IsPast(c, expiryMs)) c.Db.OpenWrite(c, key).RemoveExpired();
        else if (options.Has(WriteOption.Expiry)) ChangeExpiry(c, key, expiryMs);
        else if (options.Has(WriteOption.Persist) && entry.HasExpiry) ChangeExpiry(c, key, -1);
    }

    private static void ChangeExpiry(CommandContext c, in KeyRef key, long expiryMs)
    {
        WriteScope scope = c.Db.OpenWrite(c, key);
        scope.SetExpiry(expiryMs);
        if (expiryMs >= 0) c.ReplaceEffects().Add("PEXPIREAT"u8).Add(key.Bytes).Add(expiryMs).Emit();
        else c.ReplaceEffects().Add("PERSIST"u8).Add(key.Bytes).Emit();
        scope.Commit(KeyspaceEventClass.Generic, expiryMs >= 0 ? "expire"u8 : "persist"u8);
    }

    private static void Remove(CommandContext c, in KeyRef key, ref WriteScope scope)
    {
        scope.Remove(inBackground: false);
        c.ReplaceEffects().Add("DEL"u8).Add(key.Bytes).Emit();
        scope.Commit(KeyspaceEventClass.Generic, "del"u8);
    }

    /// <summary>Replies as GET does; false when that was an error.</summary>
    private static bool TryReplyValue(CommandContext c, in KeyRef key, out EntryRef entry)
    {
        if (!StringValue.TryFind(c, key, out entry)) return false;
        if (entry.IsNull) c.Reply.Null();
        else c.Reply.StringValue(entry, c.Engine.Lender);
        return true;
    }

    private static void SetForTime(CommandContext c, ExpiryUnit unit)
    {
        if (!ExpiryArgument.TryReadPositive(c, 2, unit, isRelative: true, out long expiryMs)) return;
        KeyRef key = c.Key(1);
        WriteScope scope = c.Db.OpenWrite(c, key);
        scope.SetString(c.Arg(3), expiryMs);
        c.ReplaceEffects().Add("SET"u8).Add(key.Bytes).Add(c.Arg(3)).Add("PXAT"u8).Add(expiryMs).Emit();
        scope.Commit(KeyspaceEventClass.String, "set"u8);
        scope.Raise(KeyspaceEventClass.Generic, "expire"u8);
        c.Reply.Ok();
    }

    private static void SetWithOptions(CommandContext c)
    {
        WriteOptions options = default;
        if (!options.TryParse(c, 3, c.ArgCount, WriteOption.OfSet)) return;
        if (!options.TryReadExpiry(c, out long expiryMs)) return;
        bool repliesOld = options.Has(WriteOption.Get);
        KeyRef key = c.Key(1);
        if (repliesOld && !TryReplyValue(c, key, out _)) return;

        WriteScope scope = c.Db.OpenWrite(c, key);
        if (!IsConditionMet(c, options, scope.Entry, out bool isError))
        {
            if (!repliesOld && !isError) c.Reply.Null();
            return;
        }
        if (expiryMs >= 0 && ExpiryArgument.IsPast(c, expiryMs))
        {
            if (!scope.Entry.IsNull) scope.RemoveExpired();
        }
        else
        {
            Write(c, key, ref scope, options, expiryMs);
        }
        if (!repliesOld) c.Reply.Ok();
    }

    private static bool IsConditionMet(CommandContext c, in WriteOptions options, EntryRef entry, out bool isError)
    {
        isError = false;
        if (options.Has(WriteOption.IfEqual))
        {
            if (entry.IsNull) return false;
            isError = !StringValue.IsString(c, entry);
            return !isError && StringValue.Equals(entry, c.Arg(options.ComparisonIndex));
        }
        return !options.Has(entry.IsNull ? WriteOption.IfPresent : WriteOption.IfMissing);
    }

    private static void Write(CommandContext c, in KeyRef key, ref WriteScope scope, in WriteOptions options, long expiryMs)
    {
        bool hasExpiry = expiryMs >= 0;
        if (options.Has(WriteOption.KeepTtl) && !scope.Entry.IsNull) expiryMs = scope.Entry.ExpiryMs;
        scope.SetString(c.Arg(2), expiryMs);
        if (!hasExpiry)
        {
            if (options.Has(WriteOption.Get)) EmitWithoutGet(c, options);
        }
        else if (!options.Has(WriteOption.MillisecondsAt))
        {
            // With nothing but the time after the value, the command keeps its name as it was typed.
            ReadOnlySpan<byte> name = c.ArgCount == 5 ? c.Arg(0) : "SET"u8;
            c.ReplaceEffects().Add(name).Add(key.Bytes).Add(c.Arg(2)).Add("PXAT"u8).Add(expiryMs).Emit();
        }
        scope.Commit(KeyspaceEventClass.String, "set"u8);
        if (hasExpiry) scope.Raise(KeyspaceEventClass.Generic, "expire"u8);
    }

    private static void EmitWithoutGet(CommandContext c, in WriteOptions options)
    {
        EffectBuilder effect = c.ReplaceEffects();
        for (int i = 0; i < c.ArgCount; i++)
        {
            bool isGet = i >= 3 && i != options.ComparisonIndex && c.ArgIs(i, "GET"u8);
            if (!isGet) effect.Add(c.Arg(i));
        }
        effect.Emit();
    }
}
