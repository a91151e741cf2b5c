using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Types.Strings;

/// <summary>Commands that read or write several strings at once.</summary>
/// <remarks>
/// The executor prefetches the first key of a request only, so these do the same for the rest: keys are
/// hashed and fetched in groups, then worked on over warm memory.
/// </remarks>
internal static class MultiKeyCommands
{
    private const int GroupMax = 16;

    [Command("MGET", Arity = -2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.String,
        Since = "1.0.0", Complexity = "O(N)", Keys = "1..-1 RO access", Tips = "request_policy:multi_shard",
        Summary = "Reads several strings at once.", Syntax = "key [key ...]")]
    public static void MGet(CommandContext c)
    {
        c.Reply.Array(c.ArgCount - 1);
        Span<ulong> hashes = stackalloc ulong[GroupMax];
        for (int first = 1; first < c.ArgCount; first += GroupMax)
        {
            int count = Prefetch(c, first, 1, c.ArgCount, hashes);
            for (int i = 0; i < count; i++)
            {
                EntryRef entry = c.Db.FindForRead(new KeyRef(c.Arg(first + i), hashes[i]));
                if (entry.IsNull || entry.Type != EntryType.String) c.Reply.Null();
                else c.Reply.StringValue(entry, c.Engine.Lender);
            }
        }
    }

    [Command("MSET", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String,
        Since = "1.0.1", Complexity = "O(N)", Keys = "1..-1/2 OW update",
        Tips = "request_policy:multi_shard response_policy:all_succeeded", Summary = "Writes several strings at once.",
        Syntax = "<data=key value> [key value ...]")]
    public static void MSet(CommandContext c)
    {
        if (!HasPairs(c)) return;
        SetPairs(c, 1, c.ArgCount, default, -1);
        c.Reply.Ok();
    }

    [Command("MSETNX", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String,
        Since = "1.0.1", Complexity = "O(N)", Keys = "1..-1/2 OW insert",
        Summary = "Writes several strings at once, provided that none of the keys is there.",
        Syntax = "<data=key value> [key value ...]")]
    public static void MSetNx(CommandContext c)
    {
        if (!HasPairs(c)) return;
        bool free = AllKeys(c, 1, c.ArgCount, present: false);
        if (free) SetPairs(c, 1, c.ArgCount, default, -1);
        c.Reply.Integer(free ? 1 : 0);
    }

    [Command("MSETEX", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String,
        Since = "9.1.0", Complexity = "O(N)", Keys = "1#0,1,2 OW update",
        Tips = "request_policy:multi_shard response_policy:all_succeeded",
        Summary = "Writes several strings at once, with a condition and a time of expiry for all.",
        Syntax = "numkeys <data=key value> [key value ...] [condition=NX|XX] [expiration=EX seconds|PX milliseconds|EXAT "
            + "unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]")]
    public static void MSetEx(CommandContext c)
    {
        if (!NumberText.TryParseInt64(c.Arg(1), out long keys) || keys is < 1 or > int.MaxValue)
        {
            c.Reply.Error("ERR invalid numkeys value or out of range"u8);
            return;
        }
        long end = 2 + keys * 2;
        if (end > c.ArgCount)
        {
            c.Reply.Error(CommandErrors.Syntax);
            return;
        }
        WriteOptions options = default;
        if (!options.TryParse(c, (int)end, c.ArgCount, WriteOption.OfMultiSet)) return;
        if (!options.TryReadExpiry(c, out long expiryMs)) return;
        if (options.Has(WriteOption.IfMissing | WriteOption.IfPresent)
            && !AllKeys(c, 2, (int)end, present: options.Has(WriteOption.IfPresent)))
        {
            c.Reply.Integer(0);
            return;
        }
        SetPairs(c, 2, (int)end, options, expiryMs);
        if (expiryMs >= 0 && !options.Has(WriteOption.MillisecondsAt)) EmitWithTime(c, options, expiryMs);
        c.Reply.Integer(1);
    }

    /// <summary>The command as it came, with its time of expiry in milliseconds since 1970.</summary>
    private static void EmitWithTime(CommandContext c, in WriteOptions options, long expiryMs)
    {
        EffectBuilder effect = c.ReplaceEffects();
        for (int i = 0; i < c.ArgCount; i++)
        {
            if (i == options.ExpiryIndex) effect.Add(expiryMs);
            else effect.Add(i == options.ExpiryIndex - 1 ? "PXAT"u8 : c.Arg(i));
        }
        effect.Emit();
    }

    private static bool HasPairs(CommandContext c)
    {
        if ((c.ArgCount & 1) != 0) return true;
        c.Reply.Error(CommandErrors.WrongArity(c.CommandId));
        return false;
    }

    /// <summary>Whether all keys of the pairs exist, or none does.</summary>
    private static bool AllKeys(CommandContext c, int first, int end, bool present)
    {
        for (int i = first; i < end; i += 2)
        {
            if (c.Db.OpenWrite(c, c.Key(i)).Entry.IsNull == present) return false;
        }
        return true;
    }

    private static void SetPairs(CommandContext c, int first, int end, in WriteOptions options, long expiryMs)
    {
        bool keepsExpiry = options.Has(WriteOption.KeepTtl);
        Span<ulong> hashes = stackalloc ulong[GroupMax];
        for (int group = first; group < end; group += 2 * GroupMax)
        {
            int count = Prefetch(c, group, 2, end, hashes);
            for (int i = 0; i < count; i++)
            {
                int key = group + 2 * i;
                WriteScope scope = c.Db.OpenWrite(c, new KeyRef(c.Arg(key), hashes[i]));
                long keyExpiryMs = keepsExpiry && !scope.Entry.IsNull ? scope.Entry.ExpiryMs : expiryMs;
                scope.SetString(c.Arg(key + 1), keyExpiryMs);
                scope.Commit(KeyspaceEventClass.String, "set"u8);
                if (expiryMs >= 0) scope.Raise(KeyspaceEventClass.Generic, "expire"u8);
            }
        }
    }

    /// <summary>Hashes the next keys, as many as fit, and fetches their table lines, then their entries; returns how many.</summary>
    private static int Prefetch(CommandContext c, int first, int step, int end, Span<ulong> hashes)
    {
        KeyTable keys = c.Db.Keys;
        int count = 0;
        for (int i = first; i < end && count < hashes.Length; i += step)
        {
            ulong hash = c.Key(i).Hash;
            hashes[count++] = hash;
            keys.PrefetchLine(hash);
        }
        foreach (ulong hash in hashes[..count]) keys.PrefetchEntry(hash);
        return count;
    }
}
