using Sigrun.Keyspace;
using Sigrun.Persistence;
using Sigrun.Storage;
using Sigrun.Types;

namespace Sigrun.Commands;

/// <summary>DUMP and RESTORE: a value as bytes that any server can make a key from.</summary>
internal static class DumpCommands
{
    private const int FirstOption = 4;

    [Command("DUMP", Arity = 2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic, Since = "2.6.0",
        Complexity = "O(1); O(N*M); O(1*M)", Keys = "1 RO access", Tips = "nondeterministic_output",
        Summary = "Serializes a value.", Syntax = "key")]
    public static void Dump(CommandContext c)
    {
        EntryRef entry = c.Db.FindForRead(c.Key(1));
        if (entry.IsNull)
        {
            c.Reply.Null();
            return;
        }
        if (!c.Engine.Dumps.CanMake(entry))
        {
            c.Reply.Error(c.Engine.Dumps.Refusal(entry, c.Db.Index));
            return;
        }
        c.Reply.Bulk(c.Engine.Dumps.Make(entry));
        c.Engine.Dumps.Release();
    }

    [Command("RESTORE", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Generic,
        Since = "2.6.0", Complexity = "O(1); O(N*M); O(1*M); O(N*M*log(N)); O(log(N))", Keys = "1 OW update",
        Acl = "dangerous", Summary = "Makes a key from a serialized value.",
        Syntax = "key ttl serialized-value [REPLACE@3.0.0] [ABSTTL@5.0.0] [IDLETIME seconds@5.0.0] [FREQ frequency@5.0.0]",
        History = ["3.0.0: REPLACE", "5.0.0: ABSTTL, IDLETIME and FREQ"])]
    [Command("RESTORE-ASKING", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Asking,
        Group = CommandGroup.Server, Since = "3.0.0", Complexity = "O(1); O(N*M); O(1*M); O(N*M*log(N)); O(log(N))",
        Keys = "1 OW update", Acl = "keyspace dangerous", DocFlags = CommandDocFlags.SysCmd,
        Summary = "RESTORE by a server that moves keys here.",
        Syntax = "key ttl serialized-value [REPLACE@3.0.0] [ABSTTL@5.0.0] [IDLETIME seconds@5.0.0] [FREQ frequency@5.0.0]",
        History = ["3.0.0: REPLACE", "5.0.0: ABSTTL, IDLETIME and FREQ"])]
    public static void Restore(CommandContext c)
    {
        if (!TryReadOptions(c, out RestoreOptions options)) return;
        if (!options.Replaces && !c.Db.OpenWrite(c, c.Key(1)).Entry.IsNull)
        {
            c.Reply.Error(CommandErrors.BusyKey);
            return;
        }
        if (!TryReadTime(c, options.IsAbsolute, out long expiryMs)) return;
        if (!c.Engine.Dumps.TryVerify(c.Arg(3), out int version))
        {
            c.Reply.Error("ERR DUMP payload version or checksum are wrong"u8);
            return;
        }
        LoadTarget target = new(c.Engine.Heap, c.Engine.Settings, c.NowMs, c.Arg(1), expiryMs);
        if (TryLoad(c, version, ref target)) Store(c, ref target, options);
        c.Engine.Dumps.Release();
    }

    private static ReadOnlySpan<byte> BadFormat => "ERR Bad data format"u8;

    private static bool TryLoad(CommandContext c, int version, ref LoadTarget target)
    {
        try
        {
            RdbReader reader = c.Engine.Dumps.Open(c.Arg(3));
            byte first = reader.ReadByte();
            bool isForeign = RdbFormat.IsForeign(version);
            if (RdbFormat.TryGetType(first, isForeign, out RdbType form))
            {
                if (ValueTypes.Of(form) is { } type)
                {
                    type.Load(form, ref reader, ref target);
                    if (c.Engine.Dumps.CountsChecked(mayTrust: c.Engine.IsReplaying || c.Client.User is { SkipsSanitizing: true })) c.Engine.Statistics.SanitizedPayloads += reader.PackedRead;
                    return true;
                }
            }
            else if (isForeign && first is >= RdbFormat.ForeignTypeMin and < RdbFormat.ForeignTypeMax)
            {
                c.Reply.Error($"ERR Unsupported foreign data type: {first}");
                return false;
            }
        }
        catch (RdbFormatException fault)
        {
            c.Engine.Log.Verbose($"Internal error in RDB reading a payload -> {fault.Message}");
            target.Discard();
        }
        c.Reply.Error(BadFormat);
        return false;
    }

    private static void Store(CommandContext c, ref LoadTarget target, in RestoreOptions options)
    {
        KeyRef key = c.Key(1);
        long expiryMs = target.ExpiryMs;
        bool replaced = options.Replaces && RemoveKey(c, key);
        if (expiryMs >= 0 && ExpiryArgument.IsPast(c, expiryMs))
        {
            target.Discard();
            if (replaced) AnnounceRemoval(c, key);
            c.Reply.Ok();
            return;
        }

        WriteScope scope = c.Db.OpenWrite(c, key);
        scope.Attach(target.Entry);
        SetUse(c, scope.Entry, options);
        scope.Commit(KeyspaceEventClass.Generic, "restore"u8);
        if (expiryMs >= 0 && !options.IsAbsolute) ReplaceEffect(c, expiryMs);
        c.Reply.Ok();
    }

    /// <summary>Removes what has the name, expired or not: its value is replaced, which is no expiry.</summary>
    private static bool RemoveKey(CommandContext c, in KeyRef key)
    {
        if (c.Db.Keys.Find(key.Hash, key.Bytes).IsNull) return false;
        c.Db.RemoveKey(key, c.Engine.Settings.Memory.LazyFreeServerDelete);
        c.HasWritten = true;
        return true;
    }

    /// <summary>The new value had expired before it was there: what happened is the removal of the old one.</summary>
    private static void AnnounceRemoval(CommandContext c, in KeyRef key)
    {
        ReadOnlySpan<byte> name = c.Engine.Settings.Memory.LazyFreeServerDelete ? "UNLINK"u8 : "DEL"u8;
        c.ReplaceEffects().Add(name).Add(key.Bytes).Emit();
        c.Db.AnnounceWrite(KeyspaceEventClass.Generic, "del"u8, key.Bytes);
        c.Engine.Dirty++;
    }

    private static void SetUse(CommandContext c, EntryRef entry, in RestoreOptions options)
    {
        AccessClock clock = c.Engine.AccessClock;
        if (clock.IsLfu)
        {
            if (options.Frequency >= 0) entry.Lru = clock.FromFrequency((byte)options.Frequency);
        }
        else if (options.IdleSeconds >= 0)
        {
            entry.Lru = clock.FromIdleSeconds(options.IdleSeconds);
        }
    }

    /// <summary>The command as it came, with the time of expiry as an absolute one.</summary>
    private static void ReplaceEffect(CommandContext c, long expiryMs)
    {
        EffectBuilder effect = c.ReplaceEffects().Add(c.Arg(0)).Add(c.Arg(1)).Add(expiryMs);
        for (int i = 3; i < c.ArgCount; i++) effect.Add(c.Arg(i));
        effect.Add("ABSTTL"u8).Emit();
    }

    /// <summary>Reads the time of expiry; −1 when there is none. One that is too far away to be told has passed, as in Valkey.</summary>
    private static bool TryReadTime(CommandContext c, bool isAbsolute, out long expiryMs)
    {
        if (!NumberText.TryParseInt64(c.Arg(2), out expiryMs))
        {
            c.Reply.Error(CommandErrors.NotAnInteger);
            return false;
        }
        if (expiryMs < 0)
        {
            c.Reply.Error("ERR Invalid TTL value, must be >= 0"u8);
            return false;
        }
        if (expiryMs == 0) expiryMs = -1;
        else if (!isAbsolute) expiryMs = expiryMs > long.MaxValue - c.NowMs ? 0 : expiryMs + c.NowMs;
        return true;
    }

    private static bool TryReadOptions(CommandContext c, out RestoreOptions options)
    {
        options = new RestoreOptions { IdleSeconds = -1, Frequency = -1 };
        for (int i = FirstOption; i < c.ArgCount; i++)
        {
            bool hasValue = i + 1 < c.ArgCount;
            if (c.ArgIs(i, "replace"u8))
            {
                options.Replaces = true;
            }
            else if (c.ArgIs(i, "absttl"u8))
            {
                options.IsAbsolute = true;
            }
            else if (c.ArgIs(i, "idletime"u8) && hasValue && options.Frequency < 0)
            {
                if (!TryReadNumber(c, ++i, long.MaxValue, "ERR Invalid IDLETIME value, must be >= 0"u8, out options.IdleSeconds)) return false;
            }
            else if (c.ArgIs(i, "freq"u8) && hasValue && options.IdleSeconds < 0)
            {
                if (!TryReadNumber(c, ++i, byte.MaxValue, "ERR Invalid FREQ value, must be >= 0 and <= 255"u8, out options.Frequency)) return false;
            }
            else
            {
                c.Reply.Error(CommandErrors.Syntax);
                return false;
            }
        }
        return true;
    }

    private static bool TryReadNumber(CommandContext c, int index, long max, ReadOnlySpan<byte> refusal, out long value)
    {
        if (!NumberText.TryParseInt64(c.Arg(index), out value))
        {
            c.Reply.Error(CommandErrors.NotAnInteger);
            return false;
        }
        if (value >= 0 && value <= max) return true;
        c.Reply.Error(refusal);
        return false;
    }

    private struct RestoreOptions
    {
        public bool Replaces;
        public bool IsAbsolute;
        public long IdleSeconds;
        public long Frequency;
    }
}
